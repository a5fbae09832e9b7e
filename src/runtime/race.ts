// race.ts: several variants trained side by side, step by step, in one process on the same batches.
// In: a session per variant, one stream of batches. Out: each step's results as they come.
// Interleaving is what makes the times comparable: whatever else the machine does hits all variants alike. Keeping the
// results is the caller's business: compare.ts puts them into folders, a page draws them.

import type { Batch, BatchSource } from "./batch.ts";
import type { Session } from "./session.ts";
import { lossRecord, NonFiniteError, type StepResult, trainStep } from "./step.ts";
import { validate } from "./validation.ts";

/** A variant in the race. */
export type Racer = {
  readonly name: string;
  readonly session: Session;
  /** Steps done before, and the time they took; both 0 for a new run. */
  readonly from: { readonly step: number; readonly wallMs: number };
};

export type RaceOptions = {
  readonly steps: number;
  /** Fixed contexts, measured at most `validationCount` times, the last time after the last step. */
  readonly validation: readonly Batch[];
  /** Told of a racer whose loss or gradient is no number any more; it leaves the race. Without it that is thrown. */
  readonly onDiverged?: (name: string) => void;
};

/** A step of one variant; `validation` are the losses after it, where they were measured. */
export type RaceStep = StepResult & { readonly validation?: Readonly<Record<string, number>> };

export type Race<R extends Racer> = {
  /** Steps that all have done. */
  readonly step: () => number;
  /** Milliseconds a variant has trained. */
  readonly wallMs: (name: string) => number;
  /** Racers that have not left. */
  readonly remaining: () => number;
  /** Takes all that have not done it through the next step, one after another; returns those that did it. */
  advance(onStep: (racer: R, result: RaceStep) => void | Promise<void>): Promise<readonly R[]>;
};

const validationCount = 10;

/** True if all validations of a run of `steps` steps include one after this step. */
export function isValidationStep(step: number, steps: number): boolean {
  return step === steps || step % Math.ceil(steps / validationCount) === 0;
}

/**
 * Lines the variants up; `batches` must stand at the first step that any of them still has to do.
 * - One that is ahead (its checkpoint was the last written before a kill) waits for the others.
 */
export function startRace<R extends Racer>(
  racers: readonly R[],
  batches: BatchSource,
  { steps, validation, onDiverged }: RaceOptions,
): Race<R> {
  const gone = new Set<string>();
  const wallMs = new Map(racers.map(({ name, from }) => [name, from.wallMs]));
  let done = Math.min(steps, ...racers.map(({ from }) => from.step));

  const stepOf = async ({ name, session }: R, batch: Batch, step: number): Promise<RaceStep> => {
    const before = wallMs.get(name) ?? 0;
    const result = await trainStep(session, batch, step, steps, before).catch((error) => {
      if (error instanceof Error) error.message = `variant \`${name}\`, ${error.message}`;
      throw error;
    });
    wallMs.set(name, result.metrics.wallMs);
    if (validation.length === 0 || !isValidationStep(step, steps)) return result;
    return { ...result, validation: lossRecord(session.artifact, await validate(session, validation)) };
  };

  return {
    step: () => done,
    remaining: () => racers.length - gone.size,
    wallMs: (name) => wallMs.get(name) ?? 0,
    async advance(onStep) {
      const step = done + 1;
      const batch = batches.next();
      const running = racers.filter(({ name, from }) => from.step < step && !gone.has(name));
      for (const racer of running) {
        const result = await stepOf(racer, batch, step).catch((error: unknown) => {
          if (onDiverged === undefined || !(error instanceof NonFiniteError)) throw error;
          gone.add(racer.name);
          onDiverged(racer.name);
        });
        if (result !== undefined) await onStep(racer, result);
      }
      done = step;
      return running.filter(({ name }) => !gone.has(name));
    },
  };
}
