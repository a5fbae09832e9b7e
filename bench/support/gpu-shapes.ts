// gpu-shapes.ts: what is multiplied and what is stepped on a GPU.
// In: nothing. Out: settings, and the shapes of their matrix products; smaller ones for a GPU in software.

import { type Sizes, settings } from "./model.ts";

/** x [rows, inner] times a weight [out, inner]: y = x·wᵀ, dx = dy·w, dw = dyᵀ·x. Each takes as many operations. */
export type ProductShape = {
  readonly name: string;
  readonly rows: number;
  readonly out: number;
  readonly inner: number;
};

/** The design's model, and one of a size that people train on a GPU. */
export const gpuSettings: Readonly<Record<string, Sizes>> = {
  chameleon: settings.chameleon,
  dim768: {
    dim: 768,
    layers: 12,
    heads: 12,
    ffn: 2048,
    context: 512,
    batch: 8,
    text: 16384,
    image: 8192,
  },
};

/** Only to see that the benchmark works: what it measures there says nothing about a GPU. */
export const tinySettings: Readonly<Record<string, Sizes>> = {
  tiny: { dim: 32, layers: 2, heads: 2, ffn: 48, context: 16, batch: 4, text: 48, image: 16 },
};

/** The distinct products of a setting's linear layers. Queries, keys, values, and gate and up, have one shape each. */
export function productShapes(
  setting: string,
  { dim, ffn, batch, context, text, image }: Sizes,
): readonly ProductShape[] {
  const rows = batch * context;
  const shape = (from: string, to: string, inner: number, out: number): ProductShape => ({
    name: `${setting} ${from}→${to}`,
    rows,
    out,
    inner,
  });
  return [
    shape("dim", "dim", dim, dim),
    shape("dim", "ffn", dim, ffn),
    shape("ffn", "dim", ffn, dim),
    shape("dim", "vocab", dim, text + image),
  ];
}

export function squares(sizes: readonly number[]): readonly ProductShape[] {
  return sizes.map((size) => ({ name: `square ${size}`, rows: size, out: size, inner: size }));
}

export const flopsOf = ({ rows, out, inner }: ProductShape): number => 2 * rows * out * inner;

/** What asking the GPU and being told costs is at most a hundredth of this. */
const wantedMs = 20;
const mostRepeats = 1000;

/** How often to run a product in one go, if it reaches a good part of a ceiling. */
export function repeatsFor(shape: ProductShape, gflops: number): number {
  const milliseconds = flopsOf(shape) / (0.5 * gflops * 1e6);
  return Math.min(mostRepeats, Math.max(1, Math.ceil(wantedMs / milliseconds)));
}
