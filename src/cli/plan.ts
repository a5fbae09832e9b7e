// plan.ts: `motley plan`: what variants cost, before anything runs. Never reads data.
// In: specs. Out: counts, bytes and launches per variant, as a table or as JSON.

import {
  type Artifact,
  type Cost,
  type CudaEngine,
  compile,
  costOf,
  cudaEngine,
  formatBytes,
  type Model,
  usualGpu,
  type WasmEngine,
  type WgslEngine,
} from "../index.ts";
import { watchStages } from "./dump.ts";
import { exitCodes } from "./failure.ts";
import { requireCuda } from "./machine.ts";
import { say, sayJson } from "./output.ts";
import { loadSpec, pickVariant } from "./spec.ts";
import { count, short, table } from "./table.ts";
import { requireObjective } from "./training.ts";

/** Of no processor in particular, so that plans and builds are the same everywhere. */
export const usualEngine = { tile: { rows: 6, columns: 8 }, relaxedSimd: true } as const;

/** Of no processor and no GPU in particular; \`auto\` is the target that every machine has. */
export function plannedEngine(
  target: string | undefined,
  precision?: CudaEngine["precision"],
): PlannedEngine {
  if (target === "cuda") return cudaEngine(precision ?? "bf16");
  requireCuda(target ?? "auto", precision);
  return target === "wgsl" ? usualGpu : usualEngine;
}

export type PlannedEngine = WasmEngine | WgslEngine | CudaEngine;

/** What a variant costs on paper, whatever it runs on. */
export type VariantCosts = {
  readonly params: number;
  readonly activeParams: number;
  readonly activeParamsByModality: Readonly<Record<string, number>>;
  readonly embeddingParams: number;
  /** Parameters that training leaves as they are; only where `train` freezes some. */
  readonly frozenParams?: number;
  readonly flopsPerToken: number;
};

type VariantPlan = VariantCosts & {
  readonly memoryBytes: Artifact["memory"];
  readonly launches: Readonly<Record<"forward" | "backward" | "update", number>>;
};

type VariantPlans = readonly (readonly [string, VariantPlan])[];

/**
 * One file gives `{ variants }`, several give `{ files: { FILE: { variants } } }`; with `--variant`, of those that have it.
 */
export function planCommand(
  files: readonly string[],
  options: {
    readonly variant?: string;
    readonly target?: string;
    readonly precision?: CudaEngine["precision"];
    readonly json?: boolean;
  },
): number {
  const engine = plannedEngine(options.target, options.precision);
  const specs = files.map(loadSpec);
  const { variant } = options;
  const having = variant === undefined ? specs : specs.filter(({ models }) => models.has(variant));
  const plans = (having.length === 0 ? specs : having).map((spec): readonly [string, VariantPlans] => {
    const models = variant === undefined ? [...spec.models.values()] : [pickVariant(spec, variant)];
    return [spec.file, models.map((model) => [model.variant, planOf(model, engine)])];
  });
  const [only] = plans;
  if (options.json) {
    const documents = plans.map(([file, each]) => [file, { variants: Object.fromEntries(each) }] as const);
    sayJson(files.length === 1 ? documents[0]?.[1] : { files: Object.fromEntries(documents) });
  } else if (files.length === 1 && only !== undefined) say(render(only[1]));
  else say(plans.map(([file, each]) => `${file}\n\n${render(each)}`).join("\n\n"));
  return exitCodes.fine;
}

function planOf(model: Model, engine: PlannedEngine): VariantPlan {
  const artifact = compile(requireObjective(model), {
    purpose: "train",
    engine,
    watch: watchStages(),
  });
  const launches = (phase: string): number =>
    artifact.launches.filter((launch) => launch.phase === phase).length;
  return {
    ...costsOf(model, artifact.context),
    memoryBytes: artifact.memory,
    launches: { forward: launches("forward"), backward: launches("backward"), update: launches("update") },
  };
}

/** The part of a plan that needs no compilation. */
export function costsOf(model: Model, context: number): VariantCosts {
  const cost = costOf(model, context);
  return {
    params: cost.params,
    activeParams: cost.activeParams,
    activeParamsByModality: byModality(model, cost),
    embeddingParams: cost.embeddingParams,
    ...frozenParams(model),
    flopsPerToken: cost.flopsPerToken,
  };
}

/** Also of a variant in which the rules find nothing of their own: 0 says so. */
function frozenParams({ parameters, train }: Model): Pick<VariantPlan, "frozenParams"> {
  if (train?.freezes !== true) return {};
  const sizes = parameters.map(({ shape, isFrozen }) =>
    isFrozen ? shape.reduce((product, size) => product * size, 1) : 0,
  );
  return { frozenParams: sizes.reduce((sum, size) => sum + size, 0) };
}

function byModality(
  { modalities }: Model,
  { activeParamsByModality }: Cost,
): Readonly<Record<string, number>> {
  return Object.fromEntries(modalities.map(({ name }, m) => [name, activeParamsByModality[m] ?? 0]));
}

function render(plans: VariantPlans): string {
  const modalities = Object.keys(plans[0]?.[1].activeParamsByModality ?? {});
  const freezes = plans.some(([, { frozenParams }]) => frozenParams !== undefined);
  const frozen = freezes ? ["frozen"] : [];
  const active = modalities.map((name) => `active ${name}`);
  const header = ["variant", "parameters", ...frozen, ...active, "FLOPs/token"];
  const costs = plans.map(([name, plan]) => [
    name,
    count(plan.params),
    ...frozen.map(() => count(plan.frozenParams ?? 0)),
    ...modalities.map((modality) => count(plan.activeParamsByModality[modality] ?? 0)),
    short(plan.flopsPerToken),
  ]);
  const memory = ["variant", "parameters", "gradients", "optimizer", "activations", "fwd", "bwd", "upd"];
  const bytes = plans.map(([name, { memoryBytes, launches }]) => [
    name,
    formatBytes(memoryBytes.parameters),
    formatBytes(memoryBytes.gradients),
    formatBytes(memoryBytes.optimizer),
    formatBytes(memoryBytes.activations),
    String(launches.forward),
    String(launches.backward),
    String(launches.update),
  ]);
  return `${table(header, costs)}\n\nmemory and launches of a training step\n${table(memory, bytes)}`;
}
