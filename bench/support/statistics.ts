// statistics.ts: the few statistics that benchmarks report.
// In: raw numbers. Out: quantiles, and ratios taken round by round, so that a disturbance of a round falls out.
// Means are not offered: one interrupted step would move them.

/** What a set of ratios is reported as. */
export type Spread = { readonly median: number; readonly p10: number; readonly p90: number };

/** The value below which `fraction` of the numbers lie, interpolated; NaN of nothing. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), p10: quantile(values, 0.1), p90: quantile(values, 0.9) };
}

/** `numerators[i] / denominators[i]`; pairs only, a missing partner is left out. */
export function pairwise(numerators: readonly number[], denominators: readonly number[]): readonly number[] {
  return numerators
    .slice(0, denominators.length)
    .map((value, index) => value / (denominators[index] ?? Number.NaN));
}
