// experts.test.ts: blocks of experts from text to trained steps.
// In: a small model in every way the language can route it. Out: agreement of the interpreter with the reference (a
// second opinion from the papers' formulas, which shares no code with the compiler), and of compiled steps with both.

import { describe, expect, test } from "vitest";
import { type BatchRequest, randomBatch } from "./support/batches.ts";
import { fastEngine, plainEngine } from "./support/compiled.ts";
import {
  interpretStep,
  layoutOptions,
  livelyParameters,
  modelOf,
  relativeDistance,
} from "./support/interpreted.ts";
import { routedText, routedVariants } from "./support/routed.ts";
import { everyStep, expectRoutedSteps, referenceOf } from "./support/routed-steps.ts";

const variants = Object.keys(routedVariants);

type Request = Partial<BatchRequest> & { readonly batch: number; readonly context: number };

const batches: readonly (readonly [title: string, request: Request])[] = [
  ["every modality", { batch: 2, context: 12 }],
  ["one modality alone", { batch: 2, context: 9, present: [0] }],
  ["the first modality absent", { batch: 1, context: 14, present: [1, 2] }],
  ["one token", { batch: 1, context: 1, present: [1], emptyTail: 0 }],
  ["fewer tokens than experts", { batch: 1, context: 3, present: [0, 1], emptyTail: 0 }],
];

describe("the interpreter agrees with the reference", () => {
  test.each(variants)("%s", (variant) => {
    const model = modelOf(routedText, variant);
    const parameters = livelyParameters(model, 5);
    const { modalities } = layoutOptions(model);
    for (const [index, [title, request]] of batches.entries()) {
      const batch = randomBatch({ ...request, modalities, seed: 31 + index });
      const wanted = referenceOf(variant, parameters, batch);
      const { losses, gradients } = interpretStep(model, parameters, batch);
      // Where nothing has a target, what is left of the total is the balance alone.
      expect(Math.abs(losses.total - wanted.total), title).toBeLessThan(3e-7 * Math.max(1, wanted.total));
      for (const [m, loss] of wanted.modalities.entries())
        expect(Math.abs((losses.modalities[m] ?? Number.NaN) - loss), title).toBeLessThan(1e-9);
      for (const [path, gradient] of wanted.gradients) {
        const distance = relativeDistance(gradients.get(path) ?? [], gradient, 1e-9);
        expect(distance, `${title}: ${path}`).toBeLessThan(1e-6);
      }
    }
  });
});

describe("compiled steps agree with the interpreter, and with the reference after training", () => {
  test.each(variants)("%s", async (variant) => {
    const engine = variants.indexOf(variant) % 2 === 0 ? fastEngine : plainEngine;
    await expectRoutedSteps(variant, {
      ...{ engine, threads: 2, steps: everyStep },
      ...{ tiesAreEqual: true, compared: 4 },
    });
  });
});
