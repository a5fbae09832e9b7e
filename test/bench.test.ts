// bench.test.ts: what benchmarks make of raw numbers. Nothing here is timed.
// In: made-up milliseconds. Out: the ratios, the rival chosen, the verdicts and the warnings that a table must show.

import { expect, test } from "vitest";
import { figuresOf, type Results } from "../bench/support/results.ts";
import { pairwise, quantile, spreadOf } from "../bench/support/statistics.ts";
import { markdownOf } from "../bench/support/table.ts";

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
