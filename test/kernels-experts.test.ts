// kernels-experts.test.ts: each kernel of experts, run alone at odd sizes, against plain float64 loops.
// Choices are integers and must be exactly those of a sort: both sides read the same f32 weights, so nothing is near a
// tie that is not one, and equal weights are drawn on purpose.

import { describe, expect, it } from "vitest";
import type { KernelBody } from "../src/kernel/kernel.ts";
import { rowStride } from "../src/kernel/schedule.ts";
import {
  engines,
  expectClose,
  kernel,
  putRows,
  random,
  randomMatrix,
  rowsOf,
  takeRows,
  tolerance,
  usual,
} from "./support/kernel-values.ts";
import { balance, type Choice, choose, combine } from "./support/plain-experts.ts";
import { get, type Matrix, matrix } from "./support/plain-kernels.ts";
import { type KernelBench, openKernels } from "./support/wasm-kernels.ts";

/** Pools as the row ranges that the host writes; what lies between them is not routed. */
type Pool = readonly (readonly [begin: number, end: number])[];

const tokensOf = (pool: Pool): readonly number[] =>
  pool.flatMap(([begin, end]) => Array.from({ length: end - begin }, (_, i) => begin + i));

const putPool = (bench: KernelBench, pool: Pool): number => bench.put([pool.length, ...pool.flat()], "i32");

const integers = (bench: KernelBench, address: number, count: number): readonly number[] => [
  ...new Int32Array(bench.floats(address, count).slice().buffer),
];

/** Softmax-like weights; `levels`: how many different ones there are, so that some are equal. */
function weights(rows: number, experts: number, seed: number, levels = 0): Matrix {
  const next = random(seed);
  return matrix(rows, experts, () => {
    const x = (next() + 1) / 2;
    return Math.fround(levels === 0 ? x : Math.round(x * levels) / levels);
  });
}

const shapes: readonly (readonly [experts: number, top: number, pools: readonly Pool[]])[] = [
  [4, 0, [[[0, 37]]]],
  [3, 0, [[[0, 5]], [[7, 20]]]],
  [
    2,
    0,
    [
      [
        [0, 9],
        [15, 22],
      ],
      [[9, 15]],
    ],
  ],
  [5, 0, [[[3, 4]]]],
  [4, 0, [[], [[0, 6]], []]],
  [1, 0, [[[0, 11]]]],
  [4, 1, [[[0, 37]]]],
  [4, 2, [[[0, 5]], [[7, 20]]]],
  [
    3,
    3,
    [
      [
        [0, 9],
        [15, 22],
      ],
      [[9, 15]],
    ],
  ],
  [8, 2, [[[2, 3]]]],
  [3, 1, [[[0, 4]], []]],
  [1, 1, [[[0, 11]]]],
];

const tileRows = 6;

describe("choosing experts", () => {
  it.each(shapes)("%i experts, top %i, pools %j", async (experts, top, pools) => {
    const pStride = rowStride(experts);
    const groups = experts * pools.length;
    const segments = [
      ...Array.from({ length: groups }, (_, g) => [[g, g + 1]] as const),
      [[0, groups]] as const,
    ];
    const body = { kind: "route", experts, pools: pools.length, top, pStride, tileRows, segments } as const;
    for (const levels of [0, 3, 1]) {
      const bench = await openKernels(kernel(body), usual, 2);
      const p = weights(40, experts, 5, levels);
      const all = new Array<number>(40 * experts + 64).fill(-7);
      const [pAt, sourceAt, slotsAt] = [
        putRows(bench, p, pStride),
        bench.put(all, "i32"),
        bench.put(all, "i32"),
      ];
      const [startsAt, tilesAt, countsAt] = [groups + 1, 300, 2].map((n) =>
        bench.put(new Array(n).fill(-7), "i32"),
      );
      const listsAt = bench.put(new Array(3 * segments.length).fill(-7), "i32");
      const poolsAt = pools.map((pool) => putPool(bench, pool));
      if (startsAt === undefined || tilesAt === undefined || countsAt === undefined)
        throw new Error("no room");
      bench.run("k", [pAt, sourceAt, slotsAt, startsAt, tilesAt, countsAt, listsAt, ...poolsAt], 0, 1);
      const wanted = choose(p, pools.map(tokensOf), top);
      expect(integers(bench, startsAt, groups + 1)).toEqual(wanted.starts);
      expect(integers(bench, sourceAt, wanted.source.length)).toEqual(wanted.source);
      for (const [row, slots] of wanted.slots)
        expect(integers(bench, slotsAt + row * experts * 4, experts), `row ${row}`).toEqual(slots);
      const tiles = tilesOf(wanted.starts);
      expect(integers(bench, countsAt, 2)).toEqual([0, tiles.length]);
      expect(integers(bench, tilesAt, 3 * tiles.length)).toEqual(tiles.flat());
      expect(integers(bench, listsAt, 3 * segments.length)).toEqual(
        segments.flatMap(([[first = 0, end = 0] = []]) => [1, wanted.starts[first], wanted.starts[end]]),
      );
    }
  });
});

function tilesOf(starts: readonly number[]): readonly (readonly number[])[] {
  return starts.slice(0, -1).flatMap((first, group) => {
    const end = starts[group + 1] ?? 0;
    const count = Math.ceil((end - first) / tileRows);
    return Array.from({ length: count }, (_, i) => {
      const row = first + i * tileRows;
      return [row, Math.min(tileRows, end - row), group];
    });
  });
}

/** Weights, and who meets whom, of 23 tokens in two pools of three experts; rows 9 and 10 are not routed. */
function routed(top: number): {
  readonly p: Matrix;
  readonly pools: readonly (readonly number[])[];
  readonly choice: Choice;
} {
  const p = weights(23, 3, 3);
  const pools = [tokensOf([[0, 9]]), tokensOf([[11, 23]])];
  return { p, pools, choice: choose(p, pools, top) };
}

const slotWords = ({ slots }: Choice, rows: number, experts: number): readonly number[] =>
  Array.from(
    { length: rows },
    (_, row) => slots.get(row) ?? Array.from({ length: experts }, () => -1),
  ).flat();

describe("carrying rows", () => {
  it.each([1, 3, 8, 13, 64, 172])("%i wide", async (width) => {
    for (const engine of engines.slice(0, 2)) {
      const { p, choice } = routed(0);
      const [stride, pStride] = [rowStride(width), rowStride(3)];
      const gather = {
        kind: "gather",
        width,
        xStride: stride,
        yStride: stride,
        weighted: false,
        pStride: 0,
      } as const;
      const bench = await openKernels(
        [
          { name: "dispatch", body: gather },
          { name: "weighted", body: { ...gather, weighted: true, pStride } },
        ],
        engine,
        2,
      );
      const x = randomMatrix(23, width, 1);
      const before = randomMatrix(choice.source.length, width, 2);
      const [source, xAt, pAt] = [
        bench.put(choice.source, "i32"),
        putRows(bench, x, stride),
        putRows(bench, p, pStride),
      ];
      const [plain, scaled] = [putRows(bench, before, stride), putRows(bench, before, stride)];
      bench.run("dispatch", [source, xAt, plain, 0], 2, 5);
      bench.run("weighted", [source, xAt, scaled, pAt + 4], 2, 5);
      const wanted = (weight: (row: number) => number): Matrix =>
        matrix(rowsOf(before), width, (s, c) => {
          const row = choice.source[s] ?? -1;
          return s >= 2 && s < 7 ? weight(row) * get(x, row, c) : get(before, s, c);
        });
      const taken = (address: number): Matrix => takeRows(bench, address, rowsOf(before), width, stride);
      expectClose(
        taken(plain),
        wanted(() => 1),
        0,
        "dispatch",
      );
      expectClose(
        taken(scaled),
        wanted((row) => get(p, row, 1)),
        tolerance.rowProgram,
        "weighted",
      );
    }
  });
});

describe("adding up experts' rows", () => {
  const ways = [0, 1, 2].flatMap((top) => [1, 3, 8, 13, 64, 172].map((width) => [top, width] as const));
  it.each(ways)("top %i, %i wide", async (top, width) => {
    for (const engine of engines.slice(0, 2)) {
      const { p, choice } = routed(top);
      const [stride, pStride] = [rowStride(width), rowStride(3)];
      const sizes = { width, experts: 3, yStride: stride, zStride: stride };
      const combineBody = (weighted: boolean, residual: boolean): KernelBody => ({
        kind: "combine",
        ...{ ...sizes, weighted, residual },
        ...{ pStride: weighted ? pStride : 0, dStride: residual ? stride : 0 },
      });
      const bench = await openKernels(
        [
          { name: "combine", body: combineBody(true, false) },
          { name: "added", body: combineBody(true, true) },
          { name: "gathered", body: combineBody(false, false) },
          { name: "summed", body: combineBody(false, true) },
          { name: "slopes", body: { kind: "combine_dp", ...sizes, pStride } },
        ],
        engine,
        2,
      );
      const [y, d, zero] = [
        randomMatrix(choice.source.length, width, 1),
        randomMatrix(23, width, 2),
        matrix(23, width, () => 0),
      ];
      const slots = bench.put(slotWords(choice, 23, 3), "i32");
      const [yAt, dAt, pAt] = [
        putRows(bench, y, stride),
        putRows(bench, d, stride),
        putRows(bench, p, pStride),
      ];
      const compute = (name: string, args: readonly number[]): Matrix => {
        const zAt = putRows(bench, d, stride);
        bench.run(name, [slots, yAt, zAt, ...args], 0, 23);
        return takeRows(bench, zAt, 23, width, stride);
      };
      const weight = (row: number, e: number): number => get(p, row, e);
      const one = (): number => 1;
      expectClose(
        compute("combine", [pAt, 0]),
        combine(y, choice.slots, weight, zero),
        tolerance.rowProgram,
        "combine",
      );
      expectClose(
        compute("added", [pAt, dAt]),
        combine(y, choice.slots, weight, d),
        tolerance.rowProgram,
        "added",
      );
      expectClose(
        compute("gathered", [0, 0]),
        combine(y, choice.slots, one, zero),
        tolerance.rowProgram,
        "gathered",
      );
      expectClose(
        compute("summed", [0, dAt]),
        combine(y, choice.slots, one, d),
        tolerance.rowProgram,
        "summed",
      );
      const dpAt = putRows(bench, p, pStride);
      bench.run("slopes", [slots, yAt, dAt, dpAt], 0, 23);
      const dp = matrix(23, 3, (r, e) => {
        const slot = choice.slots.get(r)?.[e] ?? -1;
        return slot < 0
          ? 0
          : Array.from({ length: width }, (_, c) => get(d, r, c) * get(y, slot, c)).reduce((a, b) => a + b);
      });
      expectClose(takeRows(bench, dpAt, 23, 3, pStride), dp, tolerance.norm, "slopes");
    }
  });
});

describe("weights of experts", () => {
  it.each([1, 2, 3, 4, 7, 8, 17, 64])("softmax %i wide", async (width) => {
    const stride = rowStride(width);
    const bench = await openKernels(
      kernel({ kind: "softmax", width, xStride: stride, yStride: stride }),
      usual,
      2,
    );
    const x = randomMatrix(9, width, 3, 40);
    const before = randomMatrix(9, width, 4);
    const [xAt, yAt] = [putRows(bench, x, stride), putRows(bench, before, stride)];
    bench.run("k", [xAt, yAt], 2, 5);
    const wanted = matrix(9, width, (r, c) => {
      if (r < 2 || r >= 7) return get(before, r, c);
      const total = Array.from({ length: width }, (_, j) => Math.exp(get(x, r, j) - get(x, r, c)));
      return 1 / total.reduce((a, b) => a + b);
    });
    expectClose(takeRows(bench, yAt, 9, width, stride), wanted, tolerance.rowProgram, "y");
  });

  it.each([1, 2, 3])("balance of top %i, and its slope", async (top) => {
    const { p, pools, choice } = routed(top);
    const [pStride, weight] = [rowStride(3), 0.25];
    const sizes = { experts: 3, pStride };
    const bench = await openKernels(
      [
        {
          name: "loss",
          body: { kind: "balance", ...sizes, pools: 3, top, scale: 3 * weight, modalities: 2 },
        },
        { name: "slope", body: { kind: "balance_dx", ...sizes, scale: 3 * weight * top } },
      ],
      usual,
      2,
    );
    // A third pool has no tokens.
    const starts = bench.put([...choice.starts, ...[0, 1, 2].map(() => choice.source.length)], "i32");
    const [pAt, sums] = [putRows(bench, p, pStride), bench.put([7, 7, 7])];
    const poolsAt = [[[0, 9]], [[11, 23]], []].map((pool) => putPool(bench, pool as unknown as Pool));
    bench.run("loss", [pAt, starts, sums, ...poolsAt], 0, 1);
    const [loss, ...rest] = bench.floats(sums, 3);
    expect(loss).toBeCloseTo(balance(p, pools, choice, weight), 6);
    expect(rest).toEqual([0, 0]);

    const dpAt = putRows(bench, p, pStride);
    bench.run("slope", [starts + 3 * 4, dpAt], 11, 12);
    // The loss is linear in each weight, so a difference is exact but for rounding.
    const dp = matrix(23, 3, (r, e) => {
      if (r < 11) return get(p, r, e);
      const moved = matrix(23, 3, (row, other) => get(p, row, other) + (row === r && other === e ? 1 : 0));
      return balance(moved, pools, choice, weight) - balance(p, pools, choice, weight);
    });
    expectClose(takeRows(bench, dpAt, 23, 3, pStride), dp, tolerance.rowProgram, "dp");
  });
});
