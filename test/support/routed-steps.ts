// routed-steps.ts: compiled steps of a model with experts, held to the interpreter and, after training, to the reference.
// In: a variant of routed.ts and an engine. Out: assertions.
// A choice is a step function of its weights: where two weights are nearly equal, f32 and f64 may choose differently and
// both be right, and then losses and gradients differ by a whole token. So every comparison of a compiled step first
// looks at the margin by which the interpreter chose; above `fairMargin`, ten times what f32 can move a weight here, the
// choices must be the same rows in the same order, and the rest must agree as closely as without experts.
// Tokens that are alike in all they see have equal weights, and the earlier row goes first. That is no close call where
// a row's numbers do not depend on the rows beside it, as on threads; a GPU's attention sums by blocks of keys, and where
// a document begins in one differs from token to token.

import { expect } from "vitest";
import type { Batch } from "../../src/runtime/batch.ts";
import { scheduleOf } from "../../src/runtime/schedule.ts";
import type { Session } from "../../src/runtime/session.ts";
import type { WasmEngine } from "../../src/targets/wasm.ts";
import type { WgslEngine } from "../../src/targets/wgsl.ts";
import { randomBatch } from "./batches.ts";
import { compareStep, worstTensor } from "./compare-step.ts";
import { openCompiled } from "./compiled.ts";
import {
  layoutOptions,
  livelyParameters,
  modelOf,
  type Parameters,
  relativeDistance,
} from "./interpreted.ts";
import { type ReferenceStep, referenceStep } from "./reference.ts";
import { choicesOf, chosenBy, routedText, routedVariants } from "./routed.ts";

const fairMargin = 1e-5;

/** What a step's batch holds, and how much of a context is empty at most. */
export type RoutedStep = { readonly present: readonly number[]; readonly emptyTail: number };

export const everyStep: readonly RoutedStep[] = [
  { present: [0, 1, 2], emptyTail: 0 },
  { present: [0], emptyTail: 0.2 },
  { present: [1, 2], emptyTail: 0.3 },
  { present: [2, 0], emptyTail: 0.5 },
  { present: [0, 1, 2], emptyTail: 0.7 },
  { present: [1], emptyTail: 1 },
];

export type RoutedRun = {
  readonly engine: WasmEngine | WgslEngine;
  readonly threads?: number;
  readonly steps: readonly RoutedStep[];
  /** Of the first step's batch. */
  readonly seed?: number;
  /** 3 contexts of 19 tokens unless given. */
  readonly shape?: { readonly batch: number; readonly context: number };
  /** Whether a row's numbers are the same wherever it stands. */
  readonly tiesAreEqual: boolean;
  /** Steps that must be compared, at least. */
  readonly compared: number;
};

export function referenceOf(variant: string, parameters: Parameters, batch: Batch): ReferenceStep {
  const model = modelOf(routedText, variant);
  const modalities = model.modalities.map(({ name }) => name);
  const constant = (name: string): number => Number(model.constants.get(name));
  const experts = routedVariants[variant] ?? { count: 1, balance: 0 };
  return referenceStep({ architecture: "routed", modalities, constant, parameters, batch, experts });
}

const parametersOf = async (session: Session): Promise<Parameters> =>
  new Map(
    await Promise.all(
      session.artifact.parameters.map(
        async ({ path, shape }) => [path, { shape, values: await session.read(`param/${path}`) }] as const,
      ),
    ),
  );

/** Trains a few steps on unlike batches, and compares every one whose choices are clear; the reference sees the last two. */
export async function expectRoutedSteps(variant: string, run: RoutedRun): Promise<void> {
  const model = modelOf(routedText, variant);
  const { modalities } = layoutOptions(model);
  const shape = run.shape ?? { batch: 3, context: 19 };
  const session = await openCompiled(model, livelyParameters(model, 3), shape, run.engine, run.threads ?? 1);
  const { optimizer } = session.artifact;
  if (optimizer === undefined) throw new Error("compiled without its optimizer");
  let compared = 0;
  try {
    for (const [index, step] of run.steps.entries()) {
      const batch = randomBatch({ ...shape, ...step, modalities, seed: (run.seed ?? 40) + index });
      const before = await parametersOf(session);
      const choices = choicesOf(model, before, batch);
      const distance = await compareStep(session, model, batch, scheduleOf(optimizer, index + 1, 20));
      if (choices.margin < fairMargin || (choices.hasTies && !run.tiesAreEqual)) continue;
      compared += 1;
      expect(await chosenBy(session, choices), `step ${index + 1}`).toEqual(choices.rows);
      expect(distance.loss).toBeLessThan(2e-6);
      expect(distance.modalities).toBeLessThan(1e-5);
      const worst = worstTensor(distance);
      expect(worst.distance, `step ${index + 1}: ${worst.name}`).toBeLessThan(3e-5);
      if (index >= run.steps.length - 2) await expectReference(session, referenceOf(variant, before, batch));
    }
  } finally {
    await session.close();
  }
  expect(compared, "steps whose choices were clear").toBeGreaterThanOrEqual(run.compared);
}

async function expectReference(session: Session, wanted: ReferenceStep): Promise<void> {
  const { total } = await session.losses();
  expect(Math.abs(total - wanted.total), "total").toBeLessThan(2e-6 * Math.max(wanted.total, 1e-3));
  const norm = Math.hypot(...[...wanted.gradients.values()].map((gradient) => Math.hypot(...gradient)));
  for (const [path, gradient] of wanted.gradients) {
    const got = await session.read(`grad/${path}`);
    expect(relativeDistance(got, gradient, 1e-3 * norm), path).toBeLessThan(1e-4);
  }
}
