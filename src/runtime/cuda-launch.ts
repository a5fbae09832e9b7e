// cuda-launch.ts: launches, one by one or as a graph.
// In: an artifact whose kernels and memory are on a GPU. Out: launches on a stream; graphs that a run hands to the GPU
// whole. Counts of rows per modality stand in the GPU's memory and kernels read them there, so that one graph serves
// every batch: nothing is captured twice.

import type { Artifact, CudaConfiguration, CudaLaunch } from "../targets/artifact.ts";
import type { CudaGpu } from "./cuda-gpu.ts";
import { cudaOf } from "./cuda-kernels.ts";
import { type CudaPlaces, mapBytes } from "./cuda-memory.ts";
import { allocateHost, type Place } from "./cuda-staging.ts";

export type Launcher = {
  /** Gives one launch to the stream; a driver's code, 0 where it was taken. */
  launch(index: number): number;
  free(): void;
};

/** Words of `Job`. */
const jobWords = 8;

/** Everything a launch needs; `functions` by kernel. */
export function makeLauncher(
  artifact: Artifact,
  gpu: CudaGpu,
  { stream, arena, places, functions }: Arena & { readonly functions: readonly bigint[] },
): Launcher {
  const { driver } = gpu;
  const { kernels, launches } = cudaOf(artifact);
  const configurations = kernels.map((kernel) => kernel.configurations[gpu.architecture.configuration]);
  const across = launches.map((launch) => blocksAcross(launch, functions, configurations, gpu));
  // The driver copies parameters while it takes a launch, so that all launches share one place for them.
  const memory = allocateHost(driver, 256);
  const { buffer } = memory.bytes;
  const addresses = new BigUint64Array(buffer, 0, 3);
  addresses.set([arena, arena + BigInt(places.records), arena + BigInt(places.maps)]);
  const job = new Uint32Array(buffer, 24, jobWords);
  const at = (offset: number): bigint => memory.address + BigInt(offset);
  const parameters = new BigUint64Array(buffer, 64, 4);
  parameters.set([at(0), at(8), at(24), at(16)]);
  return {
    launch(index) {
      const launch = launches[index];
      const configuration = configurations[launch?.kernel ?? -1];
      if (launch === undefined || configuration === undefined) return 0;
      const [, y, z] = launch.blocks;
      const { threads, sharedBytes } = configuration;
      job.fill(0);
      job.set(launch.job);
      return driver.status(
        ...(["cuLaunchKernel", functions[launch.kernel] ?? 0n, across[index] ?? 0, y, z] as const),
        ...([threads, 1, 1, sharedBytes, stream, at(64), 0n] as const),
      );
    },
    free: () => memory.free(),
  };
}

/** Where an artifact's memory is on its GPU, and the stream that everything of it goes through. */
export type Arena = { readonly stream: bigint; readonly arena: bigint; readonly places: CudaPlaces };

/** A kernel that walks its work takes as many blocks as run at once, and no more. */
function blocksAcross(
  { kernel, blocks: [x, y, z], isPersistent }: CudaLaunch,
  functions: readonly bigint[],
  configurations: readonly CudaConfiguration[],
  { driver, traits }: CudaGpu,
): number {
  const { threads = 0, sharedBytes = 0 } = configurations[kernel] ?? {};
  if (isPersistent !== true || x * y * z === 0) return x;
  const perMultiprocessor = driver.ask(
    "ask how many blocks of a kernel run at once",
    "cuOccupancyMaxActiveBlocksPerMultiprocessor",
    ...[functions[kernel] ?? 0n, threads, sharedBytes],
  );
  return Math.min(x, Math.max(1, perMultiprocessor) * traits.multiprocessors);
}

/** CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: other threads of this process may do what they like meanwhile. */
const captureOfThread = 1;

/** Captures what `record` gives to the stream, and makes it ready to be launched again and again. */
export function captureGraph({ driver, stream }: Place, record: () => void): bigint {
  const doing = "capture a step as a graph";
  driver.call(doing, "cuStreamBeginCapture_v2", stream, captureOfThread);
  const place = new BigUint64Array(1);
  try {
    record();
  } catch (error) {
    if (driver.status("cuStreamEndCapture", stream, place) === 0)
      driver.status("cuGraphDestroy", place[0] ?? 0n);
    throw error;
  }
  driver.call(doing, "cuStreamEndCapture", stream, place);
  const [graph = 0n] = place;
  try {
    return driver.make(doing, "cuGraphInstantiateWithFlags", graph, 0);
  } finally {
    driver.status("cuGraphDestroy", graph);
  }
}

/** Enumerations of cuda.h, for matrices of bf16 that tensor copies lay out with a swizzle of 128 bytes. */
const tensorMap = { bf16: 9, dense: 0, swizzle128: 3, promoteTo256: 3, zerosOutside: 0 } as const;

/** The artifact's tensor maps, as the GPU reads them. */
export function encodeMaps(artifact: Artifact, { driver }: CudaGpu, { arena }: Arena): Uint8Array {
  const { maps } = cudaOf(artifact);
  const encoded = new Uint8Array(mapBytes * maps.length);
  if (maps.length === 0) return encoded;
  // The driver wants the map it writes at a multiple of 64 bytes.
  const memory = allocateHost(driver, mapBytes);
  try {
    for (const [i, { byteOffset, rows, columns, stride, boxRows, boxColumns }] of maps.entries()) {
      const { bf16, dense, swizzle128, promoteTo256, zerosOutside } = tensorMap;
      driver.call(
        ...([`describe matrix ${i}, ${rows} × ${columns}, to the GPU`, "cuTensorMapEncodeTiled"] as const),
        ...[memory.address, bf16, 2, arena + BigInt(byteOffset)],
        ...[BigUint64Array.of(BigInt(columns), BigInt(rows)), BigUint64Array.of(BigInt(2 * stride))],
        ...[Uint32Array.of(boxColumns, boxRows), Uint32Array.of(1, 1)],
        ...[dense, swizzle128, promoteTo256, zerosOutside],
      );
      encoded.set(memory.bytes, mapBytes * i);
    }
    return encoded;
  } finally {
    memory.free();
  }
}
