// Each kernel of the WebAssembly target, run alone at odd sizes, against plain float64 loops.
// Padding between rows holds NaN before every call, so a result that it reaches is caught; rows that a call was not
// given must stay as they were.

import { describe, expect, it } from "vitest";
import type { Expression, Kernel, KernelBody, RowPhase } from "../src/kernel/kernel.ts";
import { rowStride } from "../src/kernel/schedule.ts";
import {
  adamw,
  attention,
  attentionGrad,
  crossEntropy,
  get,
  type Heads,
  type Matrix,
  matrix,
  rotate,
  type Sight,
} from "./support/plain-kernels.ts";
import { type KernelBench, openKernels } from "./support/wasm-kernels.ts";

/** Largest |error| allowed, relative to the largest number of the result (at least 1e-3). */
const tolerance = {
  rowProgram: 2e-6,
  rope: 1e-6,
  loss: 2e-6,
  sums: 1e-6,
  norm: 3e-6,
  update: 2e-6,
  attention: 4e-6,
  attentionGrad: 1e-5,
};

const engines = [
  { tile: { rows: 6, columns: 8 }, relaxedSimd: true },
  { tile: { rows: 4, columns: 8 }, relaxedSimd: false },
  { tile: { rows: 6, columns: 16 }, relaxedSimd: true },
];
const [usual] = engines;

/** Deterministic numbers in (−1, 1) that f32 holds exactly. */
function random(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround((state >>> 8) / 2 ** 23 - 1);
  };
}

const randomMatrix = (rows: number, width: number, seed: number, size = 1): Matrix => {
  const next = random(seed);
  return matrix(rows, width, () => Math.fround(size * next()));
};

const rowsOf = (m: Matrix): number => m.numbers.length / m.width;

/** A matrix as rows of `stride` numbers; NaN between them. */
function putRows(bench: KernelBench, m: Matrix, stride: number): number {
  return bench.put(
    Float32Array.from({ length: rowsOf(m) * stride }, (_, i) =>
      i % stride < m.width ? get(m, Math.floor(i / stride), i % stride) : Number.NaN,
    ),
  );
}

function takeRows(bench: KernelBench, address: number, rows: number, width: number, stride: number): Matrix {
  const floats = bench.floats(address, rows * stride);
  return matrix(rows, width, (r, c) => floats[r * stride + c] ?? Number.NaN);
}

function expectClose(actual: Matrix, wanted: Matrix, bound: number, what: string): void {
  const size = wanted.numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3);
  const bad = [...wanted.numbers.keys()].filter(
    (i) => !(Math.abs((actual.numbers[i] ?? Number.NaN) - (wanted.numbers[i] ?? 0)) <= bound * size),
  );
  const [at = 0] = bad;
  const place = `row ${Math.floor(at / wanted.width)}, column ${at % wanted.width}`;
  expect(bad.length, `${what}: ${place} is ${actual.numbers[at]}, not ${wanted.numbers[at]}`).toBe(0);
}

const kernel = (body: KernelBody): readonly [Kernel] => [{ name: "k", body }];

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

describe("losses", () => {
  it.each([
    [2, 0],
    [7, 1e-4],
    [8, 0],
    [13, 1e-2],
    [64, 0],
    [531, 1e-4],
  ])("cross_entropy of %i logits, z-loss %f", async (vocab, zLoss) => {
    const stride = rowStride(vocab);
    const common = { kind: "cross_entropy", vocab, stride, gradientStride: stride, zLoss } as const;
    const bodies: readonly Kernel[] = [
      { name: "both", body: { ...common, gradient: true } },
      { name: "loss", body: { ...common, gradient: false } },
    ];
    for (const engine of engines.slice(0, 2)) {
      const bench = await openKernels(bodies, engine, 2);
      const logits = randomMatrix(8, vocab, vocab, 20);
      const target = [0, -1, vocab - 1, vocab >> 1, 0, -1, vocab - 1, 0];
      const weight = [1, 1, 0.25, 0, 0.5, 0, 2, 1].map(Math.fround);
      const [logitsAt, lossAt, plainLossAt] = [
        putRows(bench, logits, stride),
        bench.put(Array(8).fill(9)),
        bench.put(Array(8).fill(9)),
      ];
      const [targetAt, weightAt] = [bench.put(target, "i32"), bench.put(weight)];
      bench.run("loss", [logitsAt, targetAt, plainLossAt, 0, 0], 1, 6);
      bench.run("both", [logitsAt, targetAt, lossAt, weightAt, logitsAt], 1, 6);
      const rows = Array.from({ length: 8 }, (_, r) => {
        const row = Array.from({ length: vocab }, (_, j) => get(logits, r, j));
        return r >= 1 && r < 7
          ? crossEntropy(row, target[r] ?? -1, weight[r] ?? 0, zLoss)
          : { loss: 9, gradient: row };
      });
      const loss = matrix(8, 1, (r) => rows[r]?.loss ?? Number.NaN);
      expectClose(takeRows(bench, lossAt, 8, 1, 1), loss, tolerance.loss, "loss");
      expectClose(takeRows(bench, plainLossAt, 8, 1, 1), loss, tolerance.loss, "loss without gradient");
      for (const [r, row] of rows.entries()) {
        const wanted = matrix(1, vocab, (_, j) => row.gradient[j] ?? Number.NaN);
        const actual = takeRows(bench, logitsAt + r * stride * 4, 1, vocab, stride);
        expectClose(actual, wanted, tolerance.loss, `gradient of row ${r}`);
      }
    }
  });

  it("cross_entropy gives no denormal gradients", async () => {
    const body = {
      kind: "cross_entropy",
      vocab: 64,
      stride: 80,
      gradientStride: 80,
      zLoss: 0,
      gradient: true,
    } as const;
    const bench = await openKernels(kernel(body), usual, 2);
    const logits = matrix(1, 64, (_, j) => -1.5 * j);
    const at = putRows(bench, logits, 80);
    bench.run("k", [at, bench.put([0], "i32"), bench.put([0]), bench.put([1e-3]), at], 0, 1);
    for (const x of bench.floats(at, 64)) expect(x === 0 || Math.abs(x) >= 2 ** -126).toBe(true);
  });

  it("loss_sums adds weighted losses, and losses by the target's modality", async () => {
    const bench = await openKernels(kernel({ kind: "loss_sums", modalities: 3 }), usual, 2);
    const loss = randomMatrix(20, 1, 3, 5);
    const weight = randomMatrix(20, 1, 4);
    const modality = Array.from({ length: 20 }, (_, r) => (r % 4) - 1);
    const used = [0, 1, 2, 9, 10, 11, 12, 13, 19];
    const sums = bench.put(Array(4).fill(Number.NaN));
    const segments = bench.put([3, 0, 3, 9, 14, 19, 20], "i32");
    bench.run(
      "k",
      [bench.put(loss.numbers), bench.put(weight.numbers), bench.put(modality, "i32"), sums, segments],
      0,
      1,
    );
    const total = (keep: (r: number) => boolean, f: (r: number) => number): number =>
      used.filter(keep).reduce((sum, r) => sum + f(r), 0);
    const wanted = matrix(1, 4, (_, i) =>
      i === 0
        ? total(
            () => true,
            (r) => get(loss, r, 0) * get(weight, r, 0),
          )
        : total(
            (r) => modality[r] === i - 1,
            (r) => get(loss, r, 0),
          ),
    );
    expectClose(takeRows(bench, sums, 1, 4, 4), wanted, tolerance.sums, "sums");
  });
});

describe("the update", () => {
  it.each([
    [1, 1],
    [7, 1],
    [16, 1],
    [33, 1],
    [12, 3],
    [30, 5],
    [64, 4],
  ])("rms_norm_dw %i wide, %i parts", async (width, heads) => {
    const [dyStride, xStride] = [rowStride(width), rowStride(width) + 16];
    const body = { kind: "rms_norm_dw", width, heads, eps: 1e-5, dyStride, xStride } as const;
    const bench = await openKernels(kernel(body), usual, 2);
    const part = width / heads;
    const [dy, x] = [randomMatrix(11, width, 1), randomMatrix(11, width, 2)];
    const used = [0, 1, 2, 6, 7];
    const after = bench.put(Array(part + 1).fill(5));
    bench.run(
      "k",
      [putRows(bench, dy, dyStride), putRows(bench, x, xStride), after, bench.put([2, 0, 3, 6, 8], "i32")],
      0,
      1,
    );
    const wanted = matrix(1, part, (_, j) => {
      let sum = 0;
      for (const r of used) {
        for (let h = 0; h < heads; h += 1) {
          let squares = 0;
          for (let c = 0; c < part; c += 1) squares += get(x, r, h * part + c) ** 2;
          sum += (get(dy, r, h * part + j) * get(x, r, h * part + j)) / Math.sqrt(squares / part + 1e-5);
        }
      }
      return sum;
    });
    expectClose(takeRows(bench, after, 1, part, part), wanted, tolerance.norm, "dw");
    expect(bench.floats(after, part + 1)[part], "the next array").toBe(5);
  });

  it.each([1, 5, 64, 100, 333])("square_sum and adamw on %i elements", async (elements) => {
    const settings = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 };
    const bodies: readonly Kernel[] = [
      { name: "squares", body: { kind: "square_sum", chunk: 64 } },
      { name: "adamw", body: { kind: "adamw", chunk: 64, ...settings, clip: 0.7 } },
      { name: "free", body: { kind: "adamw", chunk: 64, ...settings, weightDecay: 0, clip: 0 } },
    ];
    for (const engine of engines.slice(0, 2)) {
      const bench = await openKernels(bodies, engine, 2);
      const [p, g, m] = [
        randomMatrix(1, elements, 1),
        randomMatrix(1, elements, 2),
        randomMatrix(1, elements, 3),
      ];
      const v = matrix(1, elements, (_, c) => Math.fround(get(m, 0, c) ** 2 + 0.01));
      const tasks = Math.ceil(elements / 64);
      const [partial, norm] = [bench.put(Array(tasks).fill(Number.NaN)), bench.put([-1])];
      const schedule = [0.01, 1.5, 2.5].map(Math.fround) as [number, number, number];
      const [gAt, scheduleAt] = [bench.put(g.numbers), bench.put(schedule)];
      for (let task = 0; task < tasks; task += 1) bench.run("squares", [gAt, partial, elements], task, tasks);
      const size = Math.sqrt(g.numbers.reduce((sum, x) => sum + x * x, 0));
      for (const [name, clip, weightDecay] of [
        ["adamw", 0.7, 0.1],
        ["free", 0, 0],
      ] as const) {
        const at = [p, m, v].map(({ numbers }) => bench.put([...numbers, 5]));
        const [pAt = 0, mAt = 0, vAt = 0] = at;
        const args = [pAt, gAt, mAt, vAt, partial, tasks, scheduleAt, name === "adamw" ? norm : 0, elements];
        for (let task = 0; task < tasks; task += 1) bench.run(name, args, task, tasks);
        const shrink = clip > 0 ? Math.min(1, clip / (size + 1e-6)) : 1;
        for (const [slot, address] of at.entries()) {
          const wanted = matrix(1, elements, (_, c) => {
            const before = [get(p, 0, c), shrink * get(g, 0, c), get(m, 0, c), get(v, 0, c)] as const;
            return adamw(before, schedule, { ...settings, weightDecay })[slot] ?? Number.NaN;
          });
          expectClose(
            takeRows(bench, address, 1, elements, elements),
            wanted,
            tolerance.update,
            `${name} ${slot}`,
          );
          expect(bench.floats(address, elements + 1)[elements], "the next tensor").toBe(5);
        }
      }
      expectClose(
        takeRows(bench, norm, 1, 1, 1),
        matrix(1, 1, () => size),
        tolerance.sums,
        "norm",
      );
    }
  });

  it("moments fade to zero without becoming denormal", async () => {
    const body = {
      kind: "adamw",
      chunk: 8,
      beta1: 0.9,
      beta2: 0.95,
      eps: 1e-8,
      weightDecay: 0,
      clip: 0,
    } as const;
    const bench = await openKernels(kernel(body), usual, 2);
    const [p, g, m, v] = [1, 0, 1.3e-38, 1.2e-38].map((x) => bench.put(Array(7).fill(x))) as [
      number,
      number,
      number,
      number,
    ];
    bench.run("k", [p, g, m, v, 0, 0, bench.put([0.1, 1, 1]), 0, 7], 0, 1);
    expect([...bench.floats(m, 7), ...bench.floats(v, 7)]).toEqual(Array(14).fill(0));
    expect([...bench.floats(p, 7)]).toEqual(Array(7).fill(1));
  });
});

describe("attention", () => {
  /** Documents of these lengths per context, the rest empty; rows sorted by a made-up modality, as the host does. */
  const sightOf = (
    context: number,
    contexts: readonly (readonly number[])[],
    bidirectional = false,
  ): Sight => {
    const positions = contexts.flatMap((lengths, b) => {
      const starts = lengths.map((_, d) => b * context + lengths.slice(0, d).reduce((sum, n) => sum + n, 0));
      return starts.flatMap((start, d) =>
        Array.from({ length: lengths[d] ?? 0 }, (_, i) => ({
          at: start + i,
          first: start,
          last: bidirectional ? start + (lengths[d] ?? 0) : start + i + 1,
        })),
      );
    });
    const order = [...positions].sort((a, b) => ((a.at * 7) % 3) - ((b.at * 7) % 3) || a.at - b.at);
    const rowOf = Array<number>(context * contexts.length).fill(-1);
    for (const [row, { at }] of order.entries()) rowOf[at] = row;
    return { rowOf, first: order.map(({ first }) => first), last: order.map(({ last }) => last) };
  };

  type Case = readonly [string, Heads, readonly (readonly number[])[], boolean];
  const cases: readonly Case[] = [
    ["whole contexts", { heads: 4, kvHeads: 4, headDim: 16, context: 32 }, [[32], [32]], false],
    ["odd head and context sizes", { heads: 3, kvHeads: 3, headDim: 5, context: 13 }, [[13], [6, 7]], false],
    [
      "shared keys, one-token documents",
      { heads: 4, kvHeads: 2, headDim: 8, context: 31 },
      [
        [1, 1, 20, 1, 8],
        [30, 1],
      ],
      false,
    ],
    ["one key head", { heads: 6, kvHeads: 1, headDim: 20, context: 50 }, [[10, 40], [50]], false],
    [
      "empty ends and an empty context",
      { heads: 2, kvHeads: 2, headDim: 12, context: 65 },
      [[3, 40], [], [64]],
      false,
    ],
    ["both directions", { heads: 2, kvHeads: 1, headDim: 3, context: 27 }, [[5, 9, 13], [27], [1]], true],
    ["one position", { heads: 1, kvHeads: 1, headDim: 1, context: 1 }, [[1], []], false],
    ["a long context", { heads: 1, kvHeads: 1, headDim: 32, context: 200 }, [[150, 50]], false],
    ["heads wider than two panels", { heads: 2, kvHeads: 2, headDim: 44, context: 40 }, [[25, 15]], false],
  ];

  it.each(cases)("%s, forward and backward", async (_, sizes, contexts, bidirectional) => {
    const { heads, kvHeads, headDim, context } = sizes;
    const sight = sightOf(context, contexts, bidirectional);
    // One row more than there are tokens: it belongs to nobody and must stay as it is.
    const rows = sight.first.length + 1;
    const full: Sight = { rowOf: sight.rowOf, first: [...sight.first, 0], last: [...sight.last, 0] };
    const [width, keyWidth] = [heads * headDim, kvHeads * headDim];
    const [wide, narrow, lseStride] = [rowStride(width), rowStride(keyWidth) + 16, rowStride(heads)];
    const common = {
      heads,
      kvHeads,
      headDim,
      context,
      qStride: wide,
      kStride: narrow,
      vStride: narrow,
      outStride: wide + 32,
      lseStride,
    };
    const bodies: readonly Kernel[] = [
      { name: "forward", body: { kind: "attention", ...common } },
      {
        name: "backward",
        body: {
          kind: "attention_grad",
          ...common,
          doutStride: wide,
          dqStride: wide,
          dkStride: narrow,
          dvStride: narrow,
        },
      },
    ];
    const q = randomMatrix(rows, width, 1, 2);
    const [k, v] = [randomMatrix(rows, keyWidth, 2, 2), randomMatrix(rows, keyWidth, 3)];
    const dout = randomMatrix(rows, width, 4);
    const forward = attention(q, k, v, full, sizes);
    const backward = attentionGrad(dout, q, k, v, full, sizes);
    for (const engine of engines) {
      const bench = await openKernels(bodies, engine, 4);
      const [qAt, kAt, vAt] = [putRows(bench, q, wide), putRows(bench, k, narrow), putRows(bench, v, narrow)];
      const empty = (like: Matrix, stride: number): number =>
        putRows(
          bench,
          matrix(rows, like.width, () => 0),
          stride,
        );
      const [outAt, lseAt] = [empty(q, wide + 32), empty(forward.lse, lseStride)];
      const sightAt = [full.rowOf, full.first, full.last].map((numbers) => bench.put(numbers, "i32"));
      const tasks = contexts.length * kvHeads;
      for (let task = 0; task < tasks; task += 1)
        bench.run("forward", [qAt, kAt, vAt, outAt, lseAt, ...sightAt, context], task, tasks);
      expectClose(takeRows(bench, outAt, rows, width, wide + 32), forward.out, tolerance.attention, "out");
      expectClose(takeRows(bench, lseAt, rows, heads, lseStride), forward.lse, tolerance.attention, "lse");
      const doutAt = putRows(bench, dout, wide);
      const gradientsAt = [empty(q, wide), empty(k, narrow), empty(v, narrow)];
      const [dqAt = 0, dkAt = 0, dvAt = 0] = gradientsAt;
      for (let task = 0; task < tasks; task += 1)
        bench.run("backward", [doutAt, qAt, kAt, vAt, outAt, lseAt, ...sightAt, ...gradientsAt], task, tasks);
      expectClose(takeRows(bench, dqAt, rows, width, wide), backward.dq, tolerance.attentionGrad, "dq");
      expectClose(takeRows(bench, dkAt, rows, keyWidth, narrow), backward.dk, tolerance.attentionGrad, "dk");
      expectClose(takeRows(bench, dvAt, rows, keyWidth, narrow), backward.dv, tolerance.attentionGrad, "dv");
    }
  });

  it("huge scores neither overflow nor vanish", async () => {
    const sizes = { heads: 1, kvHeads: 1, headDim: 4, context: 9 };
    const sight = sightOf(9, [[9]]);
    const body = {
      kind: "attention",
      ...sizes,
      qStride: 16,
      kStride: 16,
      vStride: 16,
      outStride: 16,
      lseStride: 1,
    } as const;
    const bench = await openKernels(kernel(body), usual, 2);
    const [q, k, v] = [randomMatrix(9, 4, 1, 1e4), randomMatrix(9, 4, 2, 1e4), randomMatrix(9, 4, 3)];
    const args = [q, k, v].map((m) => putRows(bench, m, 16));
    const [out, lse] = [bench.put(new Float32Array(9 * 16)), bench.put(new Float32Array(9))];
    const sightAt = [sight.rowOf, sight.first, sight.last].map((numbers) => bench.put(numbers, "i32"));
    bench.run("k", [...args, out, lse, ...sightAt, 9], 0, 1);
    expect(
      bench
        .floats(out, 9 * 16)
        .filter((_, i) => i % 16 < 4)
        .every(Number.isFinite),
    ).toBe(true);
    const wanted = attention(q, k, v, sight, sizes);
    expectClose(takeRows(bench, lse, 9, 1, 1), wanted.lse, tolerance.attention, "lse");
  });
});
