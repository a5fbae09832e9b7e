// Attention and its gradient as WebAssembly kernels, run alone against plain float64 loops: odd head and context sizes,
// shared keys, documents of one token, empty ends, empty contexts, and a row that belongs to nobody.

import { describe, expect, it } from "vitest";
import type { Kernel } from "../src/kernel/kernel.ts";
import { rowStride } from "../src/kernel/schedule.ts";
import { nearlyAlike, sightOf } from "./support/attention-problems.ts";
import {
  engines,
  expectClose,
  kernel,
  putRows,
  randomMatrix,
  takeRows,
  tolerance,
  usual,
} from "./support/kernel-values.ts";
import {
  attention,
  attentionGrad,
  get,
  type Heads,
  type Matrix,
  matrix,
  type Sight,
} from "./support/plain-kernels.ts";
import type { Mask } from "./support/sights.ts";
import { openKernels } from "./support/wasm-kernels.ts";

describe("attention", () => {
  type Case = readonly [string, Heads, readonly (readonly number[])[], Mask];
  const cases: readonly Case[] = [
    ["whole contexts", { heads: 4, kvHeads: 4, headDim: 16, context: 32 }, [[32], [32]], "causal"],
    [
      "odd head and context sizes",
      { heads: 3, kvHeads: 3, headDim: 5, context: 13 },
      [[13], [6, 7]],
      "causal",
    ],
    [
      "shared keys, one-token documents",
      { heads: 4, kvHeads: 2, headDim: 8, context: 31 },
      [
        [1, 1, 20, 1, 8],
        [30, 1],
      ],
      "causal",
    ],
    ["one key head", { heads: 6, kvHeads: 1, headDim: 20, context: 50 }, [[10, 40], [50]], "causal"],
    [
      "empty ends and an empty context",
      { heads: 2, kvHeads: 2, headDim: 12, context: 65 },
      [[3, 40], [], [64]],
      "causal",
    ],
    ["both directions", { heads: 2, kvHeads: 1, headDim: 3, context: 27 }, [[5, 9, 13], [27], [1]], "both"],
    ["spans", { heads: 2, kvHeads: 1, headDim: 8, context: 90 }, [[5, 30, 55], [90], [1]], "spans"],
    ["one position", { heads: 1, kvHeads: 1, headDim: 1, context: 1 }, [[1], []], "causal"],
    ["a long context", { heads: 1, kvHeads: 1, headDim: 32, context: 200 }, [[150, 50]], "causal"],
    ["heads wider than two panels", { heads: 2, kvHeads: 2, headDim: 44, context: 40 }, [[25, 15]], "causal"],
  ];

  it.each(cases)("%s, forward and backward", async (_, sizes, contexts, mask) => {
    const { heads, kvHeads, headDim, context } = sizes;
    const sight = sightOf(context, contexts, mask);
    // One row more than there are tokens: it belongs to nobody and must stay as it is.
    const rows = sight.first.length + 1;
    const full: Sight = { rowOf: sight.rowOf, first: [...sight.first, 0], last: [...sight.last, 0] };
    const [width, keyWidth] = [heads * headDim, kvHeads * headDim];
    const [wide, narrow, lseStride] = [rowStride(width), rowStride(keyWidth) + 16, rowStride(heads)];
    const common = {
      heads,
      kvHeads,
      headDim,
      context,
      qStride: wide,
      kStride: narrow,
      vStride: narrow,
      outStride: wide + 32,
      lseStride,
    };
    const bodies: readonly Kernel[] = [
      { name: "forward", body: { kind: "attention", ...common } },
      {
        name: "backward",
        body: {
          kind: "attention_grad",
          ...common,
          doutStride: wide,
          dqStride: wide,
          dkStride: narrow,
          dvStride: narrow,
        },
      },
    ];
    const q = randomMatrix(rows, width, 1, 2);
    const [k, v] = [randomMatrix(rows, keyWidth, 2, 2), randomMatrix(rows, keyWidth, 3)];
    const dout = randomMatrix(rows, width, 4);
    const forward = attention(q, k, v, full, sizes);
    const backward = attentionGrad(dout, q, k, v, full, sizes);
    for (const engine of engines) {
      const bench = await openKernels(bodies, engine, 4);
      const [qAt, kAt, vAt] = [putRows(bench, q, wide), putRows(bench, k, narrow), putRows(bench, v, narrow)];
      const empty = (like: Matrix, stride: number): number =>
        putRows(
          bench,
          matrix(rows, like.width, () => 0),
          stride,
        );
      const [outAt, lseAt] = [empty(q, wide + 32), empty(forward.lse, lseStride)];
      const sightAt = [full.rowOf, full.first, full.last].map((numbers) => bench.put(numbers, "i32"));
      const tasks = contexts.length * kvHeads;
      for (let task = 0; task < tasks; task += 1)
        bench.run("forward", [qAt, kAt, vAt, outAt, lseAt, ...sightAt, context], task, tasks);
      expectClose(takeRows(bench, outAt, rows, width, wide + 32), forward.out, tolerance.attention, "out");
      expectClose(takeRows(bench, lseAt, rows, heads, lseStride), forward.lse, tolerance.attention, "lse");
      const doutAt = putRows(bench, dout, wide);
      const gradientsAt = [empty(q, wide), empty(k, narrow), empty(v, narrow)];
      const [dqAt = 0, dkAt = 0, dvAt = 0] = gradientsAt;
      for (let task = 0; task < tasks; task += 1)
        bench.run("backward", [doutAt, qAt, kAt, vAt, outAt, lseAt, ...sightAt, ...gradientsAt], task, tasks);
      expectClose(takeRows(bench, dqAt, rows, width, wide), backward.dq, tolerance.attentionGrad, "dq");
      expectClose(takeRows(bench, dkAt, rows, keyWidth, narrow), backward.dk, tolerance.attentionGrad, "dk");
      expectClose(takeRows(bench, dvAt, rows, keyWidth, narrow), backward.dv, tolerance.attentionGrad, "dv");
    }
  });

  it("keys and values that are nearly alike keep their gradients", async () => {
    const sizes = { heads: 2, kvHeads: 1, headDim: 12, context: 60 };
    const sight = sightOf(60, [[20, 37]]);
    const rows = sight.first.length;
    const common = { ...sizes, qStride: 32, kStride: 16, vStride: 16, outStride: 32, lseStride: 16 };
    const bodies: readonly Kernel[] = [
      { name: "forward", body: { kind: "attention", ...common } },
      {
        name: "backward",
        body: { kind: "attention_grad", ...common, doutStride: 32, dqStride: 32, dkStride: 16, dvStride: 16 },
      },
    ];
    const alike = (seed: number): Matrix => nearlyAlike(randomMatrix(rows, 12, seed));
    const [q, k, v, dout] = [randomMatrix(rows, 24, 1), alike(2), alike(3), randomMatrix(rows, 24, 4)];
    const wanted = attentionGrad(dout, q, k, v, sight, sizes);
    for (const engine of engines) {
      const bench = await openKernels(bodies, engine, 4);
      const [qAt, kAt, vAt, doutAt] = [
        putRows(bench, q, 32),
        putRows(bench, k, 16),
        putRows(bench, v, 16),
        putRows(bench, dout, 32),
      ];
      const room = (): number => bench.put(new Float32Array(rows * 32));
      const [out, lse, dq, dk, dv] = [room(), room(), room(), room(), room()];
      const sightAt = [sight.rowOf, sight.first, sight.last].map((numbers) => bench.put(numbers, "i32"));
      bench.run("forward", [qAt, kAt, vAt, out, lse, ...sightAt, 60], 0, 1);
      bench.run("backward", [doutAt, qAt, kAt, vAt, out, lse, ...sightAt, dq, dk, dv], 0, 1);
      // dq is a hundred thousand times smaller than the products it is the sum of.
      const size = Math.max(...wanted.dq.numbers.map(Math.abs));
      const scaled = (m: Matrix): Matrix => matrix(rows, 24, (r, c) => get(m, r, c) / size);
      const actual = takeRows(bench, dq, rows, 24, 32);
      expectClose(scaled(actual), scaled(wanted.dq), tolerance.attentionGrad, "dq");
      expectClose(takeRows(bench, dk, rows, 12, 16), wanted.dk, tolerance.attentionGrad, "dk");
      expectClose(takeRows(bench, dv, rows, 12, 16), wanted.dv, tolerance.attentionGrad, "dv");
    }
  });

  it("huge scores neither overflow nor vanish", async () => {
    const sizes = { heads: 1, kvHeads: 1, headDim: 4, context: 9 };
    const sight = sightOf(9, [[9]]);
    const body = {
      kind: "attention",
      ...sizes,
      qStride: 16,
      kStride: 16,
      vStride: 16,
      outStride: 16,
      lseStride: 1,
    } as const;
    const bench = await openKernels(kernel(body), usual, 2);
    const [q, k, v] = [randomMatrix(9, 4, 1, 1e4), randomMatrix(9, 4, 2, 1e4), randomMatrix(9, 4, 3)];
    const args = [q, k, v].map((m) => putRows(bench, m, 16));
    const [out, lse] = [bench.put(new Float32Array(9 * 16)), bench.put(new Float32Array(9))];
    const sightAt = [sight.rowOf, sight.first, sight.last].map((numbers) => bench.put(numbers, "i32"));
    bench.run("k", [...args, out, lse, ...sightAt, 9], 0, 1);
    expect(
      bench
        .floats(out, 9 * 16)
        .filter((_, i) => i % 16 < 4)
        .every(Number.isFinite),
    ).toBe(true);
    const wanted = attention(q, k, v, sight, sizes);
    expectClose(takeRows(bench, lse, 9, 1, 1), wanted.lse, tolerance.attention, "lse");
  });
});
