// attention-tensor.ts: attention and its gradient on tensor cores: bf16 factors, f32 sums, as FlashAttention-2 does.
// In: kernels. Out: texts. What is read and written may be f32 where rows are too narrow to be stored as bf16.
// Centers, which the form for ordinary cores takes off keys and values, would be lost here: weights and slopes are
// rounded to bf16, so that what the keys share comes back through what was rounded off.

import type { View } from "../render.ts";
import { attentionText, type Body, type SharedArray } from "./attention-record.ts";
import { type Element, type KernelText, literal } from "./context.ts";

const warps = 4;
const threads = 32 * warps;

/** Wider heads would not fit into registers. */
export const widestTensorHead = 128;

export type TensorShape = {
  /** Components of a head in shared memory. */
  readonly depth: number;
  /** Pieces of 16 rows that a warp multiplies at once by what it has loaded of the rows walked over. */
  readonly warpTiles: 1 | 2;
  readonly ownRows: number;
  readonly stepRows: number;
  /** Copies that a thread has under way before it asks whether there are more: more of them take more registers. */
  readonly copies: number;
};

export function tensorShape({ kind, headDim }: Pick<Body, "kind" | "headDim">): TensorShape {
  const depth = 16 * Math.ceil(headDim / 16);
  // Twice the rows halve what is loaded of the rows walked over, as far as there are registers.
  const warpTiles = depth <= (kind === "attention" ? 128 : 64) ? 2 : 1;
  const stepRows = kind === "attention" && depth <= 64 ? 64 : 32;
  return {
    depth,
    warpTiles,
    ownRows: 16 * warps * warpTiles,
    stepRows,
    copies: kind === "attention" ? 4 : 2,
  };
}

function arraysOf(body: Body): readonly SharedArray[] {
  const { depth, ownRows, stepRows } = tensorShape(body);
  const tile = (name: string, rows: number): SharedArray => ({
    name,
    type: "bf16",
    count: rows * (depth + 8),
  });
  const ints = (name: string, count: number): SharedArray => ({ name, type: "int", count });
  const floats = (name: string, count: number): SharedArray => ({ name, type: "float", count });
  if (body.kind === "attention")
    return [
      tile("query_tile", ownRows),
      tile("key_tile", 2 * stepRows),
      tile("value_tile", 2 * stepRows),
      ints("query_rows", ownRows),
      ints("query_first", ownRows),
      ints("query_length", ownRows),
      ints("key_rows", 3 * stepRows),
      { name: "warp_sights", type: "int4", count: warps },
      ints("range", 2),
    ];
  return [
    tile("own_tile", ownRows),
    tile("own_slope_tile", ownRows),
    tile("walked_tile", 2 * stepRows),
    tile("walked_slope_tile", 2 * stepRows),
    tile("result_tile", stepRows),
    ints("own_rows", ownRows),
    ints("query_first", ownRows),
    ints("query_length", ownRows),
    ints("walked_rows", 3 * stepRows),
    ints("walked_first", 3 * stepRows),
    ints("walked_length", 3 * stepRows),
    floats("walked_lse", 3 * stepRows),
    floats("walked_delta", stepRows),
    ints("range", 2),
  ];
}

/** The text of attention, or of its gradient. */
export function tensorText(body: Body, elements: readonly Element[]): KernelText {
  return attentionText(body, elements, {
    form: "tensor",
    how: "on tensor cores",
    threads,
    ...{ arrays: arraysOf(body), view: viewOf(body) },
  });
}

function viewOf(body: Body): View {
  return {
    ...tensorShape(body),
    scaleOfTwo: literal(Math.LOG2E / Math.sqrt(body.headDim)),
    isAligned: body.headDim % 8 === 0,
    isEven: body.headDim % 2 === 0,
  };
}
