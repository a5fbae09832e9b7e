// wgsl-experts.test.ts: whole training steps with experts on a GPU: choices, losses, gradients and updates against the
// interpreter and the reference (support/routed-steps.ts says when a comparison is fair), by experts and by tokens.
// Few steps: a GPU in software takes its time.

import { test } from "vitest";
import { usualGpu, type WgslEngine } from "../src/targets/wgsl.ts";
import { richGpu } from "./support/compiled.ts";
import { describeWith, gpuProblem } from "./support/devices.ts";
import { expectRoutedSteps } from "./support/routed-steps.ts";

const cases: readonly (readonly [variant: string, what: string, engine: WgslEngine])[] = [
  ["moe", "with subgroups", richGpu],
  ["second", "what every GPU can run", { ...usualGpu, attention: "rows" }],
  ["hybrid", "beside a plain block", richGpu],
];

/** With batches whose choices are clear at first. */
const seed = 44;
const steps = [
  { present: [1, 2], emptyTail: 0.3 },
  { present: [0, 1, 2], emptyTail: 0 },
  { present: [0, 2], emptyTail: 0.6 },
];

describeWith(await gpuProblem(), "steps with experts on a GPU", () => {
  test.each(cases)("%s, %s", { timeout: 400_000 }, async (variant, _what, engine) => {
    await expectRoutedSteps(variant, { engine, steps, seed, tiesAreEqual: false, compared: 1 });
  });

  // Contexts of one token see nothing but themselves, so equal tokens are equal to the bit: the earlier row goes first.
  test.each(["pools", "first"])("%s, many tokens alike", { timeout: 400_000 }, async (variant) => {
    const alike = { shape: { batch: 50, context: 1 }, steps: [{ present: [0, 1, 2], emptyTail: 0 }] };
    await expectRoutedSteps(variant, { engine: richGpu, ...alike, tiesAreEqual: true, compared: 1 });
  });
});
