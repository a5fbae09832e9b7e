// compile.ts: THE TABLE OF CONTENTS. A checked model → an artifact, one line per stage, in the order data moves.
// In: a model (src/check makes it from source text) and what the engine is like. Out: plain JSON the runtime can run.
// It is the only file that knows all stages; it does no I/O. Each stage's value can be printed: see `stageNames`.

import { differentiate } from "./autodiff/differentiate.ts";
import type { AdamW, Model } from "./check/model.ts";
import { bug } from "./diagnostics/bug.ts";
import { fuse } from "./fusion/fuse.ts";
import { printGroups } from "./fusion/print.ts";
import type { Graph } from "./ir/graph.ts";
import { printGraph } from "./ir/print.ts";
import { verifyGraph } from "./ir/verify.ts";
import { type Planned, planKernels } from "./kernel/plan.ts";
import { printKernels, printPlan } from "./kernel/print.ts";
import { cpuSchedule, gridSchedule, type Schedule, tensorSchedule } from "./kernel/schedule.ts";
import { verifyPlan } from "./kernel/verify.ts";
import { lastInput } from "./lower/inputs.ts";
import { learningOf } from "./lower/learning.ts";
import { lossNumbers } from "./lower/losses.ts";
import { lower, outputsOf } from "./lower/lower.ts";
import { addUpdate } from "./lower/optimizer.ts";
import { withCache } from "./passes/cache.ts";
import { simplify } from "./passes/pipeline.ts";
import { recompute } from "./passes/recompute.ts";
import { quietWatch, type StageRunner, type StageWatch, stageRunner } from "./stage.ts";
import type { Artifact, CudaArtifact, WasmArtifact, WgslArtifact } from "./targets/artifact.ts";
import { assemble } from "./targets/assemble.ts";
import { type CudaEngine, emitCuda, printCuda } from "./targets/cuda.ts";
import { emitWasm, type WasmEngine } from "./targets/wasm.ts";
import { emitWgsl, printWgsl, type WgslEngine } from "./targets/wgsl.ts";

/** What `--emit` can print, in order; the stages before (`ast`, `model`) belong to the front end. */
export const stageNames = [
  "graph",
  "cached",
  "gradients",
  "train",
  "simple",
  "groups",
  "kernels",
  "plan",
  "wasm",
  "wgsl",
  "cuda",
] as const;
export type StageName = (typeof stageNames)[number];

/** What a program is written for; without a target, the processor. */
export type TargetEngine = WasmEngine | WgslEngine | CudaEngine;

export type CompileOptions = {
  readonly purpose: Artifact["purpose"];
  /** What the program is for: its kind decides the target. */
  readonly engine: TargetEngine;
  /** Instead of the `train` block's. */
  readonly batch?: number;
  readonly context?: number;
  /** To decode: new positions of a sequence that one run takes at most; 1 unless given. */
  readonly span?: number;
  /** Sees every stage: its time, its text, whether to verify it. */
  readonly watch?: StageWatch;
};

/** The language's defaults (docs/language.md), for a model without a `train` block. */
const defaultOptimizer: AdamW = {
  lr: 1e-3,
  warmup: 0,
  decay: "constant",
  end: 0,
  beta1: 0.9,
  beta2: 0.95,
  eps: 1e-8,
  weightDecay: 0,
};

/** Compiles one variant for one purpose. Deterministic: equal input gives equal bytes. */
export function compile(
  model: Model,
  options: CompileOptions & { readonly engine: WasmEngine },
): WasmArtifact;
export function compile(
  model: Model,
  options: CompileOptions & { readonly engine: WgslEngine },
): WgslArtifact;
export function compile(
  model: Model,
  options: CompileOptions & { readonly engine: CudaEngine },
): CudaArtifact;
export function compile(model: Model, options: CompileOptions): Artifact;
export function compile(model: Model, options: CompileOptions): Artifact {
  const { purpose, engine, watch = quietWatch } = options;
  if (purpose === "decode") requireDecodable(model, engine);
  const run = stageRunner(watch);
  const graphs = (stage: StageName) => ({
    print: printGraph,
    verify: (graph: Graph) => verifyGraph(graph, stage),
  });
  const optimizer = model.train?.optimizer ?? defaultOptimizer;
  const learning = learningOf(model);
  const sizes = {
    batch: options.batch ?? model.train?.batch ?? 1,
    context: options.context ?? model.train?.context ?? 128,
    ...(purpose === "decode" ? { span: options.span ?? 1 } : {}),
  };
  const isLoss = purpose === "train" || purpose === "evaluate";
  const wanted = { loss: isLoss, logits: !isLoss, dropout: purpose === "train" };

  const whole = run("graph", () => lower(model, wanted), graphs("graph"));
  const places = sizes.batch * sizes.context;
  const forward =
    purpose === "decode" ? run("cached", () => withCache(whole, places), graphs("cached")) : whole;
  const step =
    purpose === "train"
      ? run("gradients", () => differentiate(forward, learning.frozen), graphs("gradients"))
      : forward;
  const full =
    purpose === "train" ? run("train", () => addUpdate(step, optimizer, learning), graphs("train")) : step;
  const again = engine.target === "cuda" ? recompute : (graph: Graph) => graph;
  const graph = run("simple", () => again(simplify(full, () => undefined)), graphs("simple"));
  const rows = sizes.batch * (sizes.span ?? sizes.context);
  const schedule = scheduleFor(graph, rows, engine);
  const fusion = run("groups", () => fuse(graph, schedule.limits), {
    print: (groups) => printGroups(graph, groups),
  });
  const planned = run("kernels", () => planKernels(graph, fusion, schedule, sizes), {
    print: ({ plan }) => printKernels(plan),
    verify: ({ plan }) => verifyPlan(plan),
  });
  const { plan, layout } = run("plan", () => planned, {
    print: () => printPlan(planned.plan, graph.modalities),
  });
  const emitted = emit(planned, engine, run);
  const objectives = describeObjectives(model);
  return assemble({ model, plan, layout, objectives, masks: masksOf(model), purpose, ...emitted });
}

function scheduleFor(graph: Graph, rows: number, engine: TargetEngine): Schedule {
  if (engine.target === "wgsl") return gridSchedule(graph, rows, engine);
  if (engine.target === "cuda") return tensorSchedule(graph, rows, engine);
  return cpuSchedule(graph, rows, engine.tile);
}

type Emitted = { readonly program: Artifact["program"]; readonly scratchBytes: number };

/** The last stage: each target has one of its own. */
function emit(planned: Planned, engine: TargetEngine, run: StageRunner): Emitted {
  if (engine.target === "wgsl")
    return run("wgsl", () => ({ program: emitWgsl(planned, engine), scratchBytes: 0 }), {
      print: ({ program }) => printWgsl(program),
    });
  if (engine.target === "cuda")
    return run("cuda", () => ({ program: emitCuda(planned, engine), scratchBytes: 0 }), {
      print: ({ program }) => printCuda(program),
    });
  return run("wasm", () => emitWasm(planned.plan.kernels, engine), { print: ({ program }) => program.wat });
}

/** Whoever compiles to decode has refused these before, in words for the user. */
function requireDecodable({ routings }: Model, { target }: CompileOptions["engine"]): void {
  if (routings.some(({ choice }) => choice.kind === "expert_choice"))
    bug("cached", "experts that choose tokens see later ones: they cannot be decoded");
  if (target === "wgsl" || target === "cuda")
    bug("cached", "decoding runs on the processor: compile it for wasm");
}

/** The graph of a training step, for tests and the interpreter. */
export function trainingGraph(model: Model): Graph {
  const learning = learningOf(model);
  const step = differentiate(lower(model, { dropout: true }), learning.frozen);
  return simplify(addUpdate(step, model.train?.optimizer ?? defaultOptimizer, learning));
}

/** What the host has to know of each objective to weigh its targets. */
export function describeObjectives(model: Pick<Model, "objectives" | "operations">): Artifact["objectives"] {
  const { objectives, operations } = model;
  const losses = lossNumbers(objectives);
  const outputs = [...outputsOf(model)];
  return objectives.map((objective, i) => {
    const { kind, modalities, weight } = objective;
    const value = kind === "cross_entropy" ? objective.logits : objective.prediction;
    const widths = operations[value]?.shape.widths ?? [];
    const rows = widths.flatMap((width, m) => (width === undefined ? [] : [m]));
    const output = outputs.find(([, index]) => index === value)?.[0] ?? "";
    return { kind, loss: losses[i] ?? 0, modalities, rows, weight, output };
  });
}

/** The masks of all attentions, each once. */
export function masksOf({ operations }: Pick<Model, "operations">): Artifact["masks"] {
  const masks = operations.flatMap((each) =>
    each.kind === "attention" ? [{ input: lastInput(each.within), within: each.within }] : [],
  );
  return [...new Map(masks.map((mask) => [mask.input, mask])).values()];
}
