// trainer.ts: the training loop, short enough to copy.
// In: a session, a stream of batches and a run folder. Out: metrics, checkpoints, trained parameters in the session.
// A step logs the loss before its update. Time counts training alone: batches, checkpoints and validation are not in it.

import { setImmediate as nextTurn } from "node:timers/promises";
import type { BatchSource } from "./batch.ts";
import { type Progress, saveCheckpoint } from "./checkpoint.ts";
import type { Metrics } from "./record.ts";
import type { RunFolder } from "./run-folder.ts";
import type { Session } from "./session.ts";
import { trainStep } from "./step.ts";

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
    const { metrics } = await trainStep(session, batches.next(), step + 1, steps, wallMs, false);
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
