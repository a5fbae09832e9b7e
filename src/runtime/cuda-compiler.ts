// cuda-compiler.ts: what is asked of a compiler of CUDA C++.
// In: an architecture, and what a compiler knows. Out: types, and what to compile for on a GPU.

import type { CudaArchitecture } from "./cuda-devices.ts";
import { DeviceError } from "./device.ts";

/** What a text is compiled for, in words of both compilers. */
export type CompilerTarget = {
  /** sm_90a, sm_89: machine code. compute_89: PTX, for GPUs newer than the compiler. */
  readonly architecture: string;
  readonly isPtx: boolean;
  /** Machine code says which line it is of, for NVIDIA's tools; compiling takes up to twice as long. */
  readonly hasLines: boolean;
};

export type CudaCompiler = {
  readonly kind: "nvcc" | "nvrtc";
  readonly path: string;
  /** 13.0: part of what a compiled kernel is known by. */
  readonly version: string;
  /** Numbers of the architectures that it knows: 80, 90. */
  readonly architectures: readonly number[];
  /** Compiles a file to a file of machine code, or PTX. Throws `CompileError` where the text is refused. */
  compile(source: string, output: string, target: CompilerTarget): Promise<void>;
  /** What a person types to see the same. */
  commandOf(source: string, target: CompilerTarget): string;
};

/** A compiler refused a text. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  readonly log: string;
  constructor(log: string) {
    super(log.split("\n", 1)[0] ?? "");
    this.log = log;
  }
}

/** Both compilers take these. */
export function compilerFlags({ hasLines }: CompilerTarget): readonly string[] {
  return ["-std=c++17", ...(hasLines ? ["-lineinfo"] : [])];
}

/** What to compile for on a GPU; throws `DeviceError` where the compiler is too old for it. */
export function compilerTarget(
  { configuration, number }: CudaArchitecture,
  { kind, version, architectures }: Pick<CudaCompiler, "kind" | "version" | "architectures">,
  hasLines = false,
): CompilerTarget {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  // Fences for tensor maps came with CUDA 12.3; 11.8 knows 9.0, but not 9.0a.
  const isNewEnough = configuration === "sm_90a" ? major > 12 || (major === 12 && minor >= 3) : major >= 12;
  const isKnown = architectures.includes(number) && isNewEnough;
  if (configuration === "sm_90a" && isKnown) return { architecture: "sm_90a", isPtx: false, hasLines };
  if (isKnown) return { architecture: `sm_${number}`, isPtx: false, hasLines };
  // The driver goes on from the text of an older architecture.
  const older = architectures.filter((each) => each >= 80 && each < number).sort((a, b) => b - a)[0];
  if (configuration === "sm_80" && older !== undefined)
    return { architecture: `compute_${older}`, isPtx: true, hasLines };
  throw new DeviceError(`${kind} ${version} is too old for this GPU's architecture, sm_${number}`, {
    help: "install a newer CUDA toolkit: 12.3 or newer has what kernels for sm_90 use",
  });
}
