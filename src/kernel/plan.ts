// plan.ts: groups → launches, kernels and memory.
// In: a graph, its fusion, a schedule. Out: a plan: plain data, printed and executed from the same list.
// Order within a launch: tasks from heavy to light, so that the last to finish are short.

import { readersOf } from "../fusion/chunk.ts";
import type { Fusion, Group } from "../fusion/groups.ts";
import type { AnyNode, Graph, Node, ValueId } from "../ir/graph.ts";
import { membersOf, poolCount } from "../ir/spaces.ts";
import { callsOf } from "./calls.ts";
import { copyLaunches, gridLaunches, sumPartials, type TaskedGroup } from "./grid.ts";
import { maximumTiles, rowOfBuffer, type Segments, segmentsOfGroups, tileBuffers } from "./host.ts";
import type { Launch, Plan, TaskGroup } from "./kernel.ts";
import { createLayout, type Layout } from "./layout.ts";
import { placeBuffers } from "./memory.ts";
import { at, createRegistry } from "./registry.ts";
import { lineBytes, type Schedule } from "./schedule.ts";
import { type Stage, stagesOf } from "./stages.ts";
import { planStorage } from "./storage.ts";
import { mirrorTasks, normTasks, packTasks, tasksOf, updateTasks } from "./tasks.ts";

export type PlanSizes = {
  readonly batch: number;
  readonly context: number;
  /** Positions of a context that one run computes; all of them unless it says otherwise. */
  readonly span?: number;
};

/** A plan and the layout that made it (targets ask it where tensors stand). */
export type Planned = { readonly plan: Plan; readonly layout: Layout };

export function planKernels(graph: Graph, fusion: Fusion, schedule: Schedule, sizes: PlanSizes): Planned {
  const { batch, context, span = context } = sizes;
  const rows = batch * span;
  const registry = createRegistry();
  const readers = readersOf(graph);
  const stagesByGroup = fusion.groups.map((group) =>
    stagesOf(graph, readers, group.rows, schedule.limits.isLate),
  );
  const storage = planStorage(graph, readers, fusion, stagesByGroup, schedule);
  const layout = createLayout(graph, readers, storage, schedule, registry, { rows, context, span });
  const { segments, list } = createSegments(layout);

  const ofGroups = fusion.groups.flatMap((group, g) => {
    const made = group.tasks.flatMap((index) => graph.nodes[index]?.results ?? []);
    const launch = { ...group, made, tasks: tasksOfGroup(layout, fusion, group, g, segments) };
    const stages = stagesByGroup[g] ?? [];
    return schedule.grid === undefined
      ? [tiledLaunch(layout, launch, stages)]
      : gridLaunches(layout, launch, stages);
  });
  const steps =
    schedule.grid === undefined
      ? ofGroups
      : [...copyLaunches(layout, inputsOf(graph), "forward"), ...sumPartials(layout, ofGroups)];
  const launches =
    schedule.weights === "panels"
      ? withPacking(steps, packTasks(layout, packedUses(graph)))
      : withMirror(layout, steps);
  requestResults(graph, layout);
  const spaces = spacesOf(layout);
  const { buffers, totalBytes, regions } = placeBuffers(registry.requests, lineBytes(schedule));
  const plan: Plan = {
    isGrid: schedule.grid !== undefined,
    rows,
    context,
    batch,
    span,
    kernels: registry.kernels,
    launches,
    buffers,
    totalBytes,
    regions,
    // Without a chunked loss one chunk covers every row, however many the schedule had in mind.
    chunkRows: fusion.chunkCount === 1 ? rows : schedule.chunkRows,
    chunkCount: fusion.chunkCount,
    tileRows: schedule.tileRows,
    spaces,
    segments: list,
  };
  return { plan, layout };
}

function spacesOf(layout: Layout): Plan["spaces"] {
  return layout.graph.spaces.map((space, number) => {
    const { tiles, starts } = tileBuffers(layout, number);
    return {
      experts: space.experts,
      pools: Array.from({ length: poolCount(space) }, (_, pool) => membersOf(space, pool)),
      ...(space.top === undefined ? {} : { top: space.top }),
      tiles,
      tileStarts: starts,
      maximumTiles: maximumTiles(layout, number),
    };
  });
}

/** Weights are packed once before the first step, and after every update. */
function withPacking(launches: readonly Launch[], packs: readonly TaskGroup[]): readonly Launch[] {
  if (packs.length === 0) return launches;
  const none = launches.find(({ space }) => space === undefined)?.stages.map(() => []) ?? [];
  const hasUpdate = launches.some(({ phase }) => phase === "update");
  return [
    { phase: "prepare", stages: none, tasks: packs },
    ...launches,
    ...(hasUpdate ? [{ phase: "update" as const, stages: none, tasks: packs }] : []),
  ];
}

const inputsOf = (graph: Graph): readonly ValueId[] =>
  graph.nodes.flatMap((node) => (node.op === "input" ? node.results : []));

/** The bf16 copy of all weights, once before the first step: the update writes it together with the weights. */
function withMirror(layout: Layout, launches: readonly Launch[]): readonly Launch[] {
  const stages = layout.graph.modalities.map(() => []);
  const tasks = layout.schedule.weights === "mirror" ? mirrorTasks(layout) : [];
  return tasks.length === 0 ? launches : [{ phase: "prepare", stages, tasks }, ...launches];
}

/** Threads that walk tiles run a whole group between two barriers. */
function tiledLaunch(layout: Layout, group: TaskedGroup, stages: readonly Stage[]): Launch {
  return {
    phase: group.phase,
    stages: callsOf(layout, stages, group),
    ...(group.space === undefined ? {} : { space: group.space }),
    ...(group.chunk === undefined ? {} : { chunk: group.chunk }),
    tasks: heavyFirst(layout, group.tasks),
  };
}

function tasksOfGroup(
  layout: Layout,
  fusion: Fusion,
  group: Group,
  index: number,
  segments: Segments,
): readonly TaskGroup[] {
  const { graph } = layout;
  const sums = new Map<number, number>();
  for (const loss of fusion.losses) {
    for (const node of loss.sums) sums.set(node, index - loss.firstGroup - 1);
  }
  const tasks: TaskGroup[] = [];
  const updates: Node<"adamw">[] = [];
  for (const nodeIndex of group.tasks) {
    const node = graph.nodes[nodeIndex];
    if (node === undefined) continue;
    if (node.op === "adamw") updates.push(node);
    else if (node.op === "global_norm") tasks.push(...normTasks(layout, node));
    else tasks.push(...tasksOf(layout, node, segments, sums.get(nodeIndex)));
  }
  return [...tasks, ...updateTasks(layout, updates)];
}

function heavyFirst(layout: Layout, tasks: readonly TaskGroup[]): readonly TaskGroup[] {
  const weight = ({ call, count, space }: TaskGroup): number =>
    ((call.flopsPerRow + call.bytesPerRow) * layout.rowsIn(space)) / Math.max(1, count);
  return tasks
    .map((task, position) => ({ task, position }))
    .sort((a, b) => weight(b.task) - weight(a.task) || a.position - b.position)
    .map(({ task }) => task);
}

function createSegments(layout: Layout): { readonly segments: Segments; readonly list: Plan["segments"] } {
  const list: Plan["segments"][number][] = [];
  const known = new Map<string, number>();
  const ofModalities = (modalities: readonly number[], chunk: number | undefined): number => {
    const name = `segments ${modalities.join("+")}${chunk === undefined ? "" : ` chunk ${chunk}`}`;
    const found = known.get(name);
    if (found !== undefined) return found;
    const byteLength = 4 * (1 + 2 * modalities.length);
    const buffer = layout.registry.buffer({ name, role: "segments", byteLength, dtype: "i32" });
    known.set(name, buffer);
    list.push({ buffer, modalities, ...(chunk === undefined ? {} : { chunk }) });
    return buffer;
  };
  const segments: Segments = (runs, { chunk, space } = {}) =>
    space === undefined ? at(ofModalities(runs, chunk)) : segmentsOfGroups(layout, space, runs);
  return { segments, list };
}

function packedUses(graph: Graph): readonly { readonly weight: number; readonly transposed: boolean }[] {
  return graph.nodes.flatMap((node: AnyNode) =>
    node.op === "linear" || node.op === "linear_dx"
      ? node.weights.flatMap((weight) =>
          weight === undefined ? [] : [{ weight, transposed: node.op === "linear" }],
        )
      : [],
  );
}

/** What the step hands out exists even where nothing computes it (the gradient of a parameter the loss cannot reach). */
function requestResults(graph: Graph, layout: Layout): void {
  const [first] = layout.arena.order;
  if (first !== undefined) {
    layout.tensor("param", first.path);
    if (graph.results.some(({ name }) => name.startsWith("grad/"))) layout.tensor("grad", first.path);
  }
  for (const { value } of graph.results) {
    const type = graph.values[value]?.type;
    if (type?.kind === "rows") layout.address(value);
  }
  rowOfBuffer(layout);
  tileBuffers(layout);
}
