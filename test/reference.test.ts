// reference.test.ts: the compiler's losses and gradients against the reference model, which shares no code with it.
// Specs of test/outside (the example's architecture at odd sizes, every sharing; output norms; arms) on batches with
// empty tails, one-token documents and absent modalities. test/outside/check_export.py asks PyTorch the same.

import { describe, expect, test } from "vitest";
import { type BatchRequest, randomBatch } from "./support/batches.ts";
import {
  interpretStep,
  layoutOptions,
  livelyParameters,
  modelOf,
  relativeDistance,
  specText,
} from "./support/interpreted.ts";
import { architectures, referenceStep } from "./support/reference.ts";

const cases: readonly (readonly [spec: string, variants: readonly string[]])[] = [
  ["odd", ["dense", "mot", "attn", "pair", "mixed", "uneven", "shallow"]],
  ["single", ["dense", "mot"]],
  ["output_norm", ["dense", "mot", "norms"]],
  ["arms", ["mot", "attn", "ffn"]],
];

/** Both sides compute in float64 and differ in the order of sums, but the host's weights per target are f32. */
const lossTolerance = 3e-7;
const gradientTolerance = 1e-6;

const batches: readonly (readonly [title: string, Partial<BatchRequest>])[] = [
  ["every modality", {}],
  ["one modality absent", { present: [0] }],
  ["the first modality absent", { present: [1, 2] }],
];

describe.each(cases)("%s", (spec, variants) => {
  test.each(variants)("%s agrees with the reference", (variant) => {
    const model = modelOf(specText(spec), variant);
    const architecture = Object.keys(architectures).find(
      (name) => name === model.name,
    ) as keyof typeof architectures;
    const parameters = livelyParameters(model, 5);
    const { modalities } = layoutOptions(model);
    const constant = (name: string): number => Number(model.constants.get(name));
    const names = model.modalities.map(({ name }) => name);
    for (const [index, [title, request]] of batches.entries()) {
      const present = (request.present ?? names.map((_, m) => m)).filter((m) => m < names.length);
      if (present.length === 0) continue;
      const batch = randomBatch({ batch: 2, context: 12, modalities, seed: 11 + index, present });
      const expected = referenceStep({ architecture, modalities: names, constant, parameters, batch });
      const got = interpretStep(model, parameters, batch);
      expect(Math.abs(got.losses.total / expected.total - 1), title).toBeLessThan(lossTolerance);
      for (const [m, loss] of expected.modalities.entries()) {
        expect(Math.abs((got.losses.modalities[m] ?? Number.NaN) - loss), title).toBeLessThan(
          lossTolerance * 10,
        );
      }
      for (const [path, gradient] of expected.gradients) {
        const distance = relativeDistance(got.gradients.get(path) ?? [], gradient);
        expect(distance, `${title}: ${path}`).toBeLessThan(gradientTolerance);
      }
    }
  });
});
