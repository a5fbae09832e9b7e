// share.ts: common subexpressions: what is computed twice is computed once.
// In: a graph. Out: the same graph, later copies of a node replaced by the first.
// Two nodes are copies if they agree in op, operands, weights and attributes; where they stand does not matter, so the
// backward pass reuses what the forward pass made. Only what the step hands out keeps a node of its own: every result has
// its place in memory, and two parameters may well have equal gradients (linear(h, n) + linear(h, n)).

import type { Graph, ValueId } from "../ir/graph.ts";
import type { OpName } from "../ir/ops.ts";
import { type Draft, makeNode, rebuild } from "./rebuild.ts";

/** a + b and b + a are the same number, to the bit. */
const commutative: ReadonlySet<OpName> = new Set(["add", "mul"]);

/** The graph without duplicates. */
export function share(graph: Graph): Graph {
  const known = new Map<string, readonly ValueId[]>();
  const handedOut = new Set(graph.results.map(({ value }) => value));
  return rebuild(graph, (draft, builder, { results }) => {
    if (results.some((value) => handedOut.has(value))) return makeNode(draft, builder);
    const key = keyOf(draft);
    const made = known.get(key) ?? makeNode(draft, builder);
    known.set(key, made);
    return made;
  });
}

function keyOf(draft: Draft): string {
  const inputs = commutative.has(draft.op) ? draft.inputs.toSorted((a, b) => a - b) : draft.inputs;
  const attributes = Object.entries(draft.attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([draft.op, inputs, draft.weights, attributes]);
}
