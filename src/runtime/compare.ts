// compare.ts: several variants trained side by side, step by step, in one process on the same batches.
// In: a session and a run folder per variant, one stream of batches. Out: metrics, timings, validations and checkpoints
// in the folders; compare-document.ts reads them back. Interleaving is what makes the times comparable: whatever else
// the machine does hits all variants alike.

import { setImmediate as nextTurn } from "node:timers/promises";
import type { Batch } from "./batch.ts";
import { saveCheckpoint } from "./checkpoint.ts";
import type { Metrics, RunFolder } from "./run-folder.ts";
import type { Session } from "./session.ts";
import { type BatchSource, lossRecord, trainStep } from "./trainer.ts";
import { validate } from "./validation.ts";

/** A variant in the race. */
export type Contender = {
  readonly name: string;
  readonly session: Session;
  readonly folder: RunFolder;
  /** Steps done before, and the time they took; both 0 for a new run. */
  readonly from: { readonly step: number; readonly wallMs: number };
};

export type CompareOptions = {
  readonly steps: number;
  readonly seed: number;
  readonly dataHash: string;
  readonly checkpointEvery: number;
  /** Fixed contexts, measured at most `validationCount` times, the last time after the last step. */
  readonly validation: readonly Batch[];
  readonly onStep?: (name: string, metrics: Metrics) => void;
  /** Stops all after the current step, with checkpoints. */
  readonly signal?: AbortSignal;
};

const validationCount = 10;

/** True if all validations of a run of `steps` steps include one after this step. */
export function isValidationStep(step: number, steps: number): boolean {
  return step === steps || step % Math.ceil(steps / validationCount) === 0;
}

/**
 * Trains all contenders up to `steps`; `batches` must stand at the first step that any of them still has to do.
 * - A contender that is ahead (its checkpoint was the last written before a kill) waits for the others.
 * - Returns the number of steps that all have done: fewer if interrupted.
 */
export async function compareRuns(
  contenders: readonly Contender[],
  batches: BatchSource,
  options: CompareOptions,
): Promise<number> {
  const { steps } = options;
  const wallMs = new Map(contenders.map(({ name, from }) => [name, from.wallMs]));
  let step = Math.min(steps, ...contenders.map(({ from }) => from.step));
  while (step < steps) {
    step += 1;
    const batch = batches.next();
    const running = contenders.filter(({ from }) => from.step < step);
    for (const contender of running) {
      const metrics = await stepOf(contender, batch, step, wallMs.get(contender.name) ?? 0, options);
      wallMs.set(contender.name, metrics.wallMs);
      options.onStep?.(contender.name, metrics);
      await nextTurn();
    }
    const stopped = options.signal?.aborted === true;
    if (stopped || step === steps || step % options.checkpointEvery === 0) {
      for (const { name, session, folder } of running) {
        const { seed, dataHash } = options;
        const progress = {
          step,
          steps,
          seed,
          wallMs: wallMs.get(name) ?? 0,
          cursor: batches.cursor(),
          dataHash,
        };
        folder.sync();
        await saveCheckpoint(folder.checkpointPath, session, progress);
      }
    }
    if (stopped) break;
  }
  return step;
}

async function stepOf(
  { name, session, folder }: Contender,
  batch: Batch,
  step: number,
  wallMs: number,
  { steps, validation }: CompareOptions,
): Promise<Metrics> {
  const { metrics, stepMs, updateMs } = await trainStep(session, batch, step, steps, wallMs).catch(
    (error) => {
      if (error instanceof Error) error.message = `variant \`${name}\`, ${error.message}`;
      throw error;
    },
  );
  folder.append(metrics);
  folder.appendTiming({ step, stepMs, updateMs });
  if (validation.length > 0 && isValidationStep(step, steps)) {
    const loss = lossRecord(session.artifact, await validate(session, validation));
    folder.appendValidation({ step, loss });
  }
  return metrics;
}
