// compiler.ts: a stand-in for nvcc: it answers the same questions, and compiles for the emulator.
// In: nvcc's arguments. Out: a file that holds the path of a shared library, which driver.cpp loads. A text that exports
// `motley_launch` itself needs no emulator, and is compiled as it stands.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const args = process.argv.slice(2);

if (args.includes("--version")) {
  console.log("a stand-in for nvcc\nCuda compilation tools, release 13.0, V13.0.0");
} else if (args.includes("--list-gpu-arch")) {
  console.log([80, 86, 89, 90, 100].map((number) => `compute_${number}`).join("\n"));
} else {
  const [source = ""] = args.slice(-1);
  const output = args[args.indexOf("-o") + 1] ?? "";
  try {
    const library = await compile(source);
    writeFileSync(output, library);
  } catch (error) {
    const { stderr } = error as { readonly stderr?: Buffer };
    console.error(stderr?.toString() ?? (error instanceof Error ? error.message : String(error)));
    process.exitCode = 1;
  }
}

async function compile(path: string): Promise<string> {
  const text = readFileSync(path, "utf8");
  if (text.includes("motley_launch")) return compilePlain(path, text);
  const { compileForEmulator } = await import("../../support/cuda-compile.ts");
  const entry = /^KERNEL\((\w+)/m.exec(text)?.[1] ?? "";
  const isHopper = args.some((each) => each.includes("sm_90a"));
  return compileForEmulator([{ name: entry, entry, source: text }], isHopper ? "sm_90a" : "sm_80");
}

function compilePlain(path: string, text: string): string {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 24);
  const library = join(import.meta.dirname, "../../../.cache/motley/cuda-emulator", `plain-${hash}.so`);
  if (existsSync(library)) return library;
  mkdirSync(dirname(library), { recursive: true });
  const draft = `${library}.${process.pid}.${basename(path)}`;
  const flags = ["-std=c++17", "-O1", "-shared", "-fPIC", "-x", "c++"];
  execFileSync(process.env.CXX ?? "g++", [...flags, path, "-o", draft], { stdio: "pipe" });
  renameSync(draft, library);
  return library;
}
