// narrow.ts: what the interpreter has to round to see a model as a target does that keeps rows and weights in bf16.
// In: a model. Out: which values of its training graph stand in bf16, and what products round.

import type { Model } from "../../src/check/model.ts";
import { trainingGraph } from "../../src/compile.ts";
import { fuse } from "../../src/fusion/fuse.ts";
import type { Rounding } from "../../src/ir/interpret.ts";
import { planKernels } from "../../src/kernel/plan.ts";
import { matrixOperands } from "../../src/kernel/precision.ts";
import { tensorSchedule } from "../../src/kernel/schedule.ts";
import { type CudaEngine, cudaEngine } from "../../src/targets/cuda.ts";

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
