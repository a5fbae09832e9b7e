// Losses, the norm's weight gradient and the update as WebAssembly kernels, run alone against plain float64 loops.
// Arrays are followed by a number that must stay as it is.

import { describe, expect, it } from "vitest";
import type { Kernel } from "../src/kernel/kernel.ts";
import { rowStride } from "../src/kernel/schedule.ts";
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
import { adamw, crossEntropy, get, matrix } from "./support/plain-kernels.ts";
import { openKernels } from "./support/wasm-kernels.ts";

describe("losses", () => {
  it.each([
    [2, 0],
    [7, 1e-4],
    [8, 0],
    [13, 1e-2],
    [64, 0],
    [531, 1e-4],
  ])("cross_entropy of %i logits, z-loss %f", async (vocab, zLoss) => {
    const stride = rowStride(vocab);
    const common = { kind: "cross_entropy", vocab, stride, gradientStride: stride, zLoss } as const;
    const bodies: readonly Kernel[] = [
      { name: "both", body: { ...common, gradient: true } },
      { name: "loss", body: { ...common, gradient: false } },
    ];
    for (const engine of engines.slice(0, 2)) {
      const bench = await openKernels(bodies, engine, 2);
      const logits = randomMatrix(8, vocab, vocab, 20);
      const target = [0, -1, vocab - 1, vocab >> 1, 0, -1, vocab - 1, 0];
      const weight = [1, 1, 0.25, 0, 0.5, 0, 2, 1].map(Math.fround);
      const [logitsAt, lossAt, plainLossAt] = [
        putRows(bench, logits, stride),
        bench.put(Array(8).fill(9)),
        bench.put(Array(8).fill(9)),
      ];
      const [targetAt, weightAt] = [bench.put(target, "i32"), bench.put(weight)];
      bench.run("loss", [logitsAt, targetAt, plainLossAt, 0, 0], 1, 6);
      bench.run("both", [logitsAt, targetAt, lossAt, weightAt, logitsAt], 1, 6);
      const rows = Array.from({ length: 8 }, (_, r) => {
        const row = Array.from({ length: vocab }, (_, j) => get(logits, r, j));
        return r >= 1 && r < 7
          ? crossEntropy(row, target[r] ?? -1, weight[r] ?? 0, zLoss)
          : { loss: 9, gradient: row };
      });
      const loss = matrix(8, 1, (r) => rows[r]?.loss ?? Number.NaN);
      expectClose(takeRows(bench, lossAt, 8, 1, 1), loss, tolerance.loss, "loss");
      expectClose(takeRows(bench, plainLossAt, 8, 1, 1), loss, tolerance.loss, "loss without gradient");
      for (const [r, row] of rows.entries()) {
        const wanted = matrix(1, vocab, (_, j) => row.gradient[j] ?? Number.NaN);
        const actual = takeRows(bench, logitsAt + r * stride * 4, 1, vocab, stride);
        expectClose(actual, wanted, tolerance.loss, `gradient of row ${r}`);
      }
    }
  });

  it("cross_entropy gives no denormal gradients", async () => {
    const body = {
      kind: "cross_entropy",
      vocab: 64,
      stride: 80,
      gradientStride: 80,
      zLoss: 0,
      gradient: true,
    } as const;
    const bench = await openKernels(kernel(body), usual, 2);
    const logits = matrix(1, 64, (_, j) => -1.5 * j);
    const at = putRows(bench, logits, 80);
    bench.run("k", [at, bench.put([0], "i32"), bench.put([0]), bench.put([1e-3]), at], 0, 1);
    for (const x of bench.floats(at, 64)) expect(x === 0 || Math.abs(x) >= 2 ** -126).toBe(true);
  });

  it("loss_sums adds weighted losses, and losses by the target's modality", async () => {
    const bench = await openKernels(kernel({ kind: "loss_sums", modalities: 3 }), usual, 2);
    const loss = randomMatrix(20, 1, 3, 5);
    const weight = randomMatrix(20, 1, 4);
    const modality = Array.from({ length: 20 }, (_, r) => (r % 4) - 1);
    const used = [0, 1, 2, 9, 10, 11, 12, 13, 19];
    const sums = bench.put(Array(4).fill(Number.NaN));
    const segments = bench.put([3, 0, 3, 9, 14, 19, 20], "i32");
    bench.run(
      "k",
      [bench.put(loss.numbers), bench.put(weight.numbers), bench.put(modality, "i32"), sums, segments],
      0,
      1,
    );
    const total = (keep: (r: number) => boolean, f: (r: number) => number): number =>
      used.filter(keep).reduce((sum, r) => sum + f(r), 0);
    const wanted = matrix(1, 4, (_, i) =>
      i === 0
        ? total(
            () => true,
            (r) => get(loss, r, 0) * get(weight, r, 0),
          )
        : total(
            (r) => modality[r] === i - 1,
            (r) => get(loss, r, 0),
          ),
    );
    expectClose(takeRows(bench, sums, 1, 4, 4), wanted, tolerance.sums, "sums");
  });
});

describe("the update", () => {
  it.each([
    [1, 1],
    [7, 1],
    [16, 1],
    [33, 1],
    [12, 3],
    [30, 5],
    [64, 4],
  ])("rms_norm_dw %i wide, %i parts", async (width, heads) => {
    const [dyStride, xStride] = [rowStride(width), rowStride(width) + 16];
    const body = { kind: "rms_norm_dw", width, heads, eps: 1e-5, dyStride, xStride } as const;
    const bench = await openKernels(kernel(body), usual, 2);
    const part = width / heads;
    const [dy, x] = [randomMatrix(11, width, 1), randomMatrix(11, width, 2)];
    const used = [0, 1, 2, 6, 7];
    const after = bench.put(Array(part + 1).fill(5));
    bench.run(
      "k",
      [putRows(bench, dy, dyStride), putRows(bench, x, xStride), after, bench.put([2, 0, 3, 6, 8], "i32")],
      0,
      1,
    );
    const wanted = matrix(1, part, (_, j) => {
      let sum = 0;
      for (const r of used) {
        for (let h = 0; h < heads; h += 1) {
          let squares = 0;
          for (let c = 0; c < part; c += 1) squares += get(x, r, h * part + c) ** 2;
          sum += (get(dy, r, h * part + j) * get(x, r, h * part + j)) / Math.sqrt(squares / part + 1e-5);
        }
      }
      return sum;
    });
    expectClose(takeRows(bench, after, 1, part, part), wanted, tolerance.norm, "dw");
    expect(bench.floats(after, part + 1)[part], "the next array").toBe(5);
  });

  it.each([1, 5, 64, 100, 333])("square_sum and adamw on %i elements", async (elements) => {
    const settings = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, rate: 4 };
    const bodies: readonly Kernel[] = [
      { name: "squares", body: { kind: "square_sum", chunk: 64 } },
      { name: "adamw", body: { kind: "adamw", chunk: 64, ...settings, clip: 0.7 } },
      { name: "free", body: { kind: "adamw", chunk: 64, ...settings, weightDecay: 0, clip: 0 } },
    ];
    for (const engine of engines.slice(0, 2)) {
      const bench = await openKernels(bodies, engine, 2);
      const [p, g, m] = [
        randomMatrix(1, elements, 1),
        randomMatrix(1, elements, 2),
        randomMatrix(1, elements, 3),
      ];
      const v = matrix(1, elements, (_, c) => Math.fround(get(m, 0, c) ** 2 + 0.01));
      const tasks = Math.ceil(elements / 64);
      const [partial, norm] = [bench.put(Array(tasks).fill(Number.NaN)), bench.put([-1])];
      const schedule = [0.01, 1.5, 2.5].map(Math.fround) as [number, number, number];
      const [gAt, scheduleAt] = [bench.put(g.numbers), bench.put([7, ...schedule.slice(1), 8, schedule[0]])];
      for (let task = 0; task < tasks; task += 1) bench.run("squares", [gAt, partial, elements], task, tasks);
      const size = Math.sqrt(g.numbers.reduce((sum, x) => sum + x * x, 0));
      for (const [name, clip, weightDecay] of [
        ["adamw", 0.7, 0.1],
        ["free", 0, 0],
      ] as const) {
        const at = [p, m, v].map(({ numbers }) => bench.put([...numbers, 5]));
        const [pAt = 0, mAt = 0, vAt = 0] = at;
        const args = [pAt, gAt, mAt, vAt, partial, tasks, scheduleAt, name === "adamw" ? norm : 0, elements];
        for (let task = 0; task < tasks; task += 1) bench.run(name, args, task, tasks);
        const shrink = clip > 0 ? Math.min(1, clip / (size + 1e-6)) : 1;
        for (const [slot, address] of at.entries()) {
          const wanted = matrix(1, elements, (_, c) => {
            const before = [get(p, 0, c), shrink * get(g, 0, c), get(m, 0, c), get(v, 0, c)] as const;
            return adamw(before, schedule, { ...settings, weightDecay })[slot] ?? Number.NaN;
          });
          expectClose(
            takeRows(bench, address, 1, elements, elements),
            wanted,
            tolerance.update,
            `${name} ${slot}`,
          );
          expect(bench.floats(address, elements + 1)[elements], "the next tensor").toBe(5);
        }
      }
      expectClose(
        takeRows(bench, norm, 1, 1, 1),
        matrix(1, 1, () => size),
        tolerance.sums,
        "norm",
      );
    }
  });

  it("moments fade to zero without becoming denormal", async () => {
    const body = {
      kind: "adamw",
      chunk: 8,
      beta1: 0.9,
      beta2: 0.95,
      eps: 1e-8,
      weightDecay: 0,
      clip: 0,
      rate: 0,
    } as const;
    const bench = await openKernels(kernel(body), usual, 2);
    const [p, g, m, v] = [1, 0, 1.3e-38, 1.2e-38].map((x) => bench.put(Array(7).fill(x))) as [
      number,
      number,
      number,
      number,
    ];
    bench.run("k", [p, g, m, v, 0, 0, bench.put([0.1, 1, 1]), 0, 7], 0, 1);
    expect([...bench.floats(m, 7), ...bench.floats(v, 7)]).toEqual(Array(14).fill(0));
    expect([...bench.floats(p, 7)]).toEqual(Array(7).fill(1));
  });
});
