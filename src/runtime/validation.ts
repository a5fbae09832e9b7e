// validation.ts: a session's losses over a fixed set of batches.
// In: a session and batches. Out: losses as one mean over all their targets, not a mean of means.
// Runs the forward phase only; what training needs between steps stays as it is.

import type { Batch } from "./batch.ts";
import type { Losses, Session } from "./session.ts";

/** Losses over all batches together; `total` weighs the objectives as training does, without its z-loss. */
export async function validate(
  session: Session,
  batches: readonly Batch[],
): Promise<Pick<Losses, "total" | "byModality">> {
  const { modalities, objectives } = session.artifact;
  const sums = modalities.map(() => 0);
  const counts = modalities.map(() => 0);
  session.writeDropout();
  for (const batch of batches) {
    session.writeBatch(batch);
    await session.run(["forward"]);
    const { byModality, targetCounts } = await session.losses();
    for (const [m, count] of targetCounts.entries()) {
      sums[m] = (sums[m] ?? 0) + (byModality[m] ?? 0) * count;
      counts[m] = (counts[m] ?? 0) + count;
    }
  }
  const over = (values: readonly number[], which: readonly number[]): number =>
    which.reduce((sum, m) => sum + (values[m] ?? 0), 0);
  const total = objectives.reduce((sum, { modalities: which, weight }) => {
    const count = over(counts, which);
    return count === 0 ? sum : sum + (weight * over(sums, which)) / count;
  }, 0);
  return { total, byModality: sums.map((sum, m) => (counts[m] === 0 ? undefined : sum / (counts[m] ?? 1))) };
}
