// storage.ts: which values live in memory, and which of them share a place.
// In: a graph, its fusion and its stages. Out: per value the root whose buffer holds it, and how long that is needed.
// Idea: rows are stored at their own row index, sorted by modality, so taking one modality's rows (`restrict`) or
// putting modalities side by side (`join`) moves nothing: the values share a buffer unless someone else reads a part.

import type { Readers } from "../fusion/chunk.ts";
import type { Fusion } from "../fusion/groups.ts";
import type { AnyNode, Graph, ValueId } from "../ir/graph.ts";
import { type Elements, planElements } from "./precision.ts";
import { findRotary, noRotary, type Rotary } from "./rotary.ts";
import { rowStride, type Schedule, tensorRowStride } from "./schedule.ts";
import type { Stage } from "./stages.ts";

export type Storage = {
  /** The value whose buffer holds this one (itself where it has its own). */
  readonly root: (value: ValueId) => ValueId;
  /** True where something outside the value's own stage reads it. */
  readonly stored: (value: ValueId) => boolean;
  /** Elements between rows of the value's buffer. */
  readonly stride: (value: ValueId) => number;
  /** First and last group that touches the buffer of a root; results last to the end. */
  readonly lifetimes: ReadonlyMap<ValueId, { readonly first: number; readonly last: number }>;
  /** What rows are made of, and which have a copy for products. */
  readonly elements: Elements;
  /** Rotations that attention does on the way, where it can. */
  readonly rotary: Rotary;
  /** Roots of which only two chunks of rows exist at a time. */
  readonly perChunk: ReadonlySet<ValueId>;
};

/** Decides storage; `stagesByGroup[g]` are the stages of group g. */
export function planStorage(
  graph: Graph,
  readers: Readers,
  fusion: Fusion,
  stagesByGroup: readonly (readonly Stage[])[],
  { grid, rows }: Pick<Schedule, "grid" | "rows">,
): Storage {
  const stageOf = stageNumbers(graph, stagesByGroup);
  const stored = (value: ValueId): boolean => {
    const own = stageOf.get(graph.values[value]?.node ?? -1);
    return (readers[value] ?? []).some(
      (reader) => reader === -1 || own === undefined || stageOf.get(reader) !== own,
    );
  };
  const views = aliases(graph, fusion, readers, rows);
  const rotary = grid?.rotates === true ? findRotary(graph, readers, views) : noRotary;
  const parent = new Map([...views, ...rotary.aliases]);
  const root = (value: ValueId): ValueId => {
    let at = value;
    for (let next = parent.get(at); next !== undefined; next = parent.get(at)) at = next;
    return at;
  };
  const widest = widestByRoot(graph, root);
  const padded = rows === "bf16" ? tensorRowStride : rowStride;
  const stride = (value: ValueId): number => {
    const width = widest.get(root(value)) ?? 1;
    return isDense(graph, root(value)) ? width : padded(width);
  };
  const perChunk = new Set(fusion.losses.flatMap((loss) => loss.perChunk.map(root)));
  return {
    root,
    stored,
    stride,
    lifetimes: lifetimesOf(graph, fusion, stagesByGroup, root, stored),
    elements: planElements(graph, rows, root),
    rotary,
    perChunk,
  };
}

/** What the host writes, patches apart, losses and integers stand side by side. */
function isDense(graph: Graph, value: ValueId): boolean {
  const { type, node } = graph.values[value] ?? {};
  const op = graph.nodes[node ?? -1]?.op;
  const isOneNumber = type?.kind !== "rows" || type.widths.every((width) => (width ?? 1) === 1);
  if (op === "input") return isOneNumber;
  return type?.dtype === "i32" || op === "cross_entropy" || op === "mean_square";
}

/** Node index → a number per stage (equal for the nodes of one stage); nodes that are tasks have none. */
function stageNumbers(
  graph: Graph,
  stagesByGroup: readonly (readonly Stage[])[],
): ReadonlyMap<number, string> {
  const numbers = new Map<number, string>();
  for (const [g, stages] of stagesByGroup.entries()) {
    for (const [s, stage] of stages.entries()) {
      for (const node of stageNodes(stage)) numbers.set(indexOf(graph, node), `${g}.${s}`);
    }
  }
  return numbers;
}

function indexOf(graph: Graph, node: AnyNode): number {
  const [result] = node.results;
  return result === undefined ? -1 : (graph.values[result]?.node ?? -1);
}

export function stageNodes(stage: Stage): readonly AnyNode[] {
  if (stage.kind === "program") return stage.nodes;
  if (stage.kind === "loss") return stage.gradient ? [stage.node, stage.gradient] : [stage.node];
  return [stage.node];
}

/** Values a stage reads and writes (program-internal ones included). */
export function stageValues(stage: Stage): {
  readonly reads: readonly ValueId[];
  readonly writes: readonly ValueId[];
} {
  const nodes = stageNodes(stage);
  const isSum = stage.kind === "matmul" || stage.kind === "combine";
  const residual = isSum && stage.residual !== undefined ? [stage.residual] : [];
  const writes = isSum ? [stage.output] : nodes.flatMap((node) => node.results);
  return { reads: [...nodes.flatMap((node) => node.inputs), ...residual], writes };
}

function aliases(
  graph: Graph,
  fusion: Fusion,
  readers: Readers,
  rows: Schedule["rows"],
): Map<ValueId, ValueId> {
  const parent = new Map<ValueId, ValueId>();
  for (const loss of fusion.losses) {
    const [logits, ...gradients] = loss.perChunk;
    // The gradient of the logits overwrites them, where it is made of the same elements: nothing else reads either.
    if (logits !== undefined && rows === "f32")
      for (const gradient of gradients) parent.set(gradient, logits);
  }
  for (const node of graph.nodes) {
    const [result] = node.results;
    const [input] = node.inputs;
    if (result === undefined || input === undefined) continue;
    if (node.op === "restrict") parent.set(result, input);
    if (node.op === "join") {
      for (const part of node.inputs) if (isOnlyForJoin(graph, part, readers)) parent.set(part, result);
    }
  }
  return parent;
}

/** A part can be written straight into the joined value if a stage makes it and nothing else reads it. */
export function isOnlyForJoin(graph: Graph, part: ValueId, readers: Readers): boolean {
  const producer = graph.nodes[graph.values[part]?.node ?? -1];
  const isView =
    producer === undefined || ["restrict", "join", "extend", "input", "param", "state"].includes(producer.op);
  return !isView && (readers[part] ?? []).length === 1;
}

function widestByRoot(graph: Graph, root: (value: ValueId) => ValueId): ReadonlyMap<ValueId, number> {
  const widest = new Map<ValueId, number>();
  for (const { id, type } of graph.values) {
    if (type.kind !== "rows") continue;
    const width = Math.max(...type.widths.map((w) => w ?? 1));
    widest.set(root(id), Math.max(width, widest.get(root(id)) ?? 1));
  }
  return widest;
}

function lifetimesOf(
  graph: Graph,
  fusion: Fusion,
  stagesByGroup: readonly (readonly Stage[])[],
  root: (value: ValueId) => ValueId,
  stored: (value: ValueId) => boolean,
): ReadonlyMap<ValueId, { first: number; last: number }> {
  const lifetimes = new Map<ValueId, { first: number; last: number }>();
  const touch = (value: ValueId, group: number): void => {
    const type = graph.values[value]?.type;
    const producer = graph.nodes[graph.values[value]?.node ?? -1];
    if (type?.kind !== "rows" || producer === undefined || producer.op === "input") return;
    const known = lifetimes.get(root(value));
    if (known === undefined) lifetimes.set(root(value), { first: group, last: group });
    else
      lifetimes.set(root(value), { first: Math.min(known.first, group), last: Math.max(known.last, group) });
  };
  for (const [g, group] of fusion.groups.entries()) {
    for (const stage of stagesByGroup[g] ?? []) {
      const { reads, writes } = stageValues(stage);
      const made = new Set(writes);
      for (const value of reads) if (!made.has(value) || stored(value)) touch(value, g);
      for (const value of writes) if (stored(value) || stage.kind !== "program") touch(value, g);
    }
    for (const index of group.tasks) {
      const node = graph.nodes[index];
      for (const value of [...(node?.inputs ?? []), ...(node?.results ?? [])]) touch(value, g);
    }
  }
  const end = fusion.groups.length;
  for (const result of graph.results) {
    const known = lifetimes.get(root(result.value));
    if (known !== undefined) lifetimes.set(root(result.value), { first: known.first, last: end });
  }
  return lifetimes;
}
