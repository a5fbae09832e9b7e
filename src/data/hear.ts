// hear.ts: what is to be heard in a WAV file.
// In: its bytes. Out: samples at 16 kHz without silence at their ends.

import { trimSilence } from "./mel.ts";
import { resample } from "./resample.ts";
import { readWav } from "./wav.ts";

const longestMinutes = 10;

/** Nothing, if it is silent; throws an Error with a short reason where it cannot be read, or is too long. */
export function hearFile(bytes: Uint8Array): Float32Array {
  const { rate, samples } = readWav(bytes);
  const minutes = samples.length / rate / 60;
  if (minutes > longestMinutes)
    throw new Error(`it lasts ${Math.round(minutes)} minutes, ${longestMinutes} are the most`);
  return trimSilence(resample(samples, rate));
}
