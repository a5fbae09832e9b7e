// compare.ts: a race whose results are kept: metrics, timings, validations and checkpoints in run folders.
// In: a session and a run folder per variant, one stream of batches. Out: the folders, filled; compare-document.ts
// reads them back.

import { setImmediate as nextTurn } from "node:timers/promises";
import type { BatchSource } from "./batch.ts";
import { saveCheckpoint } from "./checkpoint.ts";
import { type RaceOptions, type Racer, startRace } from "./race.ts";
import type { Metrics } from "./record.ts";
import type { RunFolder } from "./run-folder.ts";

/** A variant in the race, and where its results go. */
export type Contender = Racer & { readonly folder: RunFolder };

export type CompareOptions = RaceOptions & {
  readonly seed: number;
  readonly dataHash: string;
  readonly checkpointEvery: number;
  readonly onStep?: (name: string, metrics: Metrics) => void;
  /** After every step, once all have done it. */
  readonly onRound?: (step: number) => void;
  /** Stops all after the current step, with checkpoints. */
  readonly signal?: AbortSignal;
};

/**
 * Trains all contenders up to `steps`; `batches` must stand at the first step that any of them still has to do.
 * - Returns the number of steps that all have done: fewer if interrupted. What has left the race counts as done.
 */
export async function compareRuns(
  contenders: readonly Contender[],
  batches: BatchSource,
  options: CompareOptions,
): Promise<number> {
  const { steps, seed, dataHash } = options;
  const race = startRace(contenders, batches, options);
  while (race.step() < steps) {
    const running = await race.advance(
      async ({ name, folder }, { metrics, stepMs, updateMs, validation }) => {
        const { step } = metrics;
        folder.append(metrics);
        folder.appendTiming({ step, stepMs, updateMs });
        if (validation !== undefined) folder.appendValidation({ step, loss: validation });
        options.onStep?.(name, metrics);
        await nextTurn();
      },
    );
    if (race.remaining() === 0) return steps;
    const step = race.step();
    options.onRound?.(step);
    const stopped = options.signal?.aborted === true;
    if (stopped || step === steps || step % options.checkpointEvery === 0) {
      for (const { name, session, folder } of running) {
        const wallMs = race.wallMs(name);
        folder.sync();
        const progress = { step, steps, seed, wallMs, cursor: batches.cursor(), dataHash };
        await saveCheckpoint(folder.checkpointPath, session, progress);
      }
    }
    if (stopped) break;
  }
  return race.step();
}
