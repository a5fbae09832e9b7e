// launcher.test.ts: bin/motley.mjs under the pinned Node, and under an older one where the machine has it.
// In: the launcher in a folder of its own, with a main.ts that tells what reached it. Out: arguments, exit codes
// and signals pass through unchanged, and nothing goes on running when the launcher is killed.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "./support/sources.ts";

const main = `
const [mode = "", ...rest]: readonly string[] = process.argv.slice(2);
if (mode === "exit") process.exitCode = Number(rest[0]);
if (mode === "wait") setInterval(() => {}, 1000);
if (mode === "tidy") {
  setInterval(() => {}, 1000);
  process.on("SIGINT", () => setTimeout(() => process.exit(130), 50));
}
console.log(JSON.stringify({ pid: process.pid, version: process.versions.node, rest }));
`;

type Hello = { readonly pid: number; readonly version: string; readonly rest: readonly string[] };

const nodes = [
  { name: "the Node of the tests", binary: process.execPath },
  { name: "an older Node", binary: findOlderNode() },
];

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "motley-launcher-"));
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "src", "cli"), { recursive: true });
  copyFileSync(join(root, "bin/motley.mjs"), join(folder, "bin/motley.mjs"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "src/cli/main.ts"), main);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(nodes)("under $name", ({ binary }) => {
  test.skipIf(binary === undefined)("arguments and exit code pass through", async () => {
    const { child, hello } = await start(binary, ["exit", "3", "two words", "--json"]);
    expect(hello.rest).toEqual(["3", "two words", "--json"]);
    expect(Number.parseInt(hello.version, 10)).toBeGreaterThanOrEqual(22);
    expect(await ended(child)).toEqual({ code: 3, signal: null });
  });

  test.skipIf(binary === undefined)(
    "an interrupt reaches the program, which chooses its exit code",
    async () => {
      const { child } = await start(binary, ["tidy"]);
      child.kill("SIGINT");
      expect(await ended(child)).toEqual({ code: 130, signal: null });
    },
  );

  test.skipIf(binary === undefined)("a program that is terminated ends the launcher too", async () => {
    const { child, hello } = await start(binary, ["wait"]);
    child.kill("SIGTERM");
    const { code, signal } = await ended(child);
    expect(signal ?? code).toBe(hello.pid === child.pid ? "SIGTERM" : 128 + 15);
    await expect.poll(() => isRunning(hello.pid)).toBe(false);
  });

  test.skipIf(binary === undefined)("nothing goes on when the launcher is killed outright", async () => {
    const { child, hello } = await start(binary, ["wait"]);
    expect(isRunning(hello.pid)).toBe(true);
    child.kill("SIGKILL");
    await ended(child);
    await expect.poll(() => isRunning(hello.pid), { timeout: 10_000 }).toBe(false);
  });
});

/** A Node on the path that cannot run the sources itself. */
function findOlderNode(): string | undefined {
  const name = process.platform === "win32" ? "node.exe" : "node";
  const candidates = (process.env.PATH ?? "").split(delimiter).map((place) => join(place, name));
  return candidates.find((binary) => {
    if (!existsSync(binary)) return false;
    const version = execFileSync(binary, ["--version"], { encoding: "utf8" });
    return Number.parseInt(version.slice(1), 10) < 22;
  });
}

/** Starts the launcher and waits for the program's first line. */
async function start(binary: string | undefined, parameters: readonly string[]) {
  const script = join(folder, "bin/motley.mjs");
  const child = spawn(binary ?? "", [script, ...parameters], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (piece: Buffer) => {
      text += piece.toString();
      if (text.includes("\n")) resolve(text);
    });
    child.on("error", reject);
    child.stdout.on("end", () => reject(new Error(`ended after: ${text}`)));
  });
  const hello: Hello = JSON.parse(line);
  return { child, hello };
}

function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve({ code: child.exitCode, signal: child.signalCode });
  }
  return new Promise((resolve) => child.on("exit", (code, signal) => resolve({ code, signal })));
}

/** A process that has ended but was not yet collected by its parent counts as ended, where the system tells. */
function isRunning(pid: number): boolean {
  if (process.platform === "linux") {
    const place = `/proc/${pid}/stat`;
    const status = existsSync(place) ? readFileSync(place, "utf8") : ") Z";
    return status[status.lastIndexOf(")") + 2] !== "Z";
  }
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
