// interpreted.ts: one training step of a model through lowering, differentiation and the float64 interpreter.
// In: a Model, parameters by path, a Batch. Out: losses and gradients, exact but for float64 rounding.
// The host's part is the real one (layout.ts); only the kernels are replaced by the oracle.

import { readFileSync } from "node:fs";
import { differentiate } from "../../src/autodiff/differentiate.ts";
import { checkSource } from "../../src/check/load.ts";
import type { Model } from "../../src/check/model.ts";
import { describeObjectives, masksOf } from "../../src/compile.ts";
import { interpret } from "../../src/ir/interpret.ts";
import { lower } from "../../src/lower/lower.ts";
import { simplify } from "../../src/passes/pipeline.ts";
import type { Batch } from "../../src/runtime/batch.ts";
import { type StepLosses, stepLosses } from "../../src/runtime/export.ts";
import { type LayoutOptions, layoutBatch } from "../../src/runtime/layout.ts";
import { initialValue } from "../../src/runtime/parameters.ts";
import type { Tensor } from "../../src/runtime/safetensors.ts";
import { describeModalities } from "../../src/targets/assemble.ts";

/** The checked model of a spec; a spec with a diagnostic is a broken test. */
export function modelOf(text: string, variant?: string): Model {
  const source = { name: "test.mot", text };
  const { model, diagnostics } = checkSource(
    source,
    () => undefined,
    variant === undefined ? {} : { variant },
  );
  if (model === undefined) throw new Error(JSON.stringify(diagnostics.map(({ message }) => message)));
  return model;
}

/** A spec of test/outside, or the example of the README. */
export function specText(name: string): string {
  const path = name === "example" ? "../../examples/chameleon.mot" : `../outside/${name}.mot`;
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

/** How the host sees a model: id ranges, patches, objectives and masks. */
export function layoutOptions(model: Model): LayoutOptions {
  return {
    modalities: describeModalities(model),
    objectives: describeObjectives(model),
    masks: masksOf(model),
  };
}

export type Parameters = ReadonlyMap<string, Tensor>;

/** The model's own initial values. */
export function initialParameters(model: Model, seed: number): Parameters {
  return new Map(model.parameters.map((p) => [p.path, { shape: p.shape, values: initialValue(p, seed) }]));
}

/**
 * Values at which every part of a model matters: at the initial ones, attention is nearly uniform and most mistakes
 * change the loss by less than rounding does.
 */
export function livelyParameters(model: Model, seed: number): Parameters {
  const draw = (p: Model["parameters"][number]): Tensor => {
    const std = p.shape.length === 1 ? 0.3 : 0.8 / Math.sqrt(p.shape.at(-1) ?? 1);
    const values = initialValue({ ...p, initial: { kind: "normal", std } }, seed);
    return { shape: p.shape, values: p.shape.length === 1 ? values.map((x) => 1 + x) : values };
  };
  return new Map(model.parameters.map((p) => [p.path, draw(p)]));
}

export type InterpretedStep = {
  readonly losses: StepLosses;
  readonly gradients: ReadonlyMap<string, Float64Array>;
};

/** Forward, losses and gradients in float64; with a `key`, dropout draws its masks from it. */
export function interpretStep(
  model: Model,
  parameters: Parameters,
  batch: Batch,
  key?: Int32Array,
): InterpretedStep {
  const graph = simplify(differentiate(lower(model, { dropout: key !== undefined })));
  const { offsets, targetCounts, ...layout } = layoutBatch(batch, layoutOptions(model));
  const inputs = new Map<string, ArrayLike<number>>([...layout.inputs, ["dropout", key ?? []]]);
  const params = new Map([...parameters].map(([path, tensor]) => [path, tensor.values]));
  const results = interpret(graph, { offsets: [...offsets], inputs, params });
  const gradients = new Map<string, Float64Array>();
  for (const { path } of model.parameters) {
    gradients.set(path, Float64Array.from(results.get(`grad/${path}`) ?? []));
  }
  return { losses: stepLosses(results.get("loss") ?? [], targetCounts), gradients };
}

/** ‖a − b‖ / ‖b‖, or over `floor` where b is smaller than that; ‖a − b‖ where both are zero. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>, floor = 0): number {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    difference += ((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN)) ** 2;
    norm += (b[i] ?? 0) ** 2;
  }
  return Math.sqrt(difference) / (Math.max(Math.sqrt(norm), floor) || 1);
}
