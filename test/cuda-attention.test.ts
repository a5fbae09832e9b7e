// Attention and its gradient as CUDA kernels, run alone in emulation against plain float64 loops, in both precisions:
// odd head and context sizes, shared keys, documents of one token, spans, empty positions, rows in another order than
// positions, a row that belongs to nobody, NaN behind every row.

import { expect, it } from "vitest";
import { render } from "../src/targets/render.ts";
import {
  type AttentionProblem,
  type AttentionResults,
  distance,
  nearlyAlike,
  nearlyAlikeTolerance,
  problemOf,
  resultsOf,
  scaled,
  withoutLast,
} from "./support/attention-problems.ts";
import {
  bodiesOf,
  contextOf,
  heldBy,
  kernelOf,
  type Precision,
  runAttention,
} from "./support/cuda-attention.ts";
import { emulatorProblem } from "./support/cuda-compile.ts";
import { toBf16 } from "./support/cuda-kernels.ts";
import { describeWith } from "./support/devices.ts";
import { expectClose, tolerance } from "./support/kernel-values.ts";
import { get, type Heads, type Matrix } from "./support/plain-kernels.ts";
import type { Mask } from "./support/sights.ts";

const names = ["out", "lse", "dq", "dk", "dv"] as const;

/**
 * Weights, gradients of scores and results are rounded to eight bits, to 2⁻⁹ of themselves; a row's gradient is often a
 * small sum of large ones. One key of a hundred that is missed is 0.1 of a row.
 */
const roundedTolerance = { out: 8e-3, lse: 0, dq: 3e-2, dk: 3e-2, dv: 1.5e-2 };

/** Every row close to its own largest number: a key too many or too few is a small part of the largest of all. */
function expectNear(actual: Matrix, wanted: Matrix, bound: number, what: string): void {
  const rows = wanted.numbers.length / wanted.width;
  const columns = [...Array(wanted.width).keys()];
  const all = wanted.numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  for (let r = 0; r < rows; r += 1) {
    const size = Math.max(...columns.map((c) => Math.abs(get(wanted, r, c))), 0.05 * all);
    const off = Math.max(...columns.map((c) => Math.abs(get(actual, r, c) - get(wanted, r, c))));
    expect(off / Math.max(size, 1e-3), `${what}, row ${r}`).toBeLessThan(bound);
  }
}

function expectRight(actual: AttentionResults, problem: AttentionProblem, precision: Precision): void {
  const wanted = resultsOf(problem, precision === "bf16" ? toBf16 : undefined);
  for (const name of names) {
    const bound = name === "out" || name === "lse" ? tolerance.attention : tolerance.attentionGrad;
    const [a, w] = [withoutLast(actual[name]), withoutLast(wanted[name])];
    if (precision === "f32" || name === "lse") expectClose(a, w, bound, name);
    else expectNear(a, w, roundedTolerance[name], name);
    const nobody = actual[name].numbers.slice(-actual[name].width);
    expect(nobody.every(Number.isNaN), `${name} of a row that belongs to nobody`).toBe(true);
  }
}

type Case = readonly [string, Heads, readonly (readonly number[])[], Mask];
const cases: readonly Case[] = [
  ["one position", { heads: 1, kvHeads: 1, headDim: 1, context: 1 }, [[1], []], "causal"],
  ["odd sizes", { heads: 3, kvHeads: 3, headDim: 5, context: 7 }, [[7], [3, 4]], "causal"],
  [
    "shared keys, one-token documents",
    { heads: 4, kvHeads: 2, headDim: 16, context: 65 },
    [
      [1, 1, 20, 1, 42],
      [64, 1],
    ],
    "causal",
  ],
  [
    "empty ends and an empty context",
    { heads: 2, kvHeads: 2, headDim: 16, context: 65 },
    [[3, 40], [], [64]],
    "causal",
  ],
  ["both directions", { heads: 2, kvHeads: 1, headDim: 16, context: 130 }, [[63, 64, 3], [130], [1]], "both"],
  ["spans", { heads: 2, kvHeads: 1, headDim: 33, context: 130 }, [[5, 30, 95], [130]], "spans"],
  ["wide heads", { heads: 2, kvHeads: 1, headDim: 64, context: 130 }, [[100, 30]], "spans"],
  ["very wide heads", { heads: 2, kvHeads: 1, headDim: 128, context: 130 }, [[31, 70]], "causal"],
];

describeWith(emulatorProblem(), "attention in CUDA", () => {
  for (const precision of ["f32", "bf16"] as const) {
    it.each(cases)(`%s, forward and backward, in ${precision}`, async (_, sizes, contexts, mask) => {
      const problem = heldBy(precision, problemOf(sizes, contexts, mask));
      for (const results of await runAttention([problem], { precision }))
        expectRight(results, problem, precision);
    });

    it(`empty positions among others, in ${precision}`, async () => {
      const sizes = { heads: 2, kvHeads: 1, headDim: 16, context: 130 };
      const documents = [[60, 70], [130]];
      const problem = heldBy(
        precision,
        problemOf(sizes, documents, "spans", 5, (at) => at % 5 !== 2 && (at < 140 || at > 180)),
      );
      for (const results of await runAttention([problem], { precision }))
        expectRight(results, problem, precision);
    });

    it(`calls of one launch, of different heads, in any order, in ${precision}`, async () => {
      const contexts = [[20, 19], [33]];
      const problems = [
        problemOf({ heads: 2, kvHeads: 1, headDim: 16, context: 65 }, contexts, "causal"),
        problemOf({ heads: 5, kvHeads: 5, headDim: 16, context: 65 }, contexts, "both", 10),
      ].map((problem) => heldBy(precision, problem));
      const once = await runAttention(problems, { precision });
      for (const [i, problem] of problems.entries()) {
        const results = once[i];
        if (results !== undefined) expectRight(results, problem, precision);
      }
      // Not only the same but for rounding: whatever runs first, every bit.
      expect(await runAttention(problems, { precision, order: 1 })).toEqual(once);
    });

    it(`huge scores neither overflow nor vanish, in ${precision}`, async () => {
      const usual = problemOf({ heads: 1, kvHeads: 1, headDim: 16, context: 65 }, [[65]], "causal");
      const { q, k, v, dout } = usual.inputs;
      const problem = heldBy(precision, {
        ...usual,
        inputs: { q: scaled(q, 5e3), k: scaled(k, 5e3), v, dout },
      });
      const wanted = resultsOf(problem);
      for (const { out, lse, ...gradients } of await runAttention([problem], { precision })) {
        expectClose(withoutLast(lse), withoutLast(wanted.lse), tolerance.attention, "lse");
        for (const m of [out, ...Object.values(gradients)])
          expect(withoutLast(m).numbers.every(Number.isFinite)).toBe(true);
      }
    });
  }

  it("keys and values that are nearly alike keep their gradients, in f32", async () => {
    const usual = problemOf({ heads: 2, kvHeads: 1, headDim: 16, context: 130 }, [[20, 107]], "causal");
    const { q, k, v, dout } = usual.inputs;
    const problem = { ...usual, inputs: { q, dout, k: nearlyAlike(k), v: nearlyAlike(v) } };
    const wanted = resultsOf(problem);
    for (const results of await runAttention([problem], { precision: "f32" })) {
      for (const name of ["dq", "dk", "dv"] as const)
        expect(distance(results[name], wanted[name]), name).toBeLessThan(nearlyAlikeTolerance);
    }
  });

  it("rows too narrow for bf16 beside some that are not", async () => {
    const elements = { rows: "bf16", keys: "f32" } as const;
    const problem = heldBy(
      "bf16",
      problemOf({ heads: 4, kvHeads: 1, headDim: 8, context: 65 }, [[65]], "both"),
    );
    for (const results of await runAttention([problem], { precision: "bf16", elements }))
      expectRight(results, problem, "bf16");
  });

  it("heads too wide for tensor cores", async () => {
    const sizes = { heads: 1, kvHeads: 1, headDim: 150, context: 33 };
    const problem = heldBy("bf16", problemOf(sizes, [[33]], "causal"));
    for (const results of await runAttention([problem], { precision: "bf16" }))
      expectRight(results, problem, "bf16");
  });
});

it("the kernels of attention depend on nothing but the width of a head and what rows are stored as", () => {
  const textsOf = (sizes: Heads, precision: Precision): readonly string[] => {
    const { forward, backward } = bodiesOf({ sizes }, { rows: precision, keys: precision });
    return [forward, backward].map((call) => {
      const { template, view } = kernelOf(call, contextOf(precision));
      return render(template, view);
    });
  };
  for (const precision of ["f32", "bf16"] as const) {
    const [one, other] = [
      { heads: 2, kvHeads: 1, headDim: 16, context: 33 },
      { heads: 8, kvHeads: 8, headDim: 16, context: 1024 },
    ].map((sizes) => textsOf(sizes, precision));
    expect(one).toEqual(other);
  }
});
