// Attention and its gradient as WGSL, run alone in software against plain float64 loops: odd head and context sizes,
// shared keys, documents of one token, empty ends, empty contexts, rows in another order than positions, a row that
// belongs to nobody; heads that are turned on the way; and that every GPU accepts every text.

import { afterAll, describe, expect, it } from "vitest";
import { create } from "webgpu";
import { rowStride } from "../src/kernel/schedule.ts";
import { openSharedGpu, type SharedGpu } from "../src/runtime/webgpu-pipelines.ts";
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
import { describeWith, gpuProblem, softwareAdapter } from "./support/devices.ts";
import { expectClose, tolerance } from "./support/kernel-values.ts";
import { type Heads, type Matrix, matrix, rotate, type Sight } from "./support/plain-kernels.ts";
import type { Mask } from "./support/sights.ts";
import {
  type Arena,
  type AttentionCall,
  attentionText,
  contextOf,
  putIntegers,
  putRows,
  runAttention,
} from "./support/wgsl-attention.ts";

type Problem = AttentionProblem & { readonly rotary?: true };

/** A token's position in its document. */
const positionsOf = ({ rowOf, first }: Sight): readonly number[] =>
  first.map((start, row) => Math.max(0, rowOf.indexOf(row) - start));

const anglesOf = (headDim: number, position: number): readonly number[] =>
  Array.from({ length: headDim / 2 }, (_, i) => position * 100 ** ((-2 * i) / headDim));

/** Every head of every row, turned by its position. */
function turned(m: Matrix, { sizes: { headDim }, sight }: Problem, inverse: boolean): Matrix {
  const positions = positionsOf(sight);
  const heads = m.numbers.length / headDim;
  const numbers = Array.from({ length: heads }, (_, i) => {
    const row = Math.floor((i * headDim) / m.width);
    const head = [...m.numbers.subarray(i * headDim, (i + 1) * headDim)];
    return rotate(head, anglesOf(headDim, positions[row] ?? 0), inverse);
  });
  return { width: m.width, numbers: Float64Array.from(numbers.flat()) };
}

function wantedOf(problem: Problem): AttentionResults {
  if (problem.rotary !== true) return resultsOf(problem);
  const { inputs } = problem;
  const [q, k] = [turned(inputs.q, problem, false), turned(inputs.k, problem, false)];
  const { dq, dk, ...others } = resultsOf({ ...problem, inputs: { ...inputs, q, k } });
  return { ...others, dq: turned(dq, problem, true), dk: turned(dk, problem, true) };
}

type Placed = { readonly at: number; readonly width: number; readonly stride: number };

/** Puts a problem's numbers into an arena; results begin as NaN, and so does everything between and behind. */
function place(arena: Arena, { sizes, sight, inputs, rotary }: Problem) {
  const { heads, kvHeads, headDim, context } = sizes;
  const [width, keyWidth, rows] = [heads * headDim, kvHeads * headDim, sight.first.length];
  const wide = rowStride(width);
  const narrow = rowStride(keyWidth) + 16;
  const strides = {
    ...{ doutStride: wide, qStride: wide, kStride: narrow, vStride: narrow, outStride: wide + 32 },
    ...{ lseStride: rowStride(heads), dqStride: wide, dkStride: narrow, dvStride: narrow },
  };
  const nothing = (columns: number): Matrix => matrix(rows, columns, () => Number.NaN);
  const [q, k, v, dout] = [
    putRows(arena, inputs.q, wide),
    putRows(arena, inputs.k, narrow),
    putRows(arena, inputs.v, narrow),
    putRows(arena, inputs.dout, wide),
  ];
  const results = {
    out: { at: putRows(arena, nothing(width), wide + 32), width, stride: wide + 32 },
    lse: { at: putRows(arena, nothing(heads), strides.lseStride), width: heads, stride: strides.lseStride },
    dq: { at: putRows(arena, nothing(width), wide), width, stride: wide },
    dk: { at: putRows(arena, nothing(keyWidth), narrow), width: keyWidth, stride: narrow },
    dv: { at: putRows(arena, nothing(keyWidth), narrow), width: keyWidth, stride: narrow },
  };
  const [out, lse, dq, dk, dv] = Object.values(results).map(({ at }) => at) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const seen = [sight.rowOf, sight.first, sight.last].map((numbers) => putIntegers(arena, numbers));
  const table = (of: (angle: number) => number): number =>
    putRows(
      arena,
      matrix(1, (context * headDim) / 2, (_, i) => {
        const pairs = headDim / 2;
        return of(anglesOf(headDim, Math.floor(i / pairs))[i % pairs] ?? 0);
      }),
      (context * headDim) / 2,
    );
  const turns = rotary ? [putIntegers(arena, positionsOf(sight)), table(Math.cos), table(Math.sin)] : [];
  const common = { ...sizes, ...strides, ...(rotary ? { rotary } : {}) };
  const forward: AttentionCall = {
    body: { kind: "attention", ...common },
    args: [q, k, v, out, lse, ...seen, context, ...turns],
  };
  const backward: AttentionCall = {
    body: { kind: "attention_grad", ...common },
    args: [dout, q, k, v, out, lse, ...seen, dq, dk, dv, ...turns],
  };
  return { forward, backward, results };
}

let gpu: SharedGpu | undefined;

/** Runs problems of one head width beside one another, forward and backward; once more for every repeat. */
async function run(
  problems: readonly Problem[],
  options: Parameters<typeof runAttention>[4] = {},
): Promise<{ readonly actual: readonly AttentionResults[]; readonly repeats: readonly Float32Array[] }> {
  gpu ??= await openSharedGpu(await softwareAdapter());
  const arena: Arena = { floats: [], integers: [] };
  const placed = problems.map((problem) => place(arena, problem));
  const rows = problems[0]?.sight.rowOf.length ?? 0;
  const launches = [placed.map(({ forward }) => forward), placed.map(({ backward }) => backward)];
  const repeats = await runAttention(gpu, arena, launches, rows, options);
  const actual = placed.map(({ results }, i) => {
    const count = problems[i]?.sight.first.length ?? 0;
    const read = ({ at, width, stride }: Placed): Matrix =>
      matrix(count, width, (r, c) => repeats[0]?.[at + r * stride + c] ?? Number.NaN);
    return Object.fromEntries(
      Object.entries(results).map(([name, result]) => [name, read(result)]),
    ) as AttentionResults;
  });
  return { actual, repeats };
}

function expectRight(actual: AttentionResults, problem: Problem): void {
  const wanted = wantedOf(problem);
  for (const name of ["out", "lse", "dq", "dk", "dv"] as const) {
    const bound = name === "out" || name === "lse" ? tolerance.attention : tolerance.attentionGrad;
    expectClose(withoutLast(actual[name]), withoutLast(wanted[name]), bound, name);
    const nobody = actual[name].numbers.slice(-actual[name].width);
    expect(nobody.every(Number.isNaN), `${name} of a row that belongs to nobody`).toBe(true);
  }
}

type Case = readonly [string, Heads, readonly (readonly number[])[], Mask];
const cases: readonly Case[] = [
  ["whole contexts", { heads: 4, kvHeads: 4, headDim: 16, context: 64 }, [[64], [64]], "causal"],
  [
    "shared keys, one-token documents",
    { heads: 4, kvHeads: 2, headDim: 16, context: 31 },
    [
      [1, 1, 20, 1, 8],
      [30, 1],
    ],
    "causal",
  ],
  ["one key head", { heads: 3, kvHeads: 1, headDim: 16, context: 50 }, [[10, 40], [50]], "causal"],
  [
    "empty ends and an empty context",
    { heads: 2, kvHeads: 2, headDim: 16, context: 65 },
    [[3, 40], [], [64]],
    "causal",
  ],
  ["both directions", { heads: 2, kvHeads: 1, headDim: 16, context: 70 }, [[5, 9, 50], [70], [1]], "both"],
  ["spans", { heads: 2, kvHeads: 1, headDim: 16, context: 90 }, [[5, 30, 55], [90], [1]], "spans"],
  ["a long context", { heads: 1, kvHeads: 1, headDim: 16, context: 200 }, [[150, 50]], "causal"],
  ["one position", { heads: 1, kvHeads: 1, headDim: 1, context: 1 }, [[1], []], "causal"],
  [
    "odd head and context sizes",
    { heads: 3, kvHeads: 3, headDim: 10, context: 13 },
    [[13], [6, 7]],
    "causal",
  ],
  [
    "an odd wide head, in two parts",
    { heads: 2, kvHeads: 2, headDim: 43, context: 40 },
    [[25, 15]],
    "causal",
  ],
  ["a head in four parts", { heads: 2, kvHeads: 1, headDim: 128, context: 36 }, [[20, 14]], "causal"],
];

const problemWithout = await gpuProblem();

describeWith(problemWithout, "attention in WGSL", () => {
  afterAll(() => gpu?.gpu.destroy());

  it.each(cases)("%s, forward and backward", async (_, sizes, contexts, mask) => {
    const problem = problemOf(sizes, contexts, mask);
    const { actual } = await run([problem]);
    for (const results of actual) expectRight(results, problem);
  });

  it.each([6, 16, 64])("heads of %d that are turned on the way", async (headDim) => {
    const sizes = { heads: 4, kvHeads: 2, headDim, context: 40 };
    const problem: Problem = { ...problemOf(sizes, [[3, 33], [40]], "causal"), rotary: true };
    const { actual } = await run([problem]);
    for (const results of actual) expectRight(results, problem);
  });

  it("calls of one launch, of different heads, and memory in banks", async () => {
    const contexts = [[20, 19], [33]];
    const problems = [
      problemOf({ heads: 2, kvHeads: 1, headDim: 8, context: 40 }, contexts, "causal"),
      problemOf({ heads: 5, kvHeads: 5, headDim: 8, context: 40 }, contexts, "both", 10),
    ];
    const { actual } = await run(problems, { bankFloats: 2 ** 13 });
    expect(actual.length).toBe(problems.length);
    for (const [i, results] of actual.entries()) {
      const problem = problems[i];
      if (problem !== undefined) expectRight(results, problem);
    }
  });

  it("keys and values that are nearly alike keep their gradients", async () => {
    const usual = problemOf({ heads: 2, kvHeads: 1, headDim: 16, context: 100 }, [[20, 77]], "causal");
    const { q, k, v, dout } = usual.inputs;
    const problem = { ...usual, inputs: { q, dout, k: nearlyAlike(k), v: nearlyAlike(v) } };
    const { actual } = await run([problem]);
    const wanted = wantedOf(problem);
    for (const results of actual) {
      for (const name of ["dq", "dk", "dv"] as const)
        expect(distance(results[name], wanted[name]), name).toBeLessThan(nearlyAlikeTolerance);
    }
  });

  it("huge scores neither overflow nor vanish", async () => {
    const usual = problemOf({ heads: 1, kvHeads: 1, headDim: 16, context: 40 }, [[40]], "causal");
    const { q, k, v, dout } = usual.inputs;
    const problem = { ...usual, inputs: { q: scaled(q, 5e3), k: scaled(k, 5e3), v, dout } };
    const { actual } = await run([problem]);
    const wanted = wantedOf(problem);
    for (const { out, lse, ...gradients } of actual) {
      expectClose(withoutLast(lse), withoutLast(wanted.lse), tolerance.attention, "lse");
      for (const m of [out, ...Object.values(gradients)])
        expect(withoutLast(m).numbers.every(Number.isFinite)).toBe(true);
    }
  });

  it("has the same bits every time", async () => {
    const problem = problemOf(
      { heads: 4, kvHeads: 2, headDim: 16, context: 100 },
      [[30, 60], [100]],
      "causal",
    );
    const { repeats } = await run([problem], { repeats: 3 });
    const [once, ...others] = repeats.map(({ buffer }) => new Uint8Array(buffer));
    expect(others.length).toBe(2);
    for (const other of others) expect(other).toEqual(once);
  });
});

describe("the shaders of attention", () => {
  // Held for as long as its devices are.
  const tint = create(["backend=null"]);

  it("are accepted with what every GPU has", async () => {
    const adapter = await tint.requestAdapter();
    const device = await adapter?.requestDevice();
    if (device === undefined) throw new Error("Dawn has no null backend");
    for (const headDim of [1, 2, 3, 6, 8, 10, 16, 20, 32, 43, 48, 64, 96, 128, 256, 512]) {
      for (const text of textsOf(headDim)) {
        const module = device.createShaderModule({ code: text });
        const { messages } = await module.getCompilationInfo();
        expect(messages.map(({ message }) => message)).toEqual([]);
        await device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint: "main" } });
      }
    }
    device.destroy();
  });

  it("depend on nothing but the width of a head", () => {
    const [one, other] = [
      { heads: 2, kvHeads: 1, headDim: 16, context: 33 },
      { heads: 8, kvHeads: 8, headDim: 16, context: 1024 },
    ].map((sizes) => {
      const { forward, backward } = place({ floats: [], integers: [] }, problemOf(sizes, [[3]], "causal"));
      return [forward, backward].map(({ body }) => attentionText(body, contextOf(100)));
    });
    expect(one).toEqual(other);
  });
});

function textsOf(headDim: number): readonly string[] {
  const usual = problemOf({ heads: 2, kvHeads: 1, headDim, context: 4 }, [[4]], "causal");
  const turning: readonly Problem[] = headDim % 2 === 0 ? [{ ...usual, rotary: true }] : [];
  return [usual, ...turning].flatMap((problem) => {
    const { forward, backward } = place({ floats: [], integers: [] }, problem);
    return [forward, backward].map(({ body }) => attentionText(body, contextOf(100)));
  });
}
