// model.ts: the checked model. One variant of one spec, elaborated: layers expanded, loops unrolled, every name bound,
// every width a number, every parameter a path with its tying decided. Spans are kept for diagnostics and profiles.
// In: nothing. Out: types (and `printModel` in print.ts). `check.ts` makes it; `lower/` is its only reader below.
// Why elaborated: widths depend on the call site, so the checker must visit every call anyway; keeping its result
// means that paths, widths and sharing are decided once.

import type { Span } from "../diagnostics/source.ts";

export type Model = {
  readonly name: string;
  /** The variant's name, or the model's own where no variant was asked for. */
  readonly variant: string;
  readonly span: Span;
  /** In declaration order; everything "per modality" below is indexed by it. */
  readonly modalities: readonly Modality[];
  /** Size of the joint vocabulary: the token modalities' codes one after another, in declaration order. */
  readonly vocab: number;
  /** After overrides. */
  readonly constants: ReadonlyMap<string, number | readonly (number | undefined)[]>;
  readonly parameters: readonly Parameter[];
  /** Blocks of several experts; `RowsShape.routing` is an index into it. Empty without an `experts` rule. */
  readonly routings: readonly Routing[];
  /** Straight-line; an operand is the index of an earlier operation. */
  readonly operations: readonly Operation[];
  readonly objectives: readonly Objective[];
  readonly train?: TrainSettings;
};

export type Modality = {
  readonly name: string;
  readonly span: Span;
  readonly form: /** `vocabStart` is the first id of this modality's codes in the joint vocabulary. */
    | { readonly kind: "tokens"; readonly vocab: number; readonly vocabStart: number }
    | { readonly kind: "patches"; readonly size: number; readonly channels: number };
};

/**
 * One block of several experts: which tokens may go where. Tokens are routed within a pool, among that pool's experts
 * alone; modalities that share the block's weights are one pool.
 */
export type Routing = {
  /** Experts of a pool, E. */
  readonly experts: number;
  /** Per modality the pool of its tokens, numbered from 0; `undefined`: not routed. */
  readonly pools: PerModality<number>;
  readonly choice: RoutingChoice;
  /** Weight of the load-balance loss in the total; 0 for none. */
  readonly balance: number;
  readonly span: Span;
};

export type RoutingChoice =
  /** Each expert takes the ⌈tokens of the pool ÷ E⌉ tokens that score it highest (Zhou et al. 2022, capacity 1). */
  | { readonly kind: "expert_choice" }
  /** Each token takes the `k` experts that it scores highest. */
  | { readonly kind: "top"; readonly k: number };

/** What one modality sees: a value per modality, `undefined` where that modality takes no part. */
export type PerModality<T> = readonly (T | undefined)[];

export type Parameter = {
  /** `block.0.ffn.text.gate`; unique; the tensor's name in checkpoints and exports. */
  readonly path: string;
  /** Linear weights are [out, in]; the embedding [vocab, dim]; norms [dim]. */
  readonly shape: readonly number[];
  readonly initial: { readonly kind: "normal"; readonly std: number } | { readonly kind: "ones" };
  /** Draws are keyed by (seed, path without modality, index of the modality; 0 where shared). */
  readonly drawPath: string;
  readonly drawIndex: number;
  /** Indices of the modalities that use it, ascending; all of them for a shared or global parameter. */
  readonly modalities: readonly number[];
  /** Left as it is by training: no gradient, no moments, no update. */
  readonly isFrozen?: true;
  /** Which expert of a routing it belongs to. */
  readonly expert?: { readonly routing: RoutingIndex; readonly index: number };
  readonly span: Span;
};

/**
 * One row per token; `widths[m]` is the width of modality m's rows, `undefined` where it has none (arms).
 * With `routing`: one row per token and expert chosen for it, sorted by group; `widths[g]` is that of group g's rows,
 * where group g = pool · experts + expert.
 */
export type RowsShape = {
  readonly widths: PerModality<number> /** set between `split` and `merge` */;
  readonly heads?: number;
  readonly routing?: RoutingIndex;
};

/** An index into `Model.operations`. */
export type ValueIndex = number;
/** An index into `Model.routings`. */
export type RoutingIndex = number;
/** An index into `Model.parameters`. */
export type ParameterIndex = number;

type Common = {
  readonly shape: RowsShape;
  readonly span: Span;
  /** Where it stands, as a path prefix: `block.0.ffn`; empty at the top level. For profiles and names. */
  readonly scope: string;
  /** The name it was bound to, if any: `gate`. */
  readonly name?: string;
};

export type Operation = Common &
  /** The ids of the joint vocabulary, one per row: only `embed` reads it. */
  (
    | { readonly kind: "tokens" }
    /** Of continuous modalities: the row's patch with noise, and the noise itself; size² · channels wide. */
    | { readonly kind: "noisy" | "noise" }
    /** cos and then sin of the row's timestep · 10000^(−2i/width), i < width/2. */
    | { readonly kind: "sinusoid" }
    | { readonly kind: "embed"; readonly x: ValueIndex; readonly table: ParameterIndex }
    /** weight [out, in] per modality, on routed rows per group; one index where it is shared or global. */
    | { readonly kind: "linear"; readonly x: ValueIndex; readonly weight: PerModality<ParameterIndex> }
    /** Normalises over the row, or over each head where the value is split (weight [head_dim]). */
    | {
        readonly kind: "rms_norm";
        readonly x: ValueIndex;
        readonly weight: PerModality<ParameterIndex>;
        readonly eps: number;
      }
    | { readonly kind: "rope"; readonly x: ValueIndex; readonly base: number }
    /** `split` and `merge` only change `shape.heads`. */
    | { readonly kind: "split" | "merge"; readonly x: ValueIndex }
    /** q may have more heads than k and v (a multiple: grouped-query). */
    | {
        readonly kind: "attention";
        readonly q: ValueIndex;
        readonly k: ValueIndex;
        readonly v: ValueIndex;
        /** Modality indices that see their own span in both directions; empty for plain causal. */
        readonly within: readonly number[];
      }
    | { readonly kind: "unary"; readonly fn: UnaryFunction; readonly x: ValueIndex }
    | {
        readonly kind: "binary";
        readonly fn: "add" | "sub" | "mul" | "div";
        readonly a: ValueIndex;
        readonly b: ValueIndex;
      }
    /** Row value with a constant: x + c, x · c, c / x, …; on routed rows a constant per group. */
    | {
        readonly kind: "constant_binary";
        readonly fn: "add" | "sub" | "mul" | "div";
        readonly x: ValueIndex;
        readonly constant: PerModality<number>;
        readonly constantFirst: boolean;
      }
    /**
     * In training each element is 0 with probability `rate`, else x / (1 − rate); the identity otherwise. `number`
     * counts the model's dropouts: no two draw the same mask.
     */
    | {
        readonly kind: "dropout";
        readonly x: ValueIndex;
        readonly rate: PerModality<number>;
        readonly number: number;
      }
    /** The rows of the listed modalities only (entering an arm). */
    | { readonly kind: "restrict"; readonly x: ValueIndex; readonly modalities: readonly number[] }
    /** Each modality's rows from one of `parts` (leaving the arms); the parts' modalities are disjoint. */
    | { readonly kind: "join"; readonly parts: readonly ValueIndex[] }
    /**
     * Chooses experts. `scores`: E wide, in the modalities that have a pool. Result: the gates, routed rows 1 wide: the
     * softmax of the token's scores (over the E experts of its pool) at the expert chosen.
     */
    | { readonly kind: "route"; readonly scores: ValueIndex; readonly routing: RoutingIndex }
    /** Routed rows of x, a copy of each token's row for every expert chosen for it; `route` is a `route` operation. */
    | { readonly kind: "dispatch"; readonly x: ValueIndex; readonly route: ValueIndex }
    /** Back to one row per token: Σ over its routed rows of gate · y; zero for a token that no expert chose. */
    | { readonly kind: "combine"; readonly y: ValueIndex; readonly route: ValueIndex }
  );

export type UnaryFunction = "silu" | "gelu" | "relu" | "tanh" | "sigmoid" | "square" | "exp" | "neg";

/** The total loss is the sum over all of them. */
export type Objective = {
  /** Modalities of the targets it counts, ascending. */
  readonly modalities: readonly number[];
  readonly weight: number;
  readonly span: Span;
} & (
  | {
      /** `objective text, image = 0.5 * cross_entropy(logits, next_token)`; rows that have no logits are not counted. */
      readonly kind: "cross_entropy";
      readonly logits: ValueIndex;
      readonly zLoss: number;
    }
  | {
      /** `objective image = 5 * mean_square(prediction, noise)`: both have the rows of exactly these modalities. */
      readonly kind: "mean_square";
      readonly prediction: ValueIndex;
      readonly target: ValueIndex;
    }
);

export type TrainSettings = {
  /** A built-in set by name, or a folder relative to the spec's file. */
  readonly data:
    | { readonly kind: "builtin"; readonly name: string }
    | { readonly kind: "folder"; readonly path: string };
  readonly context: number;
  readonly batch: number;
  readonly steps: number;
  readonly seed: number;
  /** In what share of the documents the text comes first, and in what share it is left out; drawn evenly unless given. */
  readonly captions?: { readonly first: number; readonly drop: number };
  readonly optimizer: AdamW;
  /** Where `train` freezes something, be it nothing of this variant: `Parameter.isFrozen` says what. */
  readonly freezes?: true;
};

export type AdamW = {
  /** The largest of `lrByModality`, where there are several. */
  readonly lr: number;
  /**
   * A parameter's rate is its modality's, and the smallest of theirs where several share it: none of them then learns
   * faster than it was asked to.
   */
  readonly lrByModality?: readonly number[];
  readonly warmup: number;
  readonly decay: "cosine" | "linear" | "constant";
  readonly end: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** Largest global gradient norm; `undefined` for no clipping. */
  readonly clip?: number;
};
