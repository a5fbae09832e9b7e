// host.ts: the integers that say what rows there are besides the model's inputs: where sequence positions went, which rows
// a tile covers, which rows hold a token, and the ranges of rows that sums run over.
// In: a layout. Out: buffers, requested on first use. The host writes them for every batch; those of a routed space are
// written on the device by the task that chooses.

import { bug } from "../diagnostics/bug.ts";
import type { Graph } from "../ir/graph.ts";
import type { Argument, Call, Plan } from "./kernel.ts";
import { type Layout, runsIn, spaceRead } from "./layout.ts";
import { at } from "./registry.ts";

/** row_of[sequence position]: its row, −1 where empty. */
export function rowOfBuffer({ registry, rows }: Layout): number {
  return registry.buffer({ name: "row_of", role: "input", byteLength: rows * 4, dtype: "i32" });
}

const request = ({ registry }: Layout, name: string, words: number): number =>
  registry.buffer({ name, role: "segments", byteLength: 4 * words, dtype: "i32" });

/** Whole tiles, and a short one at most for every edge of a modality (or group) or a chunk. */
export function maximumTiles({ rowsIn, graph, schedule }: Layout, space?: number): number {
  const chunks = space === undefined ? schedule.chunkCount : 1;
  return Math.ceil(rowsIn(space) / schedule.tileRows) + runsIn(graph, space).length + chunks + 1;
}

/** (first row, row count, modality or group) per tile, and where each chunk's tiles begin: a space has one chunk. */
export function tileBuffers(
  layout: Layout,
  space?: number,
): { readonly tiles: number; readonly starts: number } {
  const of = space === undefined ? "" : ` of space ${space}`;
  return {
    tiles: request(layout, `tiles${of}`, 3 * maximumTiles(layout, space)),
    starts: request(layout, `tile_starts${of}`, (space === undefined ? layout.schedule.chunkCount : 1) + 1),
  };
}

/** Where each group of a space begins, and an end. */
export function groupStarts(layout: Layout, space: number): number {
  return request(layout, `group_starts of space ${space}`, runsIn(layout.graph, space).length + 1);
}

type Range = readonly [first: number, end: number];

/** The sets of groups that something sums over, each as ranges of neighbours, in the order in which they come up. */
export function groupSets(graph: Graph, space: number): readonly (readonly Range[])[] {
  const sets = new Map<string, readonly Range[]>();
  for (const node of graph.nodes) {
    if (node.op !== "linear_dw" && node.op !== "rms_norm_dw") continue;
    if (spaceRead(graph, node) !== space) continue;
    const { modalities } = node.attributes;
    sets.set(modalities.join(" "), rangesOf(modalities));
  }
  return [...sets.values()];
}

/** Neighbouring groups are one range of rows. */
function rangesOf(groups: readonly number[]): readonly Range[] {
  const ranges: [number, number][] = [];
  for (const group of groups) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === group) last[1] = group + 1;
    else ranges.push([group, group + 1]);
  }
  return ranges;
}

/** Lists of row segments of a space, one for each of `groupSets`, one after another. */
export function groupSegments(layout: Layout, space: number): number {
  const words = groupSets(layout.graph, space).reduce((sum, ranges) => sum + 1 + 2 * ranges.length, 0);
  return request(layout, `segments of space ${space}`, Math.max(1, words));
}

/** The row segments of a set of modalities, or of groups of a space; requested on first use. */
export type Segments = (
  runs: readonly number[],
  of?: { readonly chunk?: number | undefined; readonly space?: number | undefined },
) => Argument;

/** The row segments of some groups. */
export function segmentsOfGroups(layout: Layout, space: number, groups: readonly number[]): Argument {
  const wanted = JSON.stringify(rangesOf(groups));
  let words = 0;
  for (const ranges of groupSets(layout.graph, space)) {
    if (JSON.stringify(ranges) === wanted) return at(groupSegments(layout, space), 4 * words);
    words += 1 + 2 * ranges.length;
  }
  return bug("kernel", `nothing was to sum over the groups ${groups.join(" ")} of space ${space}`);
}

/** The live rows sorted by token (ascending within one), and where each token's begin: vocab + 1 indices. */
export function tokenRowBuffers(
  layout: Layout,
  vocab: number,
): { readonly order: number; readonly starts: number } {
  return {
    order: request(layout, "rows_by_token", layout.rows),
    starts: request(layout, "token_starts", vocab + 1),
  };
}

/** The chunk whose rows a task sums over, if it is limited to one: its segments say so. */
export function chunkOf(plan: Plan, call: Call): number | undefined {
  const limited = plan.segments.find(
    ({ buffer, chunk }) =>
      chunk !== undefined && call.args.some((a) => a.kind === "buffer" && a.buffer === buffer),
  );
  return limited?.chunk;
}
