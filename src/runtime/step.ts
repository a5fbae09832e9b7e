// step.ts: one training step.
// In: a session, a batch, and which step it is. Out: the losses before the update, and what the step took.
// Neither files nor threads are its business: it runs wherever a session does, in a page too.

import type { Batch } from "./batch.ts";
import { type FirstNonFinite, findNonFinite } from "./non-finite.ts";
import type { Metrics } from "./record.ts";
import { learningRate, scheduleOf } from "./schedule.ts";
import type { Losses, Session } from "./session.ts";

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

/** What one step gave and what it took, in milliseconds. */
export type StepResult = {
  readonly metrics: Metrics;
  /** Forward, backward and update; `updateMs` is the update's part of it, 0 where it was not timed apart. */
  readonly stepMs: number;
  readonly updateMs: number;
};

/**
 * One step: forward, backward, update; `wallMs` is the time before it. Throws NonFiniteError.
 * - `isUpdateTimed`: `false` runs all three at once, which saves a GPU a submit and a wait.
 */
export async function trainStep(
  session: Session,
  batch: Batch,
  step: number,
  steps: number,
  wallMs: number,
  isUpdateTimed = true,
): Promise<StepResult> {
  const { optimizer } = session.artifact;
  if (optimizer === undefined)
    throw new Error("the artifact has no optimizer: it was not compiled for training");
  const schedule = scheduleOf(optimizer, step, steps);
  const start = performance.now();
  session.writeBatch(batch);
  session.writeSchedule(schedule);
  session.writeDropout(step);
  await session.run(isUpdateTimed ? ["forward", "backward"] : ["forward", "backward", "update"]);
  const beforeUpdate = performance.now();
  if (isUpdateTimed) await session.run(["update"]);
  const end = performance.now();
  // Together: a GPU then answers once.
  const [losses, gradNorm] = await Promise.all([session.losses(), session.gradientNorm()]);
  if (!Number.isFinite(losses.total) || !Number.isFinite(gradNorm)) {
    throw new NonFiniteError(step, await findNonFinite(session, losses, gradNorm));
  }
  const loss = lossRecord(session.artifact, losses);
  const lr = learningRate(optimizer, step, steps);
  const rates = ratesByModality(session.artifact, step, steps);
  const metrics = { step, loss, lr, ...rates, gradNorm, wallMs: wallMs + end - start };
  return { metrics, stepMs: end - start, updateMs: end - beforeUpdate };
}

/** Each modality's learning rate, where they have their own. */
function ratesByModality(
  { modalities, optimizer }: Session["artifact"],
  step: number,
  steps: number,
): Pick<Metrics, "lrByModality"> {
  if (optimizer?.lrByModality === undefined) return {};
  const rates = optimizer.lrByModality.map((lr, m) => {
    return [modalities[m]?.name ?? "", learningRate({ ...optimizer, lr }, step, steps)] as const;
  });
  return { lrByModality: Object.fromEntries(rates) };
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
