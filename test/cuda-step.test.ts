// cuda-step.test.ts: whole training steps of CUDA kernels, emulated, against the float64 interpreter: losses, every
// gradient, and every parameter and moment after the update, over batches of one session, some without a modality or a
// token. In bf16 the interpreter rounds what the plan keeps in bf16, and what products read.

import { expect, test } from "vitest";
import { scheduleOf } from "../src/runtime/schedule.ts";
import { type CudaEngine, cudaEngine } from "../src/targets/cuda.ts";
import { randomBatch } from "./support/batches.ts";
import { compareStep, worstTensor } from "./support/compare-step.ts";
import { openCompiled } from "./support/compiled.ts";
import { type Architecture, emulatorProblem } from "./support/cuda-compile.ts";
import { describeWith } from "./support/devices.ts";
import { layoutOptions, livelyParameters, modelOf, specText } from "./support/interpreted.ts";
import { roundingOf } from "./support/narrow.ts";

/** f32 kernels against float64: a few hundred additions deep, at weights where nothing is nearly uniform. */
const exact = { loss: 2e-6, tensor: 3e-5 };
/** bf16 has eight bits, and a number between two of them may round either way; these weights make the most of it. */
const rounded = { loss: 1e-3, tensor: 4e-2 };

type Case = {
  readonly what: string;
  readonly spec: "odd" | "single" | "output_norm" | "arms";
  readonly variant: string;
  readonly engine: CudaEngine;
  readonly architecture: Architecture;
};

const [plain, tensor] = [cudaEngine("f32"), cudaEngine("bf16")];

const cases: readonly Case[] = [
  { what: "f32", spec: "odd", variant: "mixed", engine: plain, architecture: "sm_80" },
  { what: "f32", spec: "arms", variant: "mot", engine: plain, architecture: "sm_80" },
  {
    what: "f32, the loss in chunks",
    spec: "single",
    variant: "mot",
    engine: { ...plain, lossChunkBytes: 4096 },
    architecture: "sm_80",
  },
  { what: "bf16", spec: "odd", variant: "mixed", engine: tensor, architecture: "sm_80" },
  { what: "bf16, by warpgroups", spec: "odd", variant: "mot", engine: tensor, architecture: "sm_90a" },
  {
    what: "bf16, by warpgroups",
    spec: "output_norm",
    variant: "mot",
    engine: tensor,
    architecture: "sm_90a",
  },
  { what: "bf16", spec: "arms", variant: "mot", engine: tensor, architecture: "sm_80" },
  {
    what: "bf16, the loss in chunks",
    spec: "odd",
    variant: "mot",
    engine: { ...tensor, lossChunkBytes: 16384 },
    architecture: "sm_90a",
  },
];

/** A square is off by twice what its root is. */
const linear = (tensors: ReadonlyMap<string, number>): ReadonlyMap<string, number> =>
  new Map([...tensors].map(([name, distance]) => [name, name.startsWith("v/") ? distance / 2 : distance]));

describeWith(emulatorProblem(), "steps of CUDA kernels agree with the interpreter", () => {
  test.each(cases)("$what: $spec $variant", { timeout: 240_000 }, async (each) => {
    const { spec, variant, engine, architecture } = each;
    const model = modelOf(specText(spec), variant);
    const { modalities } = layoutOptions(model);
    const shape = { batch: 3, context: 19 };
    const tolerance = engine.precision === "f32" ? exact : rounded;
    const rounding = engine.precision === "f32" ? undefined : roundingOf(model, shape, engine);
    const session = await openCompiled(model, livelyParameters(model, 3), shape, engine, 1, architecture);
    const everyone = modalities.map((_, m) => m);
    const optimizer = session.artifact.optimizer;
    if (optimizer === undefined) throw new Error("compiled without its optimizer");
    try {
      for (const [index, present] of [everyone, [0], everyone.slice(-2)].entries()) {
        const batch = randomBatch({ ...shape, modalities, seed: 20 + index, present, emptyTail: index / 2 });
        const schedule = scheduleOf(optimizer, index + 1, 10);
        const distance = await compareStep(session, model, batch, schedule, rounding);
        const worst = worstTensor({ ...distance, tensors: linear(distance.tensors) });
        expect(worst.distance, `step ${index + 1}: ${worst.name}`).toBeLessThan(tolerance.tensor);
        expect(distance.loss).toBeLessThan(tolerance.loss);
      }
    } finally {
      await session.close();
    }
  });
});
