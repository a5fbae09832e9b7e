// cuda-runs.ts: rows of several modalities for single launches of CUDA kernels in emulation.
// In: nothing. Out: runs of rows, uneven and empty; tiles; numbers; the engines that products are tried with.

import { expect } from "vitest";
import type { CudaContext, Element } from "../../src/targets/cuda/context.ts";
import { cudaEngine } from "../../src/targets/cuda.ts";
import type { Stored } from "./cuda-bench.ts";

const contextOf = (precision: CudaContext["precision"]): CudaContext => {
  const engine = cudaEngine(precision);
  return { ...engine, tileRows: engine.tile.rows };
};

export const contexts: Readonly<Record<CudaContext["precision"], CudaContext>> = {
  f32: contextOf("f32"),
  bf16: contextOf("bf16"),
};

/** Rows of each modality in turn: [first, end); between and behind them stands nobody's. */
export type Runs = readonly (readonly [number, number])[];

export const uneven: Runs = [
  [3, 70],
  [70, 70],
  [70, 71],
  [90, 231],
];
export const few: Runs = [[0, 5]];
export const allRows = 240;

export const valueAt = (seed: number) => (row: number, column: number) =>
  Math.sin((row + 1) * 12.9898 + (column + 1) * 78.233 + seed * 3.7) * (1 + (row % 3));

export const strideOf = (width: number): number => Math.ceil(width / 16) * 16 + (width % 64 === 0 ? 16 : 0);

export const tilesOf = (
  runs: Runs,
  tileRows: number,
): readonly (readonly [first: number, count: number, modality: number])[] =>
  runs.flatMap(([first, end], modality) =>
    Array.from({ length: Math.ceil((end - first) / tileRows) }, (_, i) => {
      const at = first + i * tileRows;
      return [at, Math.min(tileRows, end - at), modality] as const;
    }),
  );

export const isIn =
  (runs: Runs) =>
  (row: number): boolean =>
    runs.some(([first, end]) => row >= first && row < end);

export const addressOf = (stored: Stored): { readonly value: number; readonly element: Element } => ({
  value: stored.offset,
  element: stored.element,
});

export const number = (value: number): { readonly value: number; readonly element: Element } => ({
  value,
  element: "number",
});

/** Also where one of them is no number. */
export function expectWithin(actual: number, wanted: number, bound: number, what: string): void {
  if (!(Math.abs(actual - wanted) <= bound)) expect.fail(`${what}: ${actual} instead of ${wanted}`);
}

/** What fails says in which case. */
export function within(name: string, ...steps: readonly (() => void)[]): void {
  try {
    for (const step of steps) step();
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : error}`);
  }
}
