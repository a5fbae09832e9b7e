// op-examples-experts.ts: a worked example of each op that leads into a space of routed rows, or out of it.

import type { Example } from "./op-graph.ts";
import {
  byExperts,
  byTokens,
  dot,
  dy7,
  logitRows,
  logits,
  routedRows,
  rows7,
  slopesOf,
  softmax,
  softmaxDp,
} from "./op-values.ts";

export const expertExamples: {
  readonly [O in
    | "softmax"
    | "softmax_dx"
    | "route"
    | "dispatch"
    | "dispatch_dx"
    | "combine"
    | "combine_dy"
    | "combine_dp"
    | "balance"
    | "balance_dx"]: Example<O>;
} = {
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
};
