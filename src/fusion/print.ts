// print.ts: groups → text, for `--emit groups` and goldens: the nodes of each group and why it stops there.
// In: a graph and its fusion. Out: one part per group, in launch order; the reason is what a reader
// needs, so it is never left out.

import type { Graph } from "../ir/graph.ts";
import { nameValues } from "../ir/print.ts";
import type { Fusion } from "./groups.ts";

/** `group 3 forward  rows [%5 rms_norm, %6 linear]  tasks []  stops at %8: attention reads other rows` */
export function printGroups(graph: Graph, fusion: Fusion): string {
  const names = nameValues(graph);
  const list = (nodes: readonly number[]): string =>
    nodes
      .map((index) => {
        const node = graph.nodes[index];
        return `${names[node?.results[0] ?? -1]} ${node?.op}`;
      })
      .join(", ");
  const lines = fusion.groups.flatMap((group, i) => {
    const chunk = group.chunk === undefined ? "" : ` chunk ${group.chunk}`;
    return [
      `group ${i} ${group.phase}${chunk}  ${group.reason}`,
      ...(group.rows.length > 0 ? [`  rows   ${list(group.rows)}`] : []),
      ...(group.tasks.length > 0 ? [`  tasks  ${list(group.tasks)}`] : []),
    ];
  });
  return `${lines.join("\n")}\n`;
}
