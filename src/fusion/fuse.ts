// fuse.ts: decides which nodes run between the same two barriers.
// In: a verified graph. Out: groups in launch order.
// Idea: a node that computes row r from row r of its operands can run in the same group as its producers, tile by
// tile, while the tile is in cache; a node that looks at other rows (attention, sums over rows) has to wait until
// every tile is done. So a group is a level: the longest chain of such waits before a node. Everything a level holds
// is independent but for the row chains, and the fewest levels are the fewest barriers.
// Tiles cut the rows of one space, so a level has the rows of one space only: where tokens go to experts or come back,
// rows are gathered from all over the other space, and a level ends anyway.
// It never duplicates work to fuse more, and never delays a node: weight gradients run as soon as their operands exist.
// Only where limits say so, what gradients compute of forward values again (passes/recompute.ts) waits for its reader.

import type { AnyNode, Graph } from "../ir/graph.ts";
import { ops } from "../ir/ops.ts";
import { nameValues } from "../ir/print.ts";
import { findChunkedLosses, type LossNodes, readersOf } from "./chunk.ts";
import type { ChunkedLoss, Fusion, FusionLimits, Group, Phase } from "./groups.ts";

/** What is known of a node once it has a level. */
type Placed = {
  readonly level: number;
  /** Matmuls on the longest chain that ends here within the level. */
  readonly chained: number;
};

const matmuls: ReadonlySet<string> = new Set(["linear", "linear_dx"]);

/** Groups in launch order; deterministic. */
export function fuse(graph: Graph, limits: FusionLimits): Fusion {
  const losses = limits.lossChunks > 1 ? findChunkedLosses(graph) : [];
  const levels = placeNodes(graph, losses, limits);
  return collect(graph, levels, losses, limits);
}

/** The space of a node's rows; absent: the tokens. */
function spaceOf(graph: Graph, node: AnyNode): number | undefined {
  const type = graph.values[node.results[0] ?? -1]?.type;
  return type?.kind === "rows" ? type.space : undefined;
}

type Levels = {
  readonly placed: readonly (Placed | undefined)[];
  readonly lossStart: ReadonlyMap<LossNodes, number>;
};

/** What placing a node may ask about the nodes before it. */
type Placing = {
  readonly graph: Graph;
  readonly limits: FusionLimits;
  readonly placed: (Placed | undefined)[];
  readonly lossOf: ReadonlyMap<number, LossNodes>;
  readonly lossStart: Map<LossNodes, number>;
  /** Whose rows a level has, once it has any. */
  readonly spaceAt: Map<number, number | undefined>;
};

function placeNodes(graph: Graph, losses: readonly LossNodes[], limits: FusionLimits): Levels {
  const placed: (Placed | undefined)[] = graph.nodes.map(() => undefined);
  const lossOf = new Map<number, LossNodes>();
  for (const loss of losses) for (const node of [...loss.rows, ...loss.sums]) lossOf.set(node, loss);
  const lossStart = new Map<LossNodes, number>();
  const spaceAt = new Map<number, number | undefined>();
  const placing: Placing = { graph, limits, placed, lossOf, lossStart, spaceAt };
  // The update overwrites parameters, so it starts after everything that reads them.
  let updateFloor = 0;

  for (const [index, node] of graph.nodes.entries()) {
    if (ops[node.op].locality === "source") continue;
    const loss = lossOf.get(index);
    if (loss !== undefined) {
      if (lossStart.has(loss)) continue;
      const start = startOfLoss(placing, loss);
      lossStart.set(loss, start);
      updateFloor = Math.max(updateFloor, start + limits.lossChunks + 1);
      continue;
    }
    const isRow = isRowNode(graph, node);
    let { level, chained } = readyLevel(placing, node, isRow);
    if (node.origin.phase === "update") level = Math.max(level, updateFloor);
    if (isRow && matmuls.has(node.op)) {
      if (chained >= limits.matmulsPerGroup) [level, chained] = [level + 1, 0];
      chained += 1;
    }
    if (isRow) {
      level = freeLevel(placing, level, spaceOf(graph, node));
      spaceAt.set(level, spaceOf(graph, node));
    }
    placed[index] = { level, chained };
    if (node.origin.phase !== "update") updateFloor = Math.max(updateFloor, level + 1);
  }
  if (limits.isLate) delay(placing);
  return { placed, lossStart };
}

/** Moves nodes that compute forward values again for the gradient to the level of the first that reads them. */
function delay({ graph, placed, lossOf }: Placing): void {
  const readers = readersOf(graph);
  const isAgain = computedAgain(graph);
  for (let index = graph.nodes.length - 1; index >= 0; index -= 1) {
    const node = graph.nodes[index];
    const [result] = node?.results ?? [];
    if (node === undefined || result === undefined || isAgain[index] !== true || lossOf.has(index)) continue;
    const levels = (readers[result] ?? []).map((reader) => {
      const other = graph.nodes[reader];
      const isBeside =
        other !== undefined &&
        !lossOf.has(reader) &&
        isRowNode(graph, other) &&
        spaceOf(graph, other) === spaceOf(graph, node);
      return isBeside ? placed[reader]?.level : undefined;
    });
    const known = levels.filter((level) => level !== undefined);
    if (known.length === levels.length && known.length > 0)
      placed[index] = { level: Math.min(...known), chained: 0 };
  }
}

/** By node: whether it is the gradient's, and works on nothing but what the forward pass made, row by row. */
function computedAgain(graph: Graph): readonly boolean[] {
  const again: boolean[] = [];
  for (const [index, node] of graph.nodes.entries()) {
    const isOfForward = (value: number): boolean => {
      const producer = graph.values[value]?.node ?? -1;
      return again[producer] === true || graph.nodes[producer]?.origin.phase === "forward";
    };
    again[index] =
      node.origin.phase === "backward" &&
      isRowNode(graph, node) &&
      !matmuls.has(node.op) &&
      operandsOf(node).every(isOfForward);
  }
  return again;
}

/** The first level where all that a node reads is whole or, between row nodes, at hand on the same tile. */
function readyLevel({ graph, limits, placed, ...losses }: Placing, node: AnyNode, isRow: boolean): Placed {
  let level = 0;
  let chained = 0;
  for (const value of operandsOf(node)) {
    const producer = graph.values[value]?.node ?? -1;
    const producerNode = graph.nodes[producer];
    const loss = losses.lossOf.get(producer);
    const start = loss === undefined ? undefined : losses.lossStart.get(loss);
    if (loss !== undefined && start !== undefined) {
      // Rows are whole after the last chunk; the sums over that chunk run beside whatever comes next.
      level = Math.max(level, start + limits.lossChunks + (loss.sums.includes(producer) ? 1 : 0));
      continue;
    }
    const from = placed[producer];
    if (from === undefined || producerNode === undefined) continue;
    const sameGroup =
      isRow && isRowNode(graph, producerNode) && spaceOf(graph, producerNode) === spaceOf(graph, node);
    const at = sameGroup ? from.level : from.level + 1;
    if (at > level) [level, chained] = [at, 0];
    if (sameGroup && at === level) chained = Math.max(chained, from.chained);
  }
  return { level, chained };
}

/** A loss starts when all it reads is whole, in a stretch of groups that no other rows use. */
function startOfLoss({ graph, limits, placed, lossStart }: Placing, loss: LossNodes): number {
  let level = 0;
  for (const [index, node] of graph.nodes.entries()) {
    const place = placed[index];
    if (place !== undefined && ops[node.op].locality === "row") level = Math.max(level, place.level + 1);
  }
  for (const index of [...loss.rows, ...loss.sums]) {
    const node = graph.nodes[index];
    for (const value of node === undefined ? [] : operandsOf(node)) {
      const place = placed[graph.values[value]?.node ?? -1];
      if (place !== undefined) level = Math.max(level, place.level + 1);
    }
  }
  for (const start of lossStart.values()) level = Math.max(level, start + limits.lossChunks);
  return level;
}

/** The first level from `level` on whose rows are, or may be, those of `space`. */
function freeLevel(
  { lossStart, limits, spaceAt }: Pick<Placing, "lossStart" | "limits" | "spaceAt">,
  level: number,
  space: number | undefined,
): number {
  // A group's rows cover either all rows or one chunk.
  const free = afterLosses(level, lossStart, limits);
  const isTaken = spaceAt.has(free) && spaceAt.get(free) !== space;
  return isTaken ? freeLevel({ lossStart, limits, spaceAt }, free + 1, space) : free;
}

function afterLosses(level: number, lossStart: ReadonlyMap<LossNodes, number>, limits: FusionLimits): number {
  let free = level;
  for (const start of [...lossStart.values()].sort((a, b) => a - b)) {
    if (free >= start && free < start + limits.lossChunks) free = start + limits.lossChunks;
  }
  return free;
}

/** Row-local ops may also stand on arrays (a sum of two gradients of one weight): then they are tasks. */
function isRowNode(graph: Graph, node: AnyNode): boolean {
  const [result] = node.results;
  const isArray = result !== undefined && graph.values[result]?.type.kind === "array";
  return ops[node.op].locality === "row" && !isArray;
}

export function operandsOf(node: AnyNode): readonly number[] {
  return [...node.inputs, ...node.weights.filter((weight) => weight !== undefined)];
}

type Level = { rows: number[]; tasks: number[]; chunk?: number; phases: Set<Phase> };

function collect(graph: Graph, levels: Levels, losses: readonly LossNodes[], limits: FusionLimits): Fusion {
  const found: Level[] = [];
  const at = (level: number): Level => {
    while (found.length <= level) found.push({ rows: [], tasks: [], phases: new Set() });
    return found[level] as Level;
  };
  for (const [index, node] of graph.nodes.entries()) {
    const place = levels.placed[index];
    if (place === undefined) continue;
    const level = at(place.level);
    (isRowNode(graph, node) ? level.rows : level.tasks).push(index);
    level.phases.add(node.origin.phase);
  }
  for (const loss of losses) {
    const start = levels.lossStart.get(loss) ?? 0;
    for (let chunk = 0; chunk < limits.lossChunks; chunk += 1) {
      const level = at(start + chunk);
      level.chunk = chunk;
      level.rows.push(...loss.rows);
      level.phases.add("forward");
      const next = at(start + chunk + 1);
      next.tasks.push(...loss.sums);
      next.phases.add("backward");
    }
  }
  // Levels without work (possible where only sources stood) are dropped; the losses' starts move with them.
  const kept = found.flatMap((level, index) => (level.rows.length + level.tasks.length > 0 ? [index] : []));
  const names = nameValues(graph);
  const groups = kept.map((index, position) => {
    const next = kept[position + 1];
    return toGroup(
      graph,
      at(index),
      reasonToStop(graph, names, at(index), next === undefined ? next : at(next)),
    );
  });
  const chunked: ChunkedLoss[] = losses.map((loss) => ({
    ...loss,
    firstGroup: kept.indexOf(levels.lossStart.get(loss) ?? 0),
  }));
  return { groups, losses: chunked, chunkCount: losses.length > 0 ? limits.lossChunks : 1 };
}

function toGroup(graph: Graph, { phases, rows, tasks, chunk }: Level, reason: string): Group {
  const first = graph.nodes[rows[0] ?? -1];
  const space = first === undefined ? undefined : spaceOf(graph, first);
  const phase: Phase = phases.has("forward") ? "forward" : phases.has("backward") ? "backward" : "update";
  return {
    phase,
    rows,
    ...(space === undefined ? {} : { space }),
    tasks,
    ...(chunk === undefined ? {} : { chunk }),
    reason,
  };
}

function reasonToStop(graph: Graph, names: readonly string[], level: Level, next: Level | undefined): string {
  if (next === undefined) return "end of the step";
  if (next.chunk !== undefined && next.chunk !== level.chunk) {
    return level.chunk === undefined ? "the loss runs in chunks of rows" : `chunk ${next.chunk} follows`;
  }
  const first = [...next.tasks, ...next.rows].find((index) => graph.nodes[index] !== undefined);
  const node = first === undefined ? undefined : graph.nodes[first];
  if (node === undefined) return "nothing left to join";
  const operands = operandsOf(node).map((value) => graph.values[value]?.type);
  const isGather = operands.some((type) => type?.kind === "rows" && type.space !== spaceOf(graph, node));
  if (ops[node.op].locality === "row" && isGather)
    return `stops at ${names[node.results[0] ?? -1]}: ${node.op} gathers rows`;
  const why: Record<string, string> = {
    across: "reads other rows",
    reduce: "sums over rows",
    array: "needs whole arrays",
    row: "reads what tasks of this group write",
    source: "",
  };
  return `stops at ${names[node.results[0] ?? -1]}: ${node.op} ${why[ops[node.op].locality]}`;
}
