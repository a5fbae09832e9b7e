// cuda-compile.ts: CUDA kernels compiled for this machine's processor, against the emulator in test/cuda.
// In: kernels' texts, unchanged, and the architecture to stand for. Out: a shared library, kept by content under .cache;
// or why there is none. All kernels of a program are one translation unit: the emulator is compiled once, each text in
// a namespace of its own.

import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export type CudaText = {
  readonly name: string;
  /** The function's name in the text, as `KERNEL(entry, …)` has it. */
  readonly entry: string;
  readonly source: string;
};

export type Architecture = "sm_80" | "sm_90a";

const headers = fileURLToPath(new URL("../cuda", import.meta.url));
const cache = fileURLToPath(new URL("../../.cache/motley/cuda-emulator", import.meta.url));

const flags = [
  ...["-std=c++17", "-O1", "-g1", "-w", "-shared", "-fPIC", "-fvisibility=hidden", "-fno-strict-aliasing"],
  ...["-ffp-contract=off", "-fno-exceptions", "-DEMULATOR"],
];

let found: { readonly command: string; readonly version: string } | undefined | "not looked for" =
  "not looked for";

/** The host's C++ compiler: the one CXX names, g++ or clang++. */
function compiler(): { readonly command: string; readonly version: string } | undefined {
  if (found !== "not looked for") return found;
  const commands = [...(process.env.CXX === undefined ? [] : [process.env.CXX]), "g++", "clang++"];
  for (const command of commands) {
    try {
      const version = execFileSync(command, ["--version"], { encoding: "utf8", stdio: "pipe" });
      found = { command, version: version.split("\n")[0] ?? "" };
      return found;
    } catch {
      // Not there: the next one.
    }
  }
  found = undefined;
  return undefined;
}

/** Why kernels cannot be run in emulation here, if they cannot. */
export function emulatorProblem(): string | undefined {
  if (process.platform === "win32") return "the emulator of CUDA is for Linux and macOS";
  return compiler() === undefined ? "there is no C++ compiler (CXX, g++ or clang++)" : undefined;
}

/** Names the emulator defines itself: a text may mention them, and must not undefine them. */
let ownMacros: ReadonlySet<string> | undefined;
const macroPattern = /^[ \t]*#[ \t]*define[ \t]+(\w+)/gm;

function headerTexts(): readonly string[] {
  const files = readdirSync(headers).filter((name) => name.endsWith(".hpp"));
  return files.sort().map((name) => readFileSync(join(headers, name), "utf8"));
}

/** One translation unit: the emulator, every text in a namespace, and the table of all. */
export function translationUnit(kernels: readonly CudaText[]): string {
  ownMacros ??= new Set(
    headerTexts().flatMap((text) => [...text.matchAll(macroPattern)].map(([, name]) => name ?? "")),
  );
  const own = ownMacros;
  const bodies = kernels.map(({ name, source }, i) => {
    const macros = [...source.matchAll(macroPattern)].flatMap(([, macro]) => macro ?? []);
    const undefined_ = [...new Set(macros)].filter((macro) => !own.has(macro));
    return [
      `namespace kernel_${i} {`,
      `#line 1 "${name}.cu"`,
      source,
      ...undefined_.map((macro) => `#undef ${macro}`),
      "}",
    ].join("\n");
  });
  const rows = kernels.map(
    ({ name, entry }, i) => `  {"${name}", kernel_${i}::${entry}, kernel_${i}::${entry}_bounds},`,
  );
  const table = ["static const emulator::Kernel kernel_table[] = {", ...rows, "};"];
  return ['#include "emulator.hpp"', ...bodies, ...table, '#include "module.hpp"', ""].join("\n");
}

/**
 * A shared library with these kernels (test/cuda/module.hpp says what it exports).
 * Throws the compiler's messages where a text is refused.
 */
export async function compileForEmulator(
  kernels: readonly CudaText[],
  architecture: Architecture,
): Promise<string> {
  const host = compiler();
  if (host === undefined) throw new Error(emulatorProblem());
  const unit = translationUnit(kernels);
  const all = [...flags, ...(architecture === "sm_90a" ? ["-DEMULATE_SM90A"] : [])];
  const hash = createHash("sha256");
  for (const part of [host.command, host.version, process.arch, all.join(" "), ...headerTexts(), unit])
    hash.update(part).update("\0");
  const library = join(cache, `${hash.digest("hex").slice(0, 24)}.so`);
  if (existsSync(library)) return library;

  await mkdir(cache, { recursive: true });
  const unfinished = `${library}.${process.pid}.${Math.trunc(performance.now() * 1000)}`;
  const source = `${unfinished}.cpp`;
  await writeFile(source, unit);
  try {
    await promisify(execFile)(host.command, [...all, `-I${headers}`, source, "-o", unfinished], {
      maxBuffer: 1 << 26,
    });
    await rename(unfinished, library);
  } catch (error) {
    const { stderr } = error as { readonly stderr?: string };
    throw new Error(`the kernels do not compile for the emulator:\n${firstErrors(stderr ?? String(error))}`);
  } finally {
    await rm(source, { force: true });
    await rm(unfinished, { force: true });
  }
  return library;
}

/** The first few errors a compiler found. */
function firstErrors(messages: string): string {
  const lines = messages.split("\n");
  const errors = lines.flatMap((line, i) => (/error:/.test(line) ? [lines.slice(i, i + 3).join("\n")] : []));
  return errors.length === 0 ? messages.slice(0, 4000) : errors.slice(0, 6).join("\n");
}
