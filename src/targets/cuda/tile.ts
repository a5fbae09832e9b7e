// tile.ts: how matrix products are cut on CUDA: by ordinary cores, by a warp's tensor instructions, by a warpgroup's.
// In: an engine's tile. Out: configurations, and what texts say about them. Sizes that no engine chooses (those of tensor
// cores) stand in the templates: _mma.cu.hbs and _ring.cu.hbs; here are the bytes and threads that follow from them.

import type { ProductTile } from "../../kernel/schedule.ts";
import type { View } from "../render.ts";
import { type Configurations, everywhere } from "./context.ts";

/** Of tensor cores: rows and columns that a block computes at a time; on sm_90a perhaps twice the columns. */
export const tensorPart = 128;

/** A word for each of the turns that _parts.cu.hbs has room for. */
const turnBytes = 64 * 4;

/** Four places for 32 steps along k of 128 rows and of 128 columns, two bytes each. */
const ofWarps = { threads: 256, sharedBytes: 4 * 32 * (128 + 128) * 2 + turnBytes };

/** Four places for 64 steps along k of 128 rows and of 256 columns, and two barriers each; a group of warps copies. */
const ofGroups = { threads: 384, sharedBytes: 4 * 64 * (128 + 256) * 2 + 4 * 2 * 8 + turnBytes };

/** `copied`: whether Hopper's copy engine can read both factors. */
export const tensorConfigurations = (copied: boolean): Configurations =>
  copied ? { sm_80: ofWarps, sm_90a: ofGroups } : everywhere(ofWarps);

/** Elements of a box of the copy engine along a line: 128 bytes. */
export const boxColumns = 64;

/** Floats between the lines of a staged tile: four more than it has, see _simt.cu.hbs. */
const pitch = (width: number): number => width + 4;

const threadsOf = ({ rows, columns, threadRows, threadColumns }: ProductTile): number =>
  (rows / threadRows) * (columns / threadColumns);

export function plainConfigurations(tile: ProductTile): Configurations {
  const place = tile.depth * (pitch(tile.rows) + pitch(tile.columns));
  return everywhere({ threads: threadsOf(tile), sharedBytes: 2 * place * 4 + turnBytes });
}

/** What a text says of a tile of ordinary cores. */
export const plainView = (tile: ProductTile): View => ({
  threads: threadsOf(tile),
  rows: tile.rows,
  columns: tile.columns,
  depth: tile.depth,
  heights: tile.threadRows / 4,
  quads: tile.threadColumns / 4,
  across: tile.columns / tile.threadColumns,
  blocks: 2,
});

export const plainText = ({ rows, columns, depth, threadRows, threadColumns }: ProductTile): string =>
  `${rows} × ${columns} a block, ${threadRows} × ${threadColumns} a thread, ${depth} deep`;
