// precision.ts: which rows stand in memory as bf16, and which have a copy in bf16 beside them.
// In: a graph, the schedule's choice. Out: the element of every value's buffer.
// What products and attention make and read is bf16: half the bytes, and what tensor cores take. What is added up over
// many layers (the residual stream and its gradient), what a loss is computed from, and what weighs experts stays f32.
// Where a product reads such rows, whoever makes them stores them twice.

import type { AnyNode, Graph, ValueId } from "../ir/graph.ts";
import type { OpName } from "../ir/ops.ts";

export type Elements = {
  /** Of a value's buffer. */
  readonly of: (value: ValueId) => "f32" | "bf16";
  /** Whether rows in f32 have a copy in bf16, which products and attention read. */
  readonly hasCopy: (value: ValueId) => boolean;
};

/** Ops whose rows are sums or weights that have to keep their bits. */
const exactResults: ReadonlySet<OpName> = new Set<OpName>([
  "input",
  "cache",
  "embed",
  "sinusoid",
  "add",
  "sub",
  "softmax",
  "softmax_dx",
  "combine",
  "combine_dp",
  "balance_dx",
  "cross_entropy",
  "mean_square",
]);

/** Ops that want the bits of what they read. */
const exactOperands: ReadonlySet<OpName> = new Set<OpName>([
  "add",
  "sub",
  "softmax",
  "softmax_dx",
  "route",
  "cross_entropy",
  "cross_entropy_dx",
  "mean_square",
  "mean_square_dx",
]);

/** How many of its operands, from the first on, a node gives to tensor cores. */
export function matrixOperands({ op }: AnyNode): number {
  if (op === "linear" || op === "linear_dx") return 1;
  if (op === "linear_dw") return 2;
  if (op === "attention") return 3;
  return op === "attention_grad" ? 4 : 0;
}

export function planElements(
  graph: Graph,
  rows: "f32" | "bf16",
  root: (value: ValueId) => ValueId,
): Elements {
  if (rows === "f32") return { of: () => "f32", hasCopy: () => false };
  const exact = new Set<ValueId>(graph.results.map(({ value }) => root(value)));
  const read = new Set<ValueId>();
  for (const node of graph.nodes) {
    const { op, inputs, results } = node;
    if (exactResults.has(op)) for (const value of results) exact.add(root(value));
    if (exactOperands.has(op)) for (const value of inputs) exact.add(root(value));
    // Of attention, the logarithms of its sums.
    if (op === "attention") for (const value of results.slice(1)) exact.add(root(value));
    for (const value of inputs.slice(0, matrixOperands(node))) read.add(root(value));
  }
  const isRows = (value: ValueId): boolean => {
    const type = graph.values[root(value)]?.type;
    return type?.kind === "rows" && type.dtype === "f32";
  };
  const isExact = (value: ValueId): boolean => !isRows(value) || exact.has(root(value));
  return {
    of: (value) => (isExact(value) ? "f32" : "bf16"),
    hasCopy: (value) => isRows(value) && isExact(value) && read.has(root(value)),
  };
}
