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

export type BatchRequest = {
  readonly batch: number;
  readonly context: number;
  readonly modalities: readonly { readonly vocabStart: number; readonly vocab: number }[];
  readonly seed: number;
  /** Modalities that occur; all of them unless given. */
  readonly present?: readonly number[];
  /** Share of positions left empty at the end of a context, at most; a third unless given. */
  readonly emptyTail?: number;
};

/** Documents of random lengths (some of one token) with runs of random modalities, then an empty tail. */
export function randomBatch(request: BatchRequest): Batch {
  const { batch, context, modalities, seed } = request;
  const random = randomNumbers(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const present = request.present ?? modalities.map((_, m) => m);
  const rows = batch * context;
  const empty = (): Int32Array => new Int32Array(rows).fill(-1);
  const [token, target, modality, document] = [empty(), empty(), empty(), empty()];
  const position = new Int32Array(rows);
  for (let row = 0; row < batch; row += 1) {
    const end = context - below(Math.floor(context * (request.emptyTail ?? 0.34)) + 1);
    let at = 0;
    for (let number = 0; at < end; number += 1) {
      const length = Math.min(end - at, random() < 0.2 ? 1 : 1 + below(Math.max(1, context / 2)));
      let current = present[below(present.length)] ?? 0;
      for (let t = 0; t < length; t += 1, at += 1) {
        if (random() < 0.3) current = present[below(present.length)] ?? 0;
        const ids = modalities[current] ?? { vocabStart: 0, vocab: 1 };
        const index = row * context + at;
        token[index] = ids.vocabStart + below(ids.vocab);
        modality[index] = current;
        document[index] = number;
        position[index] = t;
        if (t > 0) target[index - 1] = token[index] ?? -1;
      }
    }
  }
  return { batch, context, token, target, modality, document, position };
}
