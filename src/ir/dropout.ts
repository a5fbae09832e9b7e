// dropout.ts: which elements dropout keeps: a pure function of a step's key, the call, the row's place and the column.
// In: integers. Out: 32 bits, compared with a threshold. Every target computes these very bits (`scramble` is integer
// arithmetic alone), so a mask depends on no order, no thread and no batch layout, and backward finds forward's again.

/** What the host writes before a step, i32[2]: the step's key, and −1 in training or 0 where dropout is the identity. */
export const dropoutInput = "dropout";

/** 2³² ÷ the golden ratio: spreads counters over all bits. */
export const goldenBits = 0x9e3779b9;

/** x ← (x xor x >>> shift) · factor, one after another (Wellons 2018, `lowbias32`). */
export const scrambleRounds: readonly { readonly shift: number; readonly factor: number }[] = [
  { shift: 16, factor: 0x7feb352d },
  { shift: 15, factor: 0x846ca68b },
  { shift: 16, factor: 1 },
];

/** A bijection of 32-bit words that leaves no trace of their order. */
export function scramble(word: number): number {
  let x = word >>> 0;
  for (const { shift, factor } of scrambleRounds) x = Math.imul(x ^ (x >>> shift), factor);
  return x >>> 0;
}

/** The bits of a call of `dropout`, counted from 0. */
export function siteBits(number: number): number {
  return Math.imul(number + 1, goldenBits) >>> 0;
}

/** 32 bits for one element; `sequence` is the row's place in the batch, in sequence order. */
export function maskBits(key: number, number: number, sequence: number, column: number): number {
  const row = scramble(scramble(key ^ siteBits(number)) + sequence);
  return scramble(row ^ Math.imul(column, goldenBits));
}

/** An element is kept if its bits are at least this. */
export function dropThreshold(rate: number): number {
  return Math.min(2 ** 32 - 1, Math.round(rate * 2 ** 32));
}
