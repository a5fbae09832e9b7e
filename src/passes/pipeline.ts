// pipeline.ts: the passes, in order, with the reasons for it.
// In: a graph. Out: a graph with the same results and fewer nodes. Every pass is a plain function Graph → Graph, and its
// work is verified before the next one sees it.

import type { Graph } from "../ir/graph.ts";
import { verifyGraph } from "../ir/verify.ts";
import { fold } from "./fold.ts";
import { prune } from "./prune.ts";
import { share } from "./share.ts";

/** Every pass by name, in the order in which they run. */
export const passes: readonly { readonly name: string; readonly run: (graph: Graph) => Graph }[] = [
  // fold comes first: what it rewrites may turn out to be there already.
  { name: "fold", run: fold },
  // share follows fold: two spellings of one value are one only once both are simple.
  { name: "share", run: share },
  // prune comes last: folding and sharing leave producers that nobody reads.
  { name: "prune", run: prune },
];

/** The graph after all passes; `check` looks at what each of them made. */
export function simplify(graph: Graph, check: (graph: Graph, pass: string) => void = verifyGraph): Graph {
  let simple = graph;
  for (const { name, run } of passes) {
    simple = run(simple);
    check(simple, name);
  }
  return simple;
}
