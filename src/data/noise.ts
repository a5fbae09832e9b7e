// noise.ts: how noisy a picture is at a timestep, and the noise itself.
// In: a timestep; a batch, its seed and its number. Out: the schedule's coefficients; noise and timesteps of a batch.
// The schedule is the cosine of Nichol and Dhariwal 2021 (equation 17), in 1,000 steps. One timestep for a whole span:
// a picture's patches are equally noisy. Everything is a function of (seed, step, span), so that a run that resumes
// sees the same noise, and validation always does.

import { keyOf, normals, philox } from "./philox.ts";

export const timesteps = 1000;

/** Offset of the schedule: without it the first steps would hardly be noisy. */
const scheduleOffset = 0.008;
/** No step takes away more of the signal than this, or the last would divide by nothing. */
const largestBeta = 0.999;

/** What a patch and its noise are multiplied by: √ᾱ_t and √(1 − ᾱ_t). */
export type NoiseLevel = { readonly signal: number; readonly spread: number };

const levels: readonly NoiseLevel[] = makeLevels();

function makeLevels(): readonly NoiseLevel[] {
  const f = (t: number): number =>
    Math.cos(((t / timesteps + scheduleOffset) / (1 + scheduleOffset)) * (Math.PI / 2)) ** 2;
  let kept = 1;
  return Array.from({ length: timesteps }, (_, t) => {
    kept *= 1 - Math.min(largestBeta, 1 - f(t + 1) / f(t));
    return { signal: Math.sqrt(kept), spread: Math.sqrt(1 - kept) };
  });
}

/** Coefficients of timestep t, 0 … 999. */
export function noiseSchedule(t: number): NoiseLevel {
  const level = levels[t];
  if (level === undefined) throw new Error(`there is no timestep ${t}: they are 0 … ${timesteps - 1}`);
  return level;
}

/** Tells these draws from those of parameters and samples. */
const noiseStream = 0x6e6f6973;
const timestepStream = 0x74696d65;

/** Standard normal noise of one span: `values` numbers of step `step` of a run. */
export function noiseOfSpan(values: Float32Array, seed: number, step: number, span: number): Float32Array {
  return normals(values, [span, step >>> 0, noiseStream], seed);
}

/** A timestep, uniform in 0 … 999. */
export function timestepOfSpan(seed: number, step: number, span: number): number {
  const bits = new Uint32Array(4);
  philox(bits, [0, span, step >>> 0, timestepStream], keyOf(seed));
  return Math.floor(((bits[0] ?? 0) / 2 ** 32) * timesteps);
}
