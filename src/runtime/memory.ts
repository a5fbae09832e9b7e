// memory.ts: whether an artifact fits, asked before anything is allocated.
// In: an artifact, a number of threads and the memory that can be had. Out: nothing, or an error that names the three
// largest buffers and what to change. The plan knows every byte, so there is nothing to try out.

import type { Artifact } from "../targets/artifact.ts";
import { layoutMemory } from "./wasm-memory.ts";

/** The plan needs more than there is; the message names the largest consumers. */
export class MemoryError extends Error {
  readonly help: string;
  constructor(message: string, help: string) {
    super(message);
    this.name = "MemoryError";
    this.help = help;
  }
}

/** 32-bit addresses reach no further. */
const addressableBytes = 2 ** 32 - 2 ** 16;

/** Throws `MemoryError` if the artifact does not fit into `availableBytes` with so many threads. */
export function checkMemory(artifact: Artifact, threads: number, availableBytes: number): void {
  const needed = layoutMemory(artifact, threads).pages * 2 ** 16;
  if (needed <= Math.min(addressableBytes, availableBytes)) return;
  const limit =
    needed > addressableBytes
      ? `one WebAssembly memory holds ${formatBytes(addressableBytes)}`
      : `${formatBytes(availableBytes)} can be had`;
  throw new MemoryError(
    `\`${artifact.variant}\` needs ${formatBytes(needed)} of memory, and ${limit}; the largest are ${largestBuffers(artifact)}`,
    memoryAdvice(artifact),
  );
}

/** The three largest buffers and their sizes. */
export function largestBuffers({ buffers }: Artifact): string {
  const kept = buffers.filter(({ role }) => role === "cache");
  const keptBytes = kept.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const rest = buffers.filter(({ role }) => role !== "cache");
  const all = keptBytes === 0 ? rest : [...rest, { name: "keys and values", byteLength: keptBytes }];
  const largest = all.sort((a, b) => b.byteLength - a.byteLength).slice(0, 3);
  return largest.map(({ name, byteLength }) => `${name} (${formatBytes(byteLength)})`).join(", ");
}

/** What to change. Activations shrink with the batch; everything else only with the model. */
export function memoryAdvice({ purpose, memory, batch, context }: Artifact): string {
  if (purpose === "decode")
    return `it is for ${batch} documents of ${context} tokens at once: fewer (\`--count\`) need less`;
  const lasting = memory.parameters + memory.gradients + memory.optimizer;
  return memory.activations >= lasting
    ? `a smaller \`batch\` or \`context\` needs less: they are ${batch} and ${context}`
    : "a smaller model needs less: most of it is parameters, gradients and the optimizer's state";
}

/** 1.5 GiB, 12 MiB, 3 KiB. */
export function formatBytes(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const size = bytes / 1024 ** power;
  return `${size >= 100 || power === 0 ? size.toFixed(0) : size.toFixed(1)} ${units[power]}`;
}
