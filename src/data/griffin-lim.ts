// griffin-lim.ts: log-mel frames → sound.
// In: frames of 40 bands in half decibels. Out: samples at 16 kHz.
// Frames say how loud every band is, and nothing of phase. Griffin and Lim's algorithm (1984; with the momentum of
// Perraudin and others, 2013) looks for a sound with such loudness: take any phases, make sound of them, look what
// phases that sound really has, and start over with those. Frames are first drawn finer in time: neighbours that
// overlap by seven eighths leave the phases little choice.

import { frameHop, melBands } from "./geometry.ts";
import { bandOfBin, bins, decibelRange, stepsPerDecibel, transformSize, windowLength } from "./mel.ts";
import { randomBits } from "./random.ts";
import { createTransform, hannWindow, type Transform } from "./spectrum.ts";

/** Samples from one stretch to the next, 5 ms, and stretches a frame. */
const stretchHop = 80;
const stretchesPerFrame = frameHop / stretchHop;
const rounds = 32;
const momentum = 0.99;
/** Power of the loudest band where a clip's level is unknown: spoken words then peak at about half of full scale. */
const loudestPower = 220;
const phaseSeed = 1984;

const lead = windowLength / 2;

/** Magnitude of every bin of every stretch: frames interpolated in time (decibels), bands in frequency (power). */
function magnitudesOf(mel: ArrayLike<number>): Float64Array {
  const frames = mel.length / melBands;
  const stretches = frames * stretchesPerFrame;
  const magnitudes = new Float64Array(stretches * bins);
  const power = new Float64Array(melBands);
  for (let stretch = 0; stretch < stretches; stretch += 1) {
    const place = Math.max(0, Math.min(frames - 1, (stretch + 0.5) / stretchesPerFrame - 0.5));
    const before = Math.floor(place);
    const after = Math.min(frames - 1, before + 1);
    for (let band = 0; band < melBands; band += 1) {
      const [a, b] = [mel[before * melBands + band] ?? 0, mel[after * melBands + band] ?? 0];
      const decibels = (a + (b - a) * (place - before)) / stepsPerDecibel - decibelRange;
      power[band] = loudestPower * 10 ** (decibels / 10);
    }
    for (let bin = 0; bin < bins; bin += 1) {
      const band = bandOfBin[bin] ?? 0;
      const below = Math.floor(band);
      const share = band - below;
      magnitudes[stretch * bins + bin] = Math.sqrt(
        (1 - share) * (power[below] ?? 0) + share * (power[below + 1] ?? 0),
      );
    }
  }
  return magnitudes;
}

type Work = {
  readonly transform: Transform;
  readonly window: Float64Array;
  readonly stretch: Float64Array;
  /** What overlapping windows add up to, per sample. */
  readonly cover: Float64Array;
};

function prepareWork(stretches: number): Work {
  const window = hannWindow(windowLength);
  const cover = new Float64Array(stretches * stretchHop + windowLength);
  for (let s = 0; s < stretches; s += 1)
    for (let i = 0; i < windowLength; i += 1)
      cover[s * stretchHop + i] = (cover[s * stretchHop + i] ?? 0) + (window[i] ?? 0) ** 2;
  const stretch = new Float64Array(transformSize);
  return { transform: createTransform(transformSize), window, stretch, cover };
}

/** The sound whose spectra come nearest to these: windowed stretches added up, divided by what the windows add up to. */
function overlapAdd(spectra: Float64Array, { transform, window, stretch, cover }: Work): Float64Array {
  const sound = new Float64Array(cover.length);
  const width = 2 * bins;
  for (let s = 0; s * width < spectra.length; s += 1) {
    transform.inverse(spectra.subarray(s * width, (s + 1) * width), stretch);
    for (let i = 0; i < windowLength; i += 1)
      sound[s * stretchHop + i] = (sound[s * stretchHop + i] ?? 0) + (stretch[i] ?? 0) * (window[i] ?? 0);
  }
  return sound.map((value, i) => value / Math.max(cover[i] ?? 0, 1e-3));
}

/** Spectra of all stretches of a sound. */
function analyse(sound: Float64Array, spectra: Float64Array, { transform, window, stretch }: Work): void {
  const width = 2 * bins;
  for (let s = 0; s * width < spectra.length; s += 1) {
    for (let i = 0; i < windowLength; i += 1)
      stretch[i] = (sound[s * stretchHop + i] ?? 0) * (window[i] ?? 0);
    stretch.fill(0, windowLength);
    transform.forward(stretch, spectra.subarray(s * width, (s + 1) * width));
  }
}

/** Gives every bin of `spectra` its wanted magnitude and leaves its phase. */
function setMagnitudes(spectra: Float64Array, magnitudes: Float64Array): void {
  for (let i = 0; i < magnitudes.length; i += 1) {
    const re = spectra[2 * i] ?? 0;
    const im = spectra[2 * i + 1] ?? 0;
    const scale = (magnitudes[i] ?? 0) / Math.max(Math.sqrt(re * re + im * im), 1e-12);
    spectra[2 * i] = re * scale;
    spectra[2 * i + 1] = im * scale;
  }
}

/**
 * Sound of log-mel frames, [frames · 40] → [frames · 320] samples between −1 and 1; the same each time.
 * - The frames of a sound made this way differ from those given, by what no sound can have.
 */
export function soundOfMel(mel: ArrayLike<number>): Float32Array {
  const magnitudes = magnitudesOf(mel);
  const work = prepareWork(magnitudes.length / bins);
  const spectra = new Float64Array(2 * magnitudes.length);
  for (const [i, magnitude] of magnitudes.entries()) {
    const phase = (2 * Math.PI * randomBits(phaseSeed, i)) / 4294967296;
    spectra[2 * i] = magnitude * Math.cos(phase);
    spectra[2 * i + 1] = magnitude * Math.sin(phase);
  }
  const found = new Float64Array(spectra.length);
  const before = new Float64Array(spectra.length);
  for (let round = 0; round < rounds; round += 1) {
    analyse(overlapAdd(spectra, work), found, work);
    for (let i = 0; i < found.length; i += 1) {
      const value = found[i] ?? 0;
      spectra[i] = value + momentum * (value - (before[i] ?? 0));
    }
    before.set(found);
    setMagnitudes(spectra, magnitudes);
  }
  const sound = overlapAdd(spectra, work);
  const frames = mel.length / melBands;
  const start = lead - stretchHop / 2;
  return Float32Array.from({ length: frames * frameHop }, (_, i) =>
    Math.max(-1, Math.min(1, sound[start + i] ?? 0)),
  );
}
