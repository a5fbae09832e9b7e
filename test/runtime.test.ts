// What runs leave behind, computed by hand: match ratios, smoothing, documents, summaries, memory limits.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkSource } from "../src/check/load.ts";
import { compile } from "../src/compile.ts";
import { compareDocument, summarizeSeeds, type VariantRecord } from "../src/runtime/compare-document.ts";
import { type LossCurve, matchRatio, median, smooth, smoothingWindow } from "../src/runtime/match.ts";
import { checkMemory, formatBytes } from "../src/runtime/memory.ts";
import { isValidationStep } from "../src/runtime/race.ts";

/** A curve that takes 10 ms a step and 100 FLOPs unless told otherwise. */
function curve(values: readonly number[], stepMs = 10, flopsPerStep = 100): LossCurve {
  return {
    points: values.map((value, i) => ({ step: i + 1, wallMs: (i + 1) * stepMs, value })),
    flopsPerStep,
  };
}

describe("match ratios", () => {
  it("is the first step at or below the reference's last value, as a share of the reference's steps", () => {
    const reference = curve([5, 4, 3, 2]);
    expect(matchRatio(curve([5, 2, 1, 1]), reference, 1)).toEqual({ steps: 0.5, flops: 0.5, wall: 0.5 });
    expect(matchRatio(curve([4, 3, 2.5, 1.9]), reference, 1)).toEqual({ steps: 1, flops: 1, wall: 1 });
  });

  it("counts FLOPs and time by what the variant's own steps cost", () => {
    const ratio = matchRatio(curve([3, 2, 1, 1], 15, 300), curve([5, 4, 3, 2], 10, 100), 1);
    // Step 2: 600 of 400 FLOPs, 30 of 40 ms.
    expect(ratio).toEqual({ steps: 0.5, flops: 1.5, wall: 0.75 });
  });

  it("is nothing where the loss is never reached", () => {
    expect(matchRatio(curve([5, 4]), curve([3, 2]), 1)).toBeUndefined();
    expect(matchRatio(curve([]), curve([3, 2]), 1)).toBeUndefined();
    expect(matchRatio(curve([1]), curve([]), 1)).toBeUndefined();
  });

  it("smooths both curves: one lucky step has not arrived", () => {
    const reference = curve([4, 4, 2, 2]);
    // Means of two: 4, 2.5, 2.5, 3, 1.5 → the goal 2 is reached at step 5 though step 2 alone was below it.
    expect(matchRatio(curve([4, 1, 4, 2, 1]), reference, 2)?.steps).toBe(1.25);
  });

  it("smooths over the values there are at the start", () => {
    expect(smooth([4, 2, 6, 0], 3)).toEqual([4, 3, 4, 8 / 3]);
    expect(smooth([4, 2], 1)).toEqual([4, 2]);
  });

  it("takes 5 % of the steps, at least one", () => {
    expect([1, 19, 20, 39, 40, 1500].map(smoothingWindow)).toEqual([1, 1, 1, 1, 2, 75]);
  });

  it("takes the middle of sorted numbers", () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([])]).toEqual([2, 2.5, Number.NaN]);
  });
});

describe("validation", () => {
  it("happens at most ten times, the last time at the end", () => {
    for (const steps of [1, 7, 10, 11, 95, 1500]) {
      const measured = Array.from({ length: steps }, (_, i) => i + 1).filter((s) =>
        isValidationStep(s, steps),
      );
      expect(measured.length).toBeLessThanOrEqual(10);
      expect(measured.at(-1)).toBe(steps);
    }
  });
});

/** Four steps; text occurs in every one, `constructor` only in the last two. */
function record(name: string, text: readonly number[], stepMs: number): VariantRecord {
  return {
    name,
    params: 10,
    activeParams: 5,
    flopsPerToken: 2,
    tokensPerStep: 50,
    record: {
      metrics: text.map((value, i) => ({
        step: i + 1,
        loss: { total: value, text: value, ...(i < 2 ? {} : { constructor: value + 1 }) },
        lr: 0,
        gradNorm: 0,
        wallMs: (i + 1) * stepMs,
      })),
      timings: text.map((_value, i) => ({ step: i + 1, stepMs: i < 3 ? 1000 : stepMs, updateMs: 1 })),
      validations: [{ step: 4, loss: { total: 1, text: text[3] ?? 0 } }],
    },
  };
}

const document = (seed: number, mot: readonly number[]) =>
  compareDocument({
    model: "m",
    target: "wasm",
    data: "icons",
    seed,
    reference: "dense",
    modalities: ["text", "constructor", "speech"],
    baselines: new Map([["text", { unigram: 5, bigram: 3, targets: 9 }]]),
    variants: [record("dense", [4, 3, 2, 2], 10), record("mot", mot, 20)],
  });

describe("compare.json", () => {
  it("has the curve as it was logged, with validation where it was measured", () => {
    const { variants, baselines } = document(1, [4, 2, 1, 1]);
    expect(variants.mot?.curve[1]).toEqual({ step: 2, wallMs: 40, train: { total: 2, text: 2 } });
    expect(variants.mot?.curve[3]?.val).toEqual({ total: 1, text: 1 });
    expect(baselines).toEqual({ val: { text: { unigram: 5, bigram: 3 } } });
  });

  it("leaves the first three steps out of the times", () => {
    const { variants } = document(1, [4, 2, 1, 1]);
    expect([variants.dense?.stepMs, variants.mot?.stepMs]).toEqual([10, 20]);
  });

  it("matches per modality, and says null where there is nothing to match", () => {
    const { match } = document(1, [4, 2, 1, 1]);
    expect(match.mot?.text?.train).toEqual({ steps: 0.5, flops: 0.5, wall: 1 });
    // `constructor` starts at step 3: 2 against the reference's last value 3.
    const ratios = new Map(Object.entries(match.mot ?? {}));
    expect(ratios.get("constructor")?.train).toEqual({ steps: 0.75, flops: 0.75, wall: 1.5 });
    expect(match.mot?.speech).toEqual({ train: null, val: null });
    expect(Object.keys(match)).toEqual(["dense", "mot"]);
  });

  it("summarizes seeds by mean and spread, over those that have a value", () => {
    const summary = summarizeSeeds([document(1, [4, 2, 1, 1]), document(2, [4, 3, 3, 3])]);
    expect(summary.variants.mot?.final.train.text).toEqual({ mean: 2, spread: Math.SQRT2, count: 2 });
    expect(summary.match.mot?.text?.train.steps).toEqual({ mean: 0.5, spread: 0, count: 1 });
    expect(summary.match.mot?.speech?.val.wall).toEqual({ mean: null, spread: null, count: 0 });
  });
});

describe("memory", () => {
  const file = new URL("../examples/hello.mot", import.meta.url).pathname;
  const { model } = checkSource({ name: file, text: readFileSync(file, "utf8") }, () => undefined);
  if (model === undefined) throw new Error("examples/hello.mot does not check");
  const artifact = compile(model, {
    purpose: "train",
    engine: { tile: { rows: 6, columns: 8 }, relaxedSimd: true },
  });

  it("lets pass what fits, and refuses what does not by the names of the largest buffers", () => {
    checkMemory(artifact, 2, 64 * 2 ** 20);
    const [largest] = [...artifact.buffers].sort((a, b) => b.byteLength - a.byteLength);
    expect(() => checkMemory(artifact, 2, 2 ** 16)).toThrow(largest?.name);
    expect(() => checkMemory({ ...artifact, arenaBytes: 2 ** 33 }, 2, 2 ** 40)).toThrow("4.0 GiB");
  });

  it("names sizes in units people use", () => {
    expect([0, 512, 2048, 1.5 * 2 ** 20, 200 * 2 ** 20].map(formatBytes)).toEqual([
      "0 bytes",
      "512 bytes",
      "2.0 KiB",
      "1.5 MiB",
      "200 MiB",
    ]);
  });
});
