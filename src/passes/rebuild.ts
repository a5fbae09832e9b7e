// rebuild.ts: makes a graph anew, node by node, so that a pass only says what becomes of one node.
// In: a graph and what to do with a node whose operands are already new. Out: a graph; names of results stay.
// The builder infers every type again, so a rewrite that changes a type stops here.

import { bug } from "../diagnostics/bug.ts";
import { type Builder, createBuilder } from "../ir/builder.ts";
import type { AnyNode, Graph, Origin, ValueId } from "../ir/graph.ts";
import type { OpAttributes, OpName } from "../ir/ops.ts";

/** A node that is not made yet: its operands are values of the new graph. */
export type Draft<O extends OpName = OpName> = {
  readonly [P in O]: {
    readonly op: P;
    readonly inputs: readonly ValueId[];
    readonly weights: readonly (ValueId | undefined)[];
    readonly attributes: OpAttributes[P];
    readonly origin: Origin;
  };
}[O];

/** Values of the new graph that stand for the results of `node`, which is of the old one. */
export type Visit = (draft: Draft, builder: Builder, node: AnyNode) => readonly ValueId[];

/** The graph with every node but those `drops` names (by index) replaced by what `visit` makes of it. */
export function rebuild(graph: Graph, visit: Visit, drops: (index: number) => boolean = () => false): Graph {
  const builder = createBuilder(graph.name, graph.modalities, graph.spaces);
  const renamed = new Map<ValueId, ValueId>();
  const rename = (value: ValueId): ValueId =>
    renamed.get(value) ?? bug("rebuild", `value ${value} was dropped and is read`);
  for (const [index, node] of graph.nodes.entries()) {
    if (drops(index)) continue;
    const made = visit(draftOf(node, rename), builder, node);
    for (const [i, value] of node.results.entries()) {
      const replacement = made[i];
      if (replacement !== undefined) renamed.set(value, replacement);
    }
  }
  for (const { name, value } of graph.results) builder.result(name, rename(value));
  return builder.finish();
}

function draftOf(node: AnyNode, rename: (value: ValueId) => ValueId): Draft {
  return {
    ...node,
    inputs: node.inputs.map(rename),
    weights: node.weights.map((weight) => (weight === undefined ? undefined : rename(weight))),
  };
}

/** Makes a draft's node as it stands. */
export function makeNode(draft: Draft, builder: Builder): readonly ValueId[] {
  const { op, inputs, weights, attributes, origin } = draft;
  // Sources go through their own doors, so that the builder knows them by name.
  if (draft.op === "param") return [builder.param(draft.attributes.path, draft.attributes.type, origin)];
  if (draft.op === "input") return [builder.input(draft.attributes.name, draft.attributes.type)];
  if (draft.op === "cache") return [builder.cache(draft.attributes.name, draft.attributes.type)];
  if (draft.op === "state")
    return [builder.state(draft.attributes.path, draft.attributes.slot, draft.attributes.type)];
  return builder.node<OpName>(op, inputs, attributes, { weights, origin });
}
