// Each kernel of the WebAssembly target, run alone at odd sizes, against plain float64 loops.
// Padding between rows holds NaN before every call, so a result that it reaches is caught; rows that a call was not
// given must stay as they were.

import { describe, it } from "vitest";
import type { Expression, Kernel, RowPhase } from "../src/kernel/kernel.ts";
import { rowStride } from "../src/kernel/schedule.ts";
import {
  engines,
  expectClose,
  kernel,
  putRows,
  randomMatrix,
  takeRows,
  tolerance,
  usual,
} from "./support/kernel-values.ts";
import { get, type Matrix, matrix, rotate } from "./support/plain-kernels.ts";
import { openKernels } from "./support/wasm-kernels.ts";

const load = (operand: number): Expression => ({ kind: "load", operand });
const local = (index: number): Expression => ({ kind: "local", index });
const scalar = (index: number): Expression => ({ kind: "row_scalar", index });
const constant = (value: number): Expression => ({ kind: "constant", value });
const unary = (fn: (Expression & { kind: "unary" })["fn"], x: Expression): Expression => ({
  kind: "unary",
  fn,
  x,
});
const binary = (fn: (Expression & { kind: "binary" })["fn"], a: Expression, b: Expression): Expression => ({
  kind: "binary",
  fn,
  a,
  b,
});

describe("row programs", () => {
  /** y = silu(norm(x) · weight) − max(x, 0) / (1 + step(x)), norm per part; z = −x · e^x. */
  const phasesOf = (width: number): readonly RowPhase[] => [
    {
      lets: [load(0)],
      sums: [
        {
          index: 0,
          value: binary("mul", local(0), local(0)),
          finish: unary(
            "rsqrt",
            binary("add", binary("mul", scalar(0), constant(1 / width)), constant(1e-5)),
          ),
        },
        { index: 1, value: local(0), finish: binary("mul", scalar(1), scalar(0)) },
      ],
      stores: [{ operand: 3, value: binary("mul", unary("neg", local(0)), unary("exp", local(0))) }],
    },
    {
      lets: [load(0), binary("mul", binary("mul", local(0), scalar(0)), { kind: "column", operand: 1 })],
      sums: [],
      stores: [
        {
          operand: 2,
          value: binary(
            "sub",
            binary("add", binary("mul", local(1), unary("sigmoid", local(1))), scalar(1)),
            binary(
              "div",
              binary("max", local(0), constant(0)),
              binary("add", constant(1), unary("step", local(0))),
            ),
          ),
        },
      ],
    },
  ];

  it.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 1],
    [7, 1],
    [8, 1],
    [15, 1],
    [16, 1],
    [17, 1],
    [31, 1],
    [64, 1],
    [172, 1],
    [10, 2],
    [12, 3],
    [15, 3],
    [16, 2],
    [24, 3],
    [64, 4],
  ])("%i columns in %i parts", async (width, parts) => {
    const part = width / parts;
    const [xStride, yStride, zStride] = [
      rowStride(width),
      rowStride(width),
      rowStride(width) + (width === 1 ? 0 : 32),
    ];
    const operands = [
      { kind: "rows", stride: xStride },
      { kind: "column", stride: 0 },
      { kind: "rows", stride: yStride },
      { kind: "rows", stride: zStride },
    ] as const;
    const body = {
      kind: "row_program",
      width,
      segments: parts,
      operands,
      phases: phasesOf(part),
      rowScalars: 2,
    } as const;
    for (const engine of engines.slice(0, 2)) {
      const bench = await openKernels(kernel(body), engine, 2);
      const x = randomMatrix(9, width, width, 3);
      const weight = randomMatrix(1, part, 7);
      const before = randomMatrix(9, width, 8);
      const [xAt, weightAt] = [putRows(bench, x, xStride), bench.put(weight.numbers)];
      const [yAt, zAt] = [putRows(bench, before, yStride), putRows(bench, before, zStride)];
      bench.run("k", [xAt, weightAt, yAt, zAt], 2, 5);
      const given = (r: number): boolean => r >= 2 && r < 7;
      const partSum = (r: number, c: number, f: (v: number) => number): number => {
        const begin = Math.floor(c / part) * part;
        return Array.from({ length: part }, (_, j) => f(get(x, r, begin + j))).reduce((a, b) => a + b, 0);
      };
      const y = matrix(9, width, (r, c) => {
        if (!given(r)) return get(before, r, c);
        const root = 1 / Math.sqrt(partSum(r, c, (v) => v * v) / part + 1e-5);
        const n = get(x, r, c) * root * get(weight, 0, c % part);
        const rest = Math.max(get(x, r, c), 0) / (1 + (get(x, r, c) > 0 ? 1 : 0));
        return n / (1 + Math.exp(-n)) + partSum(r, c, (v) => v) * root - rest;
      });
      const z = matrix(9, width, (r, c) =>
        given(r) ? -get(x, r, c) * Math.exp(get(x, r, c)) : get(before, r, c),
      );
      expectClose(takeRows(bench, yAt, 9, width, yStride), y, tolerance.rowProgram, "y");
      expectClose(takeRows(bench, zAt, 9, width, zStride), z, tolerance.rowProgram, "z");
    }
  });
});

describe("moving rows", () => {
  it.each([1, 3, 8, 13, 64, 172])("embed, copy_rows and zero_rows %i wide", async (width) => {
    const stride = rowStride(width);
    const bodies: readonly Kernel[] = [
      { name: "embed", body: { kind: "embed", width, yStride: stride } },
      { name: "copy", body: { kind: "copy_rows", width, xStride: stride, yStride: stride } },
      { name: "zero", body: { kind: "zero_rows", width, stride } },
    ];
    const bench = await openKernels(bodies, usual, 2);
    const table = randomMatrix(5, width, 3);
    const tokens = [4, 0, 0, 3, 2, 1, 4];
    const before = randomMatrix(7, width, 4);
    const yAt = putRows(bench, before, stride);
    bench.run("embed", [bench.put(tokens, "i32"), bench.put(table.numbers), yAt], 1, 4);
    const given = (r: number): boolean => r >= 1 && r < 5;
    const y = matrix(7, width, (r, c) => (given(r) ? get(table, tokens[r] ?? 0, c) : get(before, r, c)));
    expectClose(takeRows(bench, yAt, 7, width, stride), y, 0, "embed");
    const copyAt = putRows(bench, before, stride);
    bench.run("copy", [yAt, copyAt], 1, 4);
    expectClose(takeRows(bench, copyAt, 7, width, stride), y, 0, "copy");
    bench.run("zero", [copyAt], 2, 3);
    const zeroed = matrix(7, width, (r, c) => (r >= 2 && r < 5 ? 0 : get(y, r, c)));
    expectClose(takeRows(bench, copyAt, 7, width, stride), zeroed, 0, "zero");
  });

  it.each([
    [5, 5],
    [8, 3],
    [13, 8],
    [64, 16],
    [13, 4],
  ])("embed_dw %i wide, %i columns per task", async (width, taskColumns) => {
    const stride = rowStride(width);
    const body = { kind: "embed_dw", vocab: 6, width, dyStride: stride, taskColumns } as const;
    const bench = await openKernels(kernel(body), usual, 2);
    const dy = randomMatrix(12, width, 5);
    const tokens = [5, 1, 1, 0, 5, 5, 2, 2, 2, 2, 1, 0];
    const used = [0, 1, 2, 3, 7, 8, 9];
    const dtable = bench.put(Array(6 * width).fill(Number.NaN));
    const segments = bench.put([3, 0, 4, 4, 4, 7, 10], "i32");
    const tasks = Math.ceil(width / taskColumns);
    for (let task = 0; task < tasks; task += 1)
      bench.run("k", [putRows(bench, dy, stride), bench.put(tokens, "i32"), dtable, segments], task, tasks);
    const wanted = matrix(6, width, (v, c) =>
      used.filter((r) => tokens[r] === v).reduce((sum, r) => sum + get(dy, r, c), 0),
    );
    expectClose(takeRows(bench, dtable, 6, width, width), wanted, tolerance.sums, "dtable");
  });

  it.each([
    [1, 2],
    [3, 6],
    [2, 8],
    [4, 16],
    [1, 64],
  ])("rope of %i heads of %i, there and back", async (heads, headDim) => {
    const width = heads * headDim;
    const [xStride, yStride] = [rowStride(width), rowStride(width) + 16];
    const rope = { kind: "rope", heads, headDim } as const;
    const bodies: readonly Kernel[] = [
      { name: "there", body: { ...rope, xStride, yStride, inverse: false } },
      { name: "back", body: { ...rope, xStride: yStride, yStride: xStride, inverse: true } },
    ];
    const bench = await openKernels(bodies, usual, 2);
    const x = randomMatrix(6, width, 9);
    const position = [0, 1, 2, 0, 10, 3];
    const angle = (p: number, i: number): number => p * 10000 ** ((-2 * i) / headDim);
    const table = (f: (x: number) => number): Matrix => matrix(11, headDim / 2, (p, i) => f(angle(p, i)));
    const tables = [bench.put(table(Math.cos).numbers), bench.put(table(Math.sin).numbers)];
    const before = randomMatrix(6, width, 10);
    const [xAt, yAt, backAt] = [
      putRows(bench, x, xStride),
      putRows(bench, before, yStride),
      putRows(bench, before, xStride),
    ];
    const positions = bench.put(position, "i32");
    bench.run("there", [xAt, yAt, positions, ...tables], 1, 4);
    const given = (r: number): boolean => r >= 1 && r < 5;
    const y = matrix(6, width, (r, c) => {
      if (!given(r)) return get(before, r, c);
      const begin = Math.floor(c / headDim) * headDim;
      const head = Array.from({ length: headDim }, (_, i) => get(x, r, begin + i));
      const angles = Array.from({ length: headDim / 2 }, (_, i) => angle(position[r] ?? 0, i));
      return rotate(head, angles, false)[c - begin] ?? Number.NaN;
    });
    expectClose(takeRows(bench, yAt, 6, width, yStride), y, tolerance.rope, "there");
    bench.run("back", [yAt, backAt, positions, ...tables], 1, 4);
    const back = matrix(6, width, (r, c) => get(given(r) ? x : before, r, c));
    expectClose(takeRows(bench, backAt, 6, width, xStride), back, tolerance.rope, "back");
  });
});
