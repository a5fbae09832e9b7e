// host.ts: the integers that the host writes for every batch besides the model's inputs: where sequence positions went,
// which rows a tile covers, and which rows hold a token.
// In: a layout. Out: buffers, requested on first use.

import type { Layout } from "./layout.ts";

/** row_of[sequence position]: its row, −1 where empty. */
export function rowOfBuffer({ registry, rows }: Layout): number {
  return registry.buffer({ name: "row_of", role: "input", byteLength: rows * 4, dtype: "i32" });
}

/** Whole tiles, and a short one at most for every edge of a modality or a chunk. */
export function maximumTiles({ rows, graph, schedule }: Layout): number {
  return Math.ceil(rows / schedule.tileRows) + graph.modalities.length + schedule.chunkCount + 1;
}

/** (first row, row count, modality) per tile, and where each chunk's tiles begin. */
export function tileBuffers(layout: Layout): { readonly tiles: number; readonly starts: number } {
  const { registry, schedule } = layout;
  const request = (name: string, words: number): number =>
    registry.buffer({ name, role: "segments", byteLength: 4 * words, dtype: "i32" });
  return {
    tiles: request("tiles", 3 * maximumTiles(layout)),
    starts: request("tile_starts", schedule.chunkCount + 1),
  };
}

/** The live rows sorted by token (ascending within one), and where each token's begin: vocab + 1 indices. */
export function tokenRowBuffers(
  { registry, rows }: Layout,
  vocab: number,
): { readonly order: number; readonly starts: number } {
  const request = (name: string, words: number): number =>
    registry.buffer({ name, role: "segments", byteLength: 4 * words, dtype: "i32" });
  return { order: request("rows_by_token", rows), starts: request("token_starts", vocab + 1) };
}
