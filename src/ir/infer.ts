// infer.ts: the types of a node's results, from the op table and the checks every op shares.
// In: an op, its operands' types, its attributes, the rows there are. Out: result types, or a sentence saying what does
// not fit. The builder asks it when a node is made and the verifier asks it again, so the two cannot disagree.

import { type OpAttributes, type OpName, type OpRow, ops } from "./ops.ts";
import type { Inferred } from "./shapes.ts";
import { groupCount, type Space } from "./spaces.ts";
import type { TensorType } from "./types.ts";

/** What a node is made of, by type. */
export type Operands = {
  readonly inputs: readonly TensorType[];
  readonly weights: readonly (TensorType | undefined)[];
};

/** What a graph has rows of. */
export type RowKinds = { readonly modalities: readonly string[]; readonly spaces: readonly Space[] };

/** Result types of `op`, or why its operands do not fit. */
export function inferTypes<O extends OpName>(
  op: O,
  operands: Operands,
  attributes: OpAttributes[O],
  kinds: RowKinds,
): Inferred {
  const row: OpRow<O> = ops[op];
  const named = row.operands.filter((operand) => operand !== "…").length;
  const isOpen = named < row.operands.length;
  const { inputs, weights } = operands;
  if (isOpen ? inputs.length < named : inputs.length !== named) {
    return `takes ${isOpen ? "at least " : ""}${named} operands (${row.operands.join(" ")}), not ${inputs.length}`;
  }
  const [x] = inputs;
  const weightCount = row.hasWeights ? runCount(x?.kind === "rows" ? x.space : undefined, kinds) : 0;
  if (weights.length !== weightCount) return `takes ${weightCount} weights, not ${weights.length}`;
  const inferred = row.infer(inputs, weights, attributes, kinds.spaces);
  if (typeof inferred === "string") return inferred;
  const odd = inferred.find(
    (type) => type.kind === "rows" && type.widths.length !== runCount(type.space, kinds),
  );
  return odd?.kind === "rows"
    ? `makes rows of another number of ${odd.space === undefined ? "modalities" : "groups"} than ${runCount(odd.space, kinds)}`
    : inferred;
}

/** Runs of rows in a space: groups of a routed one, modalities among the tokens. */
function runCount(space: number | undefined, { modalities, spaces }: RowKinds): number {
  const routed = space === undefined ? undefined : spaces[space];
  return routed === undefined ? modalities.length : groupCount(routed);
}
