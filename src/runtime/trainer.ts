// trainer.ts: the training loop, short enough to copy.
// In: a session, a stream of batches and a run folder. Out: metrics, checkpoints, trained parameters in the session.
// A step logs the loss before its update. Time counts training alone: batches, checkpoints and validation are not in it.

import type { Batch } from "./batch.ts";
import { type Progress, saveCheckpoint } from "./checkpoint.ts";
import { type FirstNonFinite, findNonFinite } from "./non-finite.ts";
import type { Metrics, RunFolder } from "./run-folder.ts";
import { scheduleOf } from "./schedule.ts";
import type { Session } from "./session.ts";

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
    const metrics = await trainStep(session, batches.next(), step + 1, steps, wallMs);
    step += 1;
    wallMs = metrics.wallMs;
    folder.append(metrics);
    options.onStep?.(metrics);
    const stopped = options.signal?.aborted === true;
    if (step === steps || stopped || step % checkpointEvery === 0)
      await saveCheckpoint(folder.checkpointPath, session, progress());
    if (stopped) break;
  }
  return step;
}

/** One step: forward, backward, update; `wallMs` is the time before it. Throws NonFiniteError. */
export async function trainStep(
  session: Session,
  batch: Batch,
  step: number,
  steps: number,
  wallMs: number,
): Promise<Metrics> {
  const { optimizer } = session.artifact;
  if (optimizer === undefined)
    throw new Error("the artifact has no optimizer: it was not compiled for training");
  const schedule = scheduleOf(optimizer, step, steps);
  const start = performance.now();
  session.writeBatch(batch);
  session.writeSchedule(schedule);
  await session.run(["forward", "backward", "update"]);
  const elapsed = performance.now() - start;
  const [losses, gradNorm] = [await session.losses(), await session.gradientNorm()];
  if (!Number.isFinite(losses.total) || !Number.isFinite(gradNorm)) {
    throw new NonFiniteError(step, await findNonFinite(session, losses, gradNorm));
  }
  const loss: Record<string, number> = { total: losses.total };
  for (const [m, { name }] of session.artifact.modalities.entries()) {
    const value = losses.byModality[m];
    if (value !== undefined) loss[name] = value;
  }
  return { step, loss, lr: schedule[0] ?? 0, gradNorm, wallMs: wallMs + elapsed };
}
