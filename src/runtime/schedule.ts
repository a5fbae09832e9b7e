// schedule.ts: the numbers of the optimizer that change from step to step.
// In: the optimizer's settings, the step (from 1) and the number of steps. Out: f32[3] or longer, the graph's input.
// Everything that stays the same over a run is compiled into the update's kernel instead.

import type { ArtifactOptimizer } from "../targets/artifact.ts";

type RateSettings = Pick<ArtifactOptimizer, "lr" | "warmup" | "decay" | "end">;

/**
 * Learning rate of step `step`, counted from 1.
 * - lr·step/warmup up to and with step `warmup`, then along `decay` down to `end` at step `steps`, and `end` after it.
 */
export function learningRate({ lr, warmup, decay, end }: RateSettings, step: number, steps: number): number {
  if (step <= warmup) return (lr * step) / warmup;
  if (decay === "constant") return lr;
  const done = Math.min(1, (step - warmup) / (steps - warmup));
  return end + (lr - end) * (decay === "linear" ? 1 - done : (1 + Math.cos(Math.PI * done)) / 2);
}

/** lr, 1/(1−β1ˢ), 1/(1−β2ˢ) of step s, counted from 1; then each distinct rate, where modalities have their own. */
export function scheduleOf(
  optimizer: RateSettings & Pick<ArtifactOptimizer, "beta1" | "beta2" | "lrByModality">,
  step: number,
  steps: number,
): Float32Array {
  const correction = (beta: number): number => 1 / (1 - beta ** step);
  return Float32Array.of(
    learningRate(optimizer, step, steps),
    correction(optimizer.beta1),
    correction(optimizer.beta2),
    ...[...new Set(optimizer.lrByModality)].map((lr) => learningRate({ ...optimizer, lr }, step, steps)),
  );
}
