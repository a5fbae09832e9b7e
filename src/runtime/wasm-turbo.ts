// wasm-turbo.ts: makes sure that V8's revectoriser, which is experimental, survives a module before this process
// compiles it: what it cannot pack it sometimes answers with a crash, and a crash cannot be caught.
// In: a module's bytes. Out: whether compiling all of it with the revectoriser ends well, found out by a child process
// and remembered by the bytes' hash.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const flag = "--experimental-wasm-revectorize";
/** Everything is compiled by the optimising compiler, at once: what the running process does little by little. */
const eager = ["--no-liftoff", "--no-wasm-lazy-compilation"];
const script = 'new WebAssembly.Module(require("fs").readFileSync(0)); process.stdout.write("survived")';

/** True if the revectoriser compiles every function of the module. */
export async function survivesRevectorizer(bytes: Uint8Array, cacheDirectory?: string): Promise<boolean> {
  const hash = createHash("sha256")
    .update(process.versions.v8)
    .update(process.arch)
    .update(bytes)
    .digest("hex");
  const path = cacheDirectory === undefined ? undefined : join(cacheDirectory, `${hash}.turbo`);
  const known = path === undefined ? undefined : await readFile(path, "utf8").catch(() => undefined);
  if (known === "survived" || known === "crashed") return known === "survived";
  const survived = await compileElsewhere(bytes);
  if (cacheDirectory !== undefined && path !== undefined) {
    await mkdir(cacheDirectory, { recursive: true }).catch(() => undefined);
    await writeFile(path, survived ? "survived" : "crashed").catch(() => undefined);
  }
  return survived;
}

function compileElsewhere(bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [flag, ...eager, "-e", script], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    let output = "";
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (text: string) => {
      output += text;
    });
    child.on("error", () => resolve(false));
    child.on("close", () => resolve(output === "survived"));
    child.stdin.on("error", () => undefined);
    child.stdin.end(bytes);
  });
}
