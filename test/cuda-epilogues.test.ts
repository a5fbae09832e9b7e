// cuda-epilogues.test.ts: what products on tensor cores do with their sums before they store anything, in emulation,
// against float64: gated units and their gradients, products that keep their sums, rotations.

import { expect, test } from "vitest";
import type { Expression, KernelBody } from "../src/kernel/kernel.ts";
import { productForm } from "../src/targets/cuda/product.ts";
import {
  type Arena,
  type BenchLaunch,
  createArena,
  openLaunches,
  type Stored,
} from "./support/cuda-bench.ts";
import { type Architecture, emulatorProblem } from "./support/cuda-compile.ts";
import {
  addressOf,
  allRows,
  contexts,
  expectWithin,
  few,
  isIn,
  number,
  type Runs,
  strideOf,
  tilesOf,
  uneven,
  valueAt,
  within,
} from "./support/cuda-runs.ts";
import { describeWith } from "./support/devices.ts";

type Product = Extract<KernelBody, { kind: "product" }>;
type Epilogue = NonNullable<Product["epilogue"]>;
type Made = { readonly launch: BenchLaunch<Product>; readonly arena: Arena; readonly check: () => void };

const load = (operand: number): Expression => ({ kind: "load", operand });
const local: Expression = { kind: "local", index: 0 };
const sigmoid = (x: Expression): Expression => ({ kind: "unary", fn: "sigmoid", x });
const times = (a: Expression, b: Expression): Expression => ({ kind: "binary", fn: "mul", a, b });

/** silu(gate) · up, and both kept. */
const gated: Epilogue["phase"] = {
  lets: [sigmoid(load(0))],
  stores: [
    { operand: 2, value: times(times(load(0), local), load(1)) },
    { operand: 3, value: load(0) },
    { operand: 4, value: load(1) },
  ],
};
/** Of dy times two factors in memory. */
const gradient: Epilogue["phase"] = {
  lets: [sigmoid(load(2))],
  stores: [
    { operand: 4, value: times(load(0), local) },
    { operand: 5, value: times(load(0), load(3)) },
  ],
};

type Case = {
  readonly name: string;
  readonly runs: Runs;
  readonly n: number;
  readonly k: number;
  readonly transposed: boolean;
  readonly phase: Epilogue["phase"];
  readonly operands: number;
  readonly twin?: true;
  readonly residual?: true;
  /** Operands in memory that are f32. */
  readonly exact?: ReadonlySet<number>;
};

const cases: readonly Case[] = [
  {
    name: "rows in f32",
    runs: few,
    n: 40,
    k: 8,
    transposed: true,
    phase: gradient,
    operands: 4,
    residual: true,
    exact: new Set([1, 3]),
  },
  {
    name: "gate and up",
    runs: uneven,
    n: 100,
    k: 64,
    transposed: true,
    phase: gated,
    operands: 3,
    twin: true,
  },
  {
    name: "gate and up by element",
    runs: few,
    n: 40,
    k: 33,
    transposed: true,
    phase: gated,
    operands: 3,
    twin: true,
  },
  {
    name: "a twin across k",
    runs: few,
    n: 144,
    k: 72,
    transposed: false,
    phase: gated,
    operands: 3,
    twin: true,
  },
  {
    name: "a gradient of gate and up",
    runs: uneven,
    n: 104,
    k: 33,
    transposed: false,
    phase: gradient,
    operands: 4,
  },
  {
    name: "with a residual",
    runs: few,
    n: 7,
    k: 8,
    transposed: true,
    phase: gradient,
    operands: 4,
    residual: true,
  },
  { name: "wide", runs: few, n: 300, k: 8, transposed: true, phase: gated, operands: 3, twin: true },
];

const values = (
  arena: Arena,
  rows: number,
  width: number,
  seed: number,
  runs?: Runs,
  element: "f32" | "bf16" = "bf16",
): Stored =>
  arena.putRows(
    ...([rows, width, runs === undefined ? width : strideOf(width), element] as const),
    (row, column) => valueAt(seed)(row, column) / (runs === undefined ? 8 : 1),
    runs === undefined ? undefined : isIn(runs),
  );

/** Sums of row `row` and column `column` of a product. */
function sumOf(a: Stored, w: Stored, k: number, transposed: boolean, row: number, column: number): number {
  let sum = 0;
  for (let i = 0; i < k; i += 1)
    sum +=
      (a.values[row * a.width + i] ?? 0) *
      (w.values[transposed ? column * w.width + i : i * w.width + column] ?? 0);
  return sum;
}

function evaluate(
  expression: Expression,
  operand: (index: number) => number,
  lets: readonly number[],
): number {
  const visit = (part: Expression): number => evaluate(part, operand, lets);
  if (expression.kind === "load") return operand(expression.operand);
  if (expression.kind === "local") return lets[expression.index] ?? Number.NaN;
  if (expression.kind === "unary") return 1 / (1 + Math.exp(-visit(expression.x)));
  if (expression.kind === "binary") return visit(expression.a) * visit(expression.b);
  throw new Error(`no ${expression.kind} here`);
}

function makeEpilogue({ runs, n, k, transposed, phase, operands, twin, residual, exact }: Case): Made {
  const arena = createArena(1 << 22);
  const a = values(arena, allRows, k, 1, runs);
  const written = new Set(phase.stores.map(({ operand }) => operand));
  const rows = Array.from({ length: operands }, (_, i) =>
    written.has(2 + i)
      ? values(arena, allRows, n, 0, [], exact?.has(i) ? "f32" : "bf16")
      : values(arena, allRows, n, 30 + i, runs, exact?.has(i) ? "f32" : "bf16"),
  );
  const d = residual ? values(arena, allRows, n, 9, runs) : undefined;
  const made = runs.map((_run, modality) => {
    const weights = (seed: number): Stored =>
      values(arena, transposed ? n : k, transposed ? k : n, seed + modality);
    const [w, v] = [weights(10), weights(20)];
    const stored = { weights: { transposed, stride: w.width } };
    const body: Product = {
      ...{ kind: "product", n, cStride: 0, residual: residual === true, dStride: d?.stride ?? 0 },
      terms: [{ k, aStride: a.stride, ...stored }],
      ...(twin ? { twin: [stored] } : {}),
      epilogue: { operands: rows.map(({ stride }) => ({ kind: "rows", stride })), phase },
    };
    const args = [
      ...[number(0), d === undefined ? number(0) : addressOf(d), addressOf(a), addressOf(w)],
      ...(twin ? [addressOf(v)] : []),
      ...rows.map(addressOf),
    ];
    return { call: { body, turn: 0, modality, args }, w, v };
  });
  const check = (): void => {
    for (const [modality, [first, end]] of runs.entries()) {
      const weights = made[modality];
      for (let at = 0; weights !== undefined && at < (end - first) * n; at += 1) {
        const [row, column] = [first + Math.floor(at / n), at % n];
        const sums = [weights.w, weights.v].map((w) => sumOf(a, w, k, transposed, row, column));
        const all = [(sums[0] ?? 0) + (d?.values[row * n + column] ?? 0), sums[1] ?? 0];
        const operand = (i: number): number =>
          i < 2 ? (all[i] ?? 0) : (rows[i - 2]?.values[row * n + column] ?? 0);
        const lets = phase.lets.map((value) => evaluate(value, operand, []));
        for (const store of phase.stores) {
          const [target, wanted] = [rows[store.operand - 2], evaluate(store.value, operand, lets)];
          if (target === undefined) throw new Error("a store goes nowhere");
          const bound = Math.abs(wanted) / 200 + 1e-3;
          const what = `operand ${store.operand}, row ${row}, column ${column}`;
          expectWithin(arena.read(target, row, column), wanted, bound, what);
        }
      }
    }
  };
  return {
    launch: launchOf(
      made.map(({ call }) => call),
      runs,
    ),
    arena,
    check,
  };
}

const launchOf = (calls: BenchLaunch<Product>["calls"], runs: Runs): BenchLaunch<Product> => ({
  ...{ form: productForm, context: contexts.bf16, calls, modalities: runs.length, rows: allRows },
  ...{ tiles: tilesOf(runs, 128), processors: 3 },
});

/** A rotated product and one that is not, in one launch. */
function makeRotation(headDim: number, n: number, runs: Runs): Made {
  const [arena, k, half] = [createArena(1 << 22), 64, headDim / 2];
  const a = values(arena, allRows, k, 1, runs);
  const positions = arena.putIntegers(Array.from({ length: allRows }, (_, row) => (row * 7) % 19));
  const angle = (position: number, i: number): number => position * 100 ** (-i / half);
  const table = (of: (x: number) => number): Stored =>
    arena.putRows(19, half, half, "f32", (position, i) => of(angle(position, i)));
  const [cosine, sine] = [table(Math.cos), table(Math.sin)];
  const made = [true, false].map((turns, turn) => {
    const c = values(arena, allRows, n, 0, []);
    const w = values(arena, n, k, 10 + turn);
    const body: Product = {
      ...{ kind: "product", n, cStride: c.stride, residual: false, dStride: 0 },
      terms: [{ k, aStride: a.stride, weights: { transposed: true, stride: k } }],
      rotation: { headDim, turns },
    };
    const tables = [{ value: positions, element: "i32" as const }, addressOf(cosine), addressOf(sine)];
    const args = [addressOf(c), number(0), addressOf(a), addressOf(w), ...tables];
    return { calls: runs.map((_run, modality) => ({ body, turn, modality, args })), c, w, turns };
  });
  const check = (): void => {
    for (const { c, w, turns } of made) {
      for (const [first, end] of runs) {
        for (let at = 0; at < (end - first) * n; at += 1) {
          const [row, column] = [first + Math.floor(at / n), at % n];
          const i = column % headDim;
          const x = sumOf(a, w, k, true, row, column);
          const other = sumOf(a, w, k, true, row, i < half ? column + half : column - half);
          const turned = angle((row * 7) % 19, i % half);
          const whole = x * Math.cos(turned) + (i < half ? -other : other) * Math.sin(turned);
          const wanted = turns ? whole : x;
          const bound = Math.abs(wanted) / 200 + 1e-4;
          expectWithin(
            arena.read(c, row, column),
            wanted,
            bound,
            `row ${row}, column ${column}, turns ${turns}`,
          );
        }
      }
    }
  };
  return {
    launch: launchOf(
      made.flatMap(({ calls }) => calls),
      runs,
    ),
    arena,
    check,
  };
}

describeWith(emulatorProblem(), "epilogues of products on CUDA", () => {
  test.each<Architecture>(["sm_80", "sm_90a"])(
    "compute what is stored, for %s",
    { timeout: 240_000 },
    async (architecture) => {
      const all = [
        ...cases.map((wanted) => ({ name: wanted.name, ...makeEpilogue(wanted) })),
        { name: "heads of 16", ...makeRotation(16, 48, uneven) },
        { name: "heads of 32", ...makeRotation(32, 160, few) },
        { name: "heads of 64", ...makeRotation(64, 192, uneven) },
        { name: "heads of 128", ...makeRotation(128, 512, few) },
      ];
      const run = await openLaunches(
        all.map(({ launch }) => launch),
        architecture,
      );
      for (const { name, launch, arena, check } of all) within(name, () => run(launch, arena), check);
      expect(all.length).toBeGreaterThan(0);
    },
  );
});
