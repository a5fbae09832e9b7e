// cuda.ts: the device that runs an artifact on an NVIDIA GPU.
// In: an artifact of the CUDA target, and an opened GPU. Out: a Device. Memory is one allocation, made once; a run is
// one graph from its second time on (cuda-run.ts).

import type { Artifact } from "../targets/artifact.ts";
import { DriverError, driverCodes } from "./cuda-driver.ts";
import { makeCudaGuard } from "./cuda-failure.ts";
import type { CudaGpu } from "./cuda-gpu.ts";
import { cudaOf, loadKernels } from "./cuda-kernels.ts";
import { type Arena, encodeMaps, makeLauncher } from "./cuda-launch.ts";
import { checkCudaMemory, placesOf } from "./cuda-memory.ts";
import { type CudaStats, makeRunner } from "./cuda-run.ts";
import { makeReader, makeWriter } from "./cuda-staging.ts";
import { type Device, DeviceError } from "./device.ts";
import { callTimes } from "./launch-times.ts";
import { formatBytes, largestBuffers, MemoryError, memoryAdvice } from "./memory.ts";

export type CudaDevice = Device & {
  readonly gpu: CudaGpu;
  /** Which GPU of this machine, and the stream of it that all work of this artifact goes through, in order. */
  readonly ordinal: number;
  readonly stream: bigint;
  stats(): CudaStats;
};

/**
 * Opens an artifact on a GPU.
 * - Throws `MemoryError` where it does not fit and `DeviceError` where the GPU, its driver or the compiler refuses.
 * - Close it: its memory on the GPU is not freed otherwise. The GPU itself stays open.
 */
export async function openCudaDevice(artifact: Artifact, gpu: CudaGpu): Promise<CudaDevice> {
  cudaOf(artifact);
  const functions = await loadKernels(artifact, gpu);
  checkCudaMemory([artifact], gpu.memory());
  const { driver } = gpu;
  const places = placesOf(artifact);
  const arena = allocateArena(artifact, gpu, places.totalBytes);
  let stream = 0n;
  try {
    stream = driver.make("open a stream on the GPU", "cuStreamCreate", nonBlocking);
    return cudaDevice(artifact, gpu, { stream, arena, places }, functions);
  } catch (error) {
    if (stream !== 0n) driver.status("cuStreamDestroy_v2", stream);
    driver.status("cuMemFree_v2", arena);
    throw error;
  }
}

/** Somebody else may have taken what was free a moment ago, or there is no room for it in one piece. */
function allocateArena(artifact: Artifact, { driver }: CudaGpu, bytes: number): bigint {
  try {
    return driver.make(`allocate ${formatBytes(bytes)} on the GPU`, "cuMemAlloc_v2", bytes);
  } catch (error) {
    if (!(error instanceof DriverError && error.code === driverCodes.outOfMemory)) throw error;
    throw new MemoryError(
      `the GPU has not the ${formatBytes(bytes)} of memory that \`${artifact.variant}\` needs, of which the largest are ${largestBuffers(artifact)}`,
      `${memoryAdvice(artifact)}; \`nvidia-smi\` shows what else runs on this GPU`,
    );
  }
}

/** CU_STREAM_NON_BLOCKING: it waits for no other stream. */
const nonBlocking = 1;

function cudaDevice(
  artifact: Artifact,
  gpu: CudaGpu,
  memory: Arena,
  functions: readonly bigint[],
): CudaDevice {
  const { driver } = gpu;
  const { stream, arena, places } = memory;
  const guard = makeCudaGuard();
  const writer = makeWriter({ driver, stream });
  const reader = makeReader({ driver, stream }, guard.check);
  const launcher = makeLauncher(artifact, gpu, { ...memory, functions });
  const runner = makeRunner({ artifact, gpu, stream, guard, launcher });
  const write = (byteOffset: number, { buffer, byteOffset: from, byteLength }: ArrayBufferView): void =>
    writer.write(arena + BigInt(byteOffset), new Uint8Array(buffer, from, byteLength));
  const requireInside = (byteOffset: number, byteLength: number): void => {
    guard.check();
    if (byteOffset < 0 || byteOffset + byteLength > artifact.arenaBytes)
      throw new Error(`bytes ${byteOffset} to ${byteOffset + byteLength} are outside of the arena`);
  };
  const read = async <Values extends Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>>(
    at: number,
    values: Values,
  ): Promise<Values> => {
    requireInside(at, values.byteLength);
    await guard.watch(reader.read(arena + BigInt(at), new Uint8Array(values.buffer)));
    return values;
  };

  driver.call("clear the GPU's memory", "cuMemsetD8Async", arena, 0, places.totalBytes, stream);
  write(places.records, Int32Array.from(cudaOf(artifact).records));
  // Only kernels of sm_90a copy tiles by maps; a driver refuses to make one for any older GPU.
  if (gpu.architecture.configuration === "sm_90a") write(places.maps, encodeMaps(artifact, gpu, memory));
  return {
    ...{ gpu, ordinal: gpu.ordinal, stream, threads: 1, stats: runner.stats, run: runner.run },
    write(byteOffset, values) {
      requireInside(byteOffset, values.byteLength);
      guard.attempt(() => write(byteOffset, values));
    },
    readFloats: (byteOffset, count) => read(byteOffset, new Float32Array(count)),
    readIntegers: (byteOffset, count) => read(byteOffset, new Int32Array(count)),
    async profile(phases) {
      const { indices, milliseconds } = await runner.profile(phases);
      return { calls: callTimes(artifact, indices, milliseconds), waitMs: [0] };
    },
    async close() {
      guard.fail(new DeviceError("the device is closed"));
      driver.status("cuStreamSynchronize", stream);
      for (const part of [runner, launcher, writer, reader]) part.free();
      driver.status("cuStreamDestroy_v2", stream);
      driver.status("cuMemFree_v2", arena);
    },
  };
}
