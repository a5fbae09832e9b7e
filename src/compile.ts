// compile.ts: THE TABLE OF CONTENTS. A checked model → an artifact, one line per stage, in the order data moves.
// In: a model (src/check makes it from source text) and what the engine is like. Out: plain JSON the runtime can run.
// It is the only file that knows all stages; it does no I/O. Each stage's value can be printed: see `stageNames`.

import { differentiate } from "./autodiff/differentiate.ts";
import type { AdamW, Model } from "./check/model.ts";
import { fuse } from "./fusion/fuse.ts";
import { printGroups } from "./fusion/print.ts";
import type { Graph } from "./ir/graph.ts";
import { printGraph } from "./ir/print.ts";
import { planKernels } from "./kernel/plan.ts";
import { printKernels, printPlan } from "./kernel/print.ts";
import { cpuSchedule } from "./kernel/schedule.ts";
import { crossEntropyOf } from "./lower/losses.ts";
import { lower } from "./lower/lower.ts";
import { addUpdate } from "./lower/optimizer.ts";
import { simplify } from "./passes/pipeline.ts";
import type { Artifact } from "./targets/artifact.ts";
import { assemble } from "./targets/assemble.ts";
import { emitWasm, type WasmEngine } from "./targets/wasm.ts";

/** What `--emit` can print, in order; the stages before (`ast`, `model`) belong to the front end. */
export const stageNames = ["graph", "train", "groups", "kernels", "plan", "wasm"] as const;
export type StageName = (typeof stageNames)[number];

export type CompileOptions = {
  readonly purpose: Artifact["purpose"];
  readonly engine: WasmEngine;
  /** Instead of the `train` block's. */
  readonly batch?: number;
  readonly context?: number;
  /** Is given every stage's text, made only if asked for. */
  readonly observe?: (stage: StageName, text: () => string) => void;
};

/** The language's defaults (docs/language.md), for a model without a `train` block. */
const defaultOptimizer: AdamW = {
  lr: 1e-3,
  warmup: 0,
  decay: "cosine",
  end: 0,
  beta1: 0.9,
  beta2: 0.95,
  eps: 1e-8,
  weightDecay: 0,
};

/** Compiles one variant for one purpose. Deterministic: equal input gives equal bytes. */
export function compile(model: Model, options: CompileOptions): Artifact {
  const { purpose, engine, observe = () => undefined } = options;
  const sizes = {
    batch: options.batch ?? model.train?.batch ?? 1,
    context: options.context ?? model.train?.context ?? 128,
  };

  const forward = lower(model, { loss: purpose !== "infer", logits: purpose === "infer" });
  const step =
    purpose === "train"
      ? addUpdate(differentiate(forward), model.train?.optimizer ?? defaultOptimizer)
      : forward;
  const graph = simplify(step);
  const schedule = cpuSchedule(graph, sizes.batch * sizes.context, engine.tile);
  const fusion = fuse(graph, schedule.limits);
  const { plan, layout } = planKernels(graph, fusion, schedule, sizes);
  const { program, scratchBytes } = emitWasm(plan.kernels, engine);

  observe("graph", () => printGraph(forward));
  observe("train", () => printGraph(graph));
  observe("groups", () => printGroups(graph, fusion));
  observe("kernels", () => printKernels(plan));
  observe("plan", () => printPlan(plan, graph.modalities));
  observe("wasm", () => program.wat);
  return assemble({
    model,
    plan,
    layout,
    objectives: numberObjectives(model),
    purpose,
    target: "wasm",
    program,
    scratchBytes,
  });
}

/** The graph of a training step, for tests and the interpreter. */
export function trainingGraph(model: Model): Graph {
  return simplify(addUpdate(differentiate(lower(model)), model.train?.optimizer ?? defaultOptimizer));
}

function numberObjectives(model: Model): Artifact["objectives"] {
  const logits = crossEntropyOf(model.objectives);
  return model.objectives.map(({ modalities, weight }, i) => ({
    logits: logits[i] ?? 0,
    modalities,
    weight,
  }));
}
