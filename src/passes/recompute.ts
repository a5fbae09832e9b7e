// recompute.ts: what the backward pass reads of cheap forward ops, it computes again.
// In: a graph. Out: the same graph, with copies of elementwise nodes of one operand where the gradient reads them.
// For targets on which a trip through memory costs more than the function: where silu(gate) · up is one pass over both,
// silu(gate) is then never stored, and its gradient reads gate anyway. Not what products read: they want it in memory.

import type { Graph, ValueId } from "../ir/graph.ts";
import type { OpName } from "../ir/ops.ts";
import { type Draft, makeNode, rebuild } from "./rebuild.ts";

/** A function of the elements of one value. */
const cheap: ReadonlySet<OpName> = new Set<OpName>([
  ...(["silu", "gelu", "relu", "tanh", "sigmoid", "square", "exp", "neg", "scale", "offset"] as const),
]);

/** Ops that run in one pass over their operands, element by element. */
const elementwise: ReadonlySet<OpName> = new Set<OpName>([
  ...cheap,
  ...(["reciprocal", "silu_dx", "gelu_dx", "relu_dx", "add", "sub", "mul", "div"] as const),
]);

/** The graph in which gradients keep no results of cheap functions alive. */
export function recompute(graph: Graph): Graph {
  const stored = storedValues(graph);
  /** How to make a value of the new graph again, and what was made of it. */
  const recipes = new Map<ValueId, Draft>();
  const again = new Map<ValueId, ValueId>();
  return rebuild(graph, (draft, builder, { results }) => {
    const isBackward = draft.origin.phase === "backward";
    if (isBackward && elementwise.has(draft.op)) {
      const remake = (value: ValueId): ValueId => {
        const recipe = recipes.get(value);
        if (recipe === undefined) return value;
        const known = again.get(value);
        if (known !== undefined) return known;
        const inputs = recipe.inputs.map(remake);
        const origin = { ...recipe.origin, phase: "backward" as const };
        const [made = value] = makeNode({ ...recipe, inputs, origin } as Draft, builder);
        again.set(value, made);
        return made;
      };
      return makeNode({ ...draft, inputs: draft.inputs.map(remake) } as Draft, builder);
    }
    const made = makeNode(draft, builder);
    const [old, value] = [results[0], made[0]];
    const isCheap = draft.origin.phase === "forward" && cheap.has(draft.op);
    if (isCheap && old !== undefined && value !== undefined && !stored.has(old)) recipes.set(value, draft);
    return made;
  });
}

/** Values that have to be in memory whatever the gradient does: something else than a pass over elements reads them. */
function storedValues(graph: Graph): ReadonlySet<ValueId> {
  const stored = new Set<ValueId>(graph.results.map(({ value }) => value));
  for (const { op, inputs, weights } of graph.nodes) {
    if (elementwise.has(op)) continue;
    for (const value of [...inputs, ...weights]) if (value !== undefined) stored.add(value);
  }
  return stored;
}
