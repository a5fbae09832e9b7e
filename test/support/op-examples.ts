// op-examples.ts: one worked example per op: operands, the types and the numbers it should give, worked out by hand or by a
// formula of op-values.ts. `tsc` lists the ops that lack one.

import type { OpName } from "../../src/ir/ops.ts";
import { arrayOf } from "../../src/ir/types.ts";
import { expertExamples } from "./op-examples-experts.ts";
import type { Example } from "./op-graph.ts";
import { typeOf } from "./op-graph.ts";
import {
  activation,
  attend,
  attentionColumns,
  attentionDout,
  attentionLse,
  attentionOut,
  attentionRows,
  binary,
  column,
  crossEntropy,
  dot,
  dropoutPlaces,
  dropoutRates,
  dropoutRows,
  dropped,
  logitRows,
  logits,
  normAttributes,
  normalised,
  normDy,
  normGiven,
  normRows,
  normWeights,
  rotated,
  rows7,
  slope,
  slopesOf,
  targets,
  zLoss,
} from "./op-values.ts";

export const examples: { readonly [O in OpName]: Example<O> } = {
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

  ...expertExamples,

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
