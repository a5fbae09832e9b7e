// launches.ts: the launches of a plan for grids, as data that kernels read: records, tiles, and how many pieces there are.
// In: a plan whose launches are one kernel's text each. Out: what targets that run grids have in common.
// A text is printed once, however many layers, weights and modalities it serves: sizes and addresses are words of a
// record that it reads. So a step is data, and a model of a hundred layers has as few kernels as one of two.

import { bug } from "../diagnostics/bug.ts";
import { maximumTiles, tileBuffers } from "../kernel/host.ts";
import type { Call, KernelBody, KernelKind, Launch, Plan } from "../kernel/kernel.ts";
import type { Layout } from "../kernel/layout.ts";

/** Where a launch finds its tiles: words of the integers, and how many there are at most. */
export type TileTable = {
  readonly tiles: number;
  readonly tileStarts: number;
  readonly maximumTiles: number;
  readonly chunkCount: number;
};

export function tileTable(plan: Plan, layout: Layout, space: number | undefined): TileTable {
  const word = (buffer: number): number => (plan.buffers[buffer]?.byteOffset ?? 0) / 4;
  const { tiles, starts } = tileBuffers(layout, space);
  return {
    tiles: word(tiles),
    tileStarts: word(starts),
    maximumTiles: maximumTiles(layout, space),
    chunkCount: space === undefined ? plan.chunkCount : 1,
  };
}

/** Indices of the tile table and of the words that hold the first and the end tile of a launch. */
export function tileWords(
  { tiles, tileStarts, chunkCount }: TileTable,
  { chunk }: Launch,
): readonly [tiles: number, first: number, end: number] {
  return chunk === undefined
    ? [tiles, tileStarts, tileStarts + chunkCount]
    : [tiles, tileStarts + chunk, tileStarts + chunk + 1];
}

/** The most tiles that a launch may have. */
export function tilesOf(plan: Plan, { maximumTiles }: TileTable, { chunk, stages }: Launch): number {
  const ofChunk = Math.ceil(plan.chunkRows / plan.tileRows) + stages.length;
  return chunk === undefined ? maximumTiles : Math.min(maximumTiles, ofChunk);
}

/** A call of a launch, its place in the record table, and how many pieces it has. */
export type Member = {
  readonly call: Call;
  readonly body: KernelBody;
  readonly turn: number;
  readonly modality: number;
  readonly count: number;
};

export function membersOf(plan: Plan, launch: Launch): readonly Member[] {
  const bodyOf = ({ kernel }: Call): KernelBody =>
    plan.kernels[kernel]?.body ?? bug("launches", `no kernel ${kernel}`);
  return [
    ...launch.stages.flatMap((calls, modality) =>
      calls.map((call, turn) => ({ call, body: bodyOf(call), turn, modality, count: 1 })),
    ),
    ...launch.tasks.map(({ call, count }, turn) => ({ call, body: bodyOf(call), turn, modality: 0, count })),
  ];
}

export const turnsOf = (members: readonly Member[]): number =>
  1 + Math.max(...members.map(({ turn }) => turn));

/**
 * Appends the records of a launch to `records`, all of one length; gives back the index of the first, the words of each,
 * and how many there are per turn. A tile finds its record by its modality, so there is one for every modality; word 0
 * says whether there is anything to do.
 */
export function appendRecords(
  members: readonly Member[],
  modalities: number,
  records: number[],
  wordsOf: (member: Member) => readonly number[],
): readonly [first: number, words: number, modalities: number] {
  const texts = members.map((member) => [1, ...wordsOf(member)]);
  const words = Math.max(...texts.map(({ length }) => length));
  const first = records.length;
  const table = new Array<number>(turnsOf(members) * modalities * words).fill(0);
  for (const [i, { turn, modality }] of members.entries()) {
    for (const [word, value] of (texts[i] ?? []).entries())
      table[(turn * modalities + modality) * words + word] = value | 0;
  }
  for (const word of table) records.push(word);
  return [first, words, modalities];
}

/** A float as the i32 word that has its bits. */
export function floatBits(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0] ?? 0;
}

/** Kinds that run on tiles of rows rather than on pieces of their own. */
const rowKinds: ReadonlySet<KernelKind> = new Set<KernelKind>([
  ...(["product", "row_program", "rope", "dropout", "embed", "cross_entropy", "mean_square"] as const),
  ...(["zero_rows", "copy_rows", "softmax", "gather", "combine", "combine_dp", "balance_dx"] as const),
]);

export function isRowKind({ kind }: KernelBody): boolean {
  return rowKinds.has(kind);
}
