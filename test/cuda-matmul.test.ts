// cuda-matmul.test.ts: products and the gradients of weights on CUDA, in emulation, against loops in float64.
// Odd sizes, several modalities with uneven runs, one-row tiles, chunks, several terms, residuals; all that is nobody's
// or somebody else's is NaN. For sm_80 (mma.sync) and sm_90a (wgmma), in bf16 and in f32.

import { expect, test } from "vitest";
import type { KernelBody } from "../src/kernel/kernel.ts";
import type { CudaContext } from "../src/targets/cuda/context.ts";
import { outerForm } from "../src/targets/cuda/outer.ts";
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
type Outer = Extract<KernelBody, { kind: "outer" }>;
type Precision = CudaContext["precision"];

// ---- products

type ProductCase = {
  readonly name: string;
  readonly runs: Runs;
  /** By turn; each term's k, and how its weights stand. */
  readonly turns: readonly { readonly n: number; readonly terms: readonly (readonly [number, boolean])[] }[];
  readonly residual?: "f32" | "bf16";
  readonly output?: "f32" | "bf16";
  /** Rows before the first of the buffers; tiles before the first of the launch. */
  readonly chunk?: { readonly rows: number; readonly tiles: number };
};

const forward = (n: number, ...ks: readonly number[]) => ({ n, terms: ks.map((k) => [k, true] as const) });
const backward = (n: number, ...ks: readonly number[]) => ({ n, terms: ks.map((k) => [k, false] as const) });

const products: readonly ProductCase[] = [
  { name: "x · wᵀ, 64 by 64", runs: uneven, turns: [forward(64, 64)] },
  { name: "dy · w, 64 by 64", runs: uneven, turns: [backward(64, 64)] },
  { name: "x · wᵀ with a residual", runs: uneven, turns: [forward(100, 64)], residual: "f32", output: "f32" },
  { name: "dy · w, k odd", runs: uneven, turns: [backward(64, 33)], output: "bf16" },
  { name: "three merged", runs: uneven, turns: [forward(172, 104), forward(8, 104), forward(144, 104)] },
  {
    name: "sum over two terms",
    runs: uneven,
    turns: [backward(136, 172, 7)],
    residual: "bf16",
    output: "bf16",
  },
  {
    name: "terms that stand differently",
    runs: few,
    turns: [
      {
        n: 72,
        terms: [
          [64, true],
          [9, false],
        ],
      },
    ],
  },
  { name: "weights by element, x · wᵀ", runs: uneven, turns: [forward(100, 33), forward(7, 33)] },
  {
    name: "weights by element, dy · w",
    runs: uneven,
    turns: [backward(33, 100)],
    residual: "f32",
    output: "f32",
  },
  { name: "one of each", runs: few, turns: [forward(1, 1)] },
  { name: "many columns", runs: few, turns: [forward(600, 72)] },
  { name: "many k", runs: few, turns: [backward(64, 700)] },
  {
    name: "a chunk",
    runs: [
      [100, 164],
      [164, 171],
    ],
    turns: [forward(64, 100)],
    output: "f32",
    chunk: { rows: 96, tiles: 1 },
  },
];

type Made<Body extends KernelBody> = {
  readonly launch: BenchLaunch<Body>;
  readonly arena: Arena;
  readonly check: () => void;
};

function makeProduct(wanted: ProductCase, precision: Precision): Made<Product> {
  const context = contexts[precision];
  const { runs, turns, chunk = { rows: 0, tiles: 0 } } = wanted;
  const arena = createArena(1 << 23);
  const tiles = tilesOf(runs, context.tileRows);
  const skipped: readonly (readonly [number, number, number])[] = Array.from({ length: chunk.tiles }, () => [
    0, 9, 0,
  ]);
  const [output, residual] =
    precision === "f32" ? (["f32", "f32"] as const) : [wanted.output ?? "bf16", wanted.residual];
  const rowsOf = (width: number, element: "f32" | "bf16", seed: number, isFull = true): Stored => {
    const stride = strideOf(width);
    const value = valueAt(seed);
    const stored = arena.putRows(
      ...([allRows - chunk.rows, width, stride, element] as const),
      (row, column) => value(row + chunk.rows, column),
      (row) => isFull && isIn(runs)(row + chunk.rows),
    );
    return { ...stored, offset: stored.offset - chunk.rows * stride * (element === "f32" ? 4 : 2) };
  };
  const made = turns.flatMap(({ n, terms }, turn) => {
    const c = rowsOf(n, output, 0, false);
    const d = wanted.residual === undefined ? undefined : rowsOf(n, residual ?? "f32", 10 + turn);
    const as = terms.map(([k], t) => rowsOf(k, precision, 20 + 3 * turn + t));
    return runs.map((_run, modality) => {
      const ws = terms.map(([k, transposed], t) => {
        const [rows, columns] = transposed ? [n, k] : [k, n];
        return arena.putRows(rows, columns, columns, precision, valueAt(100 + 10 * modality + 3 * turn + t));
      });
      const body: Product = {
        kind: "product",
        n,
        cStride: c.stride,
        residual: d !== undefined,
        dStride: d?.stride ?? 0,
        terms: terms.map(([k, transposed], t) => ({
          k,
          aStride: as[t]?.stride ?? 0,
          weights: { transposed, stride: ws[t]?.stride ?? 0 },
        })),
      };
      const factors = terms.flatMap((_term, t) =>
        [as[t], ws[t]].flatMap((x) => (x === undefined ? [] : [addressOf(x)])),
      );
      const args = [addressOf(c), d === undefined ? number(0) : addressOf(d), ...factors];
      return { call: { body, turn, modality, args }, c, d, as, ws, n, terms, modality };
    });
  });
  const launch: BenchLaunch<Product> = {
    ...{ form: productForm, context, calls: made.map(({ call }) => call), modalities: runs.length },
    ...{ tiles: [...skipped, ...tiles], skipped: chunk.tiles, rows: allRows, processors: 3 },
  };
  const check = (): void => {
    for (const { c, d, as, ws, n, terms, modality } of made) {
      const [first = 0, end = 0] = runs[modality] ?? [];
      for (let row = first; row < end; row += 1) {
        for (let column = 0; column < n; column += 1) {
          let sum = d?.values[(row - chunk.rows) * n + column] ?? 0;
          let size = Math.abs(sum);
          for (const [t, [k, transposed]] of terms.entries()) {
            const [a, w] = [as[t]?.values ?? [], ws[t]?.values ?? []];
            for (let i = 0; i < k; i += 1) {
              const x =
                (a[(row - chunk.rows) * k + i] ?? 0) * (w[transposed ? column * k + i : i * n + column] ?? 0);
              sum += x;
              size += Math.abs(x);
            }
          }
          close(arena.read(c, row, column), sum, size, output, `row ${row}, column ${column} of ${n}`);
        }
      }
      for (let row = chunk.rows; row < allRows; row += 1)
        if (!isIn(runs)(row)) expect(arena.read(c, row, 0), `row ${row} is nobody's`).toBeNaN();
    }
  };
  return { launch, arena, check };
}

/** Of a sum whose parts add up to `size` in absolute value. */
function close(actual: number, wanted: number, size: number, element: "f32" | "bf16", what: string): void {
  const bound = 1e-5 * size + (element === "bf16" ? Math.abs(wanted) / 256 : 0);
  expectWithin(actual, wanted, bound, what);
}

// ---- gradients of weights

type OuterCase = {
  readonly name: string;
  readonly turns: readonly { readonly out: number; readonly inner: number; readonly runs: Runs }[];
  readonly accumulate?: true;
  readonly chunkRows?: number;
};

const outers: readonly OuterCase[] = [
  { name: "64 by 64", turns: [{ out: 64, inner: 64, runs: uneven }] },
  {
    name: "several weights",
    turns: [
      { out: 100, inner: 172, runs: uneven.slice(0, 1) },
      { out: 7, inner: 64, runs: few },
    ],
  },
  { name: "added up", turns: [{ out: 33, inner: 100, runs: uneven }], accumulate: true },
  {
    name: "rows that are no whole vectors",
    turns: [{ out: 172, inner: 33, runs: uneven.slice(2) }],
    accumulate: true,
  },
  {
    name: "no rows at all",
    turns: [
      { out: 7, inner: 7, runs: [] },
      { out: 1, inner: 1, runs: few },
    ],
  },
  {
    name: "large",
    turns: [
      {
        out: 300,
        inner: 400,
        runs: [
          [1, 3],
          [5, 7],
        ],
      },
    ],
  },
  { name: "a chunk", turns: [{ out: 72, inner: 64, runs: [[130, 201]] }], accumulate: true, chunkRows: 128 },
];

function makeOuter({ turns, accumulate, chunkRows = 0 }: OuterCase, precision: Precision): Made<Outer> {
  const arena = createArena(1 << 23);
  const made = turns.map(({ out, inner, runs }, turn) => {
    const hold = isIn(runs);
    const rows = allRows - chunkRows;
    const stored = arena.putRows(
      ...([rows, out, strideOf(out), precision] as const),
      (row, column) => valueAt(turn)(row + chunkRows, column),
      (row) => hold(row + chunkRows),
    );
    const a = {
      ...stored,
      offset: stored.offset - chunkRows * stored.stride * (precision === "f32" ? 4 : 2),
    };
    const b = arena.putRows(allRows, inner, strideOf(inner), precision, valueAt(50 + turn), hold);
    const dw = arena.putRows(out, inner, inner, "f32", valueAt(80 + turn), () => accumulate === true);
    const segments = arena.putIntegers([runs.length, ...runs.flat()]);
    const body: Outer = { kind: "outer", out, inner, aStride: a.stride, bStride: b.stride, taskRows: 64 };
    const args = [
      ...[addressOf(a), addressOf(b), addressOf(dw)],
      { value: segments, element: "i32" as const },
      number(accumulate === true ? 1 : 0),
    ];
    return { call: { body, turn, modality: 0, args }, a, b, dw, out, inner, runs };
  });
  const launch: BenchLaunch<Outer> = {
    ...{ form: outerForm, context: contexts[precision], calls: made.map(({ call }) => call) },
    ...{ modalities: 1, rows: allRows, processors: 3 },
  };
  const check = (): void => {
    for (const { a, b, dw, out, inner, runs } of made) {
      const rows = runs.flatMap(([first, end]) => Array.from({ length: end - first }, (_, i) => first + i));
      for (let i = 0; i < out; i += 1) {
        for (let j = 0; j < inner; j += 1) {
          let sum = accumulate === true ? (dw.values[i * inner + j] ?? 0) : 0;
          let size = Math.abs(sum);
          for (const row of rows) {
            const x = (a.values[(row - chunkRows) * out + i] ?? 0) * (b.values[row * inner + j] ?? 0);
            sum += x;
            size += Math.abs(x);
          }
          close(arena.read(dw, i, j), sum, size, "f32", `dw[${i}, ${j}] of ${out} by ${inner}`);
        }
      }
    }
  };
  return { launch, arena, check };
}

// ----

const variants: readonly (readonly [Precision, Architecture])[] = [
  ["f32", "sm_80"],
  ["bf16", "sm_80"],
  ["bf16", "sm_90a"],
];

describeWith(emulatorProblem(), "matrix products on CUDA", () => {
  for (const [precision, architecture] of variants) {
    test(`${precision} products for ${architecture}`, { timeout: 240_000 }, async () => {
      const all = products.map((wanted) => ({ name: wanted.name, ...makeProduct(wanted, precision) }));
      const run = await openLaunches(
        all.map(({ launch }) => launch),
        architecture,
      );
      for (const { name, launch, arena, check } of all) within(name, () => run(launch, arena), check);
    });

    test(`${precision} gradients for ${architecture}`, { timeout: 240_000 }, async () => {
      const all = outers.map((wanted) => ({ name: wanted.name, ...makeOuter(wanted, precision) }));
      const run = await openLaunches(
        all.map(({ launch }) => launch),
        architecture,
      );
      for (const { name, launch, arena, check } of all) within(name, () => run(launch, arena), check);
    });
  }

  test.each<Architecture>(["sm_80", "sm_90a"])(
    "have the same bits however many blocks there are, for %s",
    { timeout: 240_000 },
    async (architecture) => {
      const [wanted] = products.filter(({ name }) => name === "many columns");
      const [weight] = outers.filter(({ name }) => name === "large");
      if (wanted === undefined || weight === undefined) throw new Error("there is no such case");
      const product = [1, 5].map((processors) => ({ ...makeProduct(wanted, "bf16"), processors }));
      const outer = [1, 12].map((processors) => ({ ...makeOuter(weight, "bf16"), processors }));
      for (const made of [product, outer]) {
        const run = await openLaunches(
          made.map(({ launch }) => launch as BenchLaunch<Product | Outer>),
          architecture,
        );
        for (const { launch, arena, processors } of made)
          run({ ...launch, processors } as BenchLaunch<Product | Outer>, arena);
        const [one, several] = made.map(({ arena }) => arena.bytes);
        expect(Buffer.compare(one ?? new Uint8Array(), several ?? new Uint8Array())).toBe(0);
      }
    },
  );
});
