// match.ts: how much sooner one run reaches what another reached, the paper's way of comparing.
// In: loss curves as plain numbers. Out: ratios of steps, FLOPs and time. Pure.
// A curve is smoothed first (mean of its last few values), so that one lucky batch does not count as having arrived.

export type LossPoint = { readonly step: number; readonly wallMs: number; readonly value: number };

/** A run as far as matching is concerned; `flopsPerStep` counts forward and backward. */
export type LossCurve = { readonly points: readonly LossPoint[]; readonly flopsPerStep: number };

/** Shares of the reference's steps, FLOPs and time; below 1 is sooner. */
export type MatchRatio = { readonly steps: number; readonly flops: number; readonly wall: number };

/** Values in a window: 5 % of `count`, at least one. */
export function smoothingWindow(count: number): number {
  return Math.max(1, Math.floor(0.05 * count));
}

/** Mean of each value and the `window` − 1 before it; of as many as there are at the start. */
export function smooth(values: readonly number[], window: number): readonly number[] {
  return values.map((_value, i) => mean(values.slice(Math.max(0, i + 1 - window), i + 1)));
}

/**
 * The first point at which the smoothed curve is at or below the reference's last smoothed value, as shares of the
 * reference's totals; `undefined` if it never is.
 */
export function matchRatio(curve: LossCurve, reference: LossCurve, window: number): MatchRatio | undefined {
  const goal = smooth(values(reference), window).at(-1);
  const end = reference.points.at(-1);
  if (goal === undefined || end === undefined) return undefined;
  const index = smooth(values(curve), window).findIndex((value) => value <= goal);
  const point = curve.points[index];
  if (point === undefined) return undefined;
  return {
    steps: point.step / end.step,
    flops: (point.step * curve.flopsPerStep) / (end.step * reference.flopsPerStep),
    wall: point.wallMs / end.wallMs,
  };
}

/** Middle value; the mean of the middle two of an even number, NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

function values({ points }: LossCurve): readonly number[] {
  return points.map(({ value }) => value);
}
