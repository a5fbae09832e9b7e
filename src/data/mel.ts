// mel.ts: sound → log-mel frames: the picture of a sound that speech codes are made of.
// In: samples at 16 kHz. Out: 40 bands of loudness every 20 ms, as bytes: half decibels above a floor.
// Loudness is relative to the loudest band of the clip, and nothing is softer than the floor 80 dB below it: a recording's
// level does not matter, and silence is the zero vector, as white is for pictures (patches.ts). Bytes, because half a
// decibel is far below what codes keep, and because they come out the same on every machine.

import { frameHop, melBands, sampleRate } from "./geometry.ts";
import { createTransform, hannWindow } from "./spectrum.ts";

/** Samples a frame looks at: 40 ms. */
export const windowLength = 640;
export const transformSize = 1024;
export const bins = transformSize / 2 + 1;
/** Decibels from the floor to the loudest band of a clip; a byte counts halves of them. */
export const decibelRange = 80;
export const stepsPerDecibel = 2;

const tiny = 1e-20;

function melOf(hertz: number): number {
  return 2595 * Math.log10(1 + hertz / 700);
}

function hertzOf(mel: number): number {
  return 700 * (10 ** (mel / 2595) - 1);
}

/**
 * Where each bin of a spectrum lies among the bands: 3.25 is a quarter of the way from band 3's centre to band 4's,
 * so three quarters of its energy count for band 3 and one for band 4 (triangles, evenly spaced on the mel scale).
 * - From −1 (0 Hz) to 40 (8 kHz), where no band's centre lies.
 */
export const bandOfBin: Float64Array = Float64Array.from({ length: bins }, (_, bin) => {
  const hertz = (bin * sampleRate) / transformSize;
  const step = melOf(sampleRate / 2) / (melBands + 1);
  const below = Math.min(melBands, Math.floor(melOf(hertz) / step));
  const [low, high] = [hertzOf(below * step), hertzOf((below + 1) * step)];
  return below - 1 + Math.max(0, Math.min(1, (hertz - low) / (high - low)));
});

/** Adds a spectrum's energy to the bands, and how much weight each got. */
function addToBands(energy: Float64Array, power: Float64Array): void {
  for (let bin = 0; bin < bins; bin += 1) {
    const place = bandOfBin[bin] ?? 0;
    const below = Math.floor(place);
    const share = place - below;
    const value = energy[bin] ?? 0;
    if (below >= 0) power[below] = (power[below] ?? 0) + (1 - share) * value;
    if (below + 1 < melBands) power[below + 1] = (power[below + 1] ?? 0) + share * value;
  }
}

/** Mean power of each band, [frames, 40]; frame f looks at the 40 ms around sample (f + ½) · 320. */
function melPower(samples: Float32Array): Float64Array {
  const transform = createTransform(transformSize);
  const window = hannWindow(windowLength);
  const weight = new Float64Array(melBands);
  addToBands(new Float64Array(bins).fill(1), weight);
  const frames = Math.ceil(samples.length / frameHop);
  const power = new Float64Array(frames * melBands);
  const stretch = new Float64Array(transformSize);
  const spectrum = new Float64Array(transformSize + 2);
  const energy = new Float64Array(bins);
  for (let frame = 0; frame < frames; frame += 1) {
    const start = frame * frameHop + (frameHop - windowLength) / 2;
    for (let i = 0; i < windowLength; i += 1) stretch[i] = (samples[start + i] ?? 0) * (window[i] ?? 0);
    transform.forward(stretch, spectrum);
    for (let bin = 0; bin < bins; bin += 1)
      energy[bin] = (spectrum[2 * bin] ?? 0) ** 2 + (spectrum[2 * bin + 1] ?? 0) ** 2;
    const own = power.subarray(frame * melBands, (frame + 1) * melBands);
    addToBands(energy, own);
    for (let band = 0; band < melBands; band += 1) own[band] = (own[band] ?? 0) / (weight[band] ?? 1);
  }
  return power;
}

/** [frames, 40] half decibels above the floor, 0 to 160. */
export function logMel(samples: Float32Array): Uint8Array {
  const power = melPower(samples);
  const loudest = power.reduce((most, value) => Math.max(most, value), tiny);
  return Uint8Array.from(power, (value) => {
    const decibels = 10 * Math.log10(Math.max(value, tiny) / loudest);
    return Math.max(0, Math.round(stepsPerDecibel * (decibels + decibelRange)));
  });
}

/** Stretches this much softer than the loudest count as silence, in decibels. */
const silence = 50;

/** Without the silence before and after, but for one frame; empty if there is no sound at all. */
export function trimSilence(samples: Float32Array): Float32Array {
  const frames = Math.ceil(samples.length / frameHop);
  const loudness = Array.from({ length: frames }, (_, frame) =>
    samples
      .subarray(frame * frameHop, (frame + 1) * frameHop)
      .reduce((sum, sample) => sum + sample * sample, 0),
  );
  // No spread: an hour has more frames than a call may have arguments.
  const threshold = loudness.reduce((most, one) => Math.max(most, one), 0) * 10 ** (-silence / 10);
  const first = loudness.findIndex((one) => one > threshold);
  if (first < 0) return new Float32Array();
  const last = loudness.findLastIndex((one) => one > threshold);
  return samples.slice(Math.max(0, first - 1) * frameHop, (last + 2) * frameHop);
}
