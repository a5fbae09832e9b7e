// op-values.ts: operands of the worked examples, and formulas for what ops should make of them, which share no code with the
// interpreter; of gradients, by central differences.

import type { Example, Given, Routed } from "./op-graph.ts";

/** d f / d x by central differences. */
export const derivative = (f: (x: number) => number, x: number): number => (f(x + 1e-6) - f(x - 1e-6)) / 2e-6;

/** Slope of `f` by every component of `x`. */
export const slopesOf = (f: (x: readonly number[]) => number, x: readonly number[]): readonly number[] =>
  x.map((_, i) => derivative((moved) => f(x.map((old, j) => (i === j ? moved : old))), x[i] ?? 0));

export const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);

export const rows7: Given = ["f32[N,text:2 image:3]", [1, -2, 0.5, 4, -0.25, 6, 7]];
export const dy7: Given = ["f32[N,text:2 image:3]", [2, 1, -1, 3, 0.5, 1, -2]];

export const activations = {
  silu: (x: number) => x / (1 + Math.exp(-x)),
  gelu: (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  relu: (x: number) => (x < 0 ? 0 : x),
  tanh: (x: number) => (Math.exp(2 * x) - 1) / (Math.exp(2 * x) + 1),
  sigmoid: (x: number) => Math.exp(x) / (Math.exp(x) + 1),
  square: (x: number) => x ** 2,
  exp: (x: number) => Math.E ** x,
  neg: (x: number) => 0 - x,
  reciprocal: (x: number) => x ** -1,
};

export const activation = (op: keyof typeof activations): Example<never> => ({
  inputs: [rows7],
  attributes: {} as never,
  types: [rows7[0]],
  numbers: [rows7[1].map(activations[op])],
});

export const slope = (op: "silu" | "gelu" | "relu"): Example<never> => ({
  inputs: [dy7, rows7],
  attributes: {} as never,
  types: [rows7[0]],
  numbers: [rows7[1].map((x, i) => (dy7[1][i] ?? 0) * derivative(activations[op], x))],
});

export const binary = (apply: (a: number, b: number) => number): Example<never> => ({
  inputs: [dy7, rows7],
  attributes: {} as never,
  types: [rows7[0]],
  numbers: [rows7[1].map((b, i) => apply(dy7[1][i] ?? 0, b))],
});

/** A row divided by its root mean square, by definition. */
export const normalised = (x: readonly number[], w: readonly number[]): readonly number[] =>
  x.map((component, i) => (component * (w[i] ?? 0)) / Math.sqrt(dot(x, x) / x.length + 0.5));

export const normRows = [
  [1, -2],
  [0.5, 4],
  [3, 1],
];
export const normWeights = [
  [2, 3],
  [2, 3],
  [-1, 0.5],
];
export const normDy = [
  [1, 2],
  [-1, 1],
  [0.5, 2],
];
export const normAttributes = { eps: 0.5, heads: 0 };
export const normGiven: readonly Given[] = [
  ["f32[2]", [2, 3]],
  ["f32[2]", [-1, 0.5]],
];

/** Two heads of size one, one key-value head; row 2 comes first in the sequence, row 0 sees itself only. */
export const attentionRows = {
  q: [0.5, -1, 2, 1, 0.3, 0.7],
  k: [1, -0.5, 0.25],
  v: [10, 20, 40],
  /** Row → rows it sees. */
  sees: [[0], [2, 1], [2]],
};
export const attentionColumns: readonly Given[] = [
  ["i32[N,1]", [2, 1, 0]],
  ["i32[N,1]", [2, 0, 0]],
  ["i32[N,1]", [3, 2, 1]],
];
export const attend = (q: readonly number[], k: readonly number[], v: readonly number[]): readonly number[] =>
  attentionRows.sees.flatMap((seen, r) =>
    [0, 1].map((h) => {
      const weights = seen.map((s) => Math.exp((q[r * 2 + h] ?? 0) * (k[s] ?? 0)));
      return (
        dot(
          weights,
          seen.map((s) => v[s] ?? 0),
        ) /
        dot(
          weights,
          weights.map(() => 1),
        )
      ); // prettier-ignore
    }),
  );
export const attentionLse = attentionRows.sees.flatMap((seen, r) =>
  [0, 1].map((h) =>
    Math.log(
      seen.reduce(
        (sum, s) => sum + Math.exp((attentionRows.q[r * 2 + h] ?? 0) * (attentionRows.k[s] ?? 0)),
        0,
      ),
    ),
  ),
);
export const attentionOut = attend(attentionRows.q, attentionRows.k, attentionRows.v);
export const attentionDout = [1, 2, -1, 0.5, 3, 1];

/** Rotation of (a, b) by an angle, as complex numbers. */
export const rotated = ([a = 0, b = 0]: readonly number[], angle: number): readonly number[] => [
  a * Math.cos(angle) - b * Math.sin(angle),
  b * Math.cos(angle) + a * Math.sin(angle),
];

export const logits = [1, 2, 3, 0.5, -1, 0, 4, 4, 4];
export const targets = [2, -1, 0];
export const zLoss = 0.1;
export const crossEntropy = (row: readonly number[], target: number): number => {
  const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
  return target < 0 ? 0 : -Math.log(Math.exp(row[target] ?? 0) / total) + zLoss * Math.log(total) ** 2;
};
export const logitRows = [0, 1, 2].map((r) => logits.slice(r * 3, r * 3 + 3));

export const column = (numbers: readonly number[]): Given => ["i32[N,1]", numbers];

export const softmax = (row: readonly number[]): readonly number[] => {
  const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
  return row.map((x) => Math.exp(x) / total);
};
export const softmaxDp = [
  [1, -2, 0.5],
  [3, 1, 2],
  [-1, 0, 4],
];

export const byExperts: Routed = {
  space: { experts: 2, pools: [0, 1] },
  p: ["f32[N,2]", [0.7, 0.3, 0.5, 0.5, 0.2, 0.8]],
};
export const byTokens: Routed = {
  space: { experts: 2, pools: [0, 0], top: 1 },
  p: ["f32[N,2]", [0.7, 0.3, 0.9, 0.1, 0.2, 0.8]],
};
export const routedRows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/** What dropout's bits are, in whole numbers: Wellons' lowbias32 of (key ^ site), + row, ^ column. */
export function dropped(
  key: number,
  number: number,
  sequence: number,
  column: number,
  rate: number,
): boolean {
  const word = (x: bigint): bigint => BigInt.asUintN(32, x);
  const mix = (start: bigint): bigint => {
    let x = word(start);
    x = word((x ^ (x >> 16n)) * 0x7feb352dn);
    x = word((x ^ (x >> 15n)) * 0x846ca68bn);
    return x ^ (x >> 16n);
  };
  const golden = 0x9e3779b9n;
  const site = mix(word(BigInt(key)) ^ word(BigInt(number + 1) * golden));
  const bits = mix(mix(site + BigInt(sequence)) ^ word(BigInt(column) * golden));
  return Number(bits) / 2 ** 32 < rate;
}

export const dropoutRows: readonly (readonly number[])[] = [
  [1, -2],
  [0.5, 4],
  [-0.25, 6, 7],
];
export const dropoutPlaces = [5, 0, 2];
export const dropoutRates = [0.5, 0.5, 0.25];
