// cuda-step.test.ts: whole training steps on CUDA, in emulation, against the float64 interpreter: losses, every gradient,
// and every parameter and moment after the update, over several batches of one session, some without a modality or a token.

import { expect, test } from "vitest";
import { scheduleOf } from "../src/runtime/schedule.ts";
import { type CudaEngine, cudaEngine } from "../src/targets/cuda.ts";
import { randomBatch } from "./support/batches.ts";
import { compareStep, worstTensor } from "./support/compare-step.ts";
import { openCompiled } from "./support/compiled.ts";
import { emulatorProblem } from "./support/cuda-compile.ts";
import { describeWith } from "./support/devices.ts";
import { layoutOptions, livelyParameters, modelOf, specText } from "./support/interpreted.ts";

/** f32 kernels against float64: a few hundred additions deep, at weights where nothing is nearly uniform. */
const tolerance = { loss: 2e-6, tensor: 3e-5 };

const plain = cudaEngine("f32");

const cases: readonly {
  readonly what: string;
  readonly text: string;
  readonly variant: string;
  readonly engine?: CudaEngine;
}[] = [
  { what: "sharing in part", text: specText("odd"), variant: "mixed" },
  {
    what: "the loss in chunks",
    text: specText("odd"),
    variant: "mot",
    engine: { ...plain, lossChunkBytes: 8192 },
  },
  { what: "one modality", text: specText("single"), variant: "mot" },
  { what: "norms after and over heads", text: specText("output_norm"), variant: "mot" },
  { what: "other code per modality", text: specText("arms"), variant: "mot" },
];

describeWith(emulatorProblem(), "steps on CUDA in f32 agree with the interpreter", () => {
  test.each(cases)("$what: $variant", { timeout: 240_000 }, async ({ text, variant, engine = plain }) => {
    const model = modelOf(text, variant);
    const { modalities } = layoutOptions(model);
    const shape = { batch: 3, context: 19 };
    const session = await openCompiled(model, livelyParameters(model, 3), shape, engine);
    const everyone = modalities.map((_, m) => m);
    const { optimizer } = session.artifact;
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
