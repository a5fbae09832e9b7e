// parameters.ts: the values a parameter starts from.
// In: a parameter's shape, draw key and initialiser, and the seed. Out: its elements.
// Idea: element i is a pure function of (seed, path without modality, modality index, i), so the order in which
// parameters are drawn, and which others exist, changes nothing, and a model of one modality starts as dense.

import { keyOf, normals, philox, type Words } from "../data/philox.ts";
import type { ArtifactParameter } from "../targets/artifact.ts";

/** Initial value of a parameter, row-major; drawn in float64, rounded to f32. */
export function initialValue(
  parameter: Pick<ArtifactParameter, "shape" | "initial" | "drawPath" | "drawIndex">,
  seed: number,
): Float32Array {
  const count = parameter.shape.reduce((product, size) => product * size, 1);
  const values = new Float32Array(count);
  if (parameter.initial.kind === "ones") return values.fill(1);
  const { std } = parameter.initial;
  const path = hash(parameter.drawPath);
  return normals(values, [parameter.drawIndex, path[0], path[1]], seed, std);
}

/** The graph's `dropout` input: a word drawn for this seed and step, and −1; zeros without a step, where it is off. */
export function dropoutKey(seed: number, step: number | undefined): Int32Array {
  if (step === undefined) return Int32Array.of(0, 0);
  const bits = new Uint32Array(4);
  philox(bits, [step >>> 0, Math.floor(step / 2 ** 32) >>> 0, dropoutDraws, 0], keyOf(seed));
  return Int32Array.of(bits[0] ?? 0, -1);
}

/** Sets dropout's draws apart from those of parameters, whose third word is the hash of a path. */
const dropoutDraws = 0x64726f70;

/** FNV-1a, 64 bits, over the text's UTF-8 bytes: low word, high word. */
function hash(text: string): Words<2> {
  let state = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    state = BigInt.asUintN(64, (state ^ BigInt(byte)) * 0x100000001b3n);
  }
  return [Number(state & 0xffffffffn), Number(state >> 32n)];
}
