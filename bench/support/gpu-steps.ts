// gpu-steps.ts: training steps on a GPU, and what each costs besides arithmetic.
// In: a checked model, an engine, a GPU. Out: steps as training runs them (`trainStep`), each with its times and
// with what went to the GPU and came back.

import type { Model } from "../../src/check/model.ts";
import { compile } from "../../src/compile.ts";
import type { Batch } from "../../src/runtime/batch.ts";
import type { Phase } from "../../src/runtime/device.ts";
import { openSession, type Session } from "../../src/runtime/session.ts";
import { trainStep } from "../../src/runtime/step.ts";
import { openWebgpuDevice, type WebgpuDevice } from "../../src/runtime/webgpu.ts";
import { totalBytes } from "../../src/runtime/webgpu-memory.ts";
import type { SharedGpu } from "../../src/runtime/webgpu-pipelines.ts";
import type { WgslArtifact } from "../../src/targets/artifact.ts";
import type { WgslEngine } from "../../src/targets/wgsl.ts";
import { median } from "./statistics.ts";

/** One step; milliseconds, counts and bytes. */
export type GpuStep = {
  /** All of it: shipping the batch, running, reading the losses back. */
  readonly wallMs: number;
  /** Shipping, forward and backward; then the update, which packs the weights too, if it was timed. */
  readonly gradientMs: number;
  readonly updateMs: number;
  /** JavaScript: sorting rows and cutting tiles; recording, submitting and writing (`WebgpuStats.hostMs`). */
  readonly layoutMs: number;
  readonly hostMs: number;
  /** What both took of this thread's processor time, by a coarse clock: others on the machine do not lengthen it. */
  readonly cpuMs: number;
  readonly dispatches: number;
  readonly submits: number;
  readonly writes: number;
  readonly reads: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Buffers that had to be made. */
  readonly buffers: number;
};

/** What is known of a variant before it steps, and what the GPU's clock says of one step. */
export type VariantFigures = {
  readonly parameters: number;
  readonly bytesOnGpu: number;
  readonly shaders: number;
  readonly launches: Readonly<Record<Phase, number>>;
  readonly firstLoss: number;
  /** Milliseconds by kind of kernel, the largest first; each dispatch in a pass of its own. */
  readonly kernels: readonly {
    readonly kind: string;
    readonly milliseconds: number;
    readonly count: number;
  }[];
  readonly timing: WebgpuDevice["timing"];
};

export type StepRunner = {
  /** As `motley train` does it; `isUpdateTimed` as `motley compare` does, which submits once more. */
  readonly step: (batch: Batch, isUpdateTimed?: boolean) => Promise<GpuStep>;
  /** Profiles so many steps besides. */
  readonly figures: (profiles: number) => Promise<VariantFigures>;
  readonly close: () => Promise<void>;
};

/** The optimizer's schedule is that of a run so long. */
const runLength = 1000;

/** Opens a variant and takes its first step. */
export async function openRunner(
  model: Model,
  engine: WgslEngine,
  shared: SharedGpu,
  batch: Batch,
): Promise<StepRunner> {
  const artifact = compile(model, { purpose: "train", engine });
  const device = await openWebgpuDevice(artifact, { shared });
  const session = openSession(artifact, device);
  await session.initialize(1);
  const watched = watch(session, device);
  let count = 0;
  let loss = Number.NaN;
  const step: StepRunner["step"] = async (next, isUpdateTimed = false) => {
    count += 1;
    const before = device.stats();
    const timesBefore = watched.times();
    const start = performance.now();
    const { metrics, stepMs, updateMs } = await trainStep(
      watched.session,
      next,
      count,
      runLength,
      0,
      isUpdateTimed,
    );
    const wallMs = performance.now() - start;
    loss = metrics.loss.total ?? Number.NaN;
    const after = device.stats();
    const times = watched.times();
    return {
      ...{ wallMs, updateMs, gradientMs: stepMs - updateMs },
      layoutMs: times.layoutMs - timesBefore.layoutMs,
      cpuMs: times.cpuMs - timesBefore.cpuMs,
      hostMs: after.hostMs - before.hostMs,
      dispatches: after.dispatches - before.dispatches,
      submits: after.submits - before.submits,
      writes: after.writes - before.writes,
      reads: after.reads - before.reads,
      bytesRead: after.bytesRead - before.bytesRead,
      bytesWritten: after.bytesWritten - before.bytesWritten,
      buffers: after.buffers - before.buffers,
    };
  };
  await step(batch);
  const firstLoss = loss;
  return {
    step,
    figures: async (profiles) => ({
      ...staticFigures(artifact, device),
      firstLoss,
      kernels: await kernelTimes(session, profiles),
    }),
    close: () => session.close(),
  };
}

type Watched = {
  readonly session: Session;
  readonly times: () => { readonly layoutMs: number; readonly cpuMs: number };
};

/** The session, and how long it took to lay batches out, without what the device counts itself. */
function watch(session: Session, device: WebgpuDevice): Watched {
  let [layoutMs, cpuMs] = [0, 0];
  /** Until the first wait: what comes after is the GPU's time. */
  const counted = <Result>(action: () => Result): Result => {
    const before = threadMs();
    const result = action();
    cpuMs += threadMs() - before;
    return result;
  };
  return {
    times: () => ({ layoutMs, cpuMs }),
    session: {
      ...session,
      writeBatch(batch) {
        const { hostMs } = device.stats();
        const start = performance.now();
        counted(() => session.writeBatch(batch));
        layoutMs += performance.now() - start - (device.stats().hostMs - hostMs);
      },
      writeSchedule: (schedule) => counted(() => session.writeSchedule(schedule)),
      run: (phases) => counted(() => session.run(phases)),
    },
  };
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function staticFigures(
  artifact: WgslArtifact,
  { timing }: WebgpuDevice,
): Omit<VariantFigures, "firstLoss" | "kernels"> {
  const count = (phase: Phase): number => artifact.launches.filter((launch) => launch.phase === phase).length;
  const sizes = artifact.parameters.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
  return {
    parameters: sizes.reduce((sum, size) => sum + size, 0),
    bytesOnGpu: totalBytes(artifact),
    shaders: artifact.program.shaders.length,
    launches: {
      ...{ prepare: count("prepare"), forward: count("forward") },
      ...{ backward: count("backward"), update: count("update") },
    },
    timing,
  };
}

/** By kind, the median of the profiles. */
async function kernelTimes(session: Session, profiles: number): Promise<VariantFigures["kernels"]> {
  const { launches, kernels } = session.artifact;
  const kindOf = (launch: number): string => {
    const { stages = [], tasks = [] } = launches[launch] ?? {};
    const call = stages.flat()[0] ?? tasks[0]?.call;
    return kernels[call?.kernel ?? -1]?.kind ?? "?";
  };
  const kinds = new Map<string, { readonly times: number[]; count: number }>();
  for (let run = 0; run < profiles; run += 1) {
    const { calls } = await session.profile(["forward", "backward", "update"]);
    const sums = new Map<string, number>();
    const seen = new Set<number>();
    for (const { launch, milliseconds } of calls) {
      const kind = kindOf(launch);
      sums.set(kind, (sums.get(kind) ?? 0) + milliseconds);
      const entry = kinds.get(kind) ?? { times: [], count: 0 };
      if (run === 0 && !seen.has(launch)) entry.count += 1;
      seen.add(launch);
      kinds.set(kind, entry);
    }
    for (const [kind, sum] of sums) kinds.get(kind)?.times.push(sum);
  }
  return [...kinds]
    .map(([kind, { times, count }]) => ({ kind, milliseconds: median(times), count }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}
