// sights.ts: what rows of attention see, for the tests of its kernels.
// In: a mask, a document and a place in it. Out: one past the last position that is seen.

/** Up to the row itself; the whole document; or, within spans of 8 positions that stand 3 apart, up to a span's end. */
export type Mask = "causal" | "both" | "spans";

const period = 11;
const apart = 3;

/** Of position `i` of a document of `length` positions that begins at `start`. */
export function lastSeen(mask: Mask, start: number, length: number, i: number): number {
  if (mask === "both") return start + length;
  if (mask === "causal" || i % period < apart) return start + i + 1;
  return start + Math.min(length, i - (i % period) + period);
}
