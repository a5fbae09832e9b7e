// interpret-matmul.ts: products with per-modality matrices, norms with per-modality scales, and their gradients.
// In: rows and weights. Out: rows, or sums over the rows of some modalities.
// Legend: r row, o output component, k inner component, h part of a row that is normalised alone.

import { bug } from "../diagnostics/bug.ts";
import {
  at,
  type Call,
  type Evaluate,
  eachModality,
  input,
  needRun,
  type Operand,
  type Run,
  read,
  result,
  runOf,
  sizeAt,
} from "./interpret-tensor.ts";
import type { OpName } from "./ops.ts";

const weightOf = (call: { readonly weights: readonly (Operand | undefined)[] }, m: number): Operand =>
  call.weights[m] ?? bug("interpret", `modality ${m} has no weight`);

const number = (operand: Operand, i: number): number => operand.numbers[i] ?? Number.NaN;

/** 1/√(mean x² + eps) of part `h` of row `r`. */
function reciprocalRoot(x: Run, r: number, h: number, width: number, eps: number): number {
  let squares = 0;
  for (let j = 0; j < width; j += 1) squares += read(x, r, h * width + j) ** 2;
  return 1 / Math.sqrt(squares / width + eps);
}

type Part = { readonly m: number; readonly r: number; readonly h: number; readonly width: number };

/** Visits every normalised part of every row of `x`, in the modalities `over` (default: all it has). */
function eachPart(
  call: Call<"rms_norm" | "rms_norm_dx" | "rms_norm_dw">,
  x: Operand,
  visit: (run: Run, part: Part) => void,
  over?: readonly number[],
): void {
  const parts = Math.max(1, call.attributes.heads);
  eachModality(call.offsets, (m) => {
    const run = over === undefined || over.includes(m) ? runOf(x, m, call.offsets) : undefined;
    if (run === undefined) return;
    const width = run.width / parts;
    for (let r = run.first; r < run.end; r += 1) {
      for (let h = 0; h < parts; h += 1) visit(run, { m, r, h, width });
    }
  });
}

export const matmulOps = {
  /** y[r,o] = Σ_k x[r,k] · w[o,k] */
  linear: (call) =>
    eachModality(call.offsets, (m) => {
      const y = runOf(result(call, 0), m, call.offsets);
      if (y === undefined) return;
      const [x, w] = [needRun(input(call, 0), m, call.offsets), weightOf(call, m)];
      for (let r = y.first; r < y.end; r += 1) {
        for (let o = 0; o < y.width; o += 1) {
          let sum = 0;
          for (let k = 0; k < x.width; k += 1) sum += read(x, r, k) * number(w, o * x.width + k);
          y.numbers[at(y, r, o)] = sum;
        }
      }
    }),
  /** dx[r,k] = Σ_o dy[r,o] · w[o,k] */
  linear_dx: (call) =>
    eachModality(call.offsets, (m) => {
      const dx = runOf(result(call, 0), m, call.offsets);
      if (dx === undefined) return;
      const [dy, w] = [needRun(input(call, 0), m, call.offsets), weightOf(call, m)];
      for (let r = dx.first; r < dx.end; r += 1) {
        for (let k = 0; k < dx.width; k += 1) {
          let sum = 0;
          for (let o = 0; o < dy.width; o += 1) sum += read(dy, r, o) * number(w, o * dx.width + k);
          dx.numbers[at(dx, r, k)] = sum;
        }
      }
    }),
  /** dw[o,k] = Σ_r dy[r,o] · x[r,k] */
  linear_dw: (call) => {
    const dw = result(call, 0);
    const [out, inner] = [sizeAt(dw.type, 0), sizeAt(dw.type, 1)];
    for (const m of call.attributes.modalities) {
      const [dy, x] = [needRun(input(call, 0), m, call.offsets), needRun(input(call, 1), m, call.offsets)];
      for (let r = dy.first; r < dy.end; r += 1) {
        for (let o = 0; o < out; o += 1) {
          for (let k = 0; k < inner; k += 1) {
            const i = o * inner + k;
            dw.numbers[i] = (dw.numbers[i] ?? Number.NaN) + read(dy, r, o) * read(x, r, k);
          }
        }
      }
    }
  },

  /** y = x · root · w, where root = 1/√(mean x² + eps) */
  rms_norm: (call) =>
    eachPart(call, input(call, 0), (x, { m, r, h, width }) => {
      const [y, w] = [needRun(result(call, 0), m, call.offsets), weightOf(call, m)];
      const root = reciprocalRoot(x, r, h, width, call.attributes.eps);
      for (let j = 0; j < width; j += 1)
        y.numbers[at(y, r, h * width + j)] = read(x, r, h * width + j) * root * number(w, j);
    }),
  /** dx = root·w·dy − x·root³·mean(dy·w·x) */
  rms_norm_dx: (call) =>
    eachPart(call, input(call, 1), (x, { m, r, h, width }) => {
      const [dx, dy] = [needRun(result(call, 0), m, call.offsets), needRun(input(call, 0), m, call.offsets)];
      const w = weightOf(call, m);
      const root = reciprocalRoot(x, r, h, width, call.attributes.eps);
      let mean = 0;
      for (let j = 0; j < width; j += 1) {
        mean += (read(dy, r, h * width + j) * number(w, j) * read(x, r, h * width + j)) / width;
      }
      for (let j = 0; j < width; j += 1) {
        const [slope, component] = [read(dy, r, h * width + j), read(x, r, h * width + j)];
        dx.numbers[at(dx, r, h * width + j)] = root * number(w, j) * slope - component * root ** 3 * mean;
      }
    }),
  /** dw[j] = Σ_r Σ_h dy · x · root */
  rms_norm_dw: (call) => {
    const dw = result(call, 0);
    const sum: Parameters<typeof eachPart>[2] = (x, { m, r, h, width }) => {
      const dy = needRun(input(call, 0), m, call.offsets);
      const root = reciprocalRoot(x, r, h, width, call.attributes.eps);
      for (let j = 0; j < width; j += 1) {
        const added = read(dy, r, h * width + j) * read(x, r, h * width + j) * root;
        dw.numbers[j] = (dw.numbers[j] ?? Number.NaN) + added;
      }
    };
    eachPart(call, input(call, 1), sum, call.attributes.modalities);
  },
} satisfies { readonly [O in OpName]?: Evaluate<O> };
