// stages.ts: one variant through all stages of the compiler, for one target, with the text of every stage.
// In: a model and a target's name. Out: texts by stage, and the artifact. Nothing is cached here.

import {
  type Artifact,
  compile,
  type Model,
  printModel,
  quietWatch,
  type StageName,
  type StageWatch,
  usualGpu,
} from "../browser.ts";
import { wasmEngine } from "./targets.ts";

export type TargetName = "wgsl" | "wasm";

/** What the page shows, in the order data moves; `code` is the artifact's program. */
export const stages = [
  {
    id: "model",
    title: "Model",
    says: "One variant, elaborated: layers expanded, widths known, every parameter named and its sharing decided.",
  },
  {
    id: "graph",
    title: "Graph",
    says: "The forward pass and its losses as tensor operations. A per-modality operation names one weight per modality.",
  },
  { id: "gradients", title: "Gradients", says: "Reverse mode added: one rule per operation." },
  { id: "train", title: "Step", says: "The optimizer’s update added: the whole training step." },
  {
    id: "simple",
    title: "Simplified",
    says: "After the passes: constants folded, common values shared, dead ones gone.",
  },
  { id: "groups", title: "Groups", says: "What runs together in one launch, and why each launch ends." },
  {
    id: "kernels",
    title: "Kernels",
    says: "The distinct kernels; their shapes decide, so layers and modalities share them.",
  },
  {
    id: "plan",
    title: "Plan",
    says: "Launches with every call and its arguments, buffers with their places in memory.",
  },
  {
    id: "code",
    title: "Code",
    says: "The generated text of each kernel, as the target’s own compiler takes it.",
  },
] as const satisfies readonly {
  readonly id: StageName | "model" | "code";
  readonly title: string;
  readonly says: string;
}[];

export type StageId = (typeof stages)[number]["id"];

export type Staged = {
  readonly texts: ReadonlyMap<string, string>;
  readonly artifact: Artifact;
  /** Milliseconds of all stages together, printing left out. */
  readonly elapsedMs: number;
};

/** Compiles; throws `CompilerBug` for our own mistakes. */
export function runStages(model: Model, target: TargetName): Staged {
  const texts = new Map([["model", printModel(model)]]);
  let elapsedMs = 0;
  const watch: StageWatch = {
    ...quietWatch,
    now: () => performance.now(),
    timed: (_stage, took) => {
      elapsedMs += took;
    },
    wants: (stage) => stage !== target,
    show: (stage, text) => texts.set(stage, text),
  };
  const engine = target === "wgsl" ? usualGpu : wasmEngine();
  const artifact = compile(model, { purpose: "train", engine, watch });
  return { texts, artifact, elapsedMs };
}
