// cuda-experts.test.ts: kernels of experts of the CUDA target, each alone in emulation, against plain float64 loops.
// Choices are integers and must be exactly those of a sort: both sides read the same f32 weights, and equal weights are
// drawn on purpose.

import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { KernelBody } from "../src/kernel/kernel.ts";
import { rowStride } from "../src/kernel/schedule.ts";
import type { Element } from "../src/targets/cuda/context.ts";
import { emulatorProblem } from "./support/cuda-compile.ts";
import {
  type CudaBench,
  type CudaKernelCase,
  expectStored,
  openCudaKernels,
  putCudaRows,
  rounded,
  takeCudaRows,
} from "./support/cuda-kernels.ts";
import { describeWith } from "./support/devices.ts";
import { random, randomMatrix, tolerance } from "./support/kernel-values.ts";
import { balance, type Choice, choose, combine } from "./support/plain-experts.ts";
import { get, type Matrix, matrix } from "./support/plain-kernels.ts";

const kernels: CudaKernelCase[] = [];

/** Says before any test runs which text there will be; gives back the kernel. */
function compiled(body: KernelBody, elements: readonly Element[]): CudaKernelCase {
  kernels.push({ body, elements });
  return { body, elements };
}

/** Pools as the row ranges that the host writes; what lies between them is not routed. */
type Pool = readonly (readonly [begin: number, end: number])[];

const tokensOf = (pool: Pool): readonly number[] =>
  pool.flatMap(([begin, end]) => Array.from({ length: end - begin }, (_, i) => begin + i));

/** Weights below 1; `levels`: how many different ones there are, so that some are equal. */
function weights(rows: number, experts: number, seed: number, levels = 0): Matrix {
  const next = random(seed);
  return matrix(rows, experts, () => {
    const x = (next() + 1) / 2;
    return Math.fround(levels === 0 ? x : Math.round(x * levels) / levels);
  });
}

const apart: Pool = [
  [0, 9],
  [15, 22],
];

const shapes: readonly (readonly [experts: number, top: number, pools: readonly Pool[]])[] = [
  [4, 0, [[[0, 37]]]],
  [2, 0, [apart, [[9, 15]]]],
  [5, 0, [[[3, 4]]]],
  [4, 0, [[], [[0, 6]], []]],
  [1, 0, [[[0, 11]]]],
  [3, 0, [[[0, 8300]]]],
  [4, 1, [[[0, 37]]]],
  [3, 3, [apart, [[9, 15]]]],
  [8, 2, [[[2, 3]]]],
  [3, 1, [[[0, 4]], []]],
  [3, 2, [[[0, 1500]]]],
];

const tileRows = 6;

function tilesOf(starts: readonly number[]): readonly (readonly number[])[] {
  return starts.slice(0, -1).flatMap((first, group) => {
    const rows = (starts[group + 1] ?? 0) - first;
    return Array.from({ length: Math.ceil(rows / tileRows) }, (_, i) => [
      first + i * tileRows,
      Math.min(tileRows, rows - i * tileRows),
      group,
    ]);
  });
}

/** Weights, and who meets whom, of 23 tokens in two pools of three experts; rows 9 and 10 are not routed. */
function routed(top: number) {
  const p = weights(23, 3, 3);
  const pools = [tokensOf([[0, 9]]), tokensOf([[11, 23]])];
  return { p, pools, choice: choose(p, pools, top) };
}

const slotWords = ({ slots }: Choice, rows: number, experts: number): readonly number[] =>
  Array.from({ length: rows }, (_, row) => slots.get(row) ?? new Array<number>(experts).fill(-1)).flat();

describeWith(emulatorProblem(), "experts on CUDA", () => {
  let bench: CudaBench;
  beforeAll(async () => {
    bench = await openCudaKernels(kernels);
  }, 120_000);
  beforeEach(() => bench.clear());

  const integers = (at: number, count: number): readonly number[] => [...bench.numbers(at, count, "i32")];
  const putPool = (pool: Pool): number => bench.put([pool.length, ...pool.flat()], "i32");

  describe.each(shapes)("choosing among %i experts, top %i, pools %j", (experts, top, pools) => {
    const groups = experts * pools.length;
    const segments = [
      ...Array.from({ length: groups }, (_, g) => [[g, g + 1]] as const),
      [[0, groups]] as const,
    ];
    const pStride = rowStride(experts);
    const kernel = compiled(
      { kind: "route", experts, pools: pools.length, top, pStride, tileRows, segments },
      ["f32", ...new Array<Element>(6 + pools.length).fill("i32")],
    );
    test.each([0, 3, 1])("of %i different weights", (levels) => {
      const rows = Math.max(40, ...pools.flat(2));
      const p = weights(rows, experts, 5, levels);
      const all = new Array<number>(rows * experts + 64).fill(-7);
      const [sourceAt, slotsAt] = [bench.put(all, "i32"), bench.put(all, "i32")];
      const startsAt = bench.put(new Array(groups + 1).fill(-7), "i32");
      const [tilesAt, countsAt] = [bench.put(new Array(9000).fill(-7), "i32"), bench.put([-7, -7], "i32")];
      const listsAt = bench.put(new Array(3 * segments.length).fill(-7), "i32");
      const pAt = putCudaRows(bench, p, pStride, "f32");
      bench.run(
        kernel,
        [pAt, sourceAt, slotsAt, startsAt, tilesAt, countsAt, listsAt, ...pools.map(putPool)],
        {},
      );
      const wanted = choose(p, pools.map(tokensOf), top);
      expect(integers(startsAt, groups + 1)).toEqual(wanted.starts);
      expect(integers(sourceAt, wanted.source.length)).toEqual(wanted.source);
      for (const [row, slots] of wanted.slots)
        expect(integers(slotsAt + row * experts * 4, experts), `row ${row}`).toEqual(slots);
      const tiles = tilesOf(wanted.starts);
      expect(integers(countsAt, 2)).toEqual([0, tiles.length]);
      expect(integers(tilesAt, 3 * tiles.length)).toEqual(tiles.flat());
      expect(integers(listsAt, 3 * segments.length)).toEqual(
        segments.flatMap(([[first = 0, end = 0] = []]) => [1, wanted.starts[first], wanted.starts[end]]),
      );
    });
  });

  describe.each([
    ["f32", "f32"],
    ["bf16", "bf16"],
    ["f32", "bf16"],
    ["bf16", "f32"],
  ] as const)("carrying rows of %s into %s", (from, to) => {
    const stride = 16;
    const sizes = { width: 4, yStride: stride, xStride: stride, pStride: 16 };
    for (const weighted of [false, true]) {
      const p = weighted ? "f32" : "number";
      compiled({ kind: "gather", ...sizes, weighted }, ["i32", from, to, p]);
      for (const residual of [false, true])
        compiled({ kind: "combine", ...sizes, experts: 3, zStride: 16, weighted, residual, dStride: 0 }, [
          ...(["i32", from, to, p, residual ? "f32" : "number"] as const),
        ]);
    }
    compiled({ kind: "combine_dp", ...sizes, experts: 3, zStride: 16 }, ["i32", from, to, "f32"]);
    compiled({ kind: "softmax", ...sizes }, [from, to]);

    const put = (m: Matrix, by: number, element: "f32" | "bf16" = from): number =>
      putCudaRows(bench, m, by, element);
    const check = (at: number, wanted: Matrix, by: number, bound: number, what: string): void => {
      const shape = [wanted.numbers.length / wanted.width, wanted.width] as const;
      expectStored(takeCudaRows(bench, at, shape, by, to), wanted, to, bound, what);
    };

    test.each([1, 3, 8, 33, 172])("gather %i wide", (width) => {
      const { p, choice } = routed(0);
      const [xStride, pStride] = [rowStride(width), rowStride(3)];
      const body = { kind: "gather", width, xStride, yStride: xStride, pStride } as const;
      const x = rounded(randomMatrix(23, width, 1), from);
      const before = randomMatrix(choice.source.length, width, 2);
      const [source, xAt, pAt] = [bench.put(choice.source, "i32"), put(x, xStride), put(p, pStride, "f32")];
      for (const weighted of [false, true]) {
        const yAt = put(before, xStride, to);
        const kernel: CudaKernelCase = {
          body: { ...body, weighted },
          elements: ["i32", from, to, weighted ? "f32" : "number"],
        };
        bench.run(kernel, [source, xAt, yAt, weighted ? pAt + 4 : 0], { rows: [2, 5] });
        const wanted = matrix(choice.source.length, width, (s, c) => {
          const row = choice.source[s] ?? -1;
          if (s < 2 || s >= 7) return get(before, s, c);
          return (weighted ? get(p, row, 1) : 1) * get(x, row, c);
        });
        check(yAt, wanted, xStride, weighted ? tolerance.rowProgram : 0, weighted ? "weighted" : "plain");
      }
    });

    test.each([0, 1, 2].flatMap((top) => [1, 7, 33, 64].map((width) => [top, width] as const)))(
      "combine of top %i, %i wide",
      (top, width) => {
        const { p, choice } = routed(top);
        const [by, pStride] = [rowStride(width), rowStride(3)];
        const y = rounded(randomMatrix(choice.source.length, width, 1), from);
        const d = randomMatrix(23, width, 2);
        const slots = bench.put(slotWords(choice, 23, 3), "i32");
        const [yAt, dAt, pAt] = [put(y, by), put(d, by, "f32"), put(p, pStride, "f32")];
        const all = {
          kind: "combine",
          width,
          experts: 3,
          yStride: by,
          zStride: by,
          pStride,
          dStride: by,
        } as const;
        for (const weighted of [false, true]) {
          for (const residual of [false, true]) {
            const kernel: CudaKernelCase = {
              body: { ...all, weighted, residual },
              elements: ["i32", from, to, weighted ? "f32" : "number", residual ? "f32" : "number"],
            };
            const zAt = put(d, by, to);
            bench.run(kernel, [slots, yAt, zAt, weighted ? pAt : 0, residual ? dAt : 0], { rows: [0, 23] });
            const weight = (row: number, e: number): number => (weighted ? get(p, row, e) : 1);
            const start = residual ? d : matrix(23, width, () => 0);
            const what = `${weighted ? "weighted" : "plain"}${residual ? ", added" : ""}`;
            check(zAt, combine(y, choice.slots, weight, start), by, tolerance.rowProgram, what);
          }
        }
        const dz = rounded(d, to);
        const dpAt = put(p, pStride, "f32");
        bench.run(
          {
            body: { kind: "combine_dp", width, experts: 3, yStride: by, zStride: by, pStride },
            elements: ["i32", from, to, "f32"],
          },
          [slots, yAt, put(dz, by, to), dpAt],
          { rows: [0, 23] },
        );
        const dp = matrix(23, 3, (r, e) => {
          const slot = choice.slots.get(r)?.[e] ?? -1;
          if (slot < 0) return 0;
          return Array.from({ length: width }, (_, c) => get(dz, r, c) * get(y, slot, c)).reduce(
            (a, b) => a + b,
          );
        });
        expectStored(takeCudaRows(bench, dpAt, [23, 3], pStride, "f32"), dp, "f32", tolerance.norm, "slopes");
      },
    );

    test.each([1, 2, 7, 17, 64, 5000])("softmax %i wide", (width) => {
      const by = rowStride(width);
      const x = rounded(randomMatrix(9, width, 3, 40), from);
      const before = randomMatrix(9, width, 4);
      const [xAt, yAt] = [put(x, by), put(before, by, to)];
      const body = { kind: "softmax", width, xStride: by, yStride: by } as const;
      bench.run({ body, elements: [from, to] }, [xAt, yAt], { rows: [2, 5] });
      const totals = matrix(9, 1, (r) => {
        let total = 0;
        for (let j = 0; j < width; j += 1) total += Math.exp(get(x, r, j) - 40);
        return total;
      });
      const wanted = matrix(9, width, (r, c) =>
        r < 2 || r >= 7 ? get(before, r, c) : Math.exp(get(x, r, c) - 40) / get(totals, r, 0),
      );
      check(yAt, wanted, by, tolerance.rowProgram, "y");
    });
  });

  describe("balance", () => {
    const sizes = { experts: 3, pStride: rowStride(3) };
    const lossOf = (top: number, scale: number): KernelBody => ({
      kind: "balance",
      ...{ ...sizes, pools: 3, top, scale, modalities: 2 },
    });
    const ofLoss = ["f32", "i32", "f32", "i32", "i32", "i32"] as const;
    compiled(lossOf(1, 1), ofLoss);
    compiled({ kind: "balance_dx", ...sizes, scale: 1 }, ["i32", "f32"]);

    test.each([1, 2, 3])("of top %i, and its slope", (top) => {
      const { p, pools, choice } = routed(top);
      const weight = 0.25;
      // A third pool has no tokens.
      const starts = bench.put([...choice.starts, ...[0, 1, 2].map(() => choice.source.length)], "i32");
      const [pAt, sums] = [putCudaRows(bench, p, sizes.pStride, "f32"), bench.put([7, 7, 7])];
      const poolsAt = [[[0, 9]], [[11, 23]], []].map((pool) => putPool(pool as unknown as Pool));
      const loss = { body: lossOf(top, 3 * weight), elements: ofLoss };
      bench.run(loss, [pAt, starts, sums, ...poolsAt], {});
      const [value, ...rest] = bench.numbers(sums, 3);
      expect(value).toBeCloseTo(balance(p, pools, choice, weight), 6);
      expect(rest).toEqual([0, 0]);

      const dpAt = putCudaRows(bench, p, sizes.pStride, "f32");
      const slope = { kind: "balance_dx", ...sizes, scale: 3 * weight * top } as const;
      bench.run({ body: slope, elements: ["i32", "f32"] }, [starts + 3 * 4, dpAt], { rows: [11, 12] });
      // The loss is linear in each weight, so a difference is exact but for rounding.
      const dp = matrix(23, 3, (r, e) => {
        if (r < 11) return get(p, r, e);
        const moved = matrix(23, 3, (row, other) => get(p, row, other) + (row === r && other === e ? 1 : 0));
        return balance(moved, pools, choice, weight) - balance(p, pools, choice, weight);
      });
      expectStored(
        takeCudaRows(bench, dpAt, [23, 3], sizes.pStride, "f32"),
        dp,
        "f32",
        tolerance.rowProgram,
        "dp",
      );
    });
  });
});
