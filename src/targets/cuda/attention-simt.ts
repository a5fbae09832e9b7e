// attention-simt.ts: attention and its gradient on ordinary cores, in f32: blocks of 64 queries by 64 keys.
// In: kernels. Out: texts. What is read and written may be bf16; sums and what stands in shared memory are f32.
// Keys and values lose what they all share before they are multiplied (the "centers" of the texts): in f32 as well as
// anywhere, dq is a small difference of large sums where keys are nearly alike, as they are when training begins.

import { type Body, memoryLines, recordOf, type SharedArray } from "./attention-record.ts";
import type { BodyOf, Element, KernelText } from "./context.ts";
import { everywhere, literal } from "./context.ts";

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

export function simtAttention(body: BodyOf<"attention">, elements: readonly Element[]): KernelText {
  const memory = memoryLines(arraysOf(body));
  return {
    template: "cuda/attention_simt",
    view: {
      ...commonView(body, elements),
      comment: `attention, heads of ${body.headDim}: softmax of scores, times values, block by block`,
      sharedBytes: memory.sharedBytes,
      memory: memory.constants,
    },
    configurations: everywhere({ threads, sharedBytes: memory.sharedBytes }),
  };
}

export function simtGradient(body: BodyOf<"attention_grad">, elements: readonly Element[]): KernelText {
  const memory = memoryLines(arraysOf(body));
  return {
    template: "cuda/attention_simt_grad",
    view: {
      ...commonView(body, elements),
      comment: `gradient of attention, heads of ${body.headDim}: scores made again, block by block`,
      sharedBytes: memory.sharedBytes,
      fields: memory.fields,
      memory: memory.values,
    },
    configurations: everywhere({ threads, sharedBytes: memory.sharedBytes }),
  };
}

function commonView(body: Body, elements: readonly Element[]) {
  const { depth, parts, partColumns, isWhole } = cutOf(body);
  return {
    record: recordOf(body, elements),
    ...{ threads, depth, parts, partColumns, isWhole },
    restages: !isWhole,
    headDim: body.headDim,
    ownRows: simtRows,
    stepRows: simtRows,
    scale: literal(1 / Math.sqrt(body.headDim)),
    isVector: body.headDim % 4 === 0,
  };
}
