// cuda-trained.test.ts: a model that was trained on the processor goes on training in CUDA, emulated, as it does there.
// From the weights after 300 steps on wasm, every gradient tensor of the next batch agrees, and then the losses of three
// more steps. At the start this would prove little: leaving rotary positions out hardly moves those losses.

import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { compile } from "../src/compile.ts";
import { createBatchStream } from "../src/data/packing.ts";
import { prepareData } from "../src/data/prepare.ts";
import type { Batch } from "../src/runtime/batch.ts";
import { openSession } from "../src/runtime/session.ts";
import { trainStep } from "../src/runtime/step.ts";
import { openWasmDevice } from "../src/runtime/wasm.ts";
import { cudaEngine } from "../src/targets/cuda.ts";
import { fastEngine, openDevice } from "./support/compiled.ts";
import { type Continued, continueTraining, type State } from "./support/continued.ts";
import { type Architecture, emulatorProblem } from "./support/cuda-compile.ts";
import { describeWith } from "./support/devices.ts";
import { modelOf, relativeDistance } from "./support/interpreted.ts";
import { repository } from "./support/motley.ts";

const trainedSteps = 300;
const moreSteps = 3;

/** The example of the README with fewer and narrower layers, for emulation takes a second a layer. */
const spec = `model tiny {
  modality text = tokens(vocab: 320)
  modality image = tokens(vocab: 64)
  layer block(x) {
    per modality attn {
      h = rms_norm(x) as norm
      q = rope(split(linear(h, 32), 2))
      k = rope(split(linear(h, 32), 2))
      v = split(linear(h, 32), 2)
    }
    a = attention(q, k, v, mask: causal)
    per modality attn { x += linear(merge(a), 32) as out }
    per modality ffn {
      h = rms_norm(x) as norm
      gate = linear(h, 88)
      up = linear(h, 88)
      x += linear(silu(gate) * up, 32) as down
    }
    return x
  }
  x = embed(tokens, 32) as embedding
  repeat 2 { x = block(x) }
  per modality final { x = rms_norm(x) as norm }
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
train tiny {
  data icons
  context 128, batch 4, steps 400, seed 1
  adamw(lr: 3e-3, warmup: 30, decay: cosine, weight_decay: 0.1, clip: 1.0)
}`;

const model = modelOf(spec);

let state: State;
let batches: readonly Batch[];
let onProcessor: Continued;

/** Trains on the processor, keeps where that stands, and goes on there. */
async function trainFirst(): Promise<void> {
  const dataset = await prepareData({
    data: { kind: "builtin", name: "icons" },
    modalities: model.modalities.flatMap(({ name, form }) =>
      form.kind === "tokens" ? [{ name, vocab: form.vocab }] : [],
    ),
    cacheDir: join(repository, ".cache", "motley"),
    onProgress: () => undefined,
  });
  const { batch, context, seed, steps } = model.train ?? { batch: 1, context: 1, seed: 1, steps: 1 };
  const stream = createBatchStream(dataset, { split: "train", batch, context, seed });
  const compiled = compile(model, { purpose: "train", engine: fastEngine });
  const session = openSession(compiled, await openWasmDevice(compiled, { threads: 1 }));
  await session.initialize(seed);
  for (let step = 1; step <= trainedSteps; step += 1) await trainStep(session, stream.next(), step, steps, 0);
  const tensors = new Map<string, Float32Array>();
  for (const { path } of compiled.parameters)
    for (const slot of ["param", "m", "v"])
      tensors.set(`${slot}/${path}`, await session.read(`${slot}/${path}`));
  await session.close();
  state = { step: trainedSteps, steps, tensors };
  batches = Array.from({ length: moreSteps }, () => stream.next());
  onProcessor = await continueTraining(compiled, await openDevice(compiled), state, batches);
}

/** The contract's figures for gradients; losses are means over hundreds of targets. */
const tolerances = {
  f32: { gradient: 2e-4, loss: 1e-5 },
  bf16: { gradient: 3e-2, loss: 2e-3 },
} as const;

const ways: readonly (readonly [precision: "f32" | "bf16", architecture: Architecture])[] = [
  ["f32", "sm_80"],
  ["bf16", "sm_80"],
  ["bf16", "sm_90a"],
];

describeWith(emulatorProblem(), "a trained model on CUDA", () => {
  beforeAll(trainFirst, 120_000);

  test("has learned something", () => {
    expect(onProcessor.losses.every((loss) => loss < 5)).toBe(true);
  });

  test.each(ways)(
    "goes on in %s on %s as on the processor",
    { timeout: 240_000 },
    async (precision, architecture) => {
      const artifact = compile(model, { purpose: "train", engine: cudaEngine(precision) });
      const device = await openDevice(artifact, 1, architecture);
      const onGpu = await continueTraining(artifact, device, state, batches);
      const tolerance = tolerances[precision];
      const far = [...onProcessor.gradients].flatMap(([path, wanted]) => {
        const distance = relativeDistance(onGpu.gradients.get(path) ?? [], wanted);
        return distance < tolerance.gradient ? [] : [{ path, distance }];
      });
      expect(onProcessor.gradients.size).toBe(model.parameters.length);
      expect(far).toEqual([]);
      const apart = onProcessor.losses.map((loss, i) => Math.abs((onGpu.losses[i] ?? Number.NaN) / loss - 1));
      expect(apart.length).toBe(moreSteps);
      expect(Math.max(...apart)).toBeLessThan(tolerance.loss);
    },
  );
});
