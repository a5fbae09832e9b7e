// wgsl-step.test.ts: whole training steps on a GPU against the float64 interpreter: losses, every gradient, and every
// parameter and moment after the update, over several batches of one session, some without a modality or a token.

import { expect, test } from "vitest";
import { scheduleOf } from "../src/runtime/schedule.ts";
import { defaultLimits, type WgslEngine } from "../src/targets/wgsl.ts";
import { randomBatch } from "./support/batches.ts";
import { compareStep, worstTensor } from "./support/compare-step.ts";
import { openCompiled, richGpu } from "./support/compiled.ts";
import { describeWith, gpuProblem } from "./support/devices.ts";
import { layoutOptions, livelyParameters, modelOf, specText } from "./support/interpreted.ts";

/** f32 kernels against float64: a few hundred additions deep, at weights where nothing is nearly uniform. */
const exact = { loss: 2e-6, tensor: 3e-5 };
/** Halves have eleven bits, and lose them once per weight. */
const rounded = { loss: 2e-4, tensor: 2e-2 };

/** Every access becomes a switch, which takes a GPU in software long to compile: few banks, and the form with less text. */
const inBanks: WgslEngine = {
  ...richGpu,
  attention: "rows",
  limits: { ...defaultLimits, maxStorageBufferBindingSize: 1 << 18 },
};

const cases: readonly {
  readonly what: string;
  readonly spec: "odd" | "single" | "output_norm" | "arms";
  readonly variant: string;
  readonly engine: WgslEngine;
  readonly tolerance: typeof exact;
}[] = [
  {
    what: "sharing in part",
    spec: "odd",
    variant: "mixed",
    engine: { ...richGpu, attention: "rows" },
    tolerance: exact,
  },
  { what: "several banks", spec: "single", variant: "mot", engine: inBanks, tolerance: exact },
  {
    what: "the loss in chunks",
    spec: "odd",
    variant: "mot",
    engine: { ...richGpu, lossChunkBytes: 8192 },
    tolerance: exact,
  },
  {
    what: "weights in halves",
    spec: "odd",
    variant: "mot",
    engine: { ...richGpu, weights: "f16" },
    tolerance: rounded,
  },
  { what: "one modality", spec: "single", variant: "mot", engine: richGpu, tolerance: exact },
  {
    what: "norms after and over heads",
    spec: "output_norm",
    variant: "mot",
    engine: richGpu,
    tolerance: exact,
  },
  { what: "other code per modality", spec: "arms", variant: "mot", engine: richGpu, tolerance: exact },
];

describeWith(await gpuProblem(), "steps on a GPU agree with the interpreter", () => {
  test.each(cases)("$what: $spec $variant", { timeout: 120_000 }, async (each) => {
    const { spec, variant, engine, tolerance } = each;
    const model = modelOf(specText(spec), variant);
    const { modalities } = layoutOptions(model);
    const shape = { batch: 3, context: 19 };
    const session = await openCompiled(model, livelyParameters(model, 3), shape, engine);
    const everyone = modalities.map((_, m) => m);
    const optimizer = session.artifact.optimizer;
    if (optimizer === undefined) throw new Error("compiled without its optimizer");
    try {
      for (const [index, present] of [everyone, [0], everyone.slice(-2)].entries()) {
        const batch = randomBatch({ ...shape, modalities, seed: 20 + index, present, emptyTail: index / 2 });
        const distance = await compareStep(session, model, batch, scheduleOf(optimizer, index + 1, 10));
        expect(distance.loss).toBeLessThan(tolerance.loss);
        const worst = worstTensor(distance);
        expect(worst.distance, `step ${index + 1}: ${worst.name}`).toBeLessThan(tolerance.tensor);
      }
    } finally {
      await session.close();
    }
  });
});
