// kernel-values.ts: numbers for single kernels, in and out, and how close they must come.
// In: matrices and strides. Out: arenas whose padding is NaN, and assertions that name the first wrong place.

import { expect } from "vitest";
import type { Kernel, KernelBody } from "../../src/kernel/kernel.ts";
import { get, type Matrix, matrix } from "./plain-kernels.ts";
import type { KernelBench } from "./wasm-kernels.ts";

/** Largest |error| allowed, relative to the largest number of the result (at least 1e-3). */
export const tolerance = {
  rowProgram: 2e-6,
  rope: 1e-6,
  loss: 2e-6,
  sums: 1e-6,
  norm: 3e-6,
  update: 2e-6,
  attention: 4e-6,
  attentionGrad: 1e-5,
};

export const engines = [
  { tile: { rows: 6, columns: 8 }, relaxedSimd: true },
  { tile: { rows: 4, columns: 8 }, relaxedSimd: false },
  { tile: { rows: 6, columns: 16 }, relaxedSimd: true },
];
export const usual = engines[0];

/** Deterministic numbers in (−1, 1) that f32 holds exactly. */
export function random(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround((state >>> 8) / 2 ** 23 - 1);
  };
}

export const randomMatrix = (rows: number, width: number, seed: number, size = 1): Matrix => {
  const next = random(seed);
  return matrix(rows, width, () => Math.fround(size * next()));
};

export const rowsOf = (m: Matrix): number => m.numbers.length / m.width;

/** A matrix as rows of `stride` numbers; NaN between them. */
export function putRows(bench: KernelBench, m: Matrix, stride: number): number {
  return bench.put(
    Float32Array.from({ length: rowsOf(m) * stride }, (_, i) =>
      i % stride < m.width ? get(m, Math.floor(i / stride), i % stride) : Number.NaN,
    ),
  );
}

export function takeRows(
  bench: KernelBench,
  address: number,
  rows: number,
  width: number,
  stride: number,
): Matrix {
  const floats = bench.floats(address, rows * stride);
  return matrix(rows, width, (r, c) => floats[r * stride + c] ?? Number.NaN);
}

export function expectClose(actual: Matrix, wanted: Matrix, bound: number, what: string): void {
  const size = wanted.numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3);
  const bad = [...wanted.numbers.keys()].filter(
    (i) => !(Math.abs((actual.numbers[i] ?? Number.NaN) - (wanted.numbers[i] ?? 0)) <= bound * size),
  );
  const [at = 0] = bad;
  const place = `row ${Math.floor(at / wanted.width)}, column ${at % wanted.width}`;
  expect(bad.length, `${what}: ${place} is ${actual.numbers[at]}, not ${wanted.numbers[at]}`).toBe(0);
}

export const kernel = (body: KernelBody): readonly [Kernel] => [{ name: "k", body }];
