// plan.ts: `motley plan`: what variants cost, before anything runs. Never reads data.
// In: a spec. Out: counts, bytes and launches per variant, as a table or as JSON.

import {
  type Artifact,
  type Cost,
  compile,
  costOf,
  formatBytes,
  type Model,
  usualGpu,
  type WasmEngine,
  type WgslEngine,
} from "../index.ts";
import { watchStages } from "./dump.ts";
import { exitCodes } from "./failure.ts";
import { say, sayJson } from "./output.ts";
import { loadSpec, pickVariant } from "./spec.ts";
import { count, short, table } from "./table.ts";
import { unavailable } from "./target.ts";
import { requireObjective } from "./training.ts";

/** Of no processor in particular, so that plans and builds are the same everywhere. */
export const usualEngine = { tile: { rows: 6, columns: 8 }, relaxedSimd: true } as const;

/** Of no processor and no GPU in particular; \`auto\` is the target that every machine has. */
export function plannedEngine(target: string | undefined): WasmEngine | WgslEngine {
  if (target === "cuda") throw unavailable(target);
  return target === "wgsl" ? usualGpu : usualEngine;
}

type VariantPlan = {
  readonly params: number;
  readonly activeParams: number;
  readonly activeParamsByModality: Readonly<Record<string, number>>;
  readonly embeddingParams: number;
  /** Parameters that training leaves as they are; only where `train` freezes some. */
  readonly frozenParams?: number;
  readonly flopsPerToken: number;
  readonly memoryBytes: Artifact["memory"];
  readonly launches: Readonly<Record<"forward" | "backward" | "update", number>>;
};

export function planCommand(
  file: string,
  options: { readonly variant?: string; readonly target?: string; readonly json?: boolean },
): number {
  const spec = loadSpec(file);
  const engine = plannedEngine(options.target);
  const models =
    options.variant === undefined ? [...spec.models.values()] : [pickVariant(spec, options.variant)];
  const plans = models.map((model) => [model.variant, planOf(model, engine)] as const);
  if (options.json) sayJson({ variants: Object.fromEntries(plans) });
  else say(render(plans));
  return exitCodes.fine;
}

function planOf(model: Model, engine: WasmEngine | WgslEngine): VariantPlan {
  const artifact = compile(requireObjective(model), {
    purpose: "train",
    engine,
    watch: watchStages(),
  });
  const cost = costOf(model, artifact.context);
  const launches = (phase: string): number =>
    artifact.launches.filter((launch) => launch.phase === phase).length;
  return {
    params: cost.params,
    activeParams: cost.activeParams,
    activeParamsByModality: byModality(model, cost),
    embeddingParams: cost.embeddingParams,
    ...frozenParams(model),
    flopsPerToken: cost.flopsPerToken,
    memoryBytes: artifact.memory,
    launches: { forward: launches("forward"), backward: launches("backward"), update: launches("update") },
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

function render(plans: readonly (readonly [string, VariantPlan])[]): string {
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
