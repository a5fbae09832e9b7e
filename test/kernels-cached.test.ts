// Attention over kept keys and values as a WebAssembly kernel, alone, against plain float64 loops: odd heads and spans,
// empty positions, a sequence with none, shared keys, rows that see what the same run wrote behind them.

import { describe, expect, it } from "vitest";
import { rowStride } from "../src/kernel/schedule.ts";
import {
  engines,
  expectClose,
  kernel,
  putRows,
  random,
  randomMatrix,
  takeRows,
  tolerance,
} from "./support/kernel-values.ts";
import { get, type Matrix, matrix } from "./support/plain-kernels.ts";
import { openKernels } from "./support/wasm-kernels.ts";

type Sizes = {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly span: number;
  readonly context: number;
};

/** A row per position that is not empty: the place it takes, and what it sees. */
type Row = { readonly at: number; readonly place: number; readonly first: number; readonly last: number };

/** `news[s]` new rows of sequence s behind `olds[s]` kept ones; `both`: each sees all of its run. */
function rowsOf(
  { span, context }: Sizes,
  olds: readonly number[],
  news: readonly number[],
  both: boolean,
): readonly Row[] {
  const rows = olds.flatMap((old, s) =>
    Array.from({ length: news[s] ?? 0 }, (_, i) => ({
      at: s * span + i,
      place: s * context + old + i,
      first: s * context + (old > 2 ? 1 : 0),
      last: s * context + old + (both ? (news[s] ?? 0) : i + 1),
    })),
  );
  // Rows are sorted by a made-up modality, as the host does.
  return [...rows].sort((a, b) => ((a.at * 7) % 3) - ((b.at * 7) % 3) || a.at - b.at);
}

const kept = (cache: Matrix, x: Matrix, rows: readonly Row[]): Matrix => {
  const numbers = cache.numbers.slice();
  for (const [r, { place }] of rows.entries())
    for (let c = 0; c < cache.width; c += 1) numbers[place * cache.width + c] = get(x, r, c);
  return { width: cache.width, numbers };
};

function plain(q: Matrix, keys: Matrix, values: Matrix, rows: readonly Row[], sizes: Sizes): Matrix {
  const { heads, kvHeads, headDim } = sizes;
  return matrix(rows.length, q.width, (r, column) => {
    const { first = 0, last = 0 } = rows[r] ?? {};
    const [h, c] = [Math.floor(column / headDim), column % headDim];
    const g = Math.floor(h / (heads / kvHeads));
    const places = Array.from({ length: last - first }, (_, i) => first + i);
    const scores = places.map((place) => {
      let sum = 0;
      for (let i = 0; i < headDim; i += 1)
        sum += get(q, r, h * headDim + i) * get(keys, place, g * headDim + i);
      return Math.exp(sum / Math.sqrt(headDim));
    });
    const total = scores.reduce((sum, score) => sum + score, 0);
    return places.reduce(
      (sum, place, i) => sum + ((scores[i] ?? 0) / total) * get(values, place, g * headDim + c),
      0,
    );
  });
}

describe("attention over kept keys and values", () => {
  type Case = readonly [string, Sizes, olds: readonly number[], news: readonly number[], both: boolean];
  const cases: readonly Case[] = [
    [
      "a token each",
      { heads: 4, kvHeads: 4, headDim: 16, span: 1, context: 32 },
      [0, 31, 7],
      [1, 1, 1],
      false,
    ],
    [
      "prompts of several lengths, one empty",
      { heads: 4, kvHeads: 2, headDim: 8, span: 6, context: 20 },
      [0, 5, 14],
      [6, 0, 3],
      false,
    ],
    ["odd head sizes", { heads: 6, kvHeads: 2, headDim: 5, span: 3, context: 11 }, [8, 2], [3, 1], false],
    ["one key head", { heads: 3, kvHeads: 1, headDim: 20, span: 4, context: 50 }, [40], [4], false],
    ["both directions", { heads: 2, kvHeads: 1, headDim: 3, span: 9, context: 27 }, [9, 0], [9, 7], true],
    ["one of everything", { heads: 1, kvHeads: 1, headDim: 1, span: 1, context: 1 }, [0], [1], false],
    ["wide heads", { heads: 2, kvHeads: 2, headDim: 44, span: 2, context: 200 }, [190], [2], false],
  ];

  it.each(cases)("%s", async (_, sizes, olds, news, both) => {
    const { heads, kvHeads, headDim, context } = sizes;
    const rows = rowsOf(sizes, olds, news, both);
    const [width, keyWidth] = [heads * headDim, kvHeads * headDim];
    const [wide, narrow] = [rowStride(width), rowStride(keyWidth) + 16];
    const places = olds.length * context;
    const q = randomMatrix(rows.length, width, 1, 2);
    const [k, v] = [randomMatrix(rows.length, keyWidth, 2, 2), randomMatrix(rows.length, keyWidth, 3)];
    // Places that nobody has written yet hold NaN: nothing of them may reach a result.
    const numbers = random(4);
    const isOld = (place: number): boolean => place % context < (olds[Math.floor(place / context)] ?? 0);
    const cache = (): Matrix => matrix(places, keyWidth, (place) => (isOld(place) ? numbers() : Number.NaN));
    const [oldKeys, oldValues] = [cache(), cache()];
    const [keys, values] = [kept(oldKeys, k, rows), kept(oldValues, v, rows)];
    const wanted = plain(q, keys, values, rows, sizes);
    const rowOf = Array<number>(olds.length * sizes.span).fill(-1);
    for (const [row, { at }] of rows.entries()) rowOf[at] = row;
    for (const engine of engines) {
      const strides = { qStride: wide, kStride: narrow, vStride: narrow, outStride: wide + 16 };
      const bench = await openKernels(kernel({ kind: "attention_cached", ...sizes, ...strides }), engine, 4);
      const [keysAt, valuesAt] = [putRows(bench, oldKeys, keyWidth), putRows(bench, oldValues, keyWidth)];
      const outAt = putRows(
        bench,
        matrix(rows.length, width, () => 7),
        wide + 16,
      );
      const args = [putRows(bench, q, wide), putRows(bench, k, narrow), putRows(bench, v, narrow), outAt];
      const columns = [
        rows.map(({ place }) => place),
        rows.map(({ first }) => first),
        rows.map(({ last }) => last),
      ];
      const steering = [rowOf, ...columns].map((column) => bench.put(column, "i32"));
      const tasks = olds.length * kvHeads;
      for (let task = 0; task < tasks; task += 1)
        bench.run("k", [...args, keysAt, valuesAt, ...steering], task, tasks);
      const out = takeRows(bench, outAt, rows.length, width, wide + 16);
      expectClose(out, wanted, tolerance.attention, "out");
      for (const [address, cached] of [
        [keysAt, keys],
        [valuesAt, values],
      ] as const)
        expect([...takeRows(bench, address, places, keyWidth, keyWidth).numbers]).toEqual([
          ...cached.numbers,
        ]);
    }
  });
});
