// cuda-compile.ts: CUDA kernels compiled for this machine's processor, against the emulator in test/cuda.
// In: kernels' texts, unchanged, and the architecture to stand for. Out: a shared library; or why there is none.
// The emulator is compiled once, every text once for all programs that have it: objects are kept by content under .cache.

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

/** Bits of floats are read as words and back; a product and a sum are two roundings, as the interpreter has them. */
const flags = [
  ...["-std=c++17", "-g1", "-gdwarf-4", "-w", "-fPIC", "-fvisibility=hidden", "-fno-strict-aliasing"],
  ...["-ffp-contract=off", "-fno-exceptions", "-DEMULATOR", `-I${headers}`],
];

/** Compilers that run at once. */
const jobs = 2;

type Compiler = { readonly command: string; readonly version: string };

let found: { readonly compiler: Compiler | undefined } | undefined;

/** The host's C++ compiler: the one CXX names, g++ or clang++. */
function findCompiler(): Compiler | undefined {
  found ??= { compiler: firstCompiler() };
  return found.compiler;
}

function firstCompiler(): Compiler | undefined {
  const commands = [...(process.env.CXX === undefined ? [] : [process.env.CXX]), "g++", "clang++"];
  for (const command of commands) {
    try {
      const version = execFileSync(command, ["--version"], { encoding: "utf8", stdio: "pipe" });
      return { command, version: version.split("\n")[0] ?? "" };
    } catch {
      // Not there: the next one.
    }
  }
  return undefined;
}

/** Why kernels cannot be run in emulation here, if they cannot. */
export function emulatorProblem(): string | undefined {
  if (process.platform === "win32") return "the emulator of CUDA is for Linux and macOS";
  return findCompiler() === undefined ? "there is no C++ compiler (CXX, g++ or clang++)" : undefined;
}

/** What every object depends on. */
let emulatorText: string | undefined;

function hashOf(...parts: readonly string[]): string {
  emulatorText ??= readdirSync(headers)
    .filter((name) => /\.[ch]pp$/.test(name))
    .sort()
    .map((name) => readFileSync(join(headers, name), "utf8"))
    .join("\0");
  const hash = createHash("sha256");
  const { command, version } = findCompiler() ?? { command: "", version: "" };
  for (const part of [command, version, process.arch, ...flags.slice(0, -1), emulatorText, ...parts])
    hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 24);
}

/** Compiles or links, unless it has been done; the file appears under its name when it is whole. */
async function make(file: string, source: string, args: readonly string[]): Promise<string> {
  const path = join(cache, file);
  if (existsSync(path)) return path;
  await mkdir(cache, { recursive: true });
  const unfinished = join(cache, `${process.pid}.${Math.trunc(performance.now() * 1000)}.${file}`);
  const text = `${unfinished}.cpp`;
  await writeFile(text, source);
  try {
    const all = [...flags, text, ...args, "-o", unfinished];
    await promisify(execFile)(findCompiler()?.command ?? "", all, { maxBuffer: 1 << 26 });
    await rename(unfinished, path);
  } catch (error) {
    const { stderr } = error as { readonly stderr?: string };
    throw new Error(`the kernels do not compile for the emulator:\n${firstErrors(stderr ?? String(error))}`);
  } finally {
    await rm(text, { force: true });
    await rm(unfinished, { force: true });
  }
  return path;
}

/** A text's object, and the names of what it defines by entry: nothing else of it is seen outside. */
type TextObject = { readonly object: string; readonly symbols: ReadonlyMap<string, string> };

async function compileText(
  source: string,
  entries: readonly string[],
  architecture: Architecture,
): Promise<TextObject> {
  const hash = hashOf(architecture, entries.join(), source);
  const symbols = new Map(entries.map((entry) => [entry, `motley_kernel_${hash}_${entry}`]));
  const text = [
    '#include "emulator.hpp"',
    "namespace {",
    `#line 1 "${entries[0]}.cu"`,
    source,
    "}",
    ...[...symbols].flatMap(([entry, symbol]) => [
      `extern const emulator::Kernel ${symbol};`,
      `const emulator::Kernel ${symbol} = {${entry}, ${entry}_bounds};`,
    ]),
    "",
  ].join("\n");
  const args = ["-c", "-O1", ...(architecture === "sm_90a" ? ["-DEMULATE_SM90A"] : [])];
  return { object: await make(`${hash}.o`, text, args), symbols };
}

/**
 * A shared library with these kernels (test/cuda/module.hpp says what it exports).
 * Throws the compiler's messages where a text is refused.
 */
export async function compileForEmulator(
  kernels: readonly CudaText[],
  architecture: Architecture,
): Promise<string> {
  if (emulatorProblem() !== undefined) throw new Error(emulatorProblem());
  const runtime = await make(`runtime-${hashOf()}.o`, '#include "runtime.cpp"\n', ["-c", "-O2"]);
  const entriesOf = new Map<string, Set<string>>();
  for (const { source, entry } of kernels)
    entriesOf.set(source, (entriesOf.get(source) ?? new Set()).add(entry));
  const made = new Map<string, TextObject>();
  const texts = [...entriesOf];
  const work = async (): Promise<void> => {
    for (let text = texts.shift(); text !== undefined; text = texts.shift()) {
      const [source, entries] = text;
      made.set(source, await compileText(source, [...entries].sort(), architecture));
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));

  const symbolOf = ({ source, entry }: CudaText): string => made.get(source)?.symbols.get(entry) ?? "";
  const table = [
    '#include "emulator.hpp"',
    ...new Set(kernels.map((kernel) => `extern const emulator::Kernel ${symbolOf(kernel)};`)),
    "namespace emulator {",
    "extern const NamedKernel kernel_table[];",
    "extern const unsigned kernel_count;",
    "const NamedKernel kernel_table[] = {",
    ...kernels.map((kernel) => `  {"${kernel.name}", &${symbolOf(kernel)}},`),
    "};",
    `const unsigned kernel_count = ${kernels.length};`,
    "}",
    "",
  ].join("\n");
  const objects = [...made.values()].map(({ object }) => object).sort();
  return make(`program-${hashOf(architecture, table)}.so`, table, ["-shared", runtime, ...objects, "-ldl"]);
}

/** The first few errors a compiler found. */
function firstErrors(messages: string): string {
  const lines = messages.split("\n");
  const errors = lines.flatMap((line, i) => (/error:/.test(line) ? [lines.slice(i, i + 3).join("\n")] : []));
  return errors.length === 0 ? messages.slice(0, 4000) : errors.slice(0, 6).join("\n");
}
