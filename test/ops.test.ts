// ops.test.ts: every row of the op table: the type it infers, the numbers the interpreter gives, its text, what it refuses.
// In: one worked example per op. Out: agreement with numbers worked out by hand, or with a formula that shares no code
// with the interpreter; gradient ops with central differences of such a formula.
// Two modalities: text has rows 0 and 1, image has row 2.

import { describe, expect, it } from "vitest";
import { type Builder, createBuilder } from "../src/ir/builder.ts";
import type { Graph, ValueId } from "../src/ir/graph.ts";
import { interpret } from "../src/ir/interpret.ts";
import { type OpAttributes, type OpName, ops } from "../src/ir/ops.ts";
import { parseGraph, parseType } from "../src/ir/parse.ts";
import { printGraph } from "../src/ir/print.ts";
import type { Space } from "../src/ir/spaces.ts";
import { arrayOf, printType, type TensorType } from "../src/ir/types.ts";
import { verifyGraph } from "../src/ir/verify.ts";

const modalities = ["text", "image"];
const offsets = [0, 2, 3];

type Given = readonly [type: string, numbers: readonly number[]];

/** Rows are routed by these scores first; their softmax-like `p`, and what the route makes, may be operands. */
type Routed = { readonly space: Space; readonly p: Given };

type Example<O extends OpName> = {
  readonly routed?: Routed;
  readonly inputs?: readonly (Given | "p" | "source" | "slots")[];
  readonly weights?: readonly (Given | undefined)[];
  readonly attributes: OpAttributes[O];
  readonly types: readonly string[];
  readonly numbers: readonly (readonly number[])[];
};

const typeOf = (text: string, spaces: readonly Space[] = []): TensorType =>
  parseType(text, modalities, spaces) ?? arrayOf("f32", []);

/** The example as a graph whose results are the op's, and the numbers to run it on. */
function graphOf<O extends OpName>(
  op: O,
  example: Example<O>,
): { readonly graph: Graph; readonly run: () => readonly number[][] } {
  const builder = createBuilder("example", modalities);
  const inputs = new Map<string, readonly number[]>();
  const params = new Map<string, readonly number[]>();
  const route = routeFirst(builder, inputs, op === "route" ? undefined : example.routed);
  if (op === "route" && example.routed !== undefined) builder.space(example.routed.space);
  const values = (example.inputs ?? []).map((given, i) => {
    if (typeof given === "string") return route[given] ?? -1;
    const [type, numbers] = given;
    inputs.set(`in${i}`, numbers);
    return builder.input(`in${i}`, typeOf(type, builder.spaces()));
  });
  const weights = (example.weights ?? []).map((given, m) => {
    const type = given && typeOf(given[0]);
    if (given === undefined || type?.kind !== "array") return undefined;
    params.set(`w${m}`, given[1]);
    return builder.param(`w${m}`, type);
  });
  const results = builder.node(op, values, example.attributes, { weights });
  for (const [i, value] of results.entries()) builder.result(`out${i}`, value);
  const graph = builder.finish();
  const run = (): number[][] =>
    Array.from(interpret(graph, { offsets, inputs, params }).values(), (out) => Array.from(out));
  return { graph, run };
}

/** Opens the example's space, so that operands may have its rows. */
function routeFirst(
  builder: Builder,
  inputs: Map<string, readonly number[]>,
  routed: Routed | undefined,
): Readonly<Record<string, ValueId>> {
  if (routed === undefined) return {};
  const space = builder.space(routed.space);
  const [type, numbers] = routed.p;
  inputs.set("p", numbers);
  const p = builder.input("p", typeOf(type));
  const [source = -1, slots = -1] = builder.node("route", [p], { space });
  return { p, source, slots };
}

/** d f / d x by central differences. */
const derivative = (f: (x: number) => number, x: number): number => (f(x + 1e-6) - f(x - 1e-6)) / 2e-6;

/** Slope of `f` by every component of `x`. */
const slopesOf = (f: (x: readonly number[]) => number, x: readonly number[]): readonly number[] =>
  x.map((_, i) => derivative((moved) => f(x.map((old, j) => (i === j ? moved : old))), x[i] ?? 0));

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);

const rows7: Given = ["f32[N,text:2 image:3]", [1, -2, 0.5, 4, -0.25, 6, 7]];
const dy7: Given = ["f32[N,text:2 image:3]", [2, 1, -1, 3, 0.5, 1, -2]];

const activations = {
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

const activation = (op: keyof typeof activations): Example<never> => ({
  inputs: [rows7],
  attributes: {} as never,
  types: [rows7[0]],
  numbers: [rows7[1].map(activations[op])],
});

const slope = (op: "silu" | "gelu" | "relu"): Example<never> => ({
  inputs: [dy7, rows7],
  attributes: {} as never,
  types: [rows7[0]],
  numbers: [rows7[1].map((x, i) => (dy7[1][i] ?? 0) * derivative(activations[op], x))],
});

const binary = (apply: (a: number, b: number) => number): Example<never> => ({
  inputs: [dy7, rows7],
  attributes: {} as never,
  types: [rows7[0]],
  numbers: [rows7[1].map((b, i) => apply(dy7[1][i] ?? 0, b))],
});

/** A row divided by its root mean square, by definition. */
const normalised = (x: readonly number[], w: readonly number[]): readonly number[] =>
  x.map((component, i) => (component * (w[i] ?? 0)) / Math.sqrt(dot(x, x) / x.length + 0.5));

const normRows = [
  [1, -2],
  [0.5, 4],
  [3, 1],
];
const normWeights = [
  [2, 3],
  [2, 3],
  [-1, 0.5],
];
const normDy = [
  [1, 2],
  [-1, 1],
  [0.5, 2],
];
const normAttributes = { eps: 0.5, heads: 0 };
const normGiven: readonly Given[] = [
  ["f32[2]", [2, 3]],
  ["f32[2]", [-1, 0.5]],
];

/** Two heads of size one, one key-value head; row 2 comes first in the sequence, row 0 sees itself only. */
const attentionRows = {
  q: [0.5, -1, 2, 1, 0.3, 0.7],
  k: [1, -0.5, 0.25],
  v: [10, 20, 40],
  /** Row → rows it sees. */
  sees: [[0], [2, 1], [2]],
};
const attentionColumns: readonly Given[] = [
  ["i32[N,1]", [2, 1, 0]],
  ["i32[N,1]", [2, 0, 0]],
  ["i32[N,1]", [3, 2, 1]],
];
const attend = (q: readonly number[], k: readonly number[], v: readonly number[]): readonly number[] =>
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
const attentionLse = attentionRows.sees.flatMap((seen, r) =>
  [0, 1].map((h) =>
    Math.log(
      seen.reduce(
        (sum, s) => sum + Math.exp((attentionRows.q[r * 2 + h] ?? 0) * (attentionRows.k[s] ?? 0)),
        0,
      ),
    ),
  ),
);
const attentionOut = attend(attentionRows.q, attentionRows.k, attentionRows.v);
const attentionDout = [1, 2, -1, 0.5, 3, 1];

/** Rotation of (a, b) by an angle, as complex numbers. */
const rotated = ([a = 0, b = 0]: readonly number[], angle: number): readonly number[] => [
  a * Math.cos(angle) - b * Math.sin(angle),
  b * Math.cos(angle) + a * Math.sin(angle),
];

const logits = [1, 2, 3, 0.5, -1, 0, 4, 4, 4];
const targets = [2, -1, 0];
const zLoss = 0.1;
const crossEntropy = (row: readonly number[], target: number): number => {
  const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
  return target < 0 ? 0 : -Math.log(Math.exp(row[target] ?? 0) / total) + zLoss * Math.log(total) ** 2;
};
const logitRows = [0, 1, 2].map((r) => logits.slice(r * 3, r * 3 + 3));

const column = (numbers: readonly number[]): Given => ["i32[N,1]", numbers];

const softmax = (row: readonly number[]): readonly number[] => {
  const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
  return row.map((x) => Math.exp(x) / total);
};
const softmaxDp = [
  [1, -2, 0.5],
  [3, 1, 2],
  [-1, 0, 4],
];

const byExperts: Routed = {
  space: { experts: 2, pools: [0, 1] },
  p: ["f32[N,2]", [0.7, 0.3, 0.5, 0.5, 0.2, 0.8]],
};
const byTokens: Routed = {
  space: { experts: 2, pools: [0, 0], top: 1 },
  p: ["f32[N,2]", [0.7, 0.3, 0.9, 0.1, 0.2, 0.8]],
};
const routedRows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/** What dropout's bits are, in whole numbers: Wellons' lowbias32 of (key ^ site), + row, ^ column. */
function dropped(key: number, number: number, sequence: number, column: number, rate: number): boolean {
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

const dropoutRows: readonly (readonly number[])[] = [
  [1, -2],
  [0.5, 4],
  [-0.25, 6, 7],
];
const dropoutPlaces = [5, 0, 2];
const dropoutRates = [0.5, 0.5, 0.25];

const examples: { readonly [O in OpName]: Example<O> } = {
  param: { attributes: { path: "p", type: arrayOf("f32", [2]) }, types: ["f32[2]"], numbers: [[3, 4]] },
  state: {
    attributes: { path: "p", slot: "m", type: arrayOf("f32", [2]) },
    types: ["f32[2]"],
    numbers: [[0, 0]],
  },
  input: { attributes: { name: "i", type: typeOf("i32[N,1]") }, types: ["i32[N,1]"], numbers: [[5, 6, 7]] },
  cache: {
    attributes: { name: "c", type: arrayOf("f32", [2, 1]) },
    types: ["f32[2,1]"],
    numbers: [[0, 0]],
  },
  zeros: { attributes: { type: arrayOf("f32", [2, 1]) }, types: ["f32[2,1]"], numbers: [[0, 0]] },

  embed: {
    inputs: [column([2, 0, 1]), ["f32[3,2]", [10, 11, 20, 21, 30, 31]]],
    attributes: {},
    types: ["f32[N,2]"],
    numbers: [[30, 31, 10, 11, 20, 21]],
  },
  embed_dw: {
    inputs: [["f32[N,2]", [1, 2, 3, 4, 5, 6]], column([2, 0, 2])],
    attributes: { vocab: 3 },
    types: ["f32[3,2]"],
    numbers: [[3, 4, 0, 0, 6, 8]],
  },

  sinusoid: {
    inputs: [column([0, 3, 100])],
    attributes: { widths: [undefined, 4] },
    types: ["f32[N,image:4]"],
    numbers: [[Math.cos(100), Math.cos(1), Math.sin(100), Math.sin(1)]],
  },

  linear: {
    inputs: [["f32[N,text:2 image:3]", [1, 2, 3, 4, 5, 6, 7]]],
    weights: [
      ["f32[3,2]", [1, 0, 0, 2, 1, 1]],
      ["f32[1,3]", [1, -1, 2]],
    ],
    attributes: {},
    types: ["f32[N,text:3 image:1]"],
    numbers: [[1, 4, 3, 3, 8, 7, 13]],
  },
  linear_dx: {
    inputs: [["f32[N,text:3 image:1]", [1, 0, 1, 0, 1, 0, 2]]],
    weights: [
      ["f32[3,2]", [1, 0, 0, 2, 1, 1]],
      ["f32[1,3]", [1, -1, 2]],
    ],
    attributes: {},
    types: ["f32[N,text:2 image:3]"],
    numbers: [[2, 1, 0, 2, 2, -2, 4]],
  },
  linear_dw: {
    inputs: [
      ["f32[N,text:3 image:1]", [1, 0, 1, 0, 1, 0, 2]],
      ["f32[N,text:2 image:3]", [1, 2, 3, 4, 5, 6, 7]],
    ],
    attributes: { modalities: [0] },
    types: ["f32[3,2]"],
    numbers: [[1, 2, 3, 4, 1, 2]],
  },

  rms_norm: {
    inputs: [["f32[N,2]", normRows.flat()]],
    weights: normGiven,
    attributes: normAttributes,
    types: ["f32[N,2]"],
    numbers: [normRows.flatMap((x, r) => normalised(x, normWeights[r] ?? []))],
  },
  rms_norm_dx: {
    inputs: [
      ["f32[N,2]", normDy.flat()],
      ["f32[N,2]", normRows.flat()],
    ],
    weights: normGiven,
    attributes: normAttributes,
    types: ["f32[N,2]"],
    numbers: [
      normRows.flatMap((x, r) =>
        slopesOf((moved) => dot(normDy[r] ?? [], normalised(moved, normWeights[r] ?? [])), x),
      ),
    ],
  },
  rms_norm_dw: {
    inputs: [
      ["f32[N,2]", normDy.flat()],
      ["f32[N,2]", normRows.flat()],
    ],
    attributes: { ...normAttributes, modalities: [0] },
    types: ["f32[2]"],
    numbers: [
      slopesOf(
        (w) => [0, 1].reduce((sum, r) => sum + dot(normDy[r] ?? [], normalised(normRows[r] ?? [], w)), 0),
        [2, 3],
      ),
    ],
  },

  rope: {
    inputs: [["f32[N,2]", [1, 0, 1, 2, 3, 4]], column([0, 1, 5])],
    attributes: { heads: 1, base: 10_000, inverse: false },
    types: ["f32[N,2]"],
    numbers: [[...rotated([1, 0], 0), ...rotated([1, 2], 1), ...rotated([3, 4], 5)]],
  },
  attention: {
    inputs: [
      ["f32[N,2]", attentionRows.q],
      ["f32[N,1]", attentionRows.k],
      ["f32[N,1]", attentionRows.v],
      ...attentionColumns,
    ],
    attributes: { heads: 2, kvHeads: 1 },
    types: ["f32[N,2]", "f32[N,2]"],
    numbers: [attentionOut, attentionLse],
  },
  attention_grad: {
    inputs: [
      ["f32[N,2]", attentionDout],
      ["f32[N,2]", attentionRows.q],
      ["f32[N,1]", attentionRows.k],
      ["f32[N,1]", attentionRows.v],
      ["f32[N,2]", attentionOut],
      ["f32[N,2]", attentionLse],
      ...attentionColumns,
    ],
    attributes: { heads: 2, kvHeads: 1 },
    types: ["f32[N,2]", "f32[N,1]", "f32[N,1]"],
    numbers: [
      slopesOf((q) => dot(attentionDout, attend(q, attentionRows.k, attentionRows.v)), attentionRows.q),
      slopesOf((k) => dot(attentionDout, attend(attentionRows.q, k, attentionRows.v)), attentionRows.k),
      slopesOf((v) => dot(attentionDout, attend(attentionRows.q, attentionRows.k, v)), attentionRows.v),
    ],
  },
  // Rows 1 and 2 of the example above were kept, row 2 is written over; rows see what they see there.
  attention_cached: {
    inputs: [
      ["f32[N,2]", attentionRows.q],
      ["f32[N,1]", attentionRows.k],
      ["f32[N,1]", attentionRows.v],
      ["f32[4,1]", [9, attentionRows.k[1] ?? 0, 9, -1]],
      ["f32[4,1]", [9, attentionRows.v[1] ?? 0, 9, -2]],
      ...attentionColumns,
    ],
    attributes: { heads: 2, kvHeads: 1 },
    types: ["f32[N,2]", "f32[4,1]", "f32[4,1]"],
    numbers: [
      attentionOut,
      [attentionRows.k[2] ?? 0, attentionRows.k[1] ?? 0, attentionRows.k[0] ?? 0, -1],
      [attentionRows.v[2] ?? 0, attentionRows.v[1] ?? 0, attentionRows.v[0] ?? 0, -2],
    ],
  },

  silu: activation("silu"),
  gelu: activation("gelu"),
  relu: activation("relu"),
  tanh: activation("tanh"),
  sigmoid: activation("sigmoid"),
  square: activation("square"),
  exp: activation("exp"),
  neg: activation("neg"),
  reciprocal: activation("reciprocal"),
  silu_dx: slope("silu"),
  gelu_dx: slope("gelu"),
  relu_dx: slope("relu"),
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  scale: {
    inputs: [rows7],
    attributes: { by: [2, -1] },
    types: [rows7[0]],
    numbers: [[2, -4, 1, 8, 0.25, -6, -7]],
  },
  offset: {
    inputs: [rows7],
    attributes: { by: [2, -1] },
    types: [rows7[0]],
    numbers: [[3, 0, 2.5, 6, -1.25, 5, 6]],
  },

  dropout: {
    inputs: [rows7, column(dropoutPlaces), ["i32[2]", [-77, -1]]],
    attributes: { rate: [0.5, 0.25], number: 3 },
    types: [rows7[0]],
    numbers: [
      dropoutRows.flatMap((row, r) =>
        row.map((x, c) => {
          const rate = dropoutRates[r] ?? 0;
          return dropped(-77, 3, dropoutPlaces[r] ?? 0, c, rate) ? 0 : x / (1 - rate);
        }),
      ),
    ],
  },

  restrict: {
    inputs: [rows7],
    attributes: { modalities: [1] },
    types: ["f32[N,image:3]"],
    numbers: [[-0.25, 6, 7]],
  },
  join: {
    inputs: [
      ["f32[N,image:3]", [5, 6, 7]],
      ["f32[N,text:2]", [1, 2, 3, 4]],
    ],
    attributes: {},
    types: ["f32[N,text:2 image:3]"],
    numbers: [[1, 2, 3, 4, 5, 6, 7]],
  },
  extend: {
    inputs: [["f32[N,image:3]", [5, 6, 7]]],
    attributes: { widths: [1, 3] },
    types: ["f32[N,text:1 image:3]"],
    numbers: [[0, 0, 5, 6, 7]],
  },

  softmax: {
    inputs: [["f32[N,3]", logits]],
    attributes: {},
    types: ["f32[N,3]"],
    numbers: [logitRows.flatMap(softmax)],
  },
  softmax_dx: {
    inputs: [
      ["f32[N,3]", softmaxDp.flat()],
      ["f32[N,3]", logitRows.flatMap(softmax)],
    ],
    attributes: {},
    types: ["f32[N,3]"],
    numbers: [logitRows.flatMap((row, r) => slopesOf((x) => dot(softmaxDp[r] ?? [], softmax(x)), row))],
  },
  // Experts 0 and 1 take one of the two text rows each, 2 and 3 both take the only image row.
  route: {
    routed: byExperts,
    inputs: [byExperts.p],
    attributes: { space: 0 },
    types: ["i32[S0,1]", "i32[N,2]"],
    numbers: [
      [0, 1, 2, 2],
      [0, -1, -1, 1, 2, 3],
    ],
  },
  dispatch: {
    routed: byExperts,
    inputs: [rows7, "source"],
    attributes: {},
    types: ["f32[S0,0:2 1:2 2:3 3:3]"],
    numbers: [[1, -2, 0.5, 4, -0.25, 6, 7, -0.25, 6, 7]],
  },
  dispatch_dx: {
    routed: byExperts,
    inputs: [["f32[S0,0:2 1:2 2:3 3:3]", routedRows], "slots"],
    attributes: {},
    types: ["f32[N,text:2 image:3]"],
    numbers: [[1, 2, 3, 4, 5 + 8, 6 + 9, 7 + 10]],
  },
  combine: {
    routed: byExperts,
    inputs: [["f32[S0,0:2 1:2 2:3 3:3]", routedRows], "p", "slots"],
    attributes: {},
    types: ["f32[N,text:2 image:3]"],
    numbers: [[0.7, 1.4, 1.5, 2, 0.2 * 5 + 0.8 * 8, 0.2 * 6 + 0.8 * 9, 0.2 * 7 + 0.8 * 10]],
  },
  combine_dy: {
    routed: byExperts,
    inputs: [dy7, "p", "source"],
    attributes: {},
    types: ["f32[S0,0:2 1:2 2:3 3:3]"],
    numbers: [[1.4, 0.7, -0.5, 1.5, 0.1, 0.2, -0.4, 0.4, 0.8, -1.6]],
  },
  combine_dp: {
    routed: byExperts,
    inputs: [dy7, ["f32[S0,0:2 1:2 2:3 3:3]", routedRows], "slots"],
    attributes: {},
    types: ["f32[N,2]"],
    numbers: [[2 * 1 + 2, 0, 0, -3 + 3 * 4, 0.5 * 5 + 6 - 2 * 7, 0.5 * 8 + 9 - 2 * 10]],
  },
  // Tokens choose 0, 0 and 1: f = (2/3, 1/3); P = (0.6, 0.4).
  balance: {
    routed: byTokens,
    inputs: ["p", "slots"],
    attributes: { space: 0, weight: 0.1, modalities: 2 },
    types: ["f32[3]"],
    numbers: [[0.1 * 2 * ((2 / 3) * 0.6 + (1 / 3) * 0.4), 0, 0]],
  },
  balance_dx: {
    routed: byTokens,
    inputs: ["slots"],
    attributes: { space: 0, weight: 0.1 },
    types: ["f32[N,2]"],
    numbers: [[0, 1, 2].flatMap(() => [(0.1 * 2 * 2) / 9, (0.1 * 2) / 9])],
  },

  cross_entropy: {
    inputs: [["f32[N,3]", logits], column(targets)],
    attributes: { zLoss },
    types: ["f32[N,1]"],
    numbers: [logitRows.map((row, r) => crossEntropy(row, targets[r] ?? -1))],
  },
  cross_entropy_dx: {
    inputs: [["f32[N,3]", logits], column(targets), ["f32[N,1]", [0.5, 3, 2]]],
    attributes: { zLoss },
    types: ["f32[N,3]"],
    numbers: [
      logitRows.flatMap((row, r) =>
        slopesOf((x) => ([0.5, 3, 2][r] ?? 0) * crossEntropy(x, targets[r] ?? -1), row),
      ),
    ],
  },
  mean_square: {
    inputs: [
      ["f32[N,text:2 image:3]", [1, 2, 3, 4, 5, 6, 7]],
      ["f32[N,text:2 image:3]", [1, 0, 0, 0, 5, 3, 7]],
    ],
    attributes: {},
    types: ["f32[N,1]"],
    numbers: [[2, 12.5, 3]],
  },
  mean_square_dx: {
    inputs: [
      ["f32[N,text:2 image:3]", [1, 2, 3, 4, 5, 6, 7]],
      ["f32[N,text:2 image:3]", [1, 0, 0, 0, 5, 3, 7]],
      ["f32[N,1]", [0.5, 0, 3]],
    ],
    attributes: {},
    types: ["f32[N,text:2 image:3]"],
    numbers: [[0, 1, 0, 0, 0, 6, 0]],
  },
  loss_sums: {
    inputs: [["f32[N,1]", [2, 3, 5]], ["f32[N,1]", [1, 10, 100]], column([1, -1, 1])],
    attributes: { modalities: 2 },
    types: ["f32[3]"],
    numbers: [[532, 0, 7]],
  },

  global_norm: {
    inputs: [
      ["f32[2]", [3, 4]],
      ["f32[1,1]", [12]],
    ],
    attributes: {},
    types: ["f32[]"],
    numbers: [[13]],
  },
  // the norm 2 is clipped to 1, so g = 0.25; m̂ = 0.25 and v̂ = 0.0625, so the step is lr · (1 + 0.1 · 1)
  adamw: {
    inputs: [
      ["f32[1]", [1]],
      ["f32[1]", [0.5]],
      ["f32[1]", [0]],
      ["f32[1]", [0]],
      ["f32[]", [2]],
      ["f32[4]", [7, 10, 20, 0.1]],
    ],
    attributes: { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, clip: 1, rate: 3 },
    types: ["f32[1]", "f32[1]", "f32[1]"],
    numbers: [[0.89], [0.025], [0.003125]],
  },
};

describe("each op", () => {
  for (const op of Object.keys(ops) as OpName[]) {
    const example = examples[op] as unknown as Example<OpName>;
    const { graph, run } = graphOf<OpName>(op, example);

    it(`${op} infers its types and reads back from its text`, () => {
      const types = graph.results.map(({ value }) => graph.values[value]?.type);
      expect(types.map((type) => type && printType(type, modalities))).toEqual(example.types);
      verifyGraph(graph, "test");
      const text = printGraph(graph);
      expect(printGraph(parseGraph(text))).toBe(text);
      // Sources stand first in a text.
      const attributesOf = ({ nodes }: Graph): readonly string[] =>
        nodes
          .map(({ op, attributes }) => `${op} ${JSON.stringify(Object.entries(attributes).sort())}`)
          .sort();
      expect(attributesOf(parseGraph(text))).toEqual(attributesOf(graph));
    });

    it(`${op} gives the numbers of its definition`, () => {
      const given: Readonly<Record<string, readonly number[]>> = { param: [3, 4], input: [5, 6, 7] };
      const own = given[op];
      const bindings = { offsets, inputs: new Map([["i", own ?? []]]), params: new Map([["p", own ?? []]]) };
      const found =
        op === "param" || op === "input"
          ? Array.from(interpret(graph, bindings).values(), (out) => Array.from(out))
          : run();
      expect(found.length).toBe(example.numbers.length);
      for (const [i, numbers] of example.numbers.entries()) {
        expect(found[i]?.length).toBe(numbers.length);
        for (const [j, number] of numbers.entries()) expect(found[i]?.[j]).toBeCloseTo(number, 6);
      }
    });
  }
});

describe("ops refuse operands that do not fit", () => {
  const faults: readonly (readonly [
    op: OpName,
    inputs: readonly string[],
    weights: readonly string[],
    attributes: object,
    why: string,
  ])[] = [
    ["linear", ["f32[N,4]"], ["f32[3,4]", "f32[3,5]"], {}, "modality 1 is 4 wide, its matrix is [3,5]"],
    ["linear", ["f32[N,4]"], ["f32[3,4]"], {}, "takes 2 weights, not 1"],
    ["linear", ["f32[3,4]"], ["f32[3,4]", "f32[3,4]"], {}, "needs a value with rows"],
    [
      "linear_dw",
      ["f32[N,text:3]", "f32[N,4]"],
      [],
      { modalities: [1] },
      "needs rows of at least one modality",
    ],
    [
      "linear_dw",
      ["f32[N,text:3 image:2]", "f32[N,4]"],
      [],
      { modalities: [0, 1] },
      "modality 1 is not as wide as modality 0",
    ],
    [
      "linear_dw",
      ["f32[N,3]", "f32[N,text:4 image:5]"],
      [],
      { modalities: [0, 1] },
      "summed over differ in width",
    ],
    [
      "rms_norm",
      ["f32[N,6]"],
      ["f32[3]", "f32[6]"],
      { eps: 1e-5, heads: 2 },
      "modality 1 needs a weight of 3",
    ],
    ["add", ["f32[N,4]", "f32[N,text:4]"], [], {}, "operands differ in width or modalities"],
    ["add", ["f32[N,4]"], [], {}, "takes 2 operands (a b), not 1"],
    ["mul", ["f32[4]", "f32[4]"], [], {}, "needs a value with rows"],
    ["silu", ["i32[N,1]"], [], {}, "needs f32 operands"],
    [
      "rope",
      ["f32[N,6]", "i32[N,1]"],
      [],
      { heads: 2, base: 1e4, inverse: false },
      "does not give 2 heads of even size",
    ],
    [
      "rope",
      ["f32[N,4]", "i32[N,text:1]"],
      [],
      { heads: 2, base: 1e4, inverse: false },
      "needs rows and their positions",
    ],
    ["embed", ["f32[N,1]", "f32[3,2]"], [], {}, "needs token ids"],
    ["join", ["f32[N,4]", "f32[N,text:4]"], [], {}, "modality 0 stands in two parts"],
    ["join", [], [], {}, "takes at least 1 operands"],
    ["extend", ["f32[N,text:4]"], [], { widths: [3, 4] }, "changes the width of a modality it has"],
    ["cross_entropy", ["f32[N,4]", "f32[N,1]"], [], { zLoss: 0 }, "needs logits and targets"],
    ["loss_sums", ["f32[N,1]", "f32[N,1]", "i32[N,1]"], [], { modalities: 3 }, "counts other modalities"],
    [
      "dropout",
      ["f32[N,4]", "i32[N,1]", "i32[3]"],
      [],
      { rate: [0.1, 0.1], number: 0 },
      "needs the step's key",
    ],
    [
      "adamw",
      ["f32[2]", "f32[2]", "f32[2]", "f32[2]", "f32[]", "f32[3]"],
      [],
      examples.adamw.attributes,
      "a schedule f32[3] or longer that has its rate",
    ],
    [
      "adamw",
      ["f32[2]", "f32[1,2]", "f32[2]", "f32[2]", "f32[]", "f32[3]"],
      [],
      examples.adamw.attributes,
      "differ in shape",
    ],
  ];
  for (const [op, inputs, weights, attributes, why] of faults) {
    it(`${op} ${[...inputs, ...weights].join(", ")}`, () => {
      const example = {
        inputs: inputs.map((type): Given => [type, []]),
        weights: weights.map((type): Given => [type, []]),
        attributes: attributes as OpAttributes[OpName],
        types: [],
        numbers: [],
      };
      expect(() => graphOf<OpName>(op, example)).toThrow(why);
    });
  }

  const routes: readonly (readonly [
    op: OpName,
    inputs: readonly (string | "p" | "source" | "slots")[],
    attributes: object,
    why: string,
  ])[] = [
    ["dispatch", ["f32[N,text:2]", "source"], {}, "modality 1 is routed and has no rows"],
    ["dispatch", ["f32[N,2]", "slots"], {}, "needs the tokens of routed rows"],
    ["dispatch_dx", ["f32[N,2]", "slots"], {}, "needs routed rows"],
    ["dispatch_dx", ["f32[S0,0:2 1:3 2:2 3:2]", "slots"], {}, "group 1 is not as wide as group 0"],
    ["dispatch_dx", ["f32[S0,0:2 1:2]", "slots"], {}, "group 2 has no rows"],
    ["combine", ["f32[S0,2]", "f32[N,3]", "slots"], {}, "needs a weight per expert and token"],
    ["combine_dp", ["f32[N,3]", "f32[S0,2]", "slots"], {}, "dz is not as wide as y"],
    ["balance", ["p", "slots"], { space: 0, weight: 1, modalities: 2 }, "in space 0 tokens do not choose"],
    ["route", ["f32[N,3]"], { space: 0 }, "needs a number per expert"],
    ["add", ["f32[S0,2]", "f32[N,2]"], {}, "operands differ in width or modalities"],
    ["join", ["f32[S0,0:2]", "f32[N,image:2]"], {}, "needs rows of one kind of number"],
    ["linear_dw", ["f32[S0,2]", "f32[N,2]"], { modalities: [0] }, "dy and x have other rows"],
  ];
  for (const [op, inputs, attributes, why] of routes) {
    it(`${op} ${inputs.join(", ")}`, () => {
      const given = inputs.map((each) =>
        each === "p" || each === "source" || each === "slots" ? each : ([each, []] as Given),
      );
      const example = {
        ...{ routed: byExperts, inputs: given, types: [], numbers: [] },
        attributes: attributes as OpAttributes[OpName],
      };
      expect(() => graphOf<OpName>(op, example)).toThrow(why);
    });
  }

  const columns = ["i32[N,1]", "i32[N,1]", "i32[N,1]"];
  const attentions: readonly (readonly [
    inputs: readonly string[],
    heads: number,
    kvHeads: number,
    why: string,
  ])[] = [
    [["f32[N,4]", "f32[N,4]", "f32[N,text:4]"], 2, 2, "needs every modality's rows"],
    [["f32[N,4]", "f32[N,text:4 image:2]", "f32[N,4]"], 2, 2, "all of one width"],
    [["f32[N,6]", "f32[N,4]", "f32[N,4]"], 3, 2, "3 heads do not share 2 key-value heads evenly"],
    [["f32[N,8]", "f32[N,4]", "f32[N,4]"], 4, 1, "queries and keys differ in head size"],
  ];
  for (const [inputs, heads, kvHeads, why] of attentions) {
    it(`attention of ${inputs.join(", ")} with ${heads} and ${kvHeads} heads`, () => {
      const given = [...inputs, ...columns].map((type): Given => [type, []]);
      const example = { inputs: given, attributes: { heads, kvHeads }, types: [], numbers: [] };
      expect(() => graphOf("attention", example)).toThrow(why);
    });
  }
});
