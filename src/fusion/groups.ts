// groups.ts: what runs together. A fusion is a partition of the graph's nodes into groups in launch order; between two
// groups every thread waits for every other.
// In: nothing. Out: types. `fuse.ts` makes them, `print.ts` prints them with the reason each group ended.

export type Phase = "forward" | "backward" | "update";

export type Group = {
  readonly phase: Phase;
  /** Row-local nodes: they run tile by tile, all of them on one tile before the next. Indices into graph.nodes. */
  readonly rows: readonly number[];
  /** Which routed space these rows are of; absent: the tokens. */
  readonly space?: number;
  /** Nodes that look across rows or touch none: they run as independent tasks beside the tiles. */
  readonly tasks: readonly number[];
  /** The rows (and the sums over rows in `tasks` that belong to a loss) cover one chunk of rows only. */
  readonly chunk?: number;
  /** Why the group ends where it does. */
  readonly reason: string;
};

/**
 * A loss whose logits are never stored whole: projection, cross-entropy and their gradients run chunk by chunk.
 * The chunks' logits alternate between two buffers, so that chunk c+1's rows run beside chunk c's weight gradient.
 */
export type ChunkedLoss = {
  /** Nodes that run over the rows of a chunk, in topological order. */
  readonly rows: readonly number[];
  /** `linear_dw` nodes that sum over the rows of a chunk, one group later. */
  readonly sums: readonly number[];
  /** Values of which only two chunks exist at a time; each list shares one buffer. */
  readonly perChunk: readonly number[];
  /** Index of the group that runs chunk 0. */
  readonly firstGroup: number;
};

export type Fusion = {
  readonly groups: readonly Group[];
  readonly losses: readonly ChunkedLoss[];
  readonly chunkCount: number;
};

/** What the target allows; plain numbers, so that fusion knows no target. */
export type FusionLimits = {
  /** What a gradient needs of forward values alone is computed beside its first reader, instead of at once and stored. */
  readonly isLate?: true;
  /** Matmuls that one group may chain on a tile. */
  readonly matmulsPerGroup: number;
  /** Chunks in which a loss with logits `width` wide runs over `rows` rows; 1: not worth cutting. */
  readonly lossChunks: number;
};
