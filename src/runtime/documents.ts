// documents.ts: documents as a batch, one in each context.
// In: joint ids. Out: a Batch as long as the longest, whose targets are the tokens that follow.

import type { Batch } from "./batch.ts";

/** The ids of the joint vocabulary that are a modality's, wherever a program knows that from. */
export type IdRange = { readonly vocabStart: number; readonly vocab: number };

/** `rangeOf`: per modality its ids, `undefined` where it has none. */
export function documentsBatch(
  ranges: readonly (IdRange | undefined)[],
  documents: readonly ArrayLike<number>[],
): Batch {
  const context = Math.max(1, ...documents.map(({ length }) => length));
  const filled = (value: number): Int32Array => new Int32Array(documents.length * context).fill(value);
  const [token, target, modality, document] = [filled(-1), filled(-1), filled(-1), filled(-1)];
  const position = filled(0);
  for (const [d, ids] of documents.entries()) {
    for (let t = 0; t < ids.length; t += 1) {
      const [at, id] = [d * context + t, ids[t] ?? -1];
      token[at] = id;
      target[at] = ids[t + 1] ?? -1;
      modality[at] = modalityOf(ranges, id);
      document[at] = 0;
      position[at] = t;
    }
  }
  return { batch: documents.length, context, token, target, modality, document, position };
}

/** The modality of an id; throws where it is nobody's. */
export function modalityOf(ranges: readonly (IdRange | undefined)[], id: number): number {
  const found = ranges.findIndex(
    (range) => range !== undefined && id >= range.vocabStart && id < range.vocabStart + range.vocab,
  );
  if (found < 0) throw new Error(`token ${id} belongs to no modality of the joint vocabulary`);
  return found;
}
