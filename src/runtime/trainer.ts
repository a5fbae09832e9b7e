// trainer.ts: the training loop, short enough to copy.
// In: a session, a stream of batches and a run folder. Out: metrics, checkpoints, trained parameters in the session.
// A step logs the loss before its update. Time counts training alone: batches, checkpoints and validation are not in it.

import { setImmediate as nextTurn } from "node:timers/promises";
import type { Batch } from "./batch.ts";
import { type Progress, saveCheckpoint } from "./checkpoint.ts";
import { type FirstNonFinite, findNonFinite } from "./non-finite.ts";
import type { Metrics, RunFolder } from "./run-folder.ts";
import { learningRate, scheduleOf } from "./schedule.ts";
import type { Losses, Session } from "./session.ts";

/** Where batches come from; `cursor` is all that is needed to go on from here. */
export type BatchSource = { next(): Batch; cursor(): string };

export type TrainOptions = {
  readonly steps: number;
  readonly seed: number;
  readonly dataHash: string;
  readonly checkpointEvery: number;
  /** Steps done already, and the time they took; both 0 for a new run. */
  readonly from: { readonly step: number; readonly wallMs: number };
  readonly onStep?: (metrics: Metrics) => void;
  /** Stops after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
};

/** A loss or gradient that is no number any more; the last checkpoint on disk is still good. */
export class NonFiniteError extends Error {
  readonly step: number;
  readonly found: FirstNonFinite;
  constructor(step: number, found: FirstNonFinite) {
    super(
      `step ${step}: ${found.what} is ${found.value}${found.tensor === undefined ? "" : `; it first appeared in \`${found.tensor}\``}`,
    );
    this.name = "NonFiniteError";
    this.step = step;
    this.found = found;
  }
}

/** Trains from step `from.step` + 1 to `steps`; returns the number of steps done (fewer if interrupted). */
export async function train(
  session: Session,
  batches: BatchSource,
  folder: RunFolder,
  options: TrainOptions,
): Promise<number> {
  const { steps, seed, dataHash, checkpointEvery, from } = options;
  let { step, wallMs } = from;
  const progress = (): Progress => ({ step, steps, seed, wallMs, cursor: batches.cursor(), dataHash });
  while (step < steps) {
    const { metrics } = await trainStep(session, batches.next(), step + 1, steps, wallMs);
    step += 1;
    wallMs = metrics.wallMs;
    folder.append(metrics);
    options.onStep?.(metrics);
    // A step never yields by itself; without this no Ctrl-C would ever arrive.
    await nextTurn();
    const stopped = options.signal?.aborted === true;
    if (step === steps || stopped || step % checkpointEvery === 0) {
      folder.sync();
      await saveCheckpoint(folder.checkpointPath, session, progress());
    }
    if (stopped) break;
  }
  return step;
}

/** What one step gave and what it took, in milliseconds. */
export type StepResult = {
  readonly metrics: Metrics;
  /** Forward, backward and update; `updateMs` is the update's part of it. */
  readonly stepMs: number;
  readonly updateMs: number;
};

/** One step: forward, backward, update; `wallMs` is the time before it. Throws NonFiniteError. */
export async function trainStep(
  session: Session,
  batch: Batch,
  step: number,
  steps: number,
  wallMs: number,
): Promise<StepResult> {
  const { optimizer } = session.artifact;
  if (optimizer === undefined)
    throw new Error("the artifact has no optimizer: it was not compiled for training");
  const schedule = scheduleOf(optimizer, step, steps);
  const start = performance.now();
  session.writeBatch(batch);
  session.writeSchedule(schedule);
  await session.run(["forward", "backward"]);
  const beforeUpdate = performance.now();
  await session.run(["update"]);
  const end = performance.now();
  const [losses, gradNorm] = [await session.losses(), await session.gradientNorm()];
  if (!Number.isFinite(losses.total) || !Number.isFinite(gradNorm)) {
    throw new NonFiniteError(step, await findNonFinite(session, losses, gradNorm));
  }
  const loss = lossRecord(session.artifact, losses);
  const lr = learningRate(optimizer, step, steps);
  const metrics = { step, loss, lr, gradNorm, wallMs: wallMs + end - start };
  return { metrics, stepMs: end - start, updateMs: end - beforeUpdate };
}

/** `total`, then an entry per modality that had a target. */
export function lossRecord(
  { modalities }: Session["artifact"],
  { total, byModality }: Pick<Losses, "total" | "byModality">,
): Readonly<Record<string, number>> {
  const entries = modalities.flatMap(({ name }, m) => {
    const value = byModality[m];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries([["total", total] as const, ...entries]);
}
