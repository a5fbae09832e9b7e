// tile.ts: how the threads of a workgroup share its part of a matrix product.
// In: a tile. Out: threads across and down, and a tile's description. A thread's rows are a workgroup's height apart,
// so are its columns, four at a time: neighbours read neighbouring vectors.

import { mostRowScalars } from "../../kernel/grid-stages.ts";
import type { ProductTile } from "../../kernel/schedule.ts";

export type TileShape = { readonly threads: number; readonly across: number; readonly down: number };

export function shapeOf({ rows, columns, threadRows, threadColumns }: ProductTile): TileShape {
  const [down, across] = [rows / threadRows, columns / threadColumns];
  return { threads: down * across, across, down };
}

/** Threads that share the sums of a row that a program takes before the product. */
export const lanesOf = (tile: ProductTile): number => Math.max(1, shapeOf(tile).threads / tile.rows);

/** Bytes of workgroup memory that a product of this tile takes at most. */
export function workgroupBytes(tile: ProductTile): number {
  const factors = 4 * tile.depth * (tile.rows + tile.columns);
  return factors + 4 * mostRowScalars * tile.rows * (1 + lanesOf(tile));
}

export const tileText = ({ rows, columns, depth, threadRows, threadColumns }: ProductTile): string =>
  `${rows} × ${columns} a workgroup, ${threadRows} × ${threadColumns} a thread, ${depth} deep`;

export const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
