// attention-simt.ts: attention and its gradient on ordinary cores, in f32: blocks of 64 queries by 64 keys.
// In: kernels. Out: texts. What is read and written may be bf16; sums and what stands in shared memory are f32.
// Keys and values lose what they all share before they are multiplied (the "centers" of the texts): in f32 as well as
// anywhere, dq is a small difference of large sums where keys are nearly alike, as they are when training begins.

import type { View } from "../render.ts";
import { attentionText, type Body, type SharedArray } from "./attention-record.ts";
import type { Element, KernelText } from "./context.ts";

/** Rows of a block, and rows that it walks over at a time: sixteen threads across and down take four by four. */
export const simtRows = 64;
const threads = 256;
/** What a block may take on every GPU since sm_80; half of it leaves room for a second block on the large ones. */
const mostBytes = 99 * 1024;
const widestPart = 128;

/** How many columns of a head are staged at a time. */
function cutOf({ kind, headDim }: Body): {
  readonly depth: number;
  readonly parts: number;
  readonly partColumns: number;
  readonly isWhole: boolean;
} {
  const steps = Math.ceil(headDim / 16);
  const parts = Math.ceil((16 * steps) / widestPart);
  const partColumns = 16 * Math.ceil(steps / parts);
  const tileBytes = 4 * simtRows * (partColumns + 4);
  const isWhole = parts === 1 && (kind === "attention" || 5 * tileBytes <= mostBytes);
  return { depth: parts * partColumns, parts, partColumns, isWhole };
}

function arraysOf(body: Body): readonly SharedArray[] {
  const { depth, partColumns, isWhole } = cutOf(body);
  const tile = { type: "float", count: simtRows * (partColumns + 4) } as const;
  const ints = { type: "int", count: simtRows } as const;
  const floats = { type: "float", count: simtRows } as const;
  const head = { type: "float", count: depth } as const;
  const shared: readonly SharedArray[] = [
    { name: "weights", type: "float", count: simtRows * (simtRows + 16) },
    { name: "range", type: "int", count: 2 },
    { name: "query_first", ...ints },
    { name: "query_length", ...ints },
    { name: "zeros", ...head },
    { name: "value_center", ...head },
  ];
  if (body.kind === "attention")
    return [
      { name: "query_tile", ...tile },
      { name: "key_tile", ...tile },
      ...shared,
      { name: "query_rows", ...ints },
      { name: "key_rows", ...ints },
    ];
  const slope = (at: string) => ({ ...tile, ...(isWhole ? {} : { at }) });
  return [
    { name: "own_tile", ...tile },
    { name: "walked_tile", ...tile },
    { name: "own_slope_tile", ...slope("own_tile") },
    { name: "walked_slope_tile", ...slope("walked_tile") },
    ...shared,
    { name: "key_center", ...head },
    { name: "own_rows", ...ints },
    { name: "walked_rows", ...ints },
    { name: "delta", ...floats },
    { name: "lse", ...floats },
  ];
}

/** The text of attention, or of its gradient. */
export function simtText(body: Body, elements: readonly Element[]): KernelText {
  return attentionText(body, elements, {
    form: "simt",
    how: "block by block",
    threads,
    ...{ arrays: arraysOf(body), view: viewOf(body) },
  });
}

function viewOf(body: Body): View {
  const { depth, parts, partColumns, isWhole } = cutOf(body);
  return {
    ...{ depth, parts, partColumns, isWhole },
    restages: !isWhole,
    ownRows: simtRows,
    stepRows: simtRows,
  };
}
