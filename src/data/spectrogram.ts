// spectrogram.ts: log-mel frames as a picture.
// In: clips as log-mel frames. Out: a sheet: two clips a row of the sheet, one above the other; time goes right, pitch up.

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

/** A column of spectrograms, the first above the second and so on, every second one followed by a wider gap. */
export function drawMel(clips: readonly Uint8Array[]): Picture {
  const frames = Math.max(...clips.map(({ length }) => length / melBands));
  const width = frames * zoom + 2 * gap;
  const rowHeight = melBands * zoom + gap;
  const height = clips.length * rowHeight + Math.ceil(clips.length / 2) * gap + gap;
  const rgb = new Uint8Array(width * height * 3).fill(background);
  for (const [number, mel] of clips.entries()) {
    const top = gap + number * rowHeight + Math.floor(number / 2) * gap;
    for (let y = 0; y < melBands * zoom; y += 1) {
      const band = melBands - 1 - Math.floor(y / zoom);
      for (let x = 0; x < (mel.length / melBands) * zoom; x += 1) {
        const value = shade(mel[Math.floor(x / zoom) * melBands + band] ?? 0);
        rgb.fill(value, ((top + y) * width + gap + x) * 3, ((top + y) * width + gap + x) * 3 + 3);
      }
    }
  }
  return { width, height, rgb };
}
