// made-up.ts: batches without data: enough to see a loss fall and to time a step. And a check of batches from elsewhere.
// In: sizes, the modalities' ids, a seed. Out: a Batch, the same on every machine.

import { noiseOfSpan, timestepOfSpan } from "../data/noise.ts";
import { randomBelow } from "../data/random.ts";
import type { Batch } from "./batch.ts";

export type BatchSizes = {
  /** Sequences, and tokens of each. */
  readonly batch: number;
  readonly context: number;
  /** In declaration order; `size` and `channels` are those of patches, which have no ids. */
  readonly modalities: readonly {
    readonly vocab: number;
    readonly vocabStart: number;
    readonly size?: number;
    readonly channels?: number;
  }[];
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
  return withPatches({ batch, context, token, target, modality, document, position }, modalities, seed);
}

/**
 * Where a modality is patches: random ones instead of ids, noise and a timestep for each run of them, which is a span.
 * A batch of tokens alone stays as it is.
 */
export function withPatches(batch: Batch, modalities: BatchSizes["modalities"], seed: number): Batch {
  const widths = modalities.map(({ size = 0, channels = 0 }) => size * size * channels);
  const width = Math.max(0, ...widths);
  if (width === 0) return batch;
  const rows = batch.modality.length;
  const isPatch = (at: number): boolean => (widths[batch.modality[at] ?? -1] ?? 0) > 0;
  const isFirst = (at: number): boolean =>
    isPatch(at) && (at % batch.context === 0 || batch.modality[at] !== batch.modality[at - 1]);
  const span = new Int32Array(rows).fill(-1);
  const timestep = new Int32Array(rows).fill(-1);
  const patches = new Float32Array(rows * width);
  const noise = new Float32Array(rows * width);
  let [spans, drawnStep] = [0, 0];
  for (let at = 0; at < rows; at += 1) {
    if (!isPatch(at)) continue;
    if (isFirst(at)) {
      drawnStep = timestepOfSpan(seed, 0, spans);
      spans += 1;
    }
    span[at] = spans - 1;
    timestep[at] = drawnStep;
    noise.set(noiseOfSpan(new Float32Array(width), seed, 0, at), at * width);
    for (let i = 0; i < width; i += 1)
      patches[at * width + i] = randomBelow(256, seed, 2, at * width + i) / 127.5 - 1;
  }
  const token = batch.token.map((id, at) => (isPatch(at) ? -1 : id));
  const target = batch.target.map((id, at) => (isPatch(at + 1) ? -1 : id));
  return { ...batch, token, target, span, timestep, patches, noise };
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
  checkPatches(given, modalities);
  const end = Math.max(0, ...modalities.map(({ vocab, vocabStart }) => vocabStart + vocab));
  for (let at = 0; at < token.length; at += 1) {
    const [id = -1, next = -1, m = -1] = [token[at], target[at], modality[at]];
    const { vocab = 0, vocabStart = 0 } = modalities[m] ?? {};
    const isEmpty = id === -1 && (m === -1 || modalities[m]?.size !== undefined);
    if (!isEmpty && !(id >= vocabStart && id < vocabStart + vocab))
      throw new BatchError(
        `position ${at} holds token ${id} of modality ${m}, which this model does not have`,
      );
    if (next < -1 || next >= end)
      throw new BatchError(`position ${at} has target ${next}, of at most ${end - 1}`);
  }
}

/** What continuous modalities need must be there, and as long as it has to be. */
function checkPatches(given: Batch, modalities: BatchSizes["modalities"]): void {
  const width = Math.max(0, ...modalities.map(({ size = 0, channels = 0 }) => size * size * channels));
  if (width === 0) return;
  const { patches, noise, timestep, span } = given;
  const positions = given.batch * given.context;
  const wanted = { patches: width, noise: width, timestep: 1, span: 1 };
  for (const [name, values] of Object.entries({ patches, noise, timestep, span })) {
    const length = positions * wanted[name as keyof typeof wanted];
    if (values?.length !== length)
      throw new BatchError(
        `a batch with ${values?.length ?? 0} of \`${name}\` for patches of ${width} numbers at ${positions} positions`,
      );
  }
}
