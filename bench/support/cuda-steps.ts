// cuda-steps.ts: training steps of one variant on the benchmark's host, timed as a user's are.
// In: a host, a checked model. Out: milliseconds of whole steps, of steps without update, and of every launch.

import type { Model } from "../../src/check/model.ts";
import type { Batch } from "../../src/runtime/batch.ts";
import type { DeviceTimes, Phase } from "../../src/runtime/device.ts";
import { scheduleOf } from "../../src/runtime/schedule.ts";
import { openSession, type Session } from "../../src/runtime/session.ts";
import type { Artifact } from "../../src/targets/artifact.ts";
import type { Host, Precision } from "./cuda-host.ts";

export type Runner = {
  readonly artifact: Artifact;
  readonly parameters: number;
  /** What the artifact takes on the device. */
  readonly memoryBytes: number;
  /** Compiling, opening and the first step. */
  readonly coldMs: number;
  readonly firstLoss: number;
  /** Ships the batch, runs, waits until the losses are there: what `motley train` does. */
  readonly step: (batch: Batch) => Promise<number>;
  /** The same without the update. */
  readonly gradient: (batch: Batch) => Promise<number>;
  readonly profile: (batch: Batch) => Promise<DeviceTimes>;
  readonly close: () => Promise<void>;
};

/** The schedule is that of a run so long. */
const runLength = 1000;
const all: readonly Phase[] = ["forward", "backward", "update"];

export async function openRunner(
  host: Host,
  model: Model,
  precision: Precision,
  batch: Batch,
): Promise<Runner> {
  const start = performance.now();
  const artifact = host.compile(model, precision);
  const { optimizer } = artifact;
  if (optimizer === undefined) throw new Error("the benchmark's spec has an optimizer");
  const session = openSession(artifact, await host.open(artifact));
  await session.initialize(1);
  let count = 0;
  const prepare = (next: Batch): void => {
    count += 1;
    session.writeBatch(next);
    session.writeSchedule(scheduleOf(optimizer, count, runLength));
  };
  const run = async (next: Batch, phases: readonly Phase[]): Promise<number> => {
    const before = performance.now();
    prepare(next);
    await session.run(phases);
    await session.losses();
    return performance.now() - before;
  };
  try {
    await run(batch, all);
    const firstLoss = (await session.losses()).total;
    return {
      artifact,
      parameters: parameterCount(session),
      memoryBytes: host.bytesOf(artifact),
      coldMs: performance.now() - start,
      firstLoss,
      step: (next) => run(next, all),
      gradient: (next) => run(next, ["forward", "backward"]),
      profile: (next) => {
        prepare(next);
        return session.profile(all);
      },
      close: () => session.close(),
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}

function parameterCount({ artifact }: Session): number {
  return artifact.parameters
    .map(({ shape }) => shape.reduce((product, size) => product * size, 1))
    .reduce((sum, size) => sum + size, 0);
}
