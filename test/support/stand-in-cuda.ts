// stand-in-cuda.ts: a driver and a compiler that stand in for NVIDIA's, so that the CUDA device runs without a GPU.
// In: the host's C++ compiler. Out: paths of both, for the runtime's options and for MOTLEY_CUDA_DRIVER and
// MOTLEY_CUDA_COMPILER; a handle to set what the driver says and where it fails; or why they cannot be had here.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import koffi from "koffi";

const root = join(import.meta.dirname, "../..");
const folder = join(root, ".cache/motley/cuda-stand-in");

export type StandIn = {
  /** Path of the driver's library. */
  readonly driver: string;
  /** Path of the compiler's program. */
  readonly compiler: string;
  /** Sets a number: see `settings` in test/cuda/stand-in/driver.cpp. */
  set(name: string, value: number): void;
  /** Streams, events, graphs and allocations that nobody has given back. */
  live(): number;
};

/** Why there is none here, if there is none. */
export function standInProblem(): string | undefined {
  if (process.platform === "win32") return "the stand-in for NVIDIA's driver is for Linux and macOS";
  try {
    execFileSync(hostCompiler(), ["--version"], { stdio: "pipe" });
    return undefined;
  } catch {
    return "there is no C++ compiler (CXX or g++)";
  }
}

/** Built once, and kept by content. */
export function openStandIn(): StandIn {
  const driver = buildDriver();
  const library = koffi.load(driver);
  const set = library.func("void standin_set(str name, int64_t value)");
  const live = library.func("int standin_live()");
  return { driver, compiler: writeCompiler(), set: (name, value) => set(name, value), live: () => live() };
}

function hostCompiler(): string {
  return process.env.CXX ?? "g++";
}

function buildDriver(): string {
  const source = join(root, "test/cuda/stand-in/driver.cpp");
  const hash = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 24);
  const library = join(folder, `driver-${hash}.so`);
  if (existsSync(library)) return library;
  mkdirSync(folder, { recursive: true });
  const draft = `${library}.${process.pid}`;
  const flags = ["-std=c++17", "-O1", "-shared", "-fPIC", "-pthread"];
  execFileSync(hostCompiler(), [...flags, source, "-o", draft, "-ldl"], { stdio: "pipe" });
  renameSync(draft, library);
  return library;
}

/** A program of one line: the Node that runs the tests may not be the first on the path. */
function writeCompiler(): string {
  const text = `#!/bin/sh\nexec "${process.execPath}" "${join(root, "test/cuda/stand-in/compiler.ts")}" "$@"\n`;
  const path = join(folder, `nvcc-${createHash("sha256").update(text).digest("hex").slice(0, 12)}`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text);
  chmodSync(draft, 0o755);
  renameSync(draft, path);
  return path;
}
