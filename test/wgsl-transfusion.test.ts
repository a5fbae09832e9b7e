// wgsl-transfusion.test.ts: a training step of the example with patches, on a GPU in software, held to the interpreter.
// Batches with pictures, without any, and of pictures alone; with what a rich GPU has.

import { expect, test } from "vitest";
import { randomBatch } from "./support/batches.ts";
import { compareStep, worstTensor } from "./support/compare-step.ts";
import { openCompiled, richGpu } from "./support/compiled.ts";
import { describeWith, gpuProblem } from "./support/devices.ts";
import { layoutOptions, livelyParameters, modelOf } from "./support/interpreted.ts";
import { smallTransfusion } from "./support/transfusion-reference.ts";

const shape = { batch: 2, context: 40 };

describeWith(await gpuProblem(), "text beside pictures by their noise, in WGSL", () => {
  test.each([["subgroups and small tiles", richGpu]] as const)(
    "agrees with the interpreter: %s",
    { timeout: 240_000 },
    async (_title, engine) => {
      const model = modelOf(smallTransfusion(), "mot");
      const { modalities } = layoutOptions(model);
      const session = await openCompiled(model, livelyParameters(model, 3), shape, engine);
      try {
        for (const [seed, present] of [
          [1, [0, 1]],
          [2, [0]],
          [3, [1]],
        ] as const) {
          const batch = randomBatch({ ...shape, modalities, seed, present });
          const distance = await compareStep(session, model, batch, Float32Array.of(0.01, 2, 3));
          const worst = worstTensor(distance);
          expect(distance.loss, `modalities ${present}`).toBeLessThan(2e-6);
          expect(worst.distance, `modalities ${present}: ${worst.name}`).toBeLessThan(1e-4);
        }
      } finally {
        await session.close();
      }
    },
  );
});
