// export.ts: writes steps of this folder's specs as files for check_export.py, computed by the float64 interpreter.
// In: a folder. Out: one safetensors file per spec, variant and batch. Run with the repository's own Node:
//   node_modules/.bin/node test/outside/export.ts DIR && python3 test/outside/check_export.py DIR/*
// What `motley export` writes has the same shape; this tells a wrong graph from a wrong kernel.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { exportStep } from "../../src/runtime/export.ts";
import { type Tensor, writeSafetensors } from "../../src/runtime/safetensors.ts";
import { randomBatch } from "../support/batches.ts";
import { interpretStep, layoutOptions, livelyParameters, modelOf, specText } from "../support/interpreted.ts";

const specs: readonly (readonly [name: string, variants: readonly string[]])[] = [
  ["odd", ["dense", "mot", "attn", "pair", "mixed", "uneven", "shallow"]],
  ["single", ["dense", "mot"]],
  ["output_norm", ["dense", "mot", "norms"]],
  ["arms", ["mot", "attn", "ffn"]],
];

function exportVariant(folder: string, name: string, variant: string, present?: readonly number[]): void {
  const model = modelOf(specText(name), variant);
  const { modalities } = layoutOptions(model);
  const batch = randomBatch({ batch: 3, context: 17, modalities, seed: 7, ...(present ? { present } : {}) });
  const parameters = livelyParameters(model, 1);
  const { losses, gradients } = interpretStep(model, parameters, batch);
  const asTensor = ([path, values]: [string, Float64Array]): [string, Tensor] => [
    path,
    { shape: parameters.get(path)?.shape ?? [], values: Float32Array.from(values) },
  ];
  const file = exportStep({
    model: model.name,
    variant: model.variant,
    modalities: model.modalities.map((modality) => modality.name),
    constants: Object.fromEntries(model.constants),
    batch,
    parameters,
    gradients: new Map([...gradients].map(asTensor)),
    losses,
  });
  writeSafetensors(
    join(folder, `${name}-${variant}${present ? `-${present.join("")}` : ""}.safetensors`),
    file,
  );
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("give a folder to write to");
mkdirSync(folder, { recursive: true });
for (const [name, variants] of specs) {
  for (const variant of variants) {
    exportVariant(folder, name, variant);
    if (name !== "single") exportVariant(folder, name, variant, [1]);
  }
}
