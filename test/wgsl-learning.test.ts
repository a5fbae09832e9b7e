// wgsl-learning.test.ts: dropout, tied embeddings, frozen parameters and rates by modality on a GPU.
// In: a model with all of them. Out: steps that agree with the interpreter, whose masks are those of ir/dropout.ts: one
// element kept that should not be would show in every gradient.

import { expect, test } from "vitest";
import { defaultLimits, usualGpu } from "../src/targets/wgsl.ts";
import { randomBatch } from "./support/batches.ts";
import { compareStep, worstTensor } from "./support/compare-step.ts";
import { openCompiled, richGpu } from "./support/compiled.ts";
import { describeWith, gpuProblem } from "./support/devices.ts";
import { layoutOptions, livelyParameters, modelOf } from "./support/interpreted.ts";

const spec = `model m {
  modality text = tokens(vocab: 30)
  modality image = tokens(vocab: 7)
  x = dropout(embed(tokens, 13) as embedding, 0.4)
  per modality ffn {
    h = rms_norm(x) as norm
    x += dropout(linear(silu(linear(h, 20) as up), 13) as down, 0.3)
  }
  x = dropout(x, 0.2)
  logits = unembed(rms_norm(x) as last, embedding)
  objective text, image = cross_entropy(logits, next_token)
}
train m {
  data icons context 8, batch 1, steps 10
  freeze ffn.image.up, last
  adamw(lr: { text: 1e-2, image: 2e-3 }, clip: 1)
}`;

const ways = [richGpu, { ...usualGpu, limits: { ...defaultLimits, maxStorageBufferBindingSize: 1 << 20 } }];

describeWith(await gpuProblem(), "learning on a GPU", () => {
  test.each([0, 1])("agrees with the interpreter (way %i)", { timeout: 120_000 }, async (way) => {
    const model = modelOf(spec);
    const shape = { batch: 2, context: 23 };
    const engine = ways[way] ?? richGpu;
    const session = await openCompiled(model, livelyParameters(model, 3), shape, engine);
    try {
      for (const present of [[0, 1], [1]]) {
        const { modalities } = layoutOptions(model);
        const batch = randomBatch({ ...shape, modalities, seed: present.length, present });
        const schedule = Float32Array.of(0.01, 2, 3, 0.01, 0.002);
        const distance = await compareStep(session, model, batch, schedule);
        expect(distance.loss).toBeLessThan(1e-6);
        expect(worstTensor(distance).distance, worstTensor(distance).name).toBeLessThan(3e-5);
        expect(distance.tensors.get("param/ffn.image.up")).toBe(0);
      }
    } finally {
      await session.close();
    }
  });
});
