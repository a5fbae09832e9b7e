// prune.ts: dead nodes: what no result depends on is not computed.
// In: a graph. Out: the same graph without them. Parameters stay even where nothing reads them: they are part of the
// model, with a path in checkpoints.

import type { Graph, ValueId } from "../ir/graph.ts";
import { makeNode, rebuild } from "./rebuild.ts";

/** The graph without nodes that nothing depends on. */
export function prune(graph: Graph): Graph {
  const needed = new Set<ValueId>(graph.results.map((result) => result.value));
  const alive = new Set<number>();
  for (const [back, node] of graph.nodes.toReversed().entries()) {
    if (node.op !== "param" && !node.results.some((value) => needed.has(value))) continue;
    alive.add(graph.nodes.length - 1 - back);
    for (const value of [...node.inputs, ...node.weights]) if (value !== undefined) needed.add(value);
  }
  return rebuild(graph, makeNode, (index) => !alive.has(index));
}
