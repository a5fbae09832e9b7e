// verify.ts: the invariants of a plan, checked before any target prints it.
//
//   P1  a call names a kernel and buffers that exist, with the arguments its kind takes
//   P2  a call stays inside the buffers it names, and buffers inside the arena
//   P3  within a launch nothing runs beside the writer of what it touches: a task neither reads nor writes what a stage
//       or another task writes, and no stage reads what a task writes (stages of one tile run in order)
//   P4  a task that sums over chunk c beside the rows of chunk c+1 reads other bytes than these write: rows of its own
//       chunk, in the other half of a buffer whose halves alternate
//   P5  on a grid a launch is stages or tasks, and stages have no order either: none touches what another one writes, but
//       for the rows of another modality
//
// A violation is ours: it throws a CompilerBug that names the launch and both calls.

import { bug } from "../diagnostics/bug.ts";
import { type Access, accessesOf } from "./accesses.ts";
import { chunkOf } from "./host.ts";
import type { Call, Launch, Plan } from "./kernel.ts";

/** Throws a CompilerBug for the first invariant that does not hold. */
export function verifyPlan(plan: Plan): void {
  for (const buffer of plan.buffers) {
    if (buffer.byteOffset < 0 || buffer.byteOffset + buffer.byteLength > plan.totalBytes) {
      bug("plan", `P2: buffer \`${buffer.name}\` does not lie in the arena of ${plan.totalBytes} bytes`);
    }
  }
  for (const [index, launch] of plan.launches.entries()) verifyLaunch(plan, index, launch);
}

/** A call, whether it is a stage, and what it touches. */
type Runner = {
  readonly call: Call;
  /** Whose rows a stage works on; a task has none. */
  readonly modality: number | undefined;
  readonly isStage: boolean;
  readonly accesses: readonly Access[];
};

/** Accesses in order of where they start, each beside those before it that reach into it: only these can collide. */
function verifyLaunch(plan: Plan, index: number, launch: Launch): void {
  const stages = launch.stages.flatMap((calls, modality) =>
    calls.map((call) => runner(plan, index, call, modality)),
  );
  const tasks = launch.tasks.map(({ call }) => runner(plan, index, call));
  if (plan.isGrid && stages.length > 0 && tasks.length > 0)
    bug("plan", `P5: launch ${index} has both stages and tasks`);
  const touches = [...stages, ...tasks]
    .flatMap((runner) => runner.accesses.map((access) => ({ runner, access })))
    .sort((a, b) => a.access.start - b.access.start);
  let open: typeof touches = [];
  for (const touch of touches) {
    open = open.filter(({ access }) => access.end > touch.access.start);
    for (const other of open) {
      if (isAllowed(plan, launch, touch, other) || isAllowed(plan, launch, other, touch)) continue;
      // The task first: of two runners that race, at least one is a task.
      const [one, two] = touch.runner.isStage ? [other, touch] : [touch, other];
      const place = plan.buffers[one.access.buffer]?.name;
      const rule = one.runner.isStage ? "P5" : "P3";
      bug(
        "plan",
        `${rule}: launch ${index}: ${nameOf(plan, one.runner.call)} races ${nameOf(plan, two.runner.call)} for \`${place}\``,
      );
    }
    open.push(touch);
  }
}

type Touch = { readonly runner: Runner; readonly access: Access };

/** Whether `task` may touch the bytes that `other` touches: asked both ways round, one yes is enough. */
function isAllowed(plan: Plan, launch: Launch, task: Touch, other: Touch): boolean {
  if (task.runner === other.runner || !(task.access.isWrite || other.access.isWrite)) return true;
  if (task.runner.isStage)
    return other.runner.isStage && (!plan.isGrid || task.runner.modality !== other.runner.modality);
  const isEarlierChunk = launch.chunk !== undefined && chunkOf(plan, task.runner.call) === launch.chunk - 1;
  const isSameBuffer = task.access.buffer === other.access.buffer;
  return other.runner.isStage && isSameBuffer && isEarlierChunk && !task.access.isWrite;
}

function runner(plan: Plan, launch: number, call: Call, modality?: number): Runner {
  const accesses = accessesOf(plan, call);
  if (accesses === undefined)
    return bug("plan", `P1: launch ${launch}: ${nameOf(plan, call)} has arguments its kind does not take`);
  const outside = accesses.find(({ buffer, start, end }) => {
    const { byteOffset = 0, byteLength = 0 } = plan.buffers[buffer] ?? {};
    return start < byteOffset || end > byteOffset + byteLength;
  });
  if (outside === undefined) return { call, modality, isStage: modality !== undefined, accesses };
  return bug(
    "plan",
    `P2: launch ${launch}: ${nameOf(plan, call)} leaves \`${plan.buffers[outside.buffer]?.name}\``,
  );
}

function nameOf(plan: Plan, call: Call): string {
  return `${plan.kernels[call.kernel]?.name ?? `kernel ${call.kernel}`} (${[call.scope, call.label].filter((part) => part !== "").join(": ")})`;
}
