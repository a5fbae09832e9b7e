// cost.ts: what a model costs on paper: parameters and floating-point operations.
// In: a checked model and the context it is trained on. Out: counts; nothing is compiled or measured.
// FLOPs are 2 × the multiply-adds of matmuls and of the attention pairs the mask lets through, forward and backward,
// without recomputation and without the update. A context is taken as one document that fills it.

import type { Model, Operation, PerModality } from "../check/model.ts";

export type Cost = {
  readonly params: number;
  /** Parameters one token of each modality meets: all but the other modalities' own; embedding and head whole. */
  readonly activeParamsByModality: readonly number[];
  /** The largest of them. */
  readonly activeParams: number;
  /** Tables that `embed` reads. */
  readonly embeddingParams: number;
  /** Forward and backward, per token; the mean over modalities where they differ. */
  readonly flopsPerToken: number;
  readonly flopsPerTokenByModality: readonly number[];
};

/** A matmul costs as much again for the gradient of its operand and for that of its weight. */
const matmulPasses = 3;
/** q·k and p·v forward; dp, dv, dq, dk backward: each 2 · head size per pair. */
const attentionProducts = 2 + 4;

/** Counts of one variant; `context` is the number of tokens a context holds. */
export function costOf(model: Model, context: number): Cost {
  const sizes = model.parameters.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const modalities = model.modalities.map((_modality, m) => m);
  const activeParamsByModality = modalities.map((m) =>
    sum(sizes.filter((_size, i) => model.parameters[i]?.modalities.includes(m))),
  );
  const tables = new Set(model.operations.flatMap((op) => (op.kind === "embed" ? [op.table] : [])));
  const flopsPerTokenByModality = modalities.map((m) =>
    sum(model.operations.map((op) => flopsOf(model, op, m, context))),
  );
  return {
    params: sum(sizes),
    activeParamsByModality,
    activeParams: Math.max(0, ...activeParamsByModality),
    embeddingParams: sum([...tables].map((table) => sizes[table] ?? 0)),
    flopsPerToken: sum(flopsPerTokenByModality) / Math.max(1, modalities.length),
    flopsPerTokenByModality,
  };
}

function flopsOf(model: Model, op: Operation, m: number, context: number): number {
  const width = (widths: PerModality<number> | undefined): number => widths?.[m] ?? 0;
  const shapeOf = (index: number): PerModality<number> | undefined => model.operations[index]?.shape.widths;
  if (op.kind === "linear") return matmulPasses * 2 * width(shapeOf(op.x)) * width(op.shape.widths);
  if (op.kind === "attention") {
    const pairs = (context + 1) / 2;
    return attentionProducts * 2 * width(shapeOf(op.q)) * pairs;
  }
  return 0;
}
