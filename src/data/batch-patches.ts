// batch-patches.ts: the patches of a batch, and the noise that training adds to them.
// In: a filled batch whose patches are named by number. Out: the same batch with their values, noise and timesteps.
// Noise and timesteps are a function of (seed, step, span): a run that resumes draws the same again, and validation
// always does. A model of tokens alone gets its batch as it was.

import type { Batch } from "../runtime/batch.ts";
import { patchValues, readPatchValues } from "./continuous.ts";
import type { Dataset } from "./dataset.ts";
import { noiseOfSpan, timestepOfSpan } from "./noise.ts";

/** `step`: the number of the batch, from 1 in a run. */
export type NoiseKey = { readonly seed: number; readonly step: number };

export function batchPatches(
  dataset: Pick<Dataset, "modalities" | "pictures">,
  { span, ...batch }: Batch & { readonly span: Int32Array },
  { seed, step }: NoiseKey,
): Batch {
  const codecs = dataset.modalities.map(({ codec }) => (codec.kind === "patches" ? codec : undefined));
  const widths = codecs.map((codec) => (codec === undefined ? 0 : patchValues(codec)));
  const width = Math.max(0, ...widths);
  if (width === 0) return batch;
  const rows = batch.token.length;
  const patches = new Float32Array(rows * width);
  const noise = new Float32Array(rows * width);
  const timestep = new Int32Array(rows).fill(-1);
  for (let at = 0; at < rows; at += 1) {
    const m = batch.modality[at] ?? -1;
    const codec = codecs[m];
    if (codec === undefined) continue;
    const number = span[at] ?? -1;
    const isFirst = at === 0 || span[at - 1] !== number;
    if (isFirst) startSpan(at, number, widths[m] ?? 0);
    readPatchValues(codec, dataset.pictures, batch.token[at] ?? -1, patches, at * width);
    batch.token[at] = -1;
  }
  return { ...batch, span, patches, noise, timestep };

  /** Draws what the whole span has in common, and the noise of its patches. */
  function startSpan(first: number, number: number, own: number): void {
    let end = first;
    while (end < rows && span[end] === number) end += 1;
    timestep.fill(timestepOfSpan(seed, step, number), first, end);
    const drawn = noiseOfSpan(new Float32Array((end - first) * own), seed, step, number);
    for (let at = first; at < end; at += 1)
      noise.set(drawn.subarray((at - first) * own, (at - first + 1) * own), at * width);
  }
}
