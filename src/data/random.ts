// random.ts: random numbers that are a function of where they are used.
// In: words (seed, pass, document, …). Out: a number that depends on all of them, the same on every machine.
// Counter-based: nothing is stored between draws, so a run that resumes needs no generator state.

function scramble(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 32 random bits for these words; each word is a non-negative integer below 2^53. */
export function randomBits(...words: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const word of words) {
    h = scramble(Math.imul(h, 0x01000193) ^ (word >>> 0)) + 0x6d2b79f5;
    h = scramble(h ^ Math.floor(word / 4294967296));
  }
  return scramble(h);
}

/** An integer from 0 to `bound` − 1, near enough uniform for any bound below 2^24. */
export function randomBelow(bound: number, ...words: readonly number[]): number {
  return Math.floor((randomBits(...words) / 4294967296) * bound);
}

/** The numbers 0 to `count` − 1 in a random order (Fisher–Yates). */
export function randomOrder(count: number, ...words: readonly number[]): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = randomBelow(i + 1, ...words, i);
    const held = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = held;
  }
  return order;
}
