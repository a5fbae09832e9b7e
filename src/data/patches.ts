// patches.ts: pictures ↔ patch vectors ↔ codes; the k-means book between them.
// In: square RGB pictures. Out: centroids fitted on the training pictures, codes of every patch, pictures of codes.
// A patch vector holds 255 − value, so white is the zero vector; code 0 is exactly white, as every page is.

import { fitCentroids } from "./centroids.ts";
import type { ImageCodec, Picture } from "./dataset.ts";
import {
  patchesPerPicture,
  patchesPerSide,
  patchSize,
  patchWidth,
  pictureBytes,
  pictureSize,
} from "./geometry.ts";
import { createNearest } from "./nearest.ts";
import { randomBits } from "./random.ts";

const sampleSize = 60000;
const whiteShare = 0.02;
const fitSeed = 20240607;

/** Offset in a picture of the first byte of row `y` of patch `patch`. */
function patchRowOffset(patch: number, y: number): number {
  const top = Math.floor(patch / patchesPerSide) * patchSize + y;
  return (top * pictureSize + (patch % patchesPerSide) * patchSize) * 3;
}

/** Writes patch `patch` of the picture that starts at byte `start` into `into` at `at`; true if it is all white. */
function readPatch(
  pictures: Uint8Array,
  start: number,
  patch: number,
  into: Float32Array,
  at: number,
): boolean {
  let dark = 0;
  for (let y = 0; y < patchSize; y += 1) {
    const from = start + patchRowOffset(patch, y);
    for (let i = 0; i < patchSize * 3; i += 1) {
      const value = 255 - (pictures[from + i] ?? 255);
      dark |= value;
      into[at + y * patchSize * 3 + i] = value;
    }
  }
  return dark === 0;
}

/** About 60,000 patches of the given pictures, 2 % of the white ones kept; the same each time. */
function samplePatches(pictures: Uint8Array, chosen: readonly number[]): Float32Array {
  const total = chosen.length * patchesPerPicture;
  const share = Math.min(1, (1.4 * sampleSize) / Math.max(1, total));
  const kept: number[] = [];
  const patch = new Float32Array(patchWidth);
  for (const [order, picture] of chosen.entries()) {
    for (let p = 0; p < patchesPerPicture; p += 1) {
      const luck = randomBits(fitSeed, order, p) / 4294967296;
      if (luck >= share) continue;
      const isWhite = readPatch(pictures, picture * pictureBytes, p, patch, 0);
      if (isWhite && luck >= share * whiteShare) continue;
      for (const value of patch) kept.push(value);
    }
  }
  return Float32Array.from(kept);
}

/**
 * k-means over patches of the chosen pictures: the codec with at most `count` centroids.
 * - `pictures` holds pictures of 32 × 32 × 3 bytes one after another; `chosen` are numbers of those to fit on.
 */
export async function fitImageCodec(
  pictures: Uint8Array,
  chosen: readonly number[],
  count: number,
  onStep: (done: number, total: number) => void,
): Promise<ImageCodec> {
  const sample = samplePatches(pictures, chosen);
  const centroids = await fitCentroids(sample, { width: patchWidth, count, seed: fitSeed }, onStep);
  return { kind: "image", size: pictureSize, patch: patchSize, centroids };
}

export type EncodedPictures = {
  /** [pictures, 64] codes of the codec (not joint ids). */
  readonly codes: Int32Array;
  /** Per picture, the sum of squared errors over its 3,072 values. */
  readonly errors: Float64Array;
};

/** Codes of every picture; white patches are known without a search. */
export async function encodePictures(
  codec: ImageCodec,
  pictures: Uint8Array,
  onStep: (done: number, total: number) => void,
): Promise<EncodedPictures> {
  const count = pictures.length / pictureBytes;
  const nearest = await createNearest(codec.centroids, patchWidth);
  const codes = new Int32Array(count * patchesPerPicture);
  const errors = new Float64Array(count);
  const perChunk = 128;
  const rows = new Float32Array(perChunk * patchesPerPicture * patchWidth);
  const places = new Int32Array(perChunk * patchesPerPicture);
  const found = new Int32Array(places.length);
  const distances = new Float32Array(places.length);
  for (let start = 0; start < count; start += perChunk) {
    let used = 0;
    const end = Math.min(count, start + perChunk);
    for (let picture = start; picture < end; picture += 1) {
      for (let p = 0; p < patchesPerPicture; p += 1) {
        if (readPatch(pictures, picture * pictureBytes, p, rows, used * patchWidth)) continue;
        places[used] = picture * patchesPerPicture + p;
        used += 1;
      }
    }
    nearest.find(rows.subarray(0, used * patchWidth), found, distances);
    for (let i = 0; i < used; i += 1) {
      const place = places[i] ?? 0;
      codes[place] = found[i] ?? 0;
      const picture = Math.floor(place / patchesPerPicture);
      errors[picture] = (errors[picture] ?? 0) + (distances[i] ?? 0);
    }
    onStep(end, count);
  }
  return { codes, errors };
}

/** The picture of up to 64 codes in raster order; codes that are missing or unknown are white. */
export function pictureOfCodes(codec: ImageCodec, codes: readonly number[]): Picture {
  const rgb = new Uint8Array(pictureBytes).fill(255);
  for (let patch = 0; patch < patchesPerPicture; patch += 1) {
    const code = codes[patch] ?? -1;
    if (code < 0 || (code + 1) * patchWidth > codec.centroids.length) continue;
    for (let y = 0; y < patchSize; y += 1) {
      const to = patchRowOffset(patch, y);
      for (let i = 0; i < patchSize * 3; i += 1) {
        const value = 255 - (codec.centroids[code * patchWidth + y * patchSize * 3 + i] ?? 0);
        rgb[to + i] = Math.max(0, Math.min(255, Math.round(value)));
      }
    }
  }
  return { width: pictureSize, height: pictureSize, rgb };
}
