// spectrogram.ts: log-mel frames as a picture.
// In: pairs of clips as log-mel frames: an original, and what its codes keep. Out: a sheet: an original above its codes,
// pair beside pair; time goes right, pitch up.

import type { Picture } from "./dataset.ts";
import { melBands } from "./geometry.ts";
import { decibelRange, stepsPerDecibel } from "./mel.ts";

const zoom = 3;
const gap = 6;
const background = 160;

/** Dark for loud, white for the floor, as ink on paper. */
function shade(value: number): number {
  return Math.round(255 * (1 - Math.min(1, value / (decibelRange * stepsPerDecibel))));
}

/** Pairs in rows of `columns`; each clip begins at the left of its place. */
export function drawMel(pairs: readonly (readonly [Uint8Array, Uint8Array])[], columns: number): Picture {
  const frames = Math.max(...pairs.flat().map(({ length }) => length / melBands));
  const [placeWidth, clipHeight] = [frames * zoom + gap, melBands * zoom];
  const placeHeight = 2 * clipHeight + 3 * gap;
  const width = gap + columns * placeWidth;
  const height = gap + Math.ceil(pairs.length / columns) * placeHeight;
  const rgb = new Uint8Array(width * height * 3).fill(background);
  for (const [number, pair] of pairs.entries()) {
    const left = gap + (number % columns) * placeWidth;
    for (const [i, mel] of pair.entries()) {
      const top = gap + Math.floor(number / columns) * placeHeight + i * (clipHeight + gap);
      for (let y = 0; y < clipHeight; y += 1) {
        const band = melBands - 1 - Math.floor(y / zoom);
        for (let x = 0; x < (mel.length / melBands) * zoom; x += 1) {
          const at = ((top + y) * width + left + x) * 3;
          rgb.fill(shade(mel[Math.floor(x / zoom) * melBands + band] ?? 0), at, at + 3);
        }
      }
    }
  }
  return { width, height, rgb };
}
