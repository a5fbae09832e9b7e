// patch-rows.ts: the patches of a batch, with their noise, sorted into rows.
// In: a batch in sequence order. Out: what the model's inputs `noisy`, `noise` and `timestep` hold.
// A patch x at timestep t becomes √ᾱ_t · x + √(1 − ᾱ_t) · noise (Ho et al. 2020, equation 4).

import { noiseSchedule } from "../data/noise.ts";
import type { Artifact, ArtifactModality } from "../targets/artifact.ts";
import type { Batch } from "./batch.ts";

/** Numbers in a patch; 0 for a modality of tokens. */
export function patchWidth(modality: ArtifactModality): number {
  return modality.kind === "patches" ? modality.size * modality.size * modality.channels : 0;
}

/** Nothing for a model without continuous modalities; throws where the batch has no patches for one that has. */
export function layoutPatches(
  batch: Batch,
  rowOf: Int32Array,
  offsets: Int32Array,
  modalities: Artifact["modalities"],
): readonly (readonly [string, Int32Array | Float32Array])[] {
  const widths = modalities.map(patchWidth);
  if (widths.every((width) => width === 0)) return [];
  const starts: number[] = [];
  let total = 0;
  for (const [m, width] of widths.entries()) {
    starts.push(total);
    total += width * ((offsets[m + 1] ?? 0) - (offsets[m] ?? 0));
  }
  const timestep = new Int32Array(rowOf.length);
  const noisy = new Float32Array(total);
  const noise = new Float32Array(total);
  const result = [
    ["timestep", timestep],
    ["noisy", noisy],
    ["noise", noise],
  ] as const;
  if (total === 0) return result;
  const { patches, noise: given, timestep: steps } = batch;
  if (patches === undefined || given === undefined || steps === undefined)
    throw new Error("the model has continuous modalities, and the batch has no patches");
  const widest = patches.length / rowOf.length;
  for (const [at, row] of rowOf.entries()) {
    const m = batch.modality[at] ?? -1;
    const width = widths[m] ?? 0;
    if (row < 0 || width === 0) continue;
    const step = steps[at] ?? 0;
    const { signal, spread } = noiseSchedule(step);
    timestep[row] = step;
    const to = (starts[m] ?? 0) + (row - (offsets[m] ?? 0)) * width;
    for (let i = 0; i < width; i += 1) {
      const [x = 0, e = 0] = [patches[at * widest + i], given[at * widest + i]];
      noise[to + i] = e;
      noisy[to + i] = signal * x + spread * e;
    }
  }
  return result;
}

/** Inputs that have no rows but those of continuous modalities. */
export const isPatchInput = (name: string): boolean => name === "noisy" || name === "noise";

/** The rows of each continuous modality as a device keeps them: `stride` numbers apart, from the modality's first row on. */
export function padRows(
  values: Float32Array,
  stride: number,
  { offsets }: { readonly offsets: Int32Array },
  modalities: Artifact["modalities"],
): readonly { readonly row: number; readonly values: Float32Array }[] {
  let start = 0;
  return modalities.flatMap((modality, m) => {
    const [width, row] = [patchWidth(modality), offsets[m] ?? 0];
    const count = (offsets[m + 1] ?? 0) - row;
    if (width === 0 || count === 0) return [];
    const own = values.subarray(start, start + count * width);
    start += count * width;
    if (width === stride) return [{ row, values: own }];
    const padded = new Float32Array(count * stride);
    for (let r = 0; r < count; r += 1) padded.set(own.subarray(r * width, (r + 1) * width), r * stride);
    return [{ row, values: padded }];
  });
}
