// experts.test.ts: blocks of experts from text to trained steps.
// In: a small model in every way the language can route it. Out: agreement of the interpreter with the reference (a
// second opinion from the papers' formulas, which shares no code with the compiler), and of compiled steps with both.

import { describe, expect, test } from "vitest";
import { scheduleOf } from "../src/runtime/schedule.ts";
import { type BatchRequest, randomBatch } from "./support/batches.ts";
import { fastEngine, openCompiled, plainEngine } from "./support/compiled.ts";
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

describe("threads", () => {
  test.each(["moe", "second"])("%s: one, two and three give the same bits", async (variant) => {
    const model = modelOf(routedText, variant);
    const { modalities } = layoutOptions(model);
    const shape = { batch: 3, context: 19 };
    const bitsWith = async (threads: number): Promise<ReadonlyMap<string, readonly number[]>> => {
      const session = await openCompiled(model, livelyParameters(model, 3), shape, fastEngine, threads);
      const { optimizer } = session.artifact;
      if (optimizer === undefined) throw new Error("compiled without its optimizer");
      try {
        for (const step of [1, 2, 3]) {
          session.writeBatch(randomBatch({ ...shape, modalities, seed: step }));
          session.writeSchedule(scheduleOf(optimizer, step, 3));
          await session.run(["forward", "backward", "update"]);
        }
        const bits = new Map([["loss", [(await session.losses()).total]]]);
        for (const { path } of model.parameters) bits.set(path, [...(await session.read(`param/${path}`))]);
        return bits;
      } finally {
        await session.close();
      }
    };
    const one = await bitsWith(1);
    for (const threads of [2, 3])
      for (const [name, values] of await bitsWith(threads)) expect(values, name).toEqual(one.get(name));
  });
});

describe("one expert that every token takes", () => {
  // Not bit for bit: the plain block's last product starts from the stream, the expert's is added to it at the end.
  test("is the plain block, and its router learns nothing", async () => {
    const [alone, dense] = [modelOf(routedText, "alone"), modelOf(routedText, "dense")];
    const plainPath = (path: string): string => path.replace(".expert.0.", ".");
    const parameters = livelyParameters(dense, 6);
    const routers = livelyParameters(alone, 7);
    const same = new Map(
      alone.parameters.flatMap(({ path }) => {
        const tensor = parameters.get(plainPath(path)) ?? routers.get(path);
        return tensor === undefined ? [] : [[path, tensor] as const];
      }),
    );
    const batch = randomBatch({
      batch: 2,
      context: 12,
      modalities: layoutOptions(dense).modalities,
      seed: 3,
    });
    const wanted = interpretStep(dense, parameters, batch);
    const session = await openCompiled(alone, same, { batch: 2, context: 12 }, fastEngine, 2);
    try {
      session.writeBatch(batch);
      await session.run(["forward", "backward"]);
      expect(Math.abs((await session.losses()).total / wanted.losses.total - 1)).toBeLessThan(1e-6);
      for (const { path } of alone.parameters) {
        const got = await session.read(`grad/${path}`);
        if (path.endsWith(".router"))
          expect(
            got.every((slope) => slope === 0),
            path,
          ).toBe(true);
        else
          expect(relativeDistance(got, wanted.gradients.get(plainPath(path)) ?? []), path).toBeLessThan(3e-5);
      }
    } finally {
      await session.close();
    }
  });
});
