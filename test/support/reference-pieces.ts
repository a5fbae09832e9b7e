// reference-pieces.ts: what the architectures of reference.ts are written in: a model, rows, and the language's functions.
// In: a model, rows of numbers on its tape. Out: rows.

import type { Scalar, Tape } from "./tape.ts";

export type Row = readonly Scalar[];
export type Matrix = readonly Row[];
/** One row per position of the batch, in sequence order; `undefined` where it is empty. */
export type Rows = readonly (Row | undefined)[];

/** Without `top`, experts choose. */
export type Experts = { readonly count: number; readonly top?: number; readonly balance: number };

export type ReferenceObjective = { readonly modalities: readonly number[]; readonly weight: number };
export type Architecture = (model: Model) => {
  readonly logits: Rows;
  readonly objectives: readonly ReferenceObjective[];
  readonly zLoss: number;
  /** What else is in the total. */
  readonly others?: readonly Scalar[];
};

/** Everything an architecture is written in; `m` is the modality of the token a row belongs to. */
export type Model = {
  readonly tape: Tape;
  readonly modalityCount: number;
  readonly constant: (name: string) => number;
  readonly weight: (scope: string, name: string, m?: number) => Matrix;
  readonly find: (scope: string, name: string, m?: number) => Matrix | undefined;
  /** The modality of each position. */
  readonly modalityAt: (at: number) => number;
  readonly experts: Experts;
  readonly embed: () => Rows;
  /** f(row, modality) for every row. */
  readonly each: (rows: Rows, f: (row: Row, m: number) => Row) => Rows;
  readonly zip: (a: Rows, b: Rows, f: (a: Row, b: Row) => Row) => Rows;
  readonly rope: (rows: Rows, heads: number) => Rows;
  readonly attention: (q: Rows, k: Rows, v: Rows, heads: number, kvHeads: number) => Rows;
};

export function logSumExp(tape: Tape, row: Row): Scalar {
  const largest = tape.constant(Math.max(...row.map(tape.read)));
  const terms = row.map((x) => tape.map(tape.subtract(x, largest), Math.exp, Math.exp));
  const ones = terms.map(() => tape.constant(1));
  return tape.add(
    largest,
    tape.map(tape.dot(terms, ones), Math.log, (x) => 1 / x),
  );
}

export const matmul = ({ tape }: Model, row: Row, weight: Matrix): Row =>
  weight.map((line) => tape.dot(line, row));

export const plus = ({ tape }: Model, a: Row, b: Row): Row => a.map((x, i) => tape.add(x, b[i] ?? -1));

export const times = ({ tape }: Model, a: Row, b: Row): Row => a.map((x, i) => tape.multiply(x, b[i] ?? -1));

export function norm({ tape }: Model, row: Row, [weight = []]: Matrix): Row {
  const mean = tape.multiply(tape.dot(row, row), tape.constant(1 / row.length));
  const scale = tape.map(
    mean,
    (x) => (x + 1e-5) ** -0.5,
    (x) => -0.5 * (x + 1e-5) ** -1.5,
  );
  return row.map((x, i) => tape.multiply(tape.multiply(x, scale), weight[i] ?? -1));
}

export function headNorm(model: Model, row: Row, weight: Matrix, heads: number): Row {
  const size = row.length / heads;
  return Array.from({ length: heads }, (_, h) =>
    norm(model, row.slice(h * size, (h + 1) * size), weight),
  ).flat();
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const pointwise =
  (f: (x: number) => number, slope: (x: number) => number) =>
  ({ tape }: Model, row: Row): Row =>
    row.map((x) => tape.map(x, f, slope));
export const sigmoid = pointwise(logistic, (x) => logistic(x) * (1 - logistic(x)));
export const silu = (model: Model, row: Row): Row => times(model, row, sigmoid(model, row));
export const relu = pointwise(
  (x) => Math.max(x, 0),
  (x) => (x > 0 ? 1 : 0),
);
export const tanh = pointwise(Math.tanh, (x) => 1 - Math.tanh(x) ** 2);
export const exp = pointwise(Math.exp, Math.exp);
/** x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))), which is x · logistic of twice the inner term. */
export function gelu(model: Model, row: Row): Row {
  const inner = (x: number): number => 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
  const slope = (x: number): number => 2 * Math.sqrt(2 / Math.PI) * (1 + 0.134145 * x ** 2);
  return times(model, row, sigmoid(model, pointwise(inner, slope)(model, row)));
}
export const affine = (scale: number, offset: number) =>
  pointwise(
    (x) => x * scale + offset,
    () => scale,
  );

/** Per-modality linear of every row. */
export const linear = (model: Model, rows: Rows, scope: string, name: string): Rows =>
  model.each(rows, (row, m) => matmul(model, row, model.weight(scope, name, m)));

export const global = (model: Model, rows: Rows, scope: string, name: string): Rows =>
  model.each(rows, (row) => matmul(model, row, model.weight(scope, name)));

export const normed = (model: Model, rows: Rows, scope: string, name = "norm"): Rows =>
  model.each(rows, (row, m) => norm(model, row, model.weight(scope, name, m)));

export const sum = (model: Model, a: Rows, b: Rows): Rows => model.zip(a, b, (x, y) => plus(model, x, y));

export const everyModality = (model: Model): readonly number[] => [...Array(model.modalityCount).keys()];
