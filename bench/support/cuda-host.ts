// cuda-host.ts: what runs Motley's programs in the CUDA benchmark.
// In: whether a GPU may be stood in for. Out: a host that compiles and opens, or why there is none.
// Two hosts stand in for a GPU, to try the benchmark where there is none: kernels in emulation behind a stand-in for
// NVIDIA's driver, and WebAssembly. What they measure says nothing of a GPU.

import type { Model } from "../../src/check/model.ts";
import { compile } from "../../src/compile.ts";
import { openCudaDevice } from "../../src/runtime/cuda.ts";
import { type CudaGpu, openCudaGpu } from "../../src/runtime/cuda-gpu.ts";
import { placesOf } from "../../src/runtime/cuda-memory.ts";
import { type Device, DeviceError } from "../../src/runtime/device.ts";
import { detectEngine } from "../../src/runtime/engine.ts";
import { openWasmDevice } from "../../src/runtime/wasm.ts";
import type { Artifact } from "../../src/targets/artifact.ts";
import { cudaEngine } from "../../src/targets/cuda.ts";
import { wasmProbe } from "../../src/targets/wasm-probe.ts";
import { openStandIn, standInProblem } from "../../test/support/stand-in-cuda.ts";

export type Precision = "bf16" | "f32";
export type Shape = { readonly batch?: number; readonly context?: number };

export type Host = {
  readonly kind: "cuda" | "wasm";
  readonly name: string;
  /** No GPU: nothing is to be judged. */
  readonly isStandIn: boolean;
  /** What a table's first line says of it. */
  readonly facts: Readonly<Record<string, string | number>>;
  compile(model: Model, precision: Precision, shape?: Shape): Artifact;
  open(artifact: Artifact): Promise<Device>;
  /** What an artifact takes on the device. */
  bytesOf(artifact: Artifact): number;
  close(): Promise<void>;
};

export type FoundHost = { readonly host: Host } | { readonly host?: undefined; readonly reason: string };

const cacheDirectory = ".cache/motley";

/** The GPU, or what the variables of the tests name instead; where there is none, `smoke` takes what stands in for one. */
export async function findHost({ smoke }: { readonly smoke: boolean }): Promise<FoundHost> {
  const { MOTLEY_CUDA_DRIVER: driver, MOTLEY_CUDA_COMPILER: compiler } = process.env;
  const given = {
    ...(driver === undefined ? {} : { driver }),
    ...(compiler === undefined ? {} : { compiler }),
  };
  try {
    return { host: cudaHost(await openCudaGpu({ cacheDirectory, ...given }), driver !== undefined) };
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    if (!smoke) return { reason: error.message };
  }
  if (standInProblem() !== undefined) return { host: await wasmHost() };
  // Nothing is kept of what it compiles: the emulator keeps its libraries by content, its own included.
  const { driver: library, compiler: program } = openStandIn();
  return { host: cudaHost(await openCudaGpu({ driver: library, compiler: program }), true) };
}

function cudaHost(gpu: CudaGpu, isStandIn: boolean): Host {
  const { traits, compiler, target } = gpu;
  return {
    kind: "cuda",
    name: isStandIn ? `${traits.name} (in emulation)` : traits.name,
    isStandIn,
    facts: {
      memory: `${(traits.memoryBytes / 2 ** 30).toFixed(0)} GiB`,
      multiprocessors: traits.multiprocessors,
      [compiler.kind]: `${compiler.version} for ${target.architecture}`,
    },
    compile: (model, precision, shape = {}) =>
      compile(model, { purpose: "train", engine: cudaEngine(precision), ...shape }),
    open: (artifact) => openCudaDevice(artifact, gpu),
    bytesOf: (artifact) => placesOf(artifact).totalBytes,
    close: async () => gpu.close(),
  };
}

export async function wasmHost(): Promise<Host> {
  const engine = await detectEngine({ probe: wasmProbe, tune: false });
  return {
    kind: "wasm",
    name: "the processor, through WebAssembly",
    isStandIn: true,
    facts: {},
    compile: (model, _precision, shape = {}) => compile(model, { purpose: "train", engine, ...shape }),
    open: (artifact) => openWasmDevice(artifact, { threads: 1 }),
    bytesOf: ({ arenaBytes }) => arenaBytes,
    close: async () => undefined,
  };
}
