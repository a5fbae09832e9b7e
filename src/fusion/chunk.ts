// chunk.ts: finds losses whose logits need not exist whole.
// In: a graph. Out: per loss, the nodes that can run on one chunk of rows after another.
// The pattern: logits = linear(h) read only by a cross-entropy and its gradient, whose result is read only by the
// projection's own gradients. If anything else reads the logits (a sample, another loss) they are materialised.

import type { Graph } from "../ir/graph.ts";

export type LossNodes = {
  readonly rows: readonly number[];
  readonly sums: readonly number[];
  readonly perChunk: readonly number[];
};

/** Per value the nodes that read it; see `readersOf`. */
export type Readers = readonly (readonly number[])[];

/** Indices of the nodes that read each value, in order; results of the graph count as the reader −1. */
export function readersOf(graph: Graph): Readers {
  const readers: number[][] = graph.values.map(() => []);
  for (const [index, node] of graph.nodes.entries()) {
    for (const value of [...node.inputs, ...node.weights]) {
      const list = value === undefined ? undefined : readers[value];
      if (list !== undefined && list.at(-1) !== index) list.push(index);
    }
  }
  for (const result of graph.results) readers[result.value]?.push(-1);
  return readers;
}

export function findChunkedLosses(graph: Graph): readonly LossNodes[] {
  const readers = readersOf(graph);
  const losses: LossNodes[] = [];
  for (const [index, node] of graph.nodes.entries()) {
    const [logits] = node.results;
    if (node.op !== "linear" || logits === undefined) continue;
    const uses = (readers[logits] ?? []).map((reader) => graph.nodes[reader]);
    if (
      uses.length === 0 ||
      !uses.every((use) => use?.op === "cross_entropy" || use?.op === "cross_entropy_dx")
    )
      continue;
    const gradients = (readers[logits] ?? []).filter(
      (reader) => graph.nodes[reader]?.op === "cross_entropy_dx",
    );
    // The gradient overwrites the logits, so a second cross-entropy, differentiated or not, has to find them whole.
    if (gradients.length > 0 && uses.length > 2) continue;
    const dlogits = gradients.flatMap((gradient) => graph.nodes[gradient]?.results ?? []);
    const after = dlogits.flatMap((value) => readers[value] ?? []);
    const ofProjection = after.every((reader) =>
      ["linear_dx", "linear_dw"].includes(graph.nodes[reader]?.op ?? ""),
    );
    if (!ofProjection) continue;
    const backRows = after.filter((reader) => graph.nodes[reader]?.op === "linear_dx");
    const sums = after.filter((reader) => graph.nodes[reader]?.op === "linear_dw");
    const rows = [index, ...(readers[logits] ?? []), ...backRows];
    losses.push({ rows: rows.sort((a, b) => a - b), sums, perChunk: [logits, ...dlogits] });
  }
  return losses;
}
