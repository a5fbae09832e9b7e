// kernel.ts: what runs, as data. A kernel is one distinct piece of generated code, described by its kind and its
// static sizes; a launch says which kernels run on which buffers between two barriers.
// In: nothing. Out: types. `calls.ts` makes kernels from stages, `plan.ts` the launches and the memory.
//
// Two ways of cutting work, both by shape only (never by thread count, so results have the same bits on any number):
//   row stages  run over a tile of consecutive rows of one modality; a launch runs all its stages on a tile while the
//               tile is in cache, then takes the next tile. A stage may read what an earlier stage of the launch wrote
//               in the same rows.
//   tasks       are independent pieces numbered 0 … count−1; they read what earlier launches wrote.
//
// What is said of modalities holds for the groups of a routed space (ir/spaces.ts) where a launch runs over one: a tile
// is rows of one group then, and the tables of tiles and segments are written on the device, by `route`.
//
// Layout: a rows value is N × stride floats, `stride` ≥ width (see schedule.ts: padded to whole panels); what stands
// between width and stride is unspecified. Arrays are dense and row-major. All strides are in elements.

import type { ExpertBody } from "./expert-kernels.ts";
import type { RowOperand, RowPhase } from "./expression.ts";
import type { LossBody } from "./loss-kernels.ts";
import type { ProductBody } from "./product-kernel.ts";

export type { Expression, RowOperand, RowPhase, ScalarBinary, ScalarUnary } from "./expression.ts";

export type KernelBody =
  // ---- row stages: called as (args, first row, row count) -------------------------------------------------------
  /** c[r,0…n) = (d[r] if `residual`) + a[r,0…k) · packed; args: a, packed, c, d. `packed` is ⌈n/panel⌉ panels of k × panel. */
  | {
      readonly kind: "matmul";
      readonly k: number;
      readonly n: number;
      readonly aStride: number;
      readonly cStride: number;
      readonly residual: boolean;
      readonly dStride: number;
    }
  /** Elementwise and row reductions over `segments` equal parts of `width` columns in all; args: one address per operand. */
  | {
      readonly kind: "row_program";
      readonly width: number;
      readonly segments: number;
      readonly operands: readonly RowOperand[];
      readonly phases: readonly RowPhase[];
      readonly rowScalars: number;
    }
  /** args: x, y, position, cosine table, sine table (both [context, headDim/2]). `inverse` rotates back. */
  | {
      readonly kind: "rope";
      readonly heads: number;
      readonly headDim: number;
      readonly xStride: number;
      readonly yStride: number;
      readonly inverse: boolean;
    }
  /**
   * y[r] = x[r] where the element's bits (ir/dropout.ts, of call `number`) are at least `threshold`, times `scale`;
   * else 0; x[r] itself where the key's second word is 0. args: x, y, sequence, key (i32[2]). y may be x.
   */
  | {
      readonly kind: "dropout";
      readonly width: number;
      readonly number: number;
      readonly threshold: number;
      readonly scale: number;
      readonly xStride: number;
      readonly yStride: number;
    }
  /** y[r] = table[token[r]]; args: token, table, y. */
  | { readonly kind: "embed"; readonly width: number; readonly yStride: number }
  | LossBody
  /** y[r,0…width) = 0; args: y. */
  | { readonly kind: "zero_rows"; readonly width: number; readonly stride: number }
  /** y[r] = x[r]; args: x, y. */
  | { readonly kind: "copy_rows"; readonly width: number; readonly xStride: number; readonly yStride: number }
  | ExpertBody

  // ---- tasks: called as (args, task, task count) ------------------------------------------------------------------
  /**
   * dw[out,in] = Σ over the rows of `segments` of aᵀ·b, or += if `accumulate` ≠ 0. One task per `taskRows` rows of dw.
   * args: a (dy), b (x), dw, segments, accumulate. `segments` is i32: count, then (first row, end row) pairs.
   */
  | {
      readonly kind: "outer";
      readonly out: number;
      readonly inner: number;
      readonly aStride: number;
      readonly bStride: number;
      readonly taskRows: number;
    }
  /** dw[j] = Σ rows of dy·x·rsqrt(mean x² + eps); one task. args: dy, x, dw, segments. */
  | {
      readonly kind: "rms_norm_dw";
      readonly width: number;
      readonly heads: number;
      readonly eps: number;
      readonly dyStride: number;
      readonly xStride: number;
    }
  /** dtable[token[r]] += dy[r] in row order, after zeroing; one task per `taskColumns` columns. args: dy, token, dtable, segments. */
  | {
      readonly kind: "embed_dw";
      readonly vocab: number;
      readonly width: number;
      readonly dyStride: number;
      readonly taskColumns: number;
    }
  /**
   * One task per (context, key-value head). args: q, k, v, out, lse, row_of, first, last, context length.
   * row_of[s] is the row of sequence position s, −1 where empty; first and last are per row.
   * `rotary`: q and k are rotated as they are loaded; args end with position, cosine table, sine table (see `rope`).
   */
  | {
      readonly kind: "attention";
      readonly heads: number;
      readonly kvHeads: number;
      readonly headDim: number;
      readonly context: number;
      readonly qStride: number;
      readonly kStride: number;
      readonly vStride: number;
      readonly outStride: number;
      readonly lseStride: number;
      readonly rotary?: true;
    }
  /**
   * args: dout, q, k, v, out, lse, row_of, first, last, dq, dk, dv. `rotary`: as above, and dq and dk are rotated back;
   * args end with position, cosine table, sine table.
   */
  | {
      readonly kind: "attention_grad";
      readonly heads: number;
      readonly kvHeads: number;
      readonly headDim: number;
      readonly context: number;
      readonly doutStride: number;
      readonly qStride: number;
      readonly kStride: number;
      readonly vStride: number;
      readonly outStride: number;
      readonly lseStride: number;
      readonly dqStride: number;
      readonly dkStride: number;
      readonly dvStride: number;
      readonly rotary?: true;
    }
  /**
   * One task per (sequence, key-value head). Copies keys and values of the sequence's rows to their places in the
   * caches, then out[r] of those rows over the places [first[r], last[r]). A run has `span` positions for a sequence,
   * row_of[sequence · span + position] is the row, −1 where empty. Caches are [places, kvHeads · headDim], dense; a
   * sequence has `context` places. args: q, k, v, out, keys, values, row_of, sequence, first, last.
   */
  | {
      readonly kind: "attention_cached";
      readonly heads: number;
      readonly kvHeads: number;
      readonly headDim: number;
      readonly span: number;
      readonly context: number;
      readonly qStride: number;
      readonly kStride: number;
      readonly vStride: number;
      readonly outStride: number;
    }
  /** args: loss, weight, target_modality, sums, segments; sums[0] = Σ weight·loss, sums[1+m] = Σ loss over counted targets of m. One task. */
  | { readonly kind: "loss_sums"; readonly modalities: number }
  /** y = a + b over `elements`; one task. args: a, b, y. Arrays start on whole vectors and may be written up to one. */
  | { readonly kind: "array_add"; readonly elements: number }
  /** partial[task] = Σ g² over `chunk` elements; args: g, partial, element count. */
  | { readonly kind: "square_sum"; readonly chunk: number }
  /**
   * AdamW on `chunk` elements per task; first adds up the partial squares in order (norm = √Σ), task 0 of the first
   * group also writes it. args: p, g, m, v, partial, partial count, schedule, norm out (0: not), element count; where
   * weights are not packed, also the place of their bf16 mirror (0: there is none), which is written in the same pass.
   */
  | {
      readonly kind: "adamw";
      readonly chunk: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly eps: number;
      readonly weightDecay: number;
      readonly clip: number;
      /** Element of the schedule that is the learning rate. */
      readonly rate: number;
    }
  /**
   * Copies a matrix [out,in] into panels for `matmul`: panel j, row k, lane l = w[j·panel+l, k] (`transposed`: k runs
   * over in; used by x·wᵀ) or w[k, j·panel+l] (k runs over out; used by dy·w); lanes past the end are 0.
   * One task per panel. args: w, packed.
   */
  | { readonly kind: "pack"; readonly out: number; readonly inner: number; readonly transposed: boolean }

  // ---- a row stage that only grids of workgroups are given ---------------------------------------------------------
  | ProductBody

  // ---- tasks that only grids of workgroups are given: what one thread does in order, they cut into more pieces --------
  /**
   * partial[task, j] = what `rms_norm_dw` sums, over rows [task·taskRows, (task + 1)·taskRows) alone.
   * args: dy, x, partial, segments.
   */
  | {
      readonly kind: "rms_norm_partials";
      readonly width: number;
      readonly heads: number;
      readonly eps: number;
      readonly dyStride: number;
      readonly xStride: number;
      readonly taskRows: number;
    }
  /** y[j] = Σ_t partial[t, j] over `count` partials in order, j < elements. args: partial, y. */
  | { readonly kind: "sum_partials"; readonly elements: number; readonly count: number }
  /** copy = p in bf16. args: p, copy, element count. */
  | { readonly kind: "mirror"; readonly chunk: number }
  /** As `embed_dw`, one task per token, which knows its rows. args: dy, rows by token, where each token's begin, dtable, segments. */
  | {
      readonly kind: "embed_dw_by_token";
      readonly vocab: number;
      readonly width: number;
      readonly dyStride: number;
    };

export type KernelKind = KernelBody["kind"];

/** Kinds that no plan for grids contains. */
export type TileOnlyKind = "matmul" | "rms_norm_dw" | "embed_dw" | "attention_cached";

/** Kinds that only plans for grids contain. */
export type GridOnlyKind =
  | "product"
  | "rms_norm_partials"
  | "sum_partials"
  | "embed_dw_by_token"
  | MirrorOnlyKind;

/** Kinds that only plans with packed weights contain, and with a mirror of them. */
export type PanelOnlyKind = "pack";
export type MirrorOnlyKind = "mirror";

export type Kernel = {
  /** `k04_matmul_64x172`: stable, says what it is. */
  readonly name: string;
  readonly body: KernelBody;
};

/** An argument of a call: a place in a buffer, or a number. Row buffers of a chunk are rebased so that row r is still row r. */
export type Argument =
  | { readonly kind: "buffer"; readonly buffer: number; readonly offsetBytes: number }
  | { readonly kind: "number"; readonly value: number };

/** A kernel with its arguments. */
export type Call = {
  /** Index into `Plan.kernels`. */
  readonly kernel: number;
  readonly args: readonly Argument[];
  /** Of the first node that it computes. */
  readonly phase: "forward" | "backward" | "update";
  /** What it computes, for profiles: node names, scope and source line. */
  readonly label: string;
  readonly scope: string;
  readonly line?: number;
  /** Multiply-adds × 2 per row (row stages) or per call with all rows (tasks that sum over rows: per row as well). */
  readonly flopsPerRow: number;
  readonly bytesPerRow: number;
};

export type TaskGroup = {
  readonly call: Call;
  readonly count: number;
  /** Modalities whose rows it sums over, for FLOPs; groups, if they are rows of a space. */
  readonly modalities: readonly number[];
  readonly space?: number;
};

export type Launch = {
  readonly phase: "prepare" | "forward" | "backward" | "update";
  /** Row stages per modality (the same list for each where nothing is untied). */
  readonly stages: readonly (readonly Call[])[];
  /** The routed space whose tiles they run over; absent: the batch's tiles. */
  readonly space?: number;
  /** Which chunk of rows the stages run over; `undefined`: all rows. */
  readonly chunk?: number;
  readonly tasks: readonly TaskGroup[];
};

export type BufferRole =
  | "parameter"
  | "gradient"
  | "moment"
  | "packed"
  | "activation"
  | "input"
  | "result"
  | "table"
  | "cache"
  | "segments";

export type Buffer = {
  readonly name: string;
  readonly role: BufferRole;
  readonly byteOffset: number;
  readonly byteLength: number;
  /** What its elements are; f32 unless it says otherwise. */
  readonly element?: "i32" | "bf16";
};

/** Where the arena's kinds of contents begin, bytes: integers from 0, packed weights, then all other floats. */
export type Regions = { readonly integerBytes: number; readonly floatStart: number };

export type Plan = {
  /** Whether a launch is one grid of workgroups, whose calls run beside one another, rather than stages on tiles. */
  readonly isGrid: boolean;
  readonly rows: number;
  readonly context: number;
  readonly batch: number;
  /** Positions of a context that one run computes: all of them, unless keys and values are kept. */
  readonly span: number;
  readonly kernels: readonly Kernel[];
  readonly launches: readonly Launch[];
  readonly buffers: readonly Buffer[];
  /** Bytes of the whole arena, without per-thread scratch. */
  readonly totalBytes: number;
  readonly regions: Regions;
  /** Rows of one chunk of the loss, and how many there are. */
  readonly chunkRows: number;
  readonly chunkCount: number;
  readonly tileRows: number;
  /** Routed spaces, as the graph numbers them; the buffers of what the device writes of each, and room for how many tiles. */
  readonly spaces: readonly {
    readonly experts: number;
    /** Modalities of each pool. */
    readonly pools: readonly (readonly number[])[];
    readonly top?: number;
    readonly tiles: number;
    readonly tileStarts: number;
    readonly maximumTiles: number;
  }[];
  /** Modality sets that tasks sum over; the host writes each one's row segments (per chunk where `chunk` is set). */
  readonly segments: readonly {
    readonly buffer: number;
    readonly modalities: readonly number[];
    readonly chunk?: number;
  }[];
};
