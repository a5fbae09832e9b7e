// batches.ts: random batches for tests: packed documents of several modalities, empty tails, one-token documents.
// In: sizes, the modalities' id ranges and a seed. Out: a Batch as data would hand it over.
// Deliberately nastier than real data: a modality may be absent, a context may be empty, targets may be missing.

import type { Batch } from "../../src/runtime/batch.ts";

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Ids of tokens, or the size of patches. */
export type RequestedModality = {
  readonly vocabStart: number;
  readonly vocab: number;
  readonly size?: number;
  readonly channels?: number;
};

export type BatchRequest = {
  readonly batch: number;
  readonly context: number;
  readonly modalities: readonly RequestedModality[];
  readonly seed: number;
  /** Modalities that occur; all of them unless given. */
  readonly present?: readonly number[];
  /** Share of positions left empty at the end of a context, at most; a third unless given. */
  readonly emptyTail?: number;
};

/**
 * Documents of random lengths (some of one token) with runs of random modalities, then an empty tail. Runs of a
 * continuous modality are spans, some of them side by side.
 */
export function randomBatch(request: BatchRequest): Batch {
  const { batch, context, modalities, seed } = request;
  const random = randomNumbers(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const present = request.present ?? modalities.map((_, m) => m);
  const rows = batch * context;
  const empty = (): Int32Array => new Int32Array(rows).fill(-1);
  const [token, target, modality, document] = [empty(), empty(), empty(), empty()];
  const position = new Int32Array(rows);
  const width = Math.max(...modalities.map(({ size = 0, channels = 0 }) => size * size * channels));
  const spans = startSpans(rows, width, random);
  for (let row = 0; row < batch; row += 1) {
    const end = context - below(Math.floor(context * (request.emptyTail ?? 0.34)) + 1);
    let at = 0;
    for (let number = 0; at < end; number += 1) {
      const length = Math.min(end - at, random() < 0.2 ? 1 : 1 + below(Math.max(1, context / 2)));
      let current = present[below(present.length)] ?? 0;
      spans.end();
      for (let t = 0; t < length; t += 1, at += 1) {
        if (random() < 0.3) {
          current = present[below(present.length)] ?? 0;
          spans.end();
        }
        const ids = modalities[current] ?? { vocabStart: 0, vocab: 1 };
        const index = row * context + at;
        if (ids.size === undefined) token[index] = ids.vocabStart + below(ids.vocab);
        else spans.put(index);
        modality[index] = current;
        document[index] = number;
        position[index] = t;
        if (t > 0) target[index - 1] = token[index] ?? -1;
      }
    }
  }
  const continuous = width === 0 ? {} : spans.arrays;
  return { batch, context, token, target, modality, document, position, ...continuous };
}

/** Patches, noise and timesteps by position; a new span begins with the first patch after `end`. */
function startSpans(rows: number, width: number, random: () => number) {
  const values = (): Float32Array => Float32Array.from({ length: rows * width }, () => 2 * random() - 1);
  const arrays = {
    span: new Int32Array(rows).fill(-1),
    timestep: new Int32Array(rows).fill(-1),
    patches: values(),
    noise: values().map((x) => 1.7 * x),
  };
  let [number, timestep, isOpen] = [-1, 0, false];
  return {
    arrays,
    end: (): void => {
      isOpen = false;
    },
    put: (index: number): void => {
      if (!isOpen) [number, timestep, isOpen] = [number + 1, Math.floor(random() * 1000), true];
      arrays.span[index] = number;
      arrays.timestep[index] = timestep;
    },
  };
}
