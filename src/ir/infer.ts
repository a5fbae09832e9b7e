// infer.ts: the types of a node's results, from the op table and the checks every op shares.
// In: an op, its operands' types, its attributes. Out: result types, or a sentence saying what does not fit.
// The builder asks it when a node is made and the verifier asks it again, so the two cannot disagree.

import { type OpAttributes, type OpName, type OpRow, ops } from "./ops.ts";
import type { Inferred } from "./shapes.ts";
import type { TensorType } from "./types.ts";

/** What a node is made of, by type. */
export type Operands = {
  readonly inputs: readonly TensorType[];
  readonly weights: readonly (TensorType | undefined)[];
};

/** Result types of `op`, or why its operands do not fit; `modalities` is the graph's number of them. */
export function inferTypes<O extends OpName>(
  op: O,
  operands: Operands,
  attributes: OpAttributes[O],
  modalities: number,
): Inferred {
  const row: OpRow<O> = ops[op];
  const named = row.operands.filter((operand) => operand !== "…").length;
  const isOpen = named < row.operands.length;
  const { inputs, weights } = operands;
  if (isOpen ? inputs.length < named : inputs.length !== named) {
    return `takes ${isOpen ? "at least " : ""}${named} operands (${row.operands.join(" ")}), not ${inputs.length}`;
  }
  const weightCount = row.hasWeights ? modalities : 0;
  if (weights.length !== weightCount) return `takes ${weightCount} weights, not ${weights.length}`;
  const inferred = row.infer(inputs, weights, attributes);
  if (typeof inferred === "string") return inferred;
  const odd = inferred.some((type) => type.kind === "rows" && type.widths.length !== modalities);
  return odd ? `makes rows of another number of modalities than ${modalities}` : inferred;
}
