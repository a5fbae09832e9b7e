// record.ts: what a run records, step by step, wherever it is kept: in a run folder, or in a page.
// In: nothing. Out: types only.

/** A line of metrics.jsonl. `loss.total` is the weighted total, then one entry per modality that had a target. */
export type Metrics = {
  readonly step: number;
  readonly loss: Readonly<Record<string, number>>;
  readonly lr: number;
  /** Where `train` gives modalities rates of their own; `lr` is the largest of them. */
  readonly lrByModality?: Readonly<Record<string, number>>;
  readonly gradNorm: number;
  readonly wallMs: number;
};

/** Beside the metrics, kept by `compare`: a line per step with what it took, and one per validation. */
export type Timing = { readonly step: number; readonly stepMs: number; readonly updateMs: number };
export type Validation = { readonly step: number; readonly loss: Readonly<Record<string, number>> };

/** What a run has recorded so far. */
export type RunRecord = {
  readonly metrics: readonly Metrics[];
  readonly timings: readonly Timing[];
  readonly validations: readonly Validation[];
};
