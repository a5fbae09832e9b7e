// resample.ts: sound at any rate → sound at 16 kHz.
// In: samples and their rate. Out: samples at 16 kHz.
// Each new sample is a weighted sum of the old ones around it (a windowed sinc). How it lies between them repeats after
// 16000/gcd new samples, so the weights are worked out once per such place. Nothing that 16 kHz cannot hold is let through.

import { sampleRate } from "./geometry.ts";

/** Zero crossings of the sinc on either side; the edge of the pass band, as a share of what the lower rate can hold. */
const crossings = 24;
const passBand = 0.94;

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

type Weights = { readonly first: number; readonly values: Float64Array };

/** Weights of the old samples around place `offset` (0 to 1) after an old sample; they add up to one. */
function weightsAt(offset: number, cutoff: number): Weights {
  const reach = crossings / cutoff;
  const first = Math.ceil(offset - reach);
  const values = Float64Array.from({ length: Math.floor(offset + reach) - first + 1 }, (_, i) => {
    const distance = first + i - offset;
    const angle = Math.PI * distance * cutoff;
    const sinc = Math.abs(angle) < 1e-9 ? 1 : Math.sin(angle) / angle;
    return sinc * (0.5 + 0.5 * Math.cos((Math.PI * distance) / reach));
  });
  const sum = values.reduce((total, value) => total + value, 0);
  return { first, values: values.map((value) => value / sum) };
}

/** Samples at 16 kHz; `rate` is a positive whole number of samples a second. */
export function resample(samples: Float32Array, rate: number): Float32Array {
  if (rate === sampleRate) return samples;
  const common = greatestCommonDivisor(rate, sampleRate);
  const [up, down] = [sampleRate / common, rate / common];
  const cutoff = passBand * Math.min(1, sampleRate / rate);
  const known = new Map<number, Weights>();
  return Float32Array.from({ length: Math.ceil((samples.length * up) / down) }, (_, i) => {
    const phase = (i * down) % up;
    const place = (i * down - phase) / up;
    let weights = known.get(phase);
    if (weights === undefined) {
      weights = weightsAt(phase / up, cutoff);
      known.set(phase, weights);
    }
    const { first, values } = weights;
    let sum = 0;
    for (let k = 0; k < values.length; k += 1) sum += (values[k] ?? 0) * (samples[place + first + k] ?? 0);
    return sum;
  });
}
