// philox.ts: random bits and normal numbers that are a function of a counter and a key.
// In: what a number is for, in words. Out: the number, the same on every machine and engine.
// Philox-4x32-10 (Salmon et al. 2011) gives 32 random bits per element, Box-Muller makes them normal. The logarithm and
// cosine are spelt out in + − × ÷ √, which IEEE 754 fixes, rather than Math.log and Math.cos, which it does not.

/** Unsigned 32-bit words. */
export type Words<N extends number> = N extends 2
  ? readonly [number, number]
  : N extends 3
    ? readonly [number, number, number]
    : readonly [number, number, number, number];

/** Fills `values` with normal numbers of deviation `std`; element i depends on i, the words and the seed alone. */
export function normals(values: Float32Array, words: Words<3>, seed: number, std = 1): Float32Array {
  const key = keyOf(seed);
  const bits = new Uint32Array(4);
  for (let i = 0; i < values.length; i += 4) {
    philox(bits, [i / 4, ...words], key);
    for (const half of [0, 2]) {
      const radius = std * Math.sqrt(-2 * logOfUniform(bits[half] ?? 0));
      const [cosine, sine] = circle(bits[half + 1] ?? 0);
      values[i + half] = radius * cosine; // writes past the end are ignored
      values[i + half + 1] = radius * sine;
    }
  }
  return values;
}

/** A seed below 2⁵³ as the generator's key. */
export const keyOf = (seed: number): Words<2> => [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];

/** High 32 bits of the 64-bit product of two unsigned words. */
function multiplyHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + Math.floor((aLow * bLow) / 0x10000);
  const carry = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/** Philox-4x32 with ten rounds; exported for its published test vectors. */
export function philox(out: Uint32Array, counter: Words<4>, key: Words<2>): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round += 1) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** ln((word + 1) / 2³²), at most 0: ln m = 2·artanh((m−1)/(m+1)) with m in [1/√2, √2). */
function logOfUniform(word: number): number {
  let exponent = word === 0xffffffff ? 32 : 31 - Math.clz32(word + 1);
  let mantissa = (word + 1) / 2 ** exponent;
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let series = 0;
  for (let k = 21; k >= 1; k -= 2) series = series * square + 1 / k;
  return 2 * s * series + (exponent - 32) * Math.LN2;
}

/** cos and sin of 2π·word/2³²: Taylor series on one eighth of the circle, turned to the right one. */
function circle(word: number): Words<2> {
  const quarter = word >>> 30;
  const within = (word & 0x3fffffff) / 2 ** 30;
  const mirrored = within > 0.5;
  const angle = (mirrored ? 1 - within : within) * (Math.PI / 2);
  const square = angle * angle;
  let cosine = 1;
  let sine = 1;
  for (let k = 16; k >= 2; k -= 2) {
    cosine = 1 - (cosine * square) / (k * (k - 1));
    sine = 1 - (sine * square) / (k * (k + 1));
  }
  sine *= angle;
  const [x, y] = mirrored ? [sine, cosine] : [cosine, sine];
  if (quarter === 0) return [x, y];
  if (quarter === 1) return [-y, x];
  return quarter === 2 ? [-x, -y] : [y, -x];
}
