// layout.ts: one batch, sorted by modality, as the kernels want it.
// In: a Batch in sequence order. Out: where each modality's rows begin, the row of every sequence position, every
// per-row input by the name the artifact knows it by, and (separately) tiles and row segments.
// Idea: this stable sort, once per batch on the host, is all the routing there is; afterwards a modality is a run of
// rows. Positions that hold no token sort behind all modalities: rows from offsets[M] on belong to nobody, see nothing
// and count in no loss, and no tile covers them.

import type { Artifact } from "../targets/artifact.ts";
import type { Batch } from "./batch.ts";
import { weighTargets } from "./loss-weights.ts";
import { layoutPatches } from "./patch-rows.ts";

/** What of a model decides how a batch is laid out. */
export type LayoutOptions = Pick<Artifact, "modalities" | "objectives" | "masks">;

export type BatchLayout = {
  /** i32[M+1]: modality m owns rows [offsets[m], offsets[m+1]); offsets[M] rows are live. */
  readonly offsets: Int32Array;
  /** i32[batch · context]: the row of a sequence position, −1 where the position is empty. */
  readonly rowOf: Int32Array;
  /** i32[M]: targets of each modality in the batch, counted by any objective or not: tokens to predict, or patches. */
  readonly targetCounts: Int32Array;
  /**
   * Every per-row input by name, [batch · context] long; `noisy` and `noise` hold the rows of one continuous modality
   * after those of another, each row as wide as its patch.
   */
  readonly inputs: ReadonlyMap<string, Int32Array | Float32Array>;
};

/**
 * Sorts a batch by modality and computes every per-row input.
 * - Stable: rows of one modality keep their sequence order.
 * - A document is a run of positions of one context; row r may see [start of its document, itself], and, where a mask
 *   says so, the rest of the span that it is part of.
 */
export function layoutBatch(batch: Batch, options: LayoutOptions): BatchLayout {
  const modalityCount = options.modalities.length;
  const { offsets, rowOf } = sortRows(batch, modalityCount);
  const rows = batch.batch * batch.context;
  const tokens = new Int32Array(rows).fill(-1);
  const target = new Int32Array(rows).fill(-1);
  const targetModality = new Int32Array(rows).fill(-1);
  const position = new Int32Array(rows);
  const sequence = new Int32Array(rows).fill(-1);
  const first = new Int32Array(rows);
  const rowModality = new Int32Array(rows).fill(-1);
  const modalityOf = idsToModality(options.modalities);
  let start = 0;
  for (let at = 0; at < rows; at += 1) {
    if (at % batch.context === 0 || batch.document[at] !== batch.document[at - 1]) start = at;
    const row = rowOf[at] ?? -1;
    if (row < 0) continue;
    tokens[row] = batch.token[at] ?? -1;
    position[row] = batch.position[at] ?? 0;
    sequence[row] = batch.place?.[at] ?? at;
    first[row] = batch.first?.[at] ?? start;
    rowModality[row] = batch.modality[at] ?? -1;
    const id = batch.target[at] ?? -1;
    if (id < 0) continue;
    target[row] = id;
    targetModality[row] = modalityOf(id);
  }
  const inputs = new Map<string, Int32Array | Float32Array>([
    ["tokens", tokens],
    ["target", target],
    ["target_modality", targetModality],
    ["position", position],
    ["sequence", sequence],
    ["first", first],
    ["modality", rowModality],
    ...options.masks.map(({ input, within }) => [input, lastSeen(batch, rowOf, within)] as const),
    ...layoutPatches(batch, rowOf, offsets, options.modalities),
  ]);
  const { weights, targetCounts } = weighTargets(options, rowModality, targetModality);
  for (const [k, perRow] of weights) inputs.set(`loss_weight.${k}`, perRow);
  return { offsets, rowOf, targetCounts, inputs };
}

/** Per row one past the last sequence position that it sees: itself, or the end of its span in the modalities `within`. */
function lastSeen(batch: Batch, rowOf: Int32Array, within: readonly number[]): Int32Array {
  const last = new Int32Array(rowOf.length);
  let end = 0;
  for (let at = rowOf.length - 1; at >= 0; at -= 1) {
    const span = batch.span?.[at] ?? -1;
    const isSame = span >= 0 && span === batch.span?.[at + 1] && (at + 1) % batch.context !== 0;
    if (!isSame) end = at + 1;
    const row = rowOf[at] ?? -1;
    const own = within.includes(batch.modality[at] ?? -1) ? end : at + 1;
    if (row >= 0) last[row] = own - at + (batch.place?.[at] ?? at);
  }
  return last;
}

function sortRows(batch: Batch, modalityCount: number): { offsets: Int32Array; rowOf: Int32Array } {
  const offsets = new Int32Array(modalityCount + 1);
  for (const m of batch.modality) {
    if (m >= modalityCount)
      throw new Error(`a token of modality ${m}, but the model declares ${modalityCount}`);
    if (m >= 0) offsets[m + 1] = (offsets[m + 1] ?? 0) + 1;
  }
  for (let m = 0; m < modalityCount; m += 1) offsets[m + 1] = (offsets[m + 1] ?? 0) + (offsets[m] ?? 0);
  const next = offsets.slice();
  const rowOf = batch.modality.map((m) => {
    if (m < 0) return -1;
    const row = next[m] ?? 0;
    next[m] = row + 1;
    return row;
  });
  return { offsets, rowOf };
}

function idsToModality(modalities: LayoutOptions["modalities"]): (id: number) => number {
  const count = modalities.reduce((most, { vocabStart, vocab }) => Math.max(most, vocabStart + vocab), 0);
  const table = new Int32Array(count).fill(-1);
  for (const [m, { vocabStart, vocab }] of modalities.entries())
    table.fill(m, vocabStart, vocabStart + vocab);
  return (id) => {
    const modality = table[id] ?? -1;
    if (modality < 0) throw new Error(`target ${id} belongs to no modality of the joint vocabulary`);
    return modality;
  };
}

export type Tiles = {
  /** (first row, row count, modality) per tile, in row order; no tile crosses a modality's or a chunk's edge. */
  readonly tiles: Int32Array;
  /** i32[chunkCount + 1]: chunk c has the tiles [tileStarts[c], tileStarts[c+1]). */
  readonly tileStarts: Int32Array;
};

/**
 * Cuts the live rows into tiles of at most `tileRows` rows.
 * - An empty modality gets no tile; a chunk is `chunkRows` consecutive rows of the batch.
 */
export function cutTiles(
  offsets: Int32Array,
  {
    tileRows,
    chunkRows,
    chunkCount,
  }: { readonly tileRows: number; readonly chunkRows: number; readonly chunkCount: number },
): Tiles {
  const tiles: number[] = [];
  const tileStarts = new Int32Array(chunkCount + 1);
  for (let chunk = 0; chunk < chunkCount; chunk += 1) {
    for (const [m, begin, end] of runsWithin(offsets, chunk * chunkRows, (chunk + 1) * chunkRows)) {
      for (let row = begin; row < end; row += tileRows) tiles.push(row, Math.min(tileRows, end - row), m);
    }
    tileStarts[chunk + 1] = tiles.length / 3;
  }
  return { tiles: Int32Array.from(tiles), tileStarts };
}

/**
 * The row ranges of some modalities: count, then (first row, end row) pairs, adjacent ones merged.
 * - `range`: only rows of [begin, end), for one chunk.
 */
export function rowSegments(
  offsets: Int32Array,
  modalities: readonly number[],
  range: readonly [begin: number, end: number] = [0, Number.POSITIVE_INFINITY],
): Int32Array {
  const pairs: [number, number][] = [];
  for (const [m, begin, end] of runsWithin(offsets, range[0], range[1])) {
    if (!modalities.includes(m)) continue;
    const previous = pairs.at(-1);
    if (previous !== undefined && previous[1] === begin) previous[1] = end;
    else pairs.push([begin, end]);
  }
  return Int32Array.from([pairs.length, ...pairs.flat()]);
}

/** (modality, first row, end row) of every modality that has rows in [begin, end), ascending. */
function runsWithin(offsets: Int32Array, begin: number, end: number): readonly [number, number, number][] {
  const runs: [number, number, number][] = [];
  for (let m = 0; m + 1 < offsets.length; m += 1) {
    const from = Math.max(begin, offsets[m] ?? 0);
    const to = Math.min(end, offsets[m + 1] ?? 0);
    if (from < to) runs.push([m, from, to]);
  }
  return runs;
}

/**
 * Rows by the token they hold: `order` lists them token by token, ascending within one, and those of token t stand at
 * [starts[t], starts[t + 1]). Rows without a token are in no list; what `order` holds behind the last is unspecified.
 */
export function sortByToken(
  tokens: ArrayLike<number>,
  vocab: number,
): { readonly order: Int32Array; readonly starts: Int32Array } {
  const starts = new Int32Array(vocab + 1);
  for (let row = 0; row < tokens.length; row += 1) {
    const token = tokens[row] ?? -1;
    if (token >= 0) starts[token + 1] = (starts[token + 1] ?? 0) + 1;
  }
  for (let token = 0; token < vocab; token += 1)
    starts[token + 1] = (starts[token + 1] ?? 0) + (starts[token] ?? 0);
  const next = starts.slice();
  const order = new Int32Array(tokens.length);
  for (let row = 0; row < tokens.length; row += 1) {
    const token = tokens[row] ?? -1;
    if (token < 0) continue;
    const at = next[token] ?? 0;
    order[at] = row;
    next[token] = at + 1;
  }
  return { order, starts };
}
