// attention-problems.ts: numbers for attention alone, and what must come of them, for every target's test.
// In: sizes, documents, a mask. Out: who sees whom, random rows, and the results of plain float64 loops.
// Rows are numbered as the host does, sorted by a made-up modality, so that no row stands where its position does.

import { randomMatrix } from "./kernel-values.ts";
import {
  attention,
  attentionGrad,
  get,
  type Heads,
  type Matrix,
  matrix,
  type Sight,
} from "./plain-kernels.ts";
import { lastSeen, type Mask } from "./sights.ts";

/** Documents of these lengths per context, the rest empty; `isThere` may leave positions of documents empty too. */
export function sightOf(
  context: number,
  contexts: readonly (readonly number[])[],
  mask: Mask = "causal",
  isThere: (at: number) => boolean = () => true,
): Sight {
  const positions = contexts.flatMap((lengths, b) =>
    lengths.flatMap((length, d) => {
      const start = b * context + lengths.slice(0, d).reduce((sum, n) => sum + n, 0);
      return Array.from({ length }, (_, i) => ({
        at: start + i,
        first: start,
        last: lastSeen(mask, start, length, i),
      }));
    }),
  );
  const order = positions
    .filter(({ at }) => isThere(at))
    .sort((a, b) => ((a.at * 7) % 3) - ((b.at * 7) % 3) || a.at - b.at);
  const rowOf = Array<number>(context * contexts.length).fill(-1);
  for (const [row, { at }] of order.entries()) rowOf[at] = row;
  return { rowOf, first: order.map(({ first }) => first), last: order.map(({ last }) => last) };
}

export type AttentionInputs = {
  readonly q: Matrix;
  readonly k: Matrix;
  readonly v: Matrix;
  readonly dout: Matrix;
};

export type AttentionProblem = {
  readonly sizes: Heads;
  readonly sight: Sight;
  readonly inputs: AttentionInputs;
};

export type AttentionResults = { readonly [Name in "out" | "lse" | "dq" | "dk" | "dv"]: Matrix };

/** One row more than there are tokens: it belongs to nobody and must stay as it is. */
export function problemOf(
  sizes: Heads,
  contexts: readonly (readonly number[])[],
  mask: Mask,
  seed = 1,
  isThere?: (at: number) => boolean,
): AttentionProblem {
  const { rowOf, first, last } = sightOf(sizes.context, contexts, mask, isThere);
  const rows = first.length + 1;
  const [width, keyWidth] = [sizes.heads * sizes.headDim, sizes.kvHeads * sizes.headDim];
  return {
    sizes,
    sight: { rowOf, first: [...first, 0], last: [...last, 0] },
    inputs: {
      q: randomMatrix(rows, width, seed, 2),
      k: randomMatrix(rows, keyWidth, seed + 1, 2),
      v: randomMatrix(rows, keyWidth, seed + 2),
      dout: randomMatrix(rows, width, seed + 3),
    },
  };
}

/** `kept`: how a target rounds the results that the gradient reads. */
export function resultsOf(
  { sizes, sight, inputs: { q, k, v, dout } }: AttentionProblem,
  kept?: (x: number) => number,
): AttentionResults {
  const { out, lse } = attention(q, k, v, sight, sizes);
  const outKept = kept && { width: out.width, numbers: out.numbers.map(kept) };
  return { out, lse, ...attentionGrad(dout, q, k, v, sight, sizes, outKept) };
}

export const scaled = ({ width, numbers }: Matrix, by: number): Matrix => ({
  width,
  numbers: numbers.map((x) => Math.fround(by * x)),
});

/** Rows that differ by 1/300 of what they share. */
export const nearlyAlike = (own: Matrix): Matrix =>
  matrix(own.numbers.length / own.width, own.width, (r, c) =>
    Math.fround(3 + Math.sin(c) + get(own, r, c) / 300),
  );

/**
 * The gradient knows the results of attention to the last bit of an f32, which is 1/300 of that for how they differ; and
 * dq is a hundred thousand times smaller than the products it is the sum of. Without centers it is off by 0.4 of itself.
 */
export const nearlyAlikeTolerance = 1e-4;

/** Without the row that belongs to nobody. */
export const withoutLast = ({ width, numbers }: Matrix): Matrix => ({
  width,
  numbers: numbers.slice(0, -width),
});

/** Largest difference, of the largest number. */
export function distance(actual: Matrix, wanted: Matrix): number {
  const [a, b] = [withoutLast(actual).numbers, withoutLast(wanted).numbers];
  const size = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return b.reduce((most, x, i) => Math.max(most, Math.abs(x - (a[i] ?? Number.NaN))), 0) / size;
}
