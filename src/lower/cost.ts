// cost.ts: what a model costs on paper: parameters and floating-point operations.
// In: a checked model and the context it is trained on. Out: counts; nothing is compiled or measured.
// FLOPs are 2 × the multiply-adds of matmuls and of the attention pairs the mask lets through, forward and backward,
// without recomputation and without the update; frozen parameters have no backward. A context is taken as one document
// that fills it; what a patch sees ahead of it in its own picture hangs on the data, and is left out. Of a block of experts
// a token meets the ones chosen for it: k of them, or, where experts choose, one on average; the router counts in full.

import type { Model, Operation, Parameter } from "../check/model.ts";
import { operandsOf, parametersOf } from "../check/operands.ts";

export type Cost = {
  readonly params: number;
  /** Parameters a token of each modality meets: all but other modalities' and unchosen experts'; embedding and head whole. */
  readonly activeParamsByModality: readonly number[];
  /** The largest of them. */
  readonly activeParams: number;
  /** Tables that `embed` reads. */
  readonly embeddingParams: number;
  /** Forward and backward, per token; the mean over modalities where they differ. */
  readonly flopsPerToken: number;
  readonly flopsPerTokenByModality: readonly number[];
  /** Experts choose among all tokens of a batch, so that what a token becomes, and its loss, hangs on later ones too. */
  readonly seesLater: boolean;
};

/** q·k and p·v forward; dp, dv, dq, dk backward: each 2 · head size per pair. */
const attentionProducts = { forward: 2, backward: 4 };

/** Counts of one variant; `context` is the number of tokens a context holds. */
export function costOf(model: Model, context: number): Cost {
  const sizes = model.parameters.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const modalities = model.modalities.map((_modality, m) => m);
  const activeParamsByModality = modalities.map((m) =>
    sum(sizes.filter((_size, i) => isMet(model, model.parameters[i], m))),
  );
  const tables = new Set(model.operations.flatMap((op) => (op.kind === "embed" ? [op.table] : [])));
  const learns = learningValues(model);
  const flopsPerTokenByModality = modalities.map((m) =>
    sum(model.operations.map((op) => flopsOf(model, op, m, { context, learns }))),
  );
  return {
    params: sum(sizes),
    activeParamsByModality,
    activeParams: Math.max(0, ...activeParamsByModality),
    embeddingParams: sum([...tables].map((table) => sizes[table] ?? 0)),
    flopsPerToken: sum(flopsPerTokenByModality) / Math.max(1, modalities.length),
    flopsPerTokenByModality,
    seesLater: model.routings.some(({ choice }) => choice.kind === "expert_choice"),
  };
}

/** Experts are equally large, so the chosen ones are counted as the first ones. */
function isMet(model: Model, parameter: Parameter | undefined, modality: number): boolean {
  if (parameter === undefined || !parameter.modalities.includes(modality)) return false;
  return parameter.expert === undefined || parameter.expert.index < chosen(model, parameter.expert.routing);
}

/** Experts that a token meets: where experts choose, the mean over tokens. */
function chosen(model: Model, routing: number): number {
  const choice = model.routings[routing]?.choice;
  return choice?.kind === "top" ? choice.k : 1;
}

/** Per operation whether its gradient is wanted: with frozen parameters, whether anything before it learns. */
function learningValues({ operations, parameters, train }: Model): readonly boolean[] {
  if (train?.freezes !== true) return operations.map(() => true);
  const learns: boolean[] = [];
  for (const operation of operations) {
    const isFree = parametersOf(operation).some(
      (index) => index !== undefined && !parameters[index]?.isFrozen,
    );
    learns.push(isFree || operandsOf(operation).some((operand) => learns[operand] === true));
  }
  return learns;
}

type Costing = { readonly context: number; readonly learns: readonly boolean[] };

function flopsOf(model: Model, op: Operation, m: number, { context, learns }: Costing): number {
  if (op.kind === "linear") {
    // As much again for the gradient of the operand, and for that of the weight.
    const weight = model.parameters[op.weight[groupOf(model, op, m)] ?? -1];
    const passes = 1 + (learns[op.x] ? 1 : 0) + (weight?.isFrozen ? 0 : 1);
    return passes * 2 * widthFor(model, op.x, m) * widthOf(model, op, m) * rowsOf(model, op, m);
  }
  if (op.kind === "attention") {
    const pairs = (context + 1) / 2;
    const { forward, backward } = attentionProducts;
    const products = [op.q, op.k, op.v].some((value) => learns[value]) ? forward + backward : forward;
    return products * 2 * widthFor(model, op.q, m) * pairs;
  }
  return 0;
}

function widthFor(model: Model, index: number, m: number): number {
  const operation = model.operations[index];
  return operation === undefined ? 0 : widthOf(model, operation, m);
}

function widthOf(model: Model, operation: Operation, m: number): number {
  return operation.shape.widths[groupOf(model, operation, m)] ?? 0;
}

/** The modality; on routed rows, the first expert of its pool. */
function groupOf(model: Model, { shape }: Operation, m: number): number {
  if (shape.routing === undefined) return m;
  const { pools, experts } = model.routings[shape.routing] ?? { pools: [], experts: 0 };
  const pool = pools[m];
  return pool === undefined ? -1 : pool * experts;
}

/** Rows per token of modality m. */
function rowsOf(model: Model, { shape }: Operation, m: number): number {
  if (shape.routing === undefined) return 1;
  return model.routings[shape.routing]?.pools[m] === undefined ? 0 : chosen(model, shape.routing);
}
