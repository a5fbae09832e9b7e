// cuda-memory.ts: whether artifacts fit a GPU, asked before anything is allocated; and how their memory is laid out.
// In: artifacts, and the bytes that a GPU has free. Out: sizes and places, or an error that names the three largest
// buffers and says what to change.

import type { Artifact } from "../targets/artifact.ts";
import { cudaOf } from "./cuda-kernels.ts";
import { formatBytes, largestBuffers, MemoryError, memoryAdvice } from "./memory.ts";

/** Where things lie in an artifact's one allocation, in bytes from its start; the arena begins it. */
export type CudaPlaces = {
  readonly records: number;
  readonly maps: number;
  readonly totalBytes: number;
};

/** Of a CUtensorMap. */
export const mapBytes = 128;
/** Every part starts at a multiple of this, as an allocation of its own would. */
const alignment = 256;
/** Left to the driver for modules, graphs and what kernels keep in local memory. */
const reservedBytes = 128 << 20;

export function placesOf(artifact: Artifact): CudaPlaces {
  const { records, maps } = cudaOf(artifact);
  const afterArena = aligned(artifact.arenaBytes);
  const afterRecords = afterArena + aligned(4 * records.length);
  return {
    records: afterArena,
    maps: afterRecords,
    totalBytes: afterRecords + aligned(mapBytes * maps.length),
  };
}

/** Throws `MemoryError` unless all fit side by side. */
export function checkCudaMemory(
  artifacts: readonly Artifact[],
  { freeBytes, totalBytes }: { readonly freeBytes: number; readonly totalBytes: number },
): void {
  let available = freeBytes - reservedBytes;
  for (const artifact of artifacts) {
    const needed = placesOf(artifact).totalBytes;
    if (needed > available) {
      const taken = artifacts.length > 1 ? ", the other variants' part included" : "";
      throw new MemoryError(
        `\`${artifact.variant}\` needs ${formatBytes(needed)} of the GPU's memory, and ${formatBytes(Math.max(0, available))} of its ${formatBytes(totalBytes)} can be had${taken}; the largest are ${largestBuffers(artifact)}`,
        memoryAdvice(artifact),
      );
    }
    available -= needed;
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
