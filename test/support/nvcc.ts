// nvcc.ts: NVIDIA's compiler, asked what it makes of a kernel's text: it needs no GPU for that.
// In: texts. Out: what it warns of, and registers and spills by kernel and architecture; kept by content under .cache, for
// a text takes seconds. Machine code for sm_80 and sm_90a and PTX for what comes later are made in one go. Small texts go
// together, each in a namespace of its own: reading CUDA's own headers takes longer than compiling one of them.

import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type Nvcc = {
  readonly path: string;
  /** 13.0: the numbers of registers are this version's. */
  readonly version: string;
};

export const compiledFor = ["sm_80", "sm_90a"] as const;
export type CompiledFor = (typeof compiledFor)[number];

export type KernelResources = {
  readonly registers: number;
  /** Bytes of local memory: arrays that are indexed at run time. */
  readonly stackBytes: number;
  readonly spillBytes: number;
};

export type ResourcesByArchitecture = Readonly<Partial<Record<CompiledFor, KernelResources>>>;

export type NvccReport = {
  readonly resources: ReadonlyMap<string, ResourcesByArchitecture>;
  /** Lines: warnings, errors, and what ptxas says of products that wait for each other. They name the kernel. */
  readonly complaints: readonly string[];
};

/** `name` is a word that no other text of the same call has. */
export type NvccText = { readonly name: string; readonly entry: string; readonly source: string };

const cache = fileURLToPath(new URL("../../.cache/motley/nvcc", import.meta.url));
const places = ["nvcc", "/usr/local/cuda/bin/nvcc", "/opt/cuda/bin/nvcc"];

const architectures = [
  "arch=compute_80,code=sm_80",
  "arch=compute_90a,code=sm_90a",
  "arch=compute_120,code=compute_120",
];
// A record's words are named whether a path reads them or not: 177 is a variable that is not read.
const options = ["-std=c++17", "-fatbin", "-Xptxas", "-v", "-diag-suppress", "177"];

/** The compiler; or what is wrong with the one that is installed; or nothing, where none is. */
export function findNvcc(): Nvcc | { readonly problem: string } | undefined {
  for (const path of places) {
    if (path.startsWith("/") && !existsSync(path)) continue;
    try {
      const text = execFileSync(path, ["--version"], { encoding: "utf8", stdio: "pipe" });
      const version = /release (\d+\.\d+)/.exec(text)?.[1];
      return version === undefined ? { problem: `${path} does not say its version` } : { path, version };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
      return {
        problem: `${path} is there and does not run: ${error instanceof Error ? error.message : error}`,
      };
    }
  }
  return undefined;
}

/** What nvcc says of some texts in one file. */
export async function compileWithNvcc(
  { path, version }: Nvcc,
  texts: readonly NvccText[],
): Promise<NvccReport> {
  const source = translationUnit(texts);
  const hash = createHash("sha256");
  for (const part of [version, ...options, ...architectures, source]) hash.update(part).update("\0");
  const kept = join(cache, `${hash.digest("hex").slice(0, 40)}.log`);
  if (!existsSync(kept)) keep(kept, await run(path, source));
  return readReport(readFileSync(kept, "utf8"));
}

const macroPattern = /^[ \t]*#[ \t]*define[ \t]+(\w+)/gm;

/** Every text in a namespace, with an entry of its own name, and without the macros of those before it. */
function translationUnit(texts: readonly NvccText[]): string {
  return texts
    .flatMap(({ name, entry, source }) => {
      const macros = new Set([...source.matchAll(macroPattern)].flatMap(([, macro]) => macro ?? []));
      return [
        ...[`namespace of_${name} {`, `#define ${entry} ${name}`, `#line 1 "${name}.cu"`, source],
        ...[...[...macros, entry].map((macro) => `#undef ${macro}`), "}", ""],
      ];
    })
    .join("\n");
}

function keep(file: string, log: string): void {
  mkdirSync(cache, { recursive: true });
  writeFileSync(`${file}.${process.pid}`, log);
  renameSync(`${file}.${process.pid}`, file);
}

/** Both streams, and a last line where it failed. */
async function run(path: string, source: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "motley-nvcc-"));
  try {
    writeFileSync(join(folder, "kernel.cu"), source);
    const args = [
      ...options,
      ...architectures.flatMap((each) => ["-gencode", each]),
      "-o",
      "kernel.fatbin",
      "kernel.cu",
    ];
    return await new Promise((resolve) => {
      execFile(path, args, { cwd: folder, maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
        resolve(`${stdout}${stderr}${error === null ? "" : `error: nvcc ended with ${error.code}\n`}`),
      );
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const complaint = /\b(?:warning|error|C75\d\d|Potential Performance Loss|serializ|ignored)\b/i;

/** Reads what `-Xptxas -v` prints: for each architecture the functions, their memory, their registers. */
export function readReport(log: string): NvccReport {
  const resources = new Map<string, Partial<Record<CompiledFor, KernelResources>>>();
  const complaints: string[] = [];
  let [name, architecture] = ["", ""];
  let [stackBytes, spillBytes] = [0, 0];
  for (const line of log.split("\n")) {
    const entry = /Compiling entry function '(\w+)' for '(\w+)'/.exec(line);
    if (entry !== null) {
      [, name = "", architecture = ""] = entry;
      [stackBytes, spillBytes] = [0, 0];
    }
    const memory = /(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads/.exec(line);
    if (memory !== null) {
      stackBytes = Math.max(stackBytes, Number(memory[1]));
      spillBytes += Number(memory[2]) + Number(memory[3]);
    }
    const registers = /Used (\d+) registers/.exec(line)?.[1];
    const known = compiledFor.find((each) => each === architecture);
    if (registers !== undefined && known !== undefined)
      resources.set(name, {
        ...resources.get(name),
        [known]: { registers: Number(registers), stackBytes, spillBytes },
      });
    if (complaint.test(line) && !/warnings can be suppressed/.test(line)) complaints.push(line.trim());
  }
  return { resources, complaints };
}
