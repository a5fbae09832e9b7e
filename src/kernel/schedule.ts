// schedule.ts: sizes. How rows are padded, how large a tile, a chunk and a task are, for one target on one engine.
// In: the target's limits. Out: numbers. This and `targets/` are the only places where the target matters.

import type { FusionLimits } from "../fusion/groups.ts";
import type { Graph } from "../ir/graph.ts";

/** What an engine is good at. */
export type Schedule = {
  /** Width of a packed panel: the columns of the matmul micro-kernel. */
  readonly panel: number;
  /** Rows of a tile: a multiple of the micro-kernel's rows. */
  readonly tileRows: number;
  /** Rows of one chunk of the loss, a multiple of tileRows. */
  readonly chunkRows: number;
  readonly chunkCount: number;
  /** Rows of a weight gradient that one task computes. */
  readonly outerRows: number;
  /** Elements of one task of the update. */
  readonly updateChunk: number;
  readonly limits: FusionLimits;
  /** How weights stand where products read them: packed into panels, as they are, or mirrored in bf16. */
  readonly weights: "panels" | "dense" | "mirror";
  /** Whether rows that products read and make stand in bf16 (precision.ts says which). */
  readonly rows: "f32" | "bf16";
  /** On a device that runs grids of workgroups, how they are cut; absent where threads walk tiles. */
  readonly grid?: Grid;
};

export type Grid = {
  /** Rows of one piece of a norm's gradient. */
  readonly normRows: number;
  /** Whether attention rotates queries and keys itself. */
  readonly rotates: boolean;
  /** Whether products compute what they read while they load it. */
  readonly loadsPrograms: boolean;
  /** Whether products go on with their sums before they store them: elementwise programs, and rotations of such heads. */
  readonly epilogues?: { readonly isRotated: (headDim: number) => boolean };
};

/** The part of a matrix product that a workgroup computes, and the part of that one thread computes. */
export type ProductTile = {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly threadRows: number;
  readonly threadColumns: number;
};

/** Largest logits chunk, bytes: it should stay in the second-level cache together with the projection's panels. */
const lossChunkBytes = 3 << 20;

/** A schedule for the CPU: everything row-local is chained on a tile, since a tile of every operand fits in cache. */
export function cpuSchedule(
  graph: Graph,
  rows: number,
  micro: { readonly rows: number; readonly columns: number },
): Schedule {
  const widest = widestRow(graph);
  const streamWidth = typicalWidth(graph);
  // Wide streams read more weights per row, so more rows should share them while they are in cache; but every thread
  // wants several tiles. Measured at dim 256, 2048 rows: 144 rows take 4 % less than 96, 192 and 240 more than 144.
  const wideTile = rows >= 14 * 144 ? 144 : 96;
  const tileRows = streamWidth > 128 ? wideTile : 48;
  const tilesPerChunk = Math.max(4, Math.floor(lossChunkBytes / (4 * widest * tileRows)));
  const chunkRows = tilesPerChunk * tileRows;
  const chunkCount = Math.max(1, Math.ceil(rows / chunkRows));
  return {
    panel: micro.columns,
    tileRows,
    chunkRows,
    chunkCount,
    outerRows: 48,
    updateChunk: 16384,
    limits: { matmulsPerGroup: Number.POSITIVE_INFINITY, lossChunks: chunkCount },
    weights: "panels",
    rows: "f32",
  };
}

/** Largest logits of a chunk on a grid, bytes: they go through memory anyway, so only their size in all matters. */
const gridChunkBytes = 96 << 20;

/** A schedule for grids of workgroups: tiles as high as a workgroup's part of a product. `grid.ts` orders each group. */
export function gridSchedule(
  graph: Graph,
  rows: number,
  { tile, lossChunkBytes = gridChunkBytes }: { readonly tile: ProductTile; readonly lossChunkBytes?: number },
): Schedule {
  const tilesPerChunk = Math.max(1, Math.floor(lossChunkBytes / (4 * widestRow(graph) * tile.rows)));
  const chunkRows = tilesPerChunk * tile.rows;
  const chunkCount = Math.max(1, Math.ceil(rows / chunkRows));
  return {
    panel: Math.min(64, tile.columns),
    tileRows: tile.rows,
    chunkRows,
    chunkCount,
    outerRows: tile.rows,
    updateChunk: 16384,
    limits: { matmulsPerGroup: Number.POSITIVE_INFINITY, lossChunks: chunkCount },
    weights: "panels",
    rows: "f32",
    grid: { normRows: 32, rotates: true, loadsPrograms: true },
  };
}

/**
 * A schedule for tensor cores. What a product reads stands in memory, in bf16 where that is the precision: the gradient
 * of its weight reads it as well, and tiles are copied by hardware that computes nothing.
 */
export function tensorSchedule(
  graph: Graph,
  rows: number,
  {
    tile,
    precision,
    epilogues = false,
    lossChunkBytes,
  }: {
    readonly tile: ProductTile;
    readonly precision: "f32" | "bf16";
    readonly epilogues?: boolean;
    readonly lossChunkBytes?: number;
  },
): Schedule {
  const grid = gridSchedule(graph, rows, {
    tile,
    ...(lossChunkBytes === undefined ? {} : { lossChunkBytes }),
  });
  return {
    ...grid,
    limits: { ...grid.limits, isLate: true },
    weights: precision === "bf16" ? "mirror" : "dense",
    rows: precision,
    grid: {
      ...{ normRows: 32, rotates: false, loadsPrograms: false },
      ...(epilogues ? { epilogues: { isRotated } } : {}),
    },
  };
}

/** Whole heads stand in a block's 128 columns, and both components of a pair in one thread's registers. */
const isRotated = (headDim: number): boolean => headDim % 16 === 0 && 128 % headDim === 0;

/** Walked rather than spread: a graph may have more values than a call may have arguments. */
function widestRow(graph: Graph): number {
  let widest = 1;
  for (const { type } of graph.values) {
    if (type.kind === "rows") for (const width of type.widths) widest = Math.max(widest, width ?? 0);
  }
  return widest;
}

/** The width that most row values have: the stream's. */
function typicalWidth(graph: Graph): number {
  const counts = new Map<number, number>();
  for (const { type } of graph.values) {
    const width = type.kind === "rows" ? type.widths.find((w) => w !== undefined) : undefined;
    if (width !== undefined && width > 1) counts.set(width, (counts.get(width) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 64;
}

/**
 * Elements between rows of a value `width` wide: whole panels of 16, so that a panel's store never leaves the row,
 * and never a multiple of 64, which would map every row to the same few sets of the first-level cache.
 */
export function rowStride(width: number): number {
  const padded = Math.ceil(width / 16) * 16;
  return padded % 64 === 0 ? padded + 16 : padded;
}

/** The same for tensor cores, whose copies take 128 bytes of a row at a time: wide rows begin at whole lines of memory. */
export function tensorRowStride(width: number): number {
  const whole = width < 64 ? 16 : 64;
  return Math.ceil(width / whole) * whole;
}

/** What buffers begin at multiples of: a line of a CPU's caches; where the copies are wider, whole lines of a GPU's. */
export const lineBytes = ({ rows }: Schedule): number => (rows === "bf16" ? 256 : 64);
