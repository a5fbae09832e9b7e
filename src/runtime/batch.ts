// batch.ts: one batch of contexts, as data hands it to the runtime.
// In: nothing. Out: types only. Everything is [batch, context] in sequence order, row-major, length B·T;
// the runtime sorts it by modality (layout.ts), data never does.
// -1 marks a position that holds nothing (left over at the end of a context), or has no target. A patch has no id.

export type Batch = {
  readonly batch: number;
  readonly context: number;
  /** Ids of the joint vocabulary; -1 where empty or where a patch stands. */
  readonly token: Int32Array;
  /** The token to predict after this one, in the same document; -1 for none. */
  readonly target: Int32Array;
  /** Index of the token's modality in declaration order; -1 where empty. */
  readonly modality: Int32Array;
  /** Number of the document within its context, from 0; -1 where empty. */
  readonly document: Int32Array;
  /** Position within the document, from 0; 0 where empty. */
  readonly position: Int32Array;
  /**
   * Where keys and values are kept between runs (`context` is then the number of new positions of a sequence): the place
   * that a position takes among those kept, and the first one that it sees. It sees up to itself, or to the end of its span,
   * which stands whole in one run.
   */
  readonly place?: Int32Array;
  readonly first?: Int32Array;
  /**
   * Number of the span (a picture) within the batch that a position is part of, ascending; -1 outside of spans. A batch
   * without it has none: `mask: causal + within(…)` then sees what `causal` sees.
   */
  readonly span?: Int32Array;
  /** For continuous modalities: a position's patch without noise, [batch, context, width of the widest patch]; else 0. */
  readonly patches?: Float32Array;
  /** Likewise: what the noise is made of, normally distributed. */
  readonly noise?: Float32Array;
  /** How noisy each position's patch is to be, 0 … 999, one number per span; -1 outside of continuous spans. */
  readonly timestep?: Int32Array;
};

/** Where batches come from; `cursor` is all that is needed to go on from here. */
export type BatchSource = { next(): Batch; cursor(): string };
