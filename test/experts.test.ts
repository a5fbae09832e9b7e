// experts.test.ts: blocks of experts from text to trained steps.
// In: a small model in every way the language can route it. Out: agreement of the interpreter with the reference (a
// second opinion from the papers' formulas, which shares no code with the compiler), and of compiled steps with both.
// A choice is a step function of its weights: where two weights are nearly equal, f32 and f64 may choose differently and
// both be right, and then losses and gradients differ by a whole token. So every comparison of a compiled step first
// looks at the margin by which the interpreter chose; above `fairMargin`, ten times what f32 can move a weight here, the
// choices must be the same rows in the same order, and the rest must agree as closely as without experts.

import { describe, expect, test } from "vitest";
import { scheduleOf } from "../src/runtime/schedule.ts";
import type { Session } from "../src/runtime/session.ts";
import { type BatchRequest, randomBatch } from "./support/batches.ts";
import { compareStep, fastEngine, openCompiled, plainEngine, worstTensor } from "./support/compiled.ts";
import {
  interpretStep,
  layoutOptions,
  livelyParameters,
  modelOf,
  type Parameters,
  relativeDistance,
} from "./support/interpreted.ts";
import { type ReferenceStep, referenceStep } from "./support/reference.ts";
import { choicesOf, chosenBy, routedText, routedVariants } from "./support/routed.ts";

const fairMargin = 1e-5;
const variants = Object.keys(routedVariants);

type Request = Partial<BatchRequest> & { readonly batch: number; readonly context: number };

const batches: readonly (readonly [title: string, request: Request])[] = [
  ["every modality", { batch: 2, context: 12 }],
  ["one modality alone", { batch: 2, context: 9, present: [0] }],
  ["the first modality absent", { batch: 1, context: 14, present: [1, 2] }],
  ["one token", { batch: 1, context: 1, present: [1], emptyTail: 0 }],
  ["fewer tokens than experts", { batch: 1, context: 3, present: [0, 1], emptyTail: 0 }],
];

function reference(
  variant: string,
  parameters: Parameters,
  batch: ReturnType<typeof randomBatch>,
): ReferenceStep {
  const model = modelOf(routedText, variant);
  const modalities = model.modalities.map(({ name }) => name);
  const constant = (name: string): number => Number(model.constants.get(name));
  const experts = routedVariants[variant] ?? { count: 1, balance: 0 };
  return referenceStep({ architecture: "routed", modalities, constant, parameters, batch, experts });
}

describe("the interpreter agrees with the reference", () => {
  test.each(variants)("%s", (variant) => {
    const model = modelOf(routedText, variant);
    const parameters = livelyParameters(model, 5);
    const { modalities } = layoutOptions(model);
    for (const [index, [title, request]] of batches.entries()) {
      const batch = randomBatch({ ...request, modalities, seed: 31 + index });
      const wanted = reference(variant, parameters, batch);
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

const parametersOf = async (session: Session): Promise<Parameters> =>
  new Map(
    await Promise.all(
      session.artifact.parameters.map(
        async ({ path, shape }) => [path, { shape, values: await session.read(`param/${path}`) }] as const,
      ),
    ),
  );

describe("compiled steps agree with the interpreter, and with the reference after training", () => {
  const shape = { batch: 3, context: 19 };
  test.each(variants)("%s", async (variant) => {
    const model = modelOf(routedText, variant);
    const { modalities } = layoutOptions(model);
    const engine = variants.indexOf(variant) % 2 === 0 ? fastEngine : plainEngine;
    const session = await openCompiled(model, livelyParameters(model, 3), shape, engine, 2);
    const { optimizer } = session.artifact;
    if (optimizer === undefined) throw new Error("compiled without its optimizer");
    let compared = 0;
    try {
      for (const [index, present] of [[0, 1, 2], [0], [1, 2], [2, 0], [0, 1, 2], [1]].entries()) {
        const batch = randomBatch({ ...shape, modalities, seed: 40 + index, present, emptyTail: index / 6 });
        const before = await parametersOf(session);
        const choices = choicesOf(model, before, batch);
        const distance = await compareStep(session, model, batch, scheduleOf(optimizer, index + 1, 20));
        if (choices.margin < fairMargin) continue;
        compared += 1;
        expect(await chosenBy(session, choices), `step ${index + 1}`).toEqual(choices.rows);
        expect(distance.loss).toBeLessThan(2e-6);
        expect(distance.modalities).toBeLessThan(1e-5);
        const worst = worstTensor(distance);
        expect(worst.distance, `step ${index + 1}: ${worst.name}`).toBeLessThan(3e-5);
        if (index < 4) continue;
        const wanted = reference(variant, before, batch);
        const { total } = await session.losses();
        expect(Math.abs(total / wanted.total - 1), "total").toBeLessThan(2e-6);
        const norm = Math.hypot(...[...wanted.gradients.values()].map((gradient) => Math.hypot(...gradient)));
        for (const [path, gradient] of wanted.gradients) {
          const got = await session.read(`grad/${path}`);
          expect(relativeDistance(got, gradient, 1e-3 * norm), path).toBeLessThan(1e-4);
        }
      }
    } finally {
      await session.close();
    }
    expect(compared, "steps whose choices were clear").toBeGreaterThanOrEqual(4);
  });
});
