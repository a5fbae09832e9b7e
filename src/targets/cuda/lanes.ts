// lanes.ts: how threads share a row: neighbouring elements at a time, and groups of threads per row.
// In: the elements of a kernel's arguments. Out: what the partials `_lanes`, `_window` and `_groups` place.
// A thread moves 16 bytes of the widest element at a time, so 4 elements, or 8 where all rows are bf16; where a row's
// start is no multiple of that, it moves single elements. What does not depend on the elements is how many elements of a
// row a thread keeps in registers, so how many threads a row has does not either.

import type { View } from "../render.ts";
import type { Element } from "./context.ts";

/** Threads of a block whose elements are independent. */
export const elementwiseThreads = 256;
/** Of an elementwise kernel, about: launching threads costs, and rows differ. */
const elementsPerThread = 16;
/** Elements of a row that a thread keeps: several operands of a row need as many registers each. */
export const keptElements = 8;

/** Elements of a vector, where rows of these are moved; with f32 among them, neighbours would leave gaps at eight. */
export function lanesOf(rows: readonly (Element | undefined)[]): number {
  const moved = rows.filter((element) => element === "f32" || element === "bf16");
  return moved.length > 0 && moved.every((element) => element === "bf16") ? 8 : 4;
}

/** What an argument's pointer points to. */
export function typeOf(element: Element | undefined): string {
  return element === "bf16" ? "bf16" : element === "i32" ? "int" : "float";
}

/** A condition that these words of the record are whole vectors: then all of a row's vectors are aligned. */
export const isWide = (words: readonly string[]): string => `(${words.join(" | ")}) % LANES == 0`;

/** Bytes that `_groups` needs for sums taken at once. */
export const partialBytes = (threads: number, sums = 1): number => (4 * sums * threads) / 32;

/** The view of `_lanes`, `_window` and `_groups`, for kernels that sum over rows; `rows`: what those are made of. */
export function groupView(
  rows: readonly (Element | undefined)[],
  threads: number,
  { sums = 1, kept = keptElements }: { readonly sums?: number; readonly kept?: number } = {},
): View {
  const lanes = lanesOf(rows);
  return {
    lanes,
    kept: kept / lanes,
    threads,
    warps: threads / 32,
    sharedBytes: partialBytes(threads, sums),
  };
}

/** Threads of a row, as the function `group_size` of the text has it. */
export function groupSize(width: number, threads: number, kept = keptElements): number {
  let size = 1;
  while (size < threads && size * kept < width) size *= 2;
  return size;
}

/** Blocks for so many rows (or parts of rows), all of which are then at work at once. */
export const groupBlocks = (rows: number, width: number, threads: number, kept = keptElements): number =>
  Math.max(1, Math.ceil((rows * groupSize(width, threads, kept)) / threads));

/** Blocks of an elementwise kernel for so many elements: a thread takes a few vectors, for rows and tiles differ. */
export const elementwiseBlocks = (count: number): number =>
  Math.max(1, Math.ceil(count / (elementwiseThreads * elementsPerThread)));
