// tape.ts: automatic differentiation of scalars, for the reference model of the tests.
// In: operations on numbers, one at a time. Out: the derivative of one of them by all the others.
// Idea: every number remembers which numbers it was made from and how fast it changes with each; walking back over the
// list and adding up products is all there is. Slow, and short enough to be seen to be right.

/** Index of a number on the tape. */
export type Scalar = number;

export type Tape = {
  readonly constant: (value: number) => Scalar;
  readonly read: (x: Scalar) => number;
  readonly add: (a: Scalar, b: Scalar) => Scalar;
  readonly subtract: (a: Scalar, b: Scalar) => Scalar;
  readonly multiply: (a: Scalar, b: Scalar) => Scalar;
  /** Σ aᵢ·bᵢ */
  readonly dot: (a: readonly Scalar[], b: readonly Scalar[]) => Scalar;
  /** f(x), with f′(x) given beside it. */
  readonly map: (x: Scalar, f: (x: number) => number, slope: (x: number) => number) => Scalar;
  /** Derivatives of one number by every number of the tape, by index. */
  readonly derivatives: (of: Scalar) => Float64Array;
};

export function createTape(): Tape {
  const values: number[] = [];
  const sources: (readonly Scalar[])[] = [];
  const slopes: (readonly number[])[] = [];
  const read = (x: Scalar): number => values[x] ?? Number.NaN;
  const record = (value: number, from: readonly Scalar[], slope: readonly number[]): Scalar => {
    sources.push(from);
    slopes.push(slope);
    return values.push(value) - 1;
  };
  return {
    constant: (value) => record(value, [], []),
    read,
    add: (a, b) => record(read(a) + read(b), [a, b], [1, 1]),
    subtract: (a, b) => record(read(a) - read(b), [a, b], [1, -1]),
    multiply: (a, b) => record(read(a) * read(b), [a, b], [read(b), read(a)]),
    dot: (a, b) => {
      const [left, right] = [a.map(read), b.map(read)];
      const sum = left.reduce((total, x, i) => total + x * (right[i] ?? Number.NaN), 0);
      return record(sum, [...a, ...b], [...right, ...left]);
    },
    map: (x, f, slope) => record(f(read(x)), [x], [slope(read(x))]),
    derivatives: (of) => {
      const result = new Float64Array(values.length);
      result[of] = 1;
      for (let i = of; i >= 0; i -= 1) {
        const downstream = result[i] ?? 0;
        if (downstream === 0) continue;
        for (const [k, source] of (sources[i] ?? []).entries()) {
          result[source] = (result[source] ?? 0) + downstream * (slopes[i]?.[k] ?? 0);
        }
      }
      return result;
    },
  };
}
