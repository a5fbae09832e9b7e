// grid.ts: groups → launches for a device that runs grids of workgroups, one kernel at a time.
// In: the stages and tasks of a group. Out: launches of one kernel's text each, in an order in which everything is
// computed before it is read.
// Idea: a grid has no order inside, so a stage that reads another's rows comes one launch later. Everything that is
// ready at the same time and runs the same text becomes one launch, whatever layer, modality or weight it is for
// (Q, K and V; gate and up; every norm's gradient): that is all the horizontal fusion there is.

import { bug } from "../diagnostics/bug.ts";
import type { Group } from "../fusion/groups.ts";
import type { ValueId } from "../ir/graph.ts";
import { copyCall } from "./calls.ts";
import { gridCallsOf } from "./grid-calls.ts";
import { type GridStage, gridStageValues } from "./grid-stage.ts";
import { gridStagesOf } from "./grid-stages.ts";
import type { Argument, Call, KernelBody, Launch, TaskGroup } from "./kernel.ts";
import { type Layout, runsIn } from "./layout.ts";
import type { ProductTerm } from "./product-kernel.ts";
import type { Stage } from "./stages.ts";

/** A group with its tasks made. */
export type TaskedGroup = Pick<Group, "phase" | "space" | "chunk"> & {
  readonly tasks: readonly TaskGroup[];
  /** What the tasks make. */
  readonly made: readonly ValueId[];
};

export function gridLaunches(
  layout: Layout,
  { phase, space, chunk, tasks, made }: TaskedGroup,
  stages: readonly Stage[],
): readonly Launch[] {
  const stretch = { ...(space === undefined ? {} : { space }), ...(chunk === undefined ? {} : { chunk }) };
  const textOf = ({ kernel, args }: Call): string =>
    `${textKey(bodyOf(layout, kernel))} ${narrowOperands(layout, args)}`;
  const gridStages = gridStagesOf(layout, stages);
  const calls = gridStages.map((stage) => gridCallsOf(layout, stage, stretch));
  const waves = wavesOf(layout, gridStages, calls);
  const rows = Math.max(-1, ...waves) + 1;
  const launches = Array.from({ length: rows }, (_, wave): readonly Launch[] => {
    const ready = calls.filter((_calls, stage) => waves[stage] === wave);
    const texts = Map.groupBy(
      ready.flatMap((byModality) =>
        byModality.flatMap((call, m) => (call === undefined ? [] : [{ call, m }])),
      ),
      ({ call }) => textOf(call),
    );
    return [...texts.values()].map((members) => ({
      phase: phaseOf(members),
      stages: runsIn(layout.graph, space).map((m) =>
        members.filter((member) => member.m === m).map(({ call }) => call),
      ),
      ...stretch,
      tasks: [],
    }));
  });
  const taskLaunches = [...Map.groupBy(tasks, ({ call }) => textOf(call)).values()].map((members) => ({
    phase: phaseOf(members),
    stages: layout.graph.modalities.map(() => []),
    tasks: members,
  }));
  return [...launches.flat(), ...taskLaunches, ...copyLaunches(layout, made, phase)];
}

/** Which arguments are rows or weights in bf16: a text is written for the elements that it reads. */
function narrowOperands({ registry }: Layout, args: readonly Argument[]): string {
  const isNarrow = (argument: Argument): boolean =>
    argument.kind === "buffer" && registry.requests[argument.buffer]?.dtype === "bf16";
  return args.flatMap((argument, i) => (isNarrow(argument) ? [i] : [])).join();
}

/** Copies, for products to read, of what no stage makes: what the host writes, or tasks. */
export function copyLaunches(
  layout: Layout,
  values: readonly ValueId[],
  phase: Launch["phase"],
): readonly Launch[] {
  return values.filter(layout.storage.elements.hasCopy).map((value) => ({
    phase,
    stages: runsIn(layout.graph, undefined).map((m) => {
      const call = copyCall(layout, value, m);
      return call === undefined ? [] : [call];
    }),
    tasks: [],
  }));
}

/** Forward as soon as one of them is. */
function phaseOf(members: readonly { readonly call: Call }[]): Launch["phase"] {
  const phases = new Set(members.map(({ call }) => call.phase));
  return phases.has("forward") ? "forward" : phases.has("backward") ? "backward" : "update";
}

/** Per stage the number of stages before it that have to be done one after another. */
function wavesOf(
  layout: Layout,
  stages: readonly GridStage[],
  calls: readonly (readonly (Call | undefined)[])[],
): readonly number[] {
  const ready = new Map<ValueId, number>();
  return stages.map((stage, index) => {
    const { reads, writes } = gridStageValues(stage);
    const at = (value: ValueId): number => ready.get(layout.storage.root(value)) ?? 0;
    const wave = Math.max(0, ...reads.map(at));
    // What computes nothing (rows that stay in place) delays nobody.
    const isEmpty = calls[index]?.every((call) => call === undefined) === true;
    for (const value of writes)
      ready.set(layout.storage.root(value), Math.max(at(value), isEmpty ? wave : wave + 1));
    return wave;
  });
}

/**
 * Sums of partial results wait for one another: they become one launch, before the first that could read one of them.
 */
export function sumPartials(layout: Layout, launches: readonly Launch[]): readonly Launch[] {
  const isSum = ({ call }: TaskGroup): boolean => bodyOf(layout, call.kernel).kind === "sum_partials";
  const readsSums = ({ phase, tasks }: Launch): boolean =>
    phase === "update" || tasks.some(({ call }) => bodyOf(layout, call.kernel).kind === "array_add");
  const result: Launch[] = [];
  let pending: TaskGroup[] = [];
  const flush = (): void => {
    const stages = layout.graph.modalities.map(() => []);
    if (pending.length > 0) result.push({ phase: "backward", stages, tasks: pending });
    pending = [];
  };
  for (const launch of launches) {
    if (readsSums(launch)) flush();
    if (launch.tasks.length > 0 && launch.tasks.every(isSum)) pending.push(...launch.tasks);
    else result.push(launch);
  }
  flush();
  return result;
}

function bodyOf(layout: Layout, kernel: number): KernelBody {
  const body = layout.registry.kernels[kernel]?.body;
  return body ?? bug("kernel", `no kernel ${kernel}`);
}

/** Whole vectors of eight elements, which is what wide copies take, or not. */
const storedText = (weights: ProductTerm["weights"]): string | undefined =>
  weights && `${weights.transposed ? "rows" : "columns"} ${weights.stride % 8 === 0}`;

/**
 * What of a body its text depends on; everything else is numbers that the text reads.
 * Bodies with one key may run in one launch.
 */
export function textKey(body: KernelBody): string {
  switch (body.kind) {
    case "product":
      return JSON.stringify([
        body.kind,
        body.residual,
        body.terms.map(({ value, weights }) => value ?? storedText(weights) ?? "memory"),
        body.program === undefined
          ? undefined
          : [body.program.operands.map(({ kind }) => kind), body.program.phases],
        body.twin?.map(({ weights }) => storedText(weights)),
        body.epilogue && [body.epilogue.operands.length, body.epilogue.phase],
        body.rotation?.headDim,
      ]);
    case "row_program":
      return JSON.stringify([body.kind, body.operands.map(({ kind }) => kind), body.phases]);
    case "cross_entropy":
    case "mean_square":
      return `${body.kind} ${body.gradient}`;
    case "attention":
    case "attention_grad":
      return `${body.kind} ${body.headDim} ${body.rotary === true}`;
    case "outer":
      return `outer ${body.inner % 4 === 0}`;
    case "gather":
      return `gather ${body.weighted}`;
    case "combine":
      return `combine ${body.weighted} ${body.residual}`;
    case "route":
      return JSON.stringify([body.kind, body.experts, body.pools, body.top, body.tileRows, body.segments]);
    case "adamw":
      return `adamw ${body.clip > 0}`;
    default:
      return body.kind;
  }
}
