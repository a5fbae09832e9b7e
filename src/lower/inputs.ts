// inputs.ts: what the host ships for every batch, by name: the border between the graph and the runtime.
// In: nothing. Out: names and what they hold. Every one is `i32[N,1]` or `f32[N,1]` in modality-sorted order, but for
// the patches of continuous modalities, which are as wide as a patch.
// Visibility is one interval of keys per row, in sequence positions (context · T + t), so causal masks, documents and
// spans all look the same to a kernel.

/** Names of the per-row batch inputs every graph may use. */
export const batchInputs = {
  /** Joint-vocabulary id. */
  tokens: "i32",
  /** Joint-vocabulary id to predict; −1 for none. */
  target: "i32",
  /** Modality index of the target; −1 for none. */
  target_modality: "i32",
  /** Position within the document. */
  position: "i32",
  /** context index · T + position in the context. */
  sequence: "i32",
  /** First `sequence` this row may see. */
  first: "i32",
  /** Modality index of the row itself. */
  modality: "i32",
  /** Of a patch: how much noise there is in it, 0 … 999. */
  timestep: "i32",
} as const;

/** One past the last `sequence` a row may see, where rows of the modalities `within` see their own span to its end. */
export const lastInput = (within: readonly number[]): string =>
  within.length === 0 ? "last" : `last.${within.join("+")}`;

export type BatchInput = keyof typeof batchInputs;

/** f32[N,1]: for loss k, Σ over its objectives that count this row's target: weight / number of targets counted. */
export const lossWeightInput = (k: number): string => `loss_weight.${k}`;

/** f32[3]: lr, 1/(1−β1ˢ), 1/(1−β2ˢ) of the step. */
export const scheduleInput = "schedule";

export { dropoutInput } from "../ir/dropout.ts";
