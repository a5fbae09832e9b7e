// narrow.ts: what the interpreter has to round to see a model as a target does that keeps rows and weights in bf16.
// In: a model. Out: which values of its training graph stand in bf16, and what products round.

import type { Model } from "../../src/check/model.ts";
import { trainingGraph } from "../../src/compile.ts";
import { fuse } from "../../src/fusion/fuse.ts";
import { interpret, type Rounding } from "../../src/ir/interpret.ts";
import { planKernels } from "../../src/kernel/plan.ts";
import { matrixOperands } from "../../src/kernel/precision.ts";
import { tensorSchedule } from "../../src/kernel/schedule.ts";
import type { Batch } from "../../src/runtime/batch.ts";
import { layoutBatch } from "../../src/runtime/layout.ts";
import { dropoutKey } from "../../src/runtime/parameters.ts";
import { type CudaEngine, cudaEngine } from "../../src/targets/cuda.ts";
import { layoutOptions, type Parameters, relativeDistance } from "./interpreted.ts";

/** How far the gradients move by rounding: a model for which that is much is no measure of kernels in bf16. */
export function roundingEffect(
  model: Model,
  parameters: Parameters,
  batch: Batch,
  rounding: Rounding,
): number {
  const { offsets, inputs } = layoutBatch(batch, layoutOptions(model));
  const bindings = {
    offsets: [...offsets],
    inputs: new Map<string, ArrayLike<number>>([
      ...inputs,
      ["schedule", new Float32Array(16)],
      ["dropout", dropoutKey(1, 1)],
    ]),
    params: new Map([...parameters].map(([path, { values }]) => [path, values])),
  };
  const graph = trainingGraph(model);
  const [exact, rounded] = [interpret(graph, bindings), interpret(graph, { ...bindings, rounding })];
  const norm = exact.get("norm")?.[0] ?? 0;
  const distances = [...exact].flatMap(([name, numbers]) =>
    name.startsWith("grad/") ? [relativeDistance(rounded.get(name) ?? [], numbers, 1e-3 * norm)] : [],
  );
  return Math.max(0, ...distances);
}

export function roundingOf(
  model: Model,
  sizes: { readonly batch: number; readonly context: number },
  engine: CudaEngine = cudaEngine("bf16"),
): Rounding {
  const graph = trainingGraph(model);
  const schedule = tensorSchedule(graph, sizes.batch * sizes.context, engine);
  const { storage } = planKernels(graph, fuse(graph, schedule.limits), schedule, sizes).layout;
  return { isStored: (value) => storage.elements.of(value) === "bf16", operands: matrixOperands };
}
