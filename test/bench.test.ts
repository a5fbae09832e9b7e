// bench.test.ts: what benchmarks make of raw numbers. Nothing here is timed.
// In: made-up milliseconds. Out: the ratios, the rival chosen, the verdicts and the warnings that a table must show.

import { expect, test } from "vitest";
import { bestOf, type ProductFigures } from "../bench/support/gpu-matmul.ts";
import { productArtifact } from "../bench/support/gpu-products.ts";
import { type GpuResults, gpuFigures, type Series } from "../bench/support/gpu-results.ts";
import { flopsOf, repeatsFor } from "../bench/support/gpu-shapes.ts";
import type { GpuStep, VariantFigures } from "../bench/support/gpu-steps.ts";
import { gpuMarkdown, softwareWarning } from "../bench/support/gpu-table.ts";
import { figuresOf, type Results } from "../bench/support/results.ts";
import { pairwise, quantile, spreadOf } from "../bench/support/statistics.ts";
import { markdownOf } from "../bench/support/table.ts";
import { usualGpu } from "../src/targets/wgsl.ts";

const steps: Readonly<Record<string, readonly number[]>> = {
  "motley mot": [10, 20],
  "torch mot mask": [30, 60],
  "torch mot sorted": [20, 50],
};

const results: Results = {
  format: 1,
  date: "2026-01-01",
  commit: "0123456789",
  isDirty: false,
  machine: { processor: "test", cores: 2 },
  versions: { node: "26" },
  load: [0.1, 2],
  threads: 2,
  settings: {
    small: { dim: 64, layers: 1, heads: 4, ffn: 64, context: 10, batch: 2, text: 16, image: 16 },
  },
  missing: [{ name: "jax-js dense", why: "not installed" }],
  entries: Object.entries(steps).map(([contender, times]) => ({
    setting: "small",
    contender,
    rounds: times.map((ms) => ({
      milliseconds: [ms, ms + 100, ms - 100],
      firstLoss: 3,
      lastLoss: 3,
      parameters: 1,
      threads: 2,
    })),
  })),
  ratios: [],
};

test("quantiles are interpolated and need no order", () => {
  expect(quantile([3, 1, 2, 4], 0.5)).toBe(2.5);
  expect(spreadOf([5])).toEqual({ median: 5, p10: 5, p90: 5 });
});

test("ratios pair rounds, and leave out a round that one side lacks", () => {
  expect(pairwise([6, 8, 9], [2, 4])).toEqual([3, 2]);
});

test("ratios are taken within a round, against the faster rival", () => {
  const found = figuresOf(results).map(({ what, value, goal }) => [what, value.median, goal?.value]);
  expect(found).toEqual([
    ["tokens/s, motley mot ÷ PyTorch, mask routing", 3, 2],
    ["tokens/s, motley mot ÷ PyTorch, its faster routing", 2.25, 1.6],
  ]);
});

test("a table says what is missing, and judges on an idle machine only", () => {
  expect(markdownOf(results)).toContain("missing: jax-js dense (not installed)");
  expect(markdownOf(results)).toContain("2 goals met, 0 not, 1 contenders missing.");
  const busy = markdownOf({ ...results, load: [1.5, 2] });
  expect(busy).toContain("The machine was busy");
  expect(busy).toContain("no goal judged");
  expect(busy).not.toContain("| met |");
});

const products: ProductFigures = {
  shape: { name: "small", rows: 1000, out: 100, inner: 100 },
  repeats: 10,
  candidates: [
    { tile: "even", weights: "f32", rates: { forward: 10, dx: 10, outer: 10 } },
    { tile: "uneven", weights: "f32", rates: { forward: 40, dx: 40, outer: 3 } },
  ],
  turns: [
    { contender: "motley f32", milliseconds: { forward: [1, 2], dx: [1, 1], outer: [4, 4] } },
    { contender: "jax-js", milliseconds: { forward: [3, 4], dx: [2, 2], outer: [2, 2] } },
  ],
};

const step = (wallMs: number, gradientMs: number): GpuStep => ({
  ...{
    wallMs,
    gradientMs,
    updateMs: wallMs - gradientMs,
    layoutMs: 1,
    hostMs: 1,
    cpuMs: 2,
    dispatches: 9,
    submits: 3,
  },
  ...{ writes: 7, reads: 2, bytesRead: 16, bytesWritten: 40, buffers: 0 },
});

const series = (variant: Series["variant"], mix: Series["mix"], ...walls: readonly number[]): Series => ({
  ...{ variant, mix, isTwin: false, steps: walls.map((wall) => step(wall, wall / 2)) },
});

const variant: VariantFigures = {
  ...{ parameters: 10, bytesOnGpu: 100, shaders: 2, firstLoss: 3, timing: "timestamps" },
  launches: { prepare: 1, forward: 5, backward: 3, update: 1 },
  kernels: [{ kind: "product", milliseconds: 2, count: 4 }],
};

const spread = { median: 0.5, p10: 0.25, p90: 1 };
const host = { steps: 300, hostMs: spread, layoutMs: spread, cpuMs: 1.5 };

const gpuResults: GpuResults = {
  format: 1,
  date: "2026-01-01",
  commit: "0123456789",
  isDirty: false,
  machine: { processor: "test", cores: 2 },
  versions: { node: "26" },
  load: [0.1, 2],
  adapter: {
    ...{ name: "a GPU", vendor: "", architecture: "", isSoftware: false, features: [] },
    limits: {
      ...usualGpu.limits,
      ...{ maxComputeWorkgroupSizeX: 256, maxComputeWorkgroupSizeY: 256, maxComputeWorkgroupSizeZ: 64 },
      minUniformBufferOffsetAlignment: 256,
    },
  },
  missing: [],
  ceilings: { gflops: 40, gigabytes: 100 },
  products: [products],
  steps: [
    {
      setting: "small",
      sizes: results.settings.small ?? {
        dim: 0,
        layers: 0,
        heads: 0,
        ffn: 0,
        context: 0,
        batch: 0,
        text: 0,
        image: 0,
      },
      forms: "even",
      tuning: [],
      variants: { dense: variant, mot: variant },
      host: { dense: host, mot: host },
      series: [
        ...[series("dense", "uneven", 10, 20), series("mot", "uneven", 11, 24)],
        ...[series("dense", "half", 10, 10), series("mot", "half", 10, 20)],
      ],
      peers: [
        { contender: "jax-js mot where", rounds: [{ milliseconds: [50, 70], submits: 99 }] },
        { contender: "jax-js mot sorted", rounds: [{ milliseconds: [30, 40], submits: 88 }] },
      ],
    },
  ],
};

test("the fastest tile is that of all three products together", () => {
  expect(bestOf(products.candidates)?.tile).toBe("even");
});

test("a burst of products is long enough to time, and not endless", () => {
  const { shape } = products;
  expect(flopsOf(shape)).toBe(2e7);
  // 2e7 operations at half of 100 GFLOP/s are 0.4 ms.
  expect(repeatsFor(shape, 100)).toBe(50);
  expect([repeatsFor(shape, 0), repeatsFor(shape, 1e9)]).toEqual([1, 1000]);
});

test("a GPU's ratios pair steps, and rounds with the faster rival", () => {
  const found = gpuFigures(gpuResults).map(({ what, value, goal }) => [
    what,
    Number(value.median.toFixed(3)),
    goal?.value,
  ]);
  expect(found).toEqual([
    ["motley f32 products ÷ multiply-adds in registers", 0.333, undefined],
    ["motley f32 products ÷ jax-js's WGSL", 2, 1.5],
    ["step without update, MoT ÷ dense, 70/30", 1.15, 1.05],
    ["whole step, MoT ÷ dense, 70/30", 1.15, undefined],
    ["whole step, MoT ÷ itself (noise of this run)", Number.NaN, undefined],
    ["JavaScript's share of a step, dense", 0.2, 0.05],
    ["JavaScript's share of a step, mot", 0.15, 0.05],
    ["tokens/s, mot ÷ jax-js mot sorted", 2.333, 5],
  ]);
});

test("a GPU in software has counts and a warning, and judges nothing", () => {
  expect(gpuMarkdown(gpuResults)).toContain("| missed |");
  const inSoftware = gpuMarkdown({ ...gpuResults, adapter: { ...gpuResults.adapter, isSoftware: true } });
  expect(inSoftware).toContain(softwareWarning);
  expect(inSoftware).toContain("| small | motley mot | 5 + 3 + 1 | 3 | 2 | 16 | 7 | 40 |");
  expect(inSoftware).toContain("| small | motley mot | 300 | 0.5 (0.25 to 1) | 0.5 (0.25 to 1) | 1.5 |");
  expect(inSoftware).not.toContain("missed");
});

test("products on a GPU run as often as asked, on a grid that covers them", () => {
  const shape = { name: "odd", rows: 130, out: 96, inner: 72 };
  const { artifact } = productArtifact(shape, usualGpu, 3);
  const { program, launches } = artifact;
  if (program.kind !== "wgsl") throw new Error("made for a GPU");
  const workgroups = (phase: string) =>
    program.dispatches.flatMap((dispatch, i) =>
      launches[i]?.phase === phase ? [dispatch.workgroups.join("x")] : [],
    );
  // 64 x 64 a workgroup: rows by columns of the result, columns first where the result is a weight's gradient.
  expect(workgroups("forward")).toEqual(["3x2x1", "3x2x1", "3x2x1"]);
  expect(workgroups("backward")).toEqual(["3x2x1", "3x2x1", "3x2x1"]);
  expect(workgroups("update")).toEqual(["2x2x1", "2x2x1", "2x2x1"]);
  expect(workgroups("prepare")).toHaveLength(2);
});
