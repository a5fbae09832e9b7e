// centroids.ts: k-means (Lloyd): the book of vectors that codes stand for.
// In: rows of floats, how many centroids. Out: centroids. Code 0 is the zero vector and stays it: what is most frequent
// in every material here is nothing at all (white in pictures, silence in sound), and it should be exact.

import { createNearest } from "./nearest.ts";
import { randomBelow } from "./random.ts";

const lloydSteps = 16;

export type Fit = {
  /** Floats in a row. */
  readonly width: number;
  /** Centroids, at most. */
  readonly count: number;
  readonly seed: number;
};

/** Zero first, then distinct rows of the sample in random order; fewer than `count` if there are no more. */
function startCentroids(sample: Float32Array, { width, count, seed }: Fit): Float32Array {
  const rows = sample.length / width;
  const seen = new Set([new Array(width).fill(0).join()]);
  const centroids = new Float32Array(count * width);
  let made = 1;
  const order = Int32Array.from({ length: rows }, (_, i) => i);
  for (let i = 0; i < rows && made < count; i += 1) {
    const j = i + randomBelow(rows - i, seed, 1, i);
    const row = order[j] ?? 0;
    order[j] = order[i] ?? 0;
    const vector = sample.subarray(row * width, (row + 1) * width);
    const key = vector.join();
    if (seen.has(key)) continue;
    seen.add(key);
    centroids.set(vector, made * width);
    made += 1;
  }
  return centroids.slice(0, made * width);
}

/** The sample's rows from the worst represented on, for centroids that lost all their rows. */
function worstRows(distances: Float32Array): readonly number[] {
  return [...distances.keys()].sort((a, b) => (distances[b] ?? 0) - (distances[a] ?? 0) || a - b);
}

function moveCentroids(
  sample: Float32Array,
  codes: Int32Array,
  distances: Float32Array,
  before: Float32Array,
  width: number,
): Float32Array {
  const sums = new Float64Array(before.length);
  const counts = new Int32Array(before.length / width);
  for (const [row, code] of codes.entries()) {
    counts[code] = (counts[code] ?? 0) + 1;
    for (let k = 0; k < width; k += 1) {
      sums[code * width + k] = (sums[code * width + k] ?? 0) + (sample[row * width + k] ?? 0);
    }
  }
  const moved = before.slice();
  let orphans: readonly number[] | undefined;
  let taken = 0;
  // Code 0 stays zero.
  for (let code = 1; code < counts.length; code += 1) {
    const count = counts[code] ?? 0;
    if (count === 0) {
      orphans ??= worstRows(distances);
      const row = orphans[taken] ?? 0;
      taken += 1;
      moved.set(sample.subarray(row * width, (row + 1) * width), code * width);
      continue;
    }
    for (let k = 0; k < width; k += 1) {
      moved[code * width + k] = (sums[code * width + k] ?? 0) / count;
    }
  }
  return moved;
}

/** Centroids fitted to the rows of `sample` ([n, width]): [at most count, width]; `onStep` hears of every step. */
export async function fitCentroids(
  sample: Float32Array,
  fit: Fit,
  onStep: (done: number, total: number) => void,
): Promise<Float32Array> {
  const { width } = fit;
  let centroids = startCentroids(sample, fit);
  const codes = new Int32Array(sample.length / width);
  const distances = new Float32Array(codes.length);
  for (let step = 0; step < lloydSteps && codes.length > 0; step += 1) {
    (await createNearest(centroids, width)).find(sample, codes, distances);
    centroids = moveCentroids(sample, codes, distances, centroids, width);
    onStep(step + 1, lloydSteps);
  }
  return centroids;
}
