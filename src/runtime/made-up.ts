// made-up.ts: batches without data: enough to see a loss fall and to time a step. And a check of batches from elsewhere.
// In: sizes, the modalities' ids, a seed. Out: a Batch, the same on every machine.

import { randomBelow } from "../data/random.ts";
import type { Batch } from "./batch.ts";

export type BatchSizes = {
  /** Sequences, and tokens of each. */
  readonly batch: number;
  readonly context: number;
  /** In declaration order. */
  readonly modalities: readonly { readonly vocab: number; readonly vocabStart: number }[];
};

/** A batch that a model cannot take. */
export class BatchError extends Error {
  override readonly name = "BatchError";
}

/** Tokens of one modality that stand together, at most. */
const longestRun = 24;

/** One document a sequence, its modalities by turns in runs of random length, its tokens random. */
export function madeUpBatch({ batch, context, modalities }: BatchSizes, seed: number): Batch {
  const rows = batch * context;
  const token = new Int32Array(rows);
  const modality = new Int32Array(rows);
  const document = new Int32Array(rows);
  const position = Int32Array.from({ length: rows }, (_, at) => at % context);
  for (let at = 0, turn = 0; at < rows; turn += 1) {
    const m = turn % modalities.length;
    const { vocab = 1, vocabStart = 0 } = modalities[m] ?? {};
    const end = Math.min(rows, at + 1 + randomBelow(longestRun, seed, 0, turn));
    for (; at < end; at += 1) {
      token[at] = vocabStart + randomBelow(vocab, seed, 1, at);
      modality[at] = m;
    }
  }
  const target = token.map((_, at) => (at % context === context - 1 ? -1 : (token[at + 1] ?? -1)));
  return { batch, context, token, target, modality, document, position };
}

/** Throws `BatchError` where a batch is not of these sizes, or has ids that these modalities do not have. */
export function checkBatch(given: Batch, { batch, context, modalities }: BatchSizes): void {
  if (given.batch !== batch || given.context !== context)
    throw new BatchError(
      `a batch of ${given.batch} × ${given.context} for a model built for ${batch} × ${context}`,
    );
  const { token, target, modality, document, position } = given;
  for (const [name, values] of Object.entries({ token, target, modality, document, position }))
    if (values.length !== batch * context)
      throw new BatchError(
        `a batch with ${values.length} of \`${name}\` for ${batch} × ${context} positions`,
      );
  const end = Math.max(0, ...modalities.map(({ vocab, vocabStart }) => vocabStart + vocab));
  for (let at = 0; at < token.length; at += 1) {
    const [id = -1, next = -1, m = -1] = [token[at], target[at], modality[at]];
    const { vocab = 0, vocabStart = 0 } = modalities[m] ?? {};
    const isEmpty = m === -1 && id === -1;
    if (!isEmpty && !(id >= vocabStart && id < vocabStart + vocab))
      throw new BatchError(
        `position ${at} holds token ${id} of modality ${m}, which this model does not have`,
      );
    if (next < -1 || next >= end)
      throw new BatchError(`position ${at} has target ${next}, of at most ${end - 1}`);
  }
}
