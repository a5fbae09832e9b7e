// cuda-rows.test.ts: row kernels of the CUDA target, each alone in emulation, against plain float64 loops.
// Sizes are odd, tiles are cut at odd places, padding between rows holds NaN before every call, and rows that a call was
// not given must stay as they were. With rows in bf16 the loops read what bf16 holds, and results are rounded to it.

import { beforeAll, beforeEach, describe, test } from "vitest";
import { maskBits } from "../src/ir/dropout.ts";
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
import { randomMatrix, tolerance } from "./support/kernel-values.ts";
import { crossEntropy, get, type Matrix, matrix, rotate } from "./support/plain-kernels.ts";
import { normPhases, plainPhase } from "./support/row-phases.ts";

const kernels: CudaKernelCase[] = [];

const kernelOf = (body: KernelBody, elements: readonly Element[]): CudaKernelCase => ({ body, elements });

/** Says before any test runs which texts there will be: sizes do not matter to them. */
function compile(body: KernelBody, elements: readonly Element[]): void {
  kernels.push({ body, elements });
}

type Rows = "f32" | "bf16";
const pairs: readonly (readonly [Rows, Rows])[] = [
  ["f32", "f32"],
  ["bf16", "bf16"],
  ["f32", "bf16"],
  ["bf16", "f32"],
];

const threeOf = <T>(make: () => T): readonly [T, T, T] => [make(), make(), make()];

describeWith(emulatorProblem(), "row kernels of CUDA", () => {
  let bench: CudaBench;
  beforeAll(async () => {
    bench = await openCudaKernels(kernels);
  }, 120_000);
  beforeEach(() => bench.clear());

  const putRows = (m: Matrix, stride: number, element: Rows): number =>
    putCudaRows(bench, m, stride, element);
  const check = (
    at: number,
    wanted: Matrix,
    stride: number,
    element: Rows,
    bound: number,
    what: string,
  ): void => {
    const rows = wanted.numbers.length / wanted.width;
    const actual = takeCudaRows(bench, at, [rows, wanted.width], stride, element);
    expectStored(actual, wanted, element, bound, what);
  };

  describe.each([
    ["f32", "f32", "f32"],
    ["f32", "bf16", "f32"],
    ["bf16", "bf16", "bf16"],
  ] as const)("norms of x in %s, y in %s, z in %s", (ofX, ofY, ofZ) => {
    const program = (width: number, segments: number, strides: readonly number[]): KernelBody => ({
      ...{ kind: "row_program", width, segments, phases: normPhases, rowScalars: 2 },
      operands: strides.map((stride, i) => ({ kind: i === 1 ? "column" : "rows", stride })),
    });
    const elements = [ofX, "f32", ofY, ofZ] as const;
    compile(program(4, 1, [16, 0, 16, 16]), elements);
    test.each([
      [1, 1],
      [3, 1],
      [7, 1],
      [33, 1],
      [64, 1],
      [172, 1],
      [1030, 1],
      [4120, 1],
      [10, 2],
      [15, 3],
      [64, 4],
    ])("%i columns in %i parts", (width, parts) => {
      const part = width / parts;
      const strides = [rowStride(width), 0, rowStride(width), rowStride(width) + (width === 1 ? 0 : 32)];
      const [xStride = 0, , yStride = 0, zStride = 0] = strides;
      const kernel = kernelOf(program(width, parts, strides), elements);
      const rows = width > 1000 ? 4 : 9;
      const [first, count] = width > 1000 ? [1, 2] : [1, 7];
      const x = rounded(randomMatrix(rows, width, width, 3), ofX);
      const weight = randomMatrix(1, part, 7);
      const before = randomMatrix(rows, width, 8);
      const [xAt, weightAt] = [putRows(x, xStride, ofX), bench.put(weight.numbers)];
      const [yAt, zAt] = [putRows(before, yStride, ofY), putRows(before, zStride, ofZ)];
      bench.run(kernel, [xAt, weightAt, yAt, zAt], { rows: [first, count] });
      const given = (r: number): boolean => r >= first && r < first + count;
      const z = matrix(rows, width, (r, c) =>
        given(r) ? -get(x, r, c) * Math.exp(get(x, r, c)) : get(before, r, c),
      );
      const zRead = rounded(z, ofZ);
      const sums = matrix(rows, parts, (r, p) => {
        let sum = 0;
        for (let c = 0; c < part; c += 1) sum += get(x, r, p * part + c) ** 2;
        return sum;
      });
      const exponentials = matrix(rows, parts, (r, p) => {
        let sum = 0;
        for (let c = 0; c < part; c += 1) sum += Math.exp(get(x, r, p * part + c));
        return sum;
      });
      const y = matrix(rows, width, (r, c) => {
        if (!given(r)) return get(before, r, c);
        const p = Math.floor(c / part);
        const root = 1 / Math.sqrt(get(sums, r, p) / part + 1e-5);
        const n = get(x, r, c) * root * get(weight, 0, c % part);
        const rest = Math.max(get(x, r, c), 0) / (1 + (get(x, r, c) > 0 ? 1 : 0));
        return n / (1 + Math.exp(-n)) + get(zRead, r, c) + get(exponentials, r, p) * root - rest;
      });
      check(zAt, z, zStride, ofZ, tolerance.rowProgram, "z");
      check(yAt, y, yStride, ofY, tolerance.rowProgram, "y");
    });
  });

  describe.each(pairs)("elements of %s into %s", (from, to) => {
    const program = (width: number, strides: readonly number[]): KernelBody => ({
      ...{ kind: "row_program", width, segments: 1, phases: [plainPhase], rowScalars: 0 },
      operands: strides.map((stride, i) => ({ kind: i === 4 ? "column" : "rows", stride })),
    });
    const ofProgram = [from, from, to, "f32", "f32"] as const;
    const ofRope = [from, to, "i32", "f32", "f32"] as const;
    const sizes = { xStride: 16, yStride: 16 };
    compile(program(4, [16, 16, 16, 16, 0]), ofProgram);
    compile({ kind: "embed", width: 4, yStride: 16 }, ["i32", from, to]);
    compile({ kind: "copy_rows", width: 4, ...sizes }, [from, to]);
    compile({ kind: "zero_rows", width: 4, stride: 16 }, [to]);
    compile({ kind: "rope", heads: 1, headDim: 4, ...sizes, inverse: false }, ofRope);
    compile({ kind: "dropout", width: 4, number: 0, threshold: 0, scale: 1, ...sizes }, [
      ...[from, to],
      ...(["i32", "i32"] as const),
    ]);
    test.each([1, 7, 8, 33, 64, 172])("a program %i wide", (width) => {
      const [aStride, bStride, yStride] = [
        width === 1 ? 1 : rowStride(width),
        rowStride(width),
        rowStride(width),
      ];
      const kernel = kernelOf(program(width, [aStride, bStride, yStride, yStride, 0]), ofProgram);
      const [a, b] = [4, 5].map((seed) =>
        rounded(randomMatrix(9, width, seed, seed === 4 ? 100 : 2), from),
      ) as [Matrix, Matrix];
      const before = randomMatrix(9, width, 6);
      const column = randomMatrix(1, width, 7);
      const [aAt, bAt] = [putRows(a, aStride, from), putRows(b, bStride, from)];
      const [yAt, zAt] = [putRows(before, yStride, to), putRows(before, yStride, "f32")];
      bench.run(kernel, [aAt, bAt, yAt, zAt, bench.put(column.numbers)], { rows: [2, 6] });
      const given = (r: number): boolean => r >= 2 && r < 8;
      const value = (r: number, c: number): number =>
        Math.tanh(get(a, r, c)) * Math.max(get(a, r, c), get(b, r, c)) +
        1 / (2 + 1 / (1 + Math.exp(-get(b, r, c))));
      const y = matrix(9, width, (r, c) => (given(r) ? value(r, c) : get(before, r, c)));
      const z = matrix(9, width, (r, c) => (given(r) ? -value(r, c) * get(column, 0, c) : get(before, r, c)));
      check(yAt, y, yStride, to, tolerance.rowProgram, "y");
      check(zAt, z, yStride, "f32", tolerance.rowProgram, "z");
    });

    test.each([1, 3, 8, 13, 64, 172])("embed, copy_rows and zero_rows %i wide", (width) => {
      const stride = rowStride(width);
      const embed = kernelOf({ kind: "embed", width, yStride: stride }, ["i32", from, to]);
      const copy = kernelOf({ kind: "copy_rows", width, xStride: stride, yStride: stride }, [from, to]);
      const zero = kernelOf({ kind: "zero_rows", width, stride }, [to]);
      const table = rounded(randomMatrix(5, width, 3), from);
      const tokens = [4, 0, 0, 3, 2, 1, 4];
      const before = randomMatrix(7, width, 4);
      const given = (r: number): boolean => r >= 1 && r < 5;
      const yAt = putRows(before, stride, to);
      bench.run(embed, [bench.put(tokens, "i32"), bench.put(table.numbers, from), yAt], { rows: [1, 4] });
      const y = matrix(7, width, (r, c) => (given(r) ? get(table, tokens[r] ?? 0, c) : get(before, r, c)));
      check(yAt, y, stride, to, 0, "embed");
      const x = rounded(randomMatrix(7, width, 5), from);
      bench.run(copy, [putRows(x, stride, from), yAt], { rows: [0, 7] });
      check(yAt, x, stride, to, 0, "copy");
      bench.run(zero, [yAt], { rows: [2, 3] });
      check(
        yAt,
        matrix(7, width, (r, c) => (r >= 2 && r < 5 ? 0 : get(x, r, c))),
        stride,
        to,
        0,
        "zero",
      );
    });

    test.each([
      [1, 2],
      [3, 6],
      [2, 8],
      [4, 16],
      [1, 64],
    ])("rope of %i heads of %i, there and back", (heads, headDim) => {
      const width = heads * headDim;
      const [xStride, yStride] = [rowStride(width), rowStride(width) + 16];
      const sizes = { kind: "rope", heads, headDim } as const;
      const there = kernelOf({ ...sizes, xStride, yStride, inverse: false }, ofRope);
      const back = kernelOf({ ...sizes, xStride, yStride, inverse: true }, ofRope);
      const x = rounded(randomMatrix(6, width, 9), from);
      const position = [0, 1, 2, 0, 10, 3];
      const angle = (p: number, i: number): number => p * 10000 ** ((-2 * i) / headDim);
      const table = (f: (x: number) => number): Matrix => matrix(11, headDim / 2, (p, i) => f(angle(p, i)));
      const tables = [bench.put(table(Math.cos).numbers), bench.put(table(Math.sin).numbers)];
      const before = randomMatrix(6, width, 10);
      const [xAt, positions] = [putRows(x, xStride, from), bench.put(position, "i32")];
      for (const [kernel, inverse] of [
        [there, false],
        [back, true],
      ] as const) {
        const yAt = putRows(before, yStride, to);
        bench.run(kernel, [xAt, yAt, positions, ...tables], { rows: [1, 4] });
        const y = matrix(6, width, (r, c) => {
          if (r < 1 || r >= 5) return get(before, r, c);
          const begin = Math.floor(c / headDim) * headDim;
          const head = Array.from({ length: headDim }, (_, i) => get(x, r, begin + i));
          const angles = Array.from({ length: headDim / 2 }, (_, i) => angle(position[r] ?? 0, i));
          return rotate(head, angles, inverse)[c - begin] ?? Number.NaN;
        });
        check(yAt, y, yStride, to, tolerance.rope, inverse ? "back" : "there");
      }
    });

    test.each([1, 7, 33, 64])("dropout %i wide", (width) => {
      const [xStride, yStride] = [rowStride(width), rowStride(width) + 16];
      const threshold = 0.3 * 2 ** 32;
      const kernel = kernelOf(
        { kind: "dropout", width, number: 2, threshold, scale: 1 / 0.7, xStride, yStride },
        [from, to, "i32", "i32"],
      );
      const x = rounded(randomMatrix(8, width, 11), from);
      const sequence = [7, 0, 3, 1, 2, 5, 4, 6];
      const xAt = putRows(x, xStride, from);
      const before = randomMatrix(8, width, 12);
      for (const isTraining of [true, false]) {
        const yAt = putRows(before, yStride, to);
        const key = bench.put([123456789, isTraining ? -1 : 0], "i32");
        bench.run(kernel, [xAt, yAt, bench.put(sequence, "i32"), key], { rows: [1, 6] });
        const y = matrix(8, width, (r, c) => {
          if (r < 1 || r >= 7) return get(before, r, c);
          if (!isTraining) return get(x, r, c);
          return maskBits(123456789, 2, sequence[r] ?? 0, c) < threshold ? 0 : get(x, r, c) / 0.7;
        });
        check(yAt, y, yStride, to, tolerance.rope, isTraining ? "training" : "not training");
      }
    });
  });

  describe.each(["f32", "bf16"] as const)("losses with gradients in %s", (to) => {
    const withGradient = ["f32", "i32", "f32", "f32", to] as const;
    const inPlaceOf = ["f32", "i32", "f32", "f32", "f32"] as const;
    const aloneOf = ["f32", "i32", "f32", "number", "number"] as const;
    const squares = ["f32", "f32", "f32", "f32", to] as const;
    const squaresAlone = ["f32", "f32", "f32", "number", "number"] as const;
    for (const gradient of [true, false]) {
      const [sizes, rest] = [{ stride: 16, gradientStride: 16 }, { gradient }];
      const body = { kind: "cross_entropy", vocab: 4, ...sizes, zLoss: 0, ...rest } as const;
      compile(body, gradient ? withGradient : aloneOf);
      if (gradient) compile(body, inPlaceOf);
      const square = { kind: "mean_square", width: 4, ...sizes, targetStride: 16, ...rest } as const;
      compile(square, gradient ? squares : squaresAlone);
    }
    test.each([
      [2, 0],
      [7, 1e-4],
      [64, 0],
      [531, 1e-2],
      [8300, 1e-4],
    ])("cross_entropy of %i logits, z-loss %f", (vocab, zLoss) => {
      const stride = rowStride(vocab);
      const gradientStride = stride + 16;
      const common = { kind: "cross_entropy", vocab, stride, zLoss } as const;
      const apart = kernelOf({ ...common, gradientStride, gradient: true }, withGradient);
      const inPlace = kernelOf({ ...common, gradientStride: stride, gradient: true }, [
        ...["f32", "i32", "f32", "f32", "f32"],
      ] as Element[]);
      const alone = kernelOf({ ...common, gradientStride: 0, gradient: false }, [
        ...["f32", "i32", "f32", "number", "number"],
      ] as Element[]);
      const rows = vocab > 1000 ? 3 : 8;
      const given = (r: number): boolean => r >= 1 && r < Math.min(rows, 7);
      const logits = randomMatrix(rows, vocab, vocab, 20);
      const before = randomMatrix(rows, vocab, 3);
      const target = [0, vocab > 1000 ? vocab - 3 : -1, vocab - 1, vocab >> 1, 0, -1, vocab - 1, 0].slice(
        0,
        rows,
      );
      const weight = [1, 1, 0.25, 0, 0.5, 0, 2, 1].map(Math.fround);
      const [lossAt, aloneAt, inPlaceAt] = threeOf(() => bench.put(Array(rows).fill(9)));
      const gradientAt = putRows(before, gradientStride, to);
      const logitsAt = putRows(logits, stride, "f32");
      const [targetAt, weightAt] = [bench.put(target, "i32"), bench.put(weight)];
      const over = { rows: [1, Math.min(rows, 7) - 1] } as const;
      bench.run(alone, [logitsAt, targetAt, aloneAt, 0, 0], over);
      bench.run(apart, [logitsAt, targetAt, lossAt, weightAt, gradientAt], over);
      bench.run(inPlace, [logitsAt, targetAt, inPlaceAt, weightAt, logitsAt], over);
      const wanted = Array.from({ length: rows }, (_, r) =>
        crossEntropy(
          Array.from({ length: vocab }, (__, j) => get(logits, r, j)),
          target[r] ?? -1,
          weight[r] ?? 0,
          zLoss,
        ),
      );
      const loss = matrix(rows, 1, (r) => (given(r) ? (wanted[r]?.loss ?? Number.NaN) : 9));
      for (const at of [lossAt, aloneAt, inPlaceAt]) check(at, loss, 1, "f32", tolerance.loss, "loss");
      const gradient = (other: Matrix): Matrix =>
        matrix(rows, vocab, (r, j) => (given(r) ? (wanted[r]?.gradient[j] ?? Number.NaN) : get(other, r, j)));
      check(gradientAt, gradient(before), gradientStride, to, tolerance.loss, "gradient");
      for (let r = 1; r < Math.min(rows, 7); r += 1) {
        const row = matrix(1, vocab, (_, j) => wanted[r]?.gradient[j] ?? Number.NaN);
        check(logitsAt + 4 * r * stride, row, stride, "f32", tolerance.loss, `gradient of row ${r} in place`);
      }
    });

    test.each([1, 7, 33, 48, 300])("mean_square %i wide", (width) => {
      const [stride, targetStride, gradientStride] = [
        rowStride(width),
        rowStride(width) + 16,
        rowStride(width),
      ];
      const sizes = { kind: "mean_square", width, stride, targetStride } as const;
      const kernel = kernelOf({ ...sizes, gradientStride, gradient: true }, squares);
      const alone = kernelOf({ ...sizes, gradientStride: 0, gradient: false }, [
        ...["f32", "f32", "f32", "number", "number"],
      ] as Element[]);
      const [x, wanted, before] = [1, 2, 3].map((seed) => randomMatrix(8, width, seed)) as [
        Matrix,
        Matrix,
        Matrix,
      ];
      const weight = randomMatrix(8, 1, 4);
      const [xAt, wantedAt] = [putRows(x, stride, "f32"), putRows(wanted, targetStride, "f32")];
      const [lossAt, aloneAt] = threeOf(() => bench.put(Array(8).fill(9)));
      const weightAt = bench.put(weight.numbers);
      const dxAt = putRows(before, gradientStride, to);
      bench.run(kernel, [xAt, wantedAt, lossAt, weightAt, dxAt], { rows: [1, 6] });
      bench.run(alone, [xAt, wantedAt, aloneAt, 0, 0], { rows: [1, 6] });
      const given = (r: number): boolean => r >= 1 && r < 7;
      const loss = matrix(8, 1, (r) => {
        let sum = 0;
        for (let c = 0; c < width; c += 1) sum += (get(x, r, c) - get(wanted, r, c)) ** 2;
        return given(r) ? sum / width : 9;
      });
      const dx = matrix(8, width, (r, c) =>
        given(r) ? (2 * get(weight, r, 0) * (get(x, r, c) - get(wanted, r, c))) / width : get(before, r, c),
      );
      for (const at of [lossAt, aloneAt]) check(at, loss, 1, "f32", tolerance.loss, "loss");
      check(dxAt, dx, gradientStride, to, tolerance.loss, "dx");
    });
  });
});
