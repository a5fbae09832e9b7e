// export.ts: one batch with the parameters, gradients and losses it gave, as tensors for an outside check.
// In: what a step read and made, as plain arrays. Out: the content of the file that `motley export` writes.
// Idea: the file holds everything another program needs to repeat the step (ids in sequence order, weights by path) and
// everything it may disagree with (losses, gradients before clipping). Pure: the command line trains, reads and writes.

import type { Artifact } from "../targets/artifact.ts";
import type { Batch } from "./batch.ts";
import type { Tensor, TensorFile } from "./safetensors.ts";

export type ExportedStep = {
  readonly model: string;
  readonly variant: string;
  /** Names in declaration order. */
  readonly modalities: readonly string[];
  /** After overrides. */
  readonly constants: Artifact["constants"];
  readonly batch: Batch;
  /** By path; values before the update. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** By path; of the total loss, before clipping. */
  readonly gradients: ReadonlyMap<string, Tensor>;
  readonly losses: StepLosses;
};

export type StepLosses = {
  readonly total: number;
  /** Nats per target token, or mean square per element; by declaration order, 0 where the batch has no target. */
  readonly modalities: readonly number[];
};

/**
 * Losses of a step from its raw sums.
 * - `sums`: f32[1+M], Σ weight·loss and then Σ loss over the counted targets of each modality.
 * - `targetCounts`: targets of each modality in the batch.
 */
export function stepLosses(sums: ArrayLike<number>, targetCounts: ArrayLike<number>): StepLosses {
  const mean = (count: number, m: number): number => (count === 0 ? 0 : (sums[1 + m] ?? 0) / count);
  return { total: sums[0] ?? 0, modalities: Array.from(targetCounts, mean) };
}

/** The tensors and metadata that `motley export` writes; a tensor keeps the memory it was given. */
export function exportStep(step: ExportedStep): TensorFile {
  const tensors = new Map<string, Tensor>();
  for (const [path, tensor] of step.parameters) tensors.set(`param/${path}`, tensor);
  for (const [path, tensor] of step.gradients) tensors.set(`grad/${path}`, tensor);
  const { batch } = step;
  const shape = [batch.batch, batch.context];
  tensors.set("batch/tokens", { shape, values: batch.token });
  tensors.set("batch/target", { shape, values: batch.target });
  tensors.set("batch/modality", { shape, values: batch.modality });
  tensors.set("batch/document", { shape, values: batch.document });
  tensors.set("batch/position", { shape, values: batch.position });
  for (const [name, tensor] of patchTensors(batch)) tensors.set(name, tensor);
  tensors.set("loss/total", { shape: [], values: Float32Array.of(step.losses.total) });
  for (const [m, name] of step.modalities.entries()) {
    tensors.set(`loss/${name}`, { shape: [], values: Float32Array.of(step.losses.modalities[m] ?? 0) });
  }
  const metadata = new Map([
    ["model", JSON.stringify(step.model)],
    ["variant", JSON.stringify(step.variant)],
    ["modalities", JSON.stringify(step.modalities)],
    ["constants", JSON.stringify(step.constants)],
  ]);
  return { tensors, metadata };
}

/** What continuous modalities have besides: patches without noise, the noise, and how noisy each picture is. */
function patchTensors({
  batch,
  context,
  patches,
  noise,
  timestep,
  span,
}: Batch): readonly [string, Tensor][] {
  const all: [string, Tensor][] = [];
  const shape = [batch, context];
  const wide = (values: Float32Array): Tensor => ({
    shape: [...shape, values.length / (batch * context)],
    values,
  });
  if (patches !== undefined) all.push(["batch/patches", wide(patches)]);
  if (noise !== undefined) all.push(["batch/noise", wide(noise)]);
  if (timestep !== undefined) all.push(["batch/timestep", { shape, values: timestep }]);
  if (span !== undefined) all.push(["batch/span", { shape, values: span }]);
  return all;
}
