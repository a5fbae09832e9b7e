// speech.ts: log-mel frames ↔ codes; the k-means book between them.
// In: clips as log-mel frames. Out: centroids fitted on the training clips, codes of every clip, sound of codes.
// A code stands for two frames, 40 ms: 25 codes a second, the paper's rate, at which the frames' own 20 ms are kept.

import { fitCentroids } from "./centroids.ts";
import type { SpeechCodec } from "./dataset.ts";
import { melBands, speechWidth } from "./geometry.ts";
import { soundOfMel } from "./griffin-lim.ts";
import { stepsPerDecibel } from "./mel.ts";
import { createNearest } from "./nearest.ts";
import { randomBits } from "./random.ts";

const sampleRows = 40000;
const fitSeed = 20240612;

/** Clips one after another: clip c is the frames `offset[c]` to `offset[c + 1]` of `mel` ([frames, 40]). */
export type Clips = { readonly mel: Uint8Array; readonly offset: Int32Array };

function clipCount(clips: Clips): number {
  return Math.max(0, clips.offset.length - 1);
}

/** Frames of one clip. */
export function melOfClip(clips: Clips, clip: number): Uint8Array {
  return clips.mel.subarray((clips.offset[clip] ?? 0) * melBands, (clips.offset[clip + 1] ?? 0) * melBands);
}

/** Joins clips of one frame or more. */
export function joinClips(mels: readonly Uint8Array[]): Clips {
  const offset = new Int32Array(mels.length + 1);
  for (const [i, mel] of mels.entries()) offset[i + 1] = (offset[i] ?? 0) + mel.length / melBands;
  const mel = new Uint8Array((offset.at(-1) ?? 0) * melBands);
  for (const [i, own] of mels.entries()) mel.set(own, (offset[i] ?? 0) * melBands);
  return { mel, offset };
}

/** A clip as rows of two frames, [codes, 80]; silence fills up the last. */
function rowsOf(mel: Uint8Array): Float32Array {
  const rows = new Float32Array(Math.ceil(mel.length / speechWidth) * speechWidth);
  rows.set(mel);
  return rows;
}

function joinRows(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** k-means over the chosen clips: the codec with at most `count` centroids. */
export async function fitSpeechCodec(
  clips: Clips,
  chosen: readonly number[],
  count: number,
  onStep: (done: number, total: number) => void,
): Promise<SpeechCodec> {
  const rows = joinRows(chosen.map((clip) => rowsOf(melOfClip(clips, clip))));
  const total = rows.length / speechWidth;
  const share = sampleRows / Math.max(1, total);
  const kept: Float32Array[] = [];
  for (let row = 0; row < total; row += 1)
    if (randomBits(fitSeed, row) / 4294967296 < share)
      kept.push(rows.subarray(row * speechWidth, (row + 1) * speechWidth));
  const fit = { width: speechWidth, count, seed: fitSeed };
  return { kind: "speech", centroids: await fitCentroids(joinRows(kept), fit, onStep) };
}

/** Codes of every clip (not joint ids). */
export async function encodeClips(
  codec: SpeechCodec,
  clips: Clips,
  onStep: (done: number, total: number) => void,
): Promise<readonly Int32Array[]> {
  const nearest = await createNearest(codec.centroids, speechWidth);
  const count = clipCount(clips);
  return Array.from({ length: count }, (_, clip) => {
    const rows = rowsOf(melOfClip(clips, clip));
    const codes = new Int32Array(rows.length / speechWidth);
    nearest.find(rows, codes);
    if (clip % 256 === 0 || clip + 1 === count) onStep(clip + 1, count);
    return codes;
  });
}

/** Frames that codes stand for, [2 · codes, 40] in half decibels; a code that is unknown is silence. */
export function melOfCodes(codec: SpeechCodec, codes: Iterable<number>): Float32Array {
  const known = codec.centroids.length / speechWidth;
  return joinRows(
    Array.from(codes, (code) =>
      code >= 0 && code < known
        ? codec.centroids.subarray(code * speechWidth, (code + 1) * speechWidth)
        : new Float32Array(speechWidth),
    ),
  );
}

/** The sound of speech codes (not joint ids): samples at 16 kHz between −1 and 1, 640 for each code. */
export function decodeSpeech(codec: SpeechCodec, codes: Iterable<number>): Float32Array {
  return soundOfMel(melOfCodes(codec, codes));
}

/** Sums of absolute differences in decibels between frames, and how many values were compared. */
export function compareMel(
  original: ArrayLike<number>,
  other: (index: number) => number,
): { readonly sum: number; readonly values: number } {
  let sum = 0;
  for (let i = 0; i < original.length; i += 1) sum += Math.abs((original[i] ?? 0) - other(i));
  return { sum: sum / stepsPerDecibel, values: original.length };
}

/** The mean frame of the chosen clips: what one would guess without listening. */
export function meanFrame(clips: Clips, chosen: readonly number[]): Float64Array {
  const mean = new Float64Array(melBands);
  let frames = 0;
  for (const clip of chosen) {
    const mel = melOfClip(clips, clip);
    for (const [i, value] of mel.entries()) mean[i % melBands] = (mean[i % melBands] ?? 0) + value;
    frames += mel.length / melBands;
  }
  return mean.map((sum) => sum / Math.max(1, frames));
}
