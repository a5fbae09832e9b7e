// ops.ts: THE OP TABLE. What each op reads, what it makes, how it may be fused and what it costs.
// The builder infers types from it, the verifier re-infers them, the interpreter, the gradient rules and the kernels
// are tables over `OpName`, so `tsc` lists what a new op still needs.
//
// Legend: N rows (one per token, sorted by modality), M modalities, D_m width of modality m; S rows of a routed space,
// E experts of a pool (spaces.ts). Where an op speaks of modalities, routed rows have groups.
// Rows never mix in an op of locality "row"; "across" lets rows see one another; "reduce" sums over rows into an
// array; "array" touches no rows at all; "source" has no operands.

import * as shapes from "./shapes.ts";
import * as experts from "./shapes-experts.ts";
import type { Space } from "./spaces.ts";
import type { ArrayType, TensorType } from "./types.ts";

type None = Readonly<Record<never, never>>;
type PerModality = readonly (number | undefined)[];

/** Attributes by op; an op that takes none has an empty object. */
export type OpAttributes = {
  /** A trainable tensor. */
  param: { readonly path: string; readonly type: ArrayType };
  /** What the optimizer keeps for a parameter: first and second moment. */
  state: { readonly path: string; readonly slot: "m" | "v"; readonly type: ArrayType };
  /** What the host writes before a step; names in `lower/inputs.ts`. */
  input: { readonly name: string; readonly type: TensorType };
  /** What runs leave for later ones: keys or values, a row per place; zeros before the first run. */
  cache: { readonly name: string; readonly type: ArrayType };
  /** An array of zeros: the gradient of a parameter that the loss does not reach. */
  zeros: { readonly type: ArrayType };

  /** (tokens i32[N,1], table [V,D]) → f32[N,D] */
  embed: None;
  /** (dy [N,D], tokens) → [V,D]: rows summed by token id. */
  embed_dw: { readonly vocab: number };

  /** (timestep i32[N,1]) → [N,W_m]: cos and then sin of timestep · 10000^(−2i/W), i < W/2, in the modalities of `widths`. */
  sinusoid: { readonly widths: PerModality };

  /** (x [N,K_m]) · weights [O_m,K_m]ᵀ → [N,O_m] */
  linear: None;
  /** (dy [N,O_m]) · weights [O_m,K_m] → [N,K_m] */
  linear_dx: None;
  /** (dy, x) → [O,K]: dyᵀ·x summed over the rows of `modalities`. */
  linear_dw: { readonly modalities: readonly number[] };

  /** x / sqrt(mean(x²) + eps) · weight, over the row, or over each of `heads` equal parts of it (0: whole row). */
  rms_norm: { readonly eps: number; readonly heads: number };
  /** (dy, x) with weights → dx */
  rms_norm_dx: { readonly eps: number; readonly heads: number };
  /** (dy, x) → dweight, summed over the rows of `modalities`. */
  rms_norm_dw: { readonly eps: number; readonly heads: number; readonly modalities: readonly number[] };

  /** (x, position i32[N,1]): rotates component i with i + head_dim/2 by position · base^(−2i/head_dim); `inverse` rotates back. */
  rope: { readonly heads: number; readonly base: number; readonly inverse: boolean };
  /**
   * (q, k, v, sequence, first, last) → out, lse f32[N,heads]. Row r sees row s iff first[r] ≤ sequence[s] < last[r];
   * the three are i32[N,1]. Scaled by 1/√head_dim. lse is the log of the sum of exponentials, per head.
   * A row that sees nothing gives zeros and lse 0.
   */
  attention: { readonly heads: number; readonly kvHeads: number };
  /** (dout, q, k, v, out, lse, sequence, first, last) → dq, dk, dv */
  attention_grad: { readonly heads: number; readonly kvHeads: number };

  /**
   * (q, k, v, keys [P,K], values [P,V], sequence, first, last) → out, keys, values. Row r's key and value become row
   * sequence[r] of the caches; then row r sees the places first[r] … last[r]−1, as in `attention`. In place: the caches
   * that come out stand where those that came in did.
   */
  attention_cached: { readonly heads: number; readonly kvHeads: number };

  silu: None;
  gelu: None;
  relu: None;
  tanh: None;
  sigmoid: None;
  square: None;
  exp: None;
  neg: None;
  reciprocal: None;
  /** (dy, x) → dy · silu'(x); likewise the others. */
  silu_dx: None;
  gelu_dx: None;
  relu_dx: None;
  /** Also of two arrays: the gradients of a weight used twice, the sums of two losses. */
  add: None;
  sub: None;
  mul: None;
  div: None;
  /** x · by[m] */
  scale: { readonly by: PerModality };
  /** x + by[m] */
  offset: { readonly by: PerModality };

  /**
   * (x, sequence i32[N,1], key i32[2]) → 0 where `maskBits` of dropout.ts are below the rate's threshold, else
   * x / (1 − rate[m]); x itself where key[1] is 0. Its gradient is the same op on dy.
   */
  dropout: { readonly rate: PerModality; readonly number: number };

  /** Only the rows of `modalities`. */
  restrict: { readonly modalities: readonly number[] };
  /** Rows of several values with disjoint modalities, as one value. */
  join: None;
  /** Rows of the modalities that x lacks become zero, `widths` wide. */
  extend: { readonly widths: PerModality };

  /** Over the row. */
  softmax: None;
  /** (dp, p) → dx, p · (dp − Σ dp·p) */
  softmax_dx: None;
  /**
   * Opens a space. p f32[N,E] → source i32[S,1]: the token row of each routed row, ascending within a group; slots
   * i32[N,E]: the routed row of a token at each expert of its pool, −1 where the two have not chosen each other.
   */
  route: { readonly space: number };
  /** (x, source) → routed rows: y[s] = x[source[s]] */
  dispatch: None;
  /** (dy, slots) → dx[n] = Σ_e dy[slots[n,e]] over the slots there are */
  dispatch_dx: None;
  /** (y, p, slots) → z[n] = Σ_e p[n,e] · y[slots[n,e]] over the slots there are */
  combine: None;
  /** (dz, p, source) → dy[s] = p[source[s], expert of s] · dz[source[s]] */
  combine_dy: None;
  /** (dz, y, slots) → dp[n,e] = dz[n] · y[slots[n,e]], 0 where there is no slot */
  combine_dp: None;
  /**
   * (p, slots) → f32[1+M], all but the first 0: weight · E · Σ_e f_e·P_e, summed over pools (Fedus et al. 2021,
   * equation 4). f_e: share of the pool's routed rows that are expert e's; P_e: mean of p[n,e] over the pool's tokens.
   */
  balance: { readonly space: number; readonly weight: number; readonly modalities: number };
  /** slots → d balance / d p: f_e is a count, and has no slope. */
  balance_dx: { readonly space: number; readonly weight: number };

  /** (logits [N,V], target i32[N,1]) → loss f32[N,1] in nats (+ zLoss · lse²); 0 where the target is −1. */
  cross_entropy: { readonly zLoss: number };
  /** (logits, target, weight f32[N,1]) → weight · d loss / d logits */
  cross_entropy_dx: { readonly zLoss: number };
  /** (prediction [N,D_m], target [N,D_m]) → loss f32[N,1]: the mean over the columns of (prediction − target)². */
  mean_square: None;
  /** (prediction, target, weight f32[N,1]) → weight · d loss / d prediction */
  mean_square_dx: None;
  /** (loss, weight, target_modality i32[N,1]) → f32[1+M]: Σ weight·loss, then Σ loss over the targets of each modality that have a weight. */
  loss_sums: { readonly modalities: number };

  /** Any number of arrays → f32[]: square root of the sum of all squares. */
  global_norm: None;
  /** (param, grad, m, v, norm f32[], schedule f32[3+R] = lr, 1/(1−β1ˢ), 1/(1−β2ˢ), other rates) → param, m, v */
  adamw: {
    readonly beta1: number;
    readonly beta2: number;
    readonly eps: number;
    /** 0 where the tensor is not decayed. */
    readonly weightDecay: number;
    /** 0: no clipping. */
    readonly clip: number;
    /** Where in the schedule its learning rate stands: 0, or from 3 on. */
    readonly rate: number;
  };
};

export type OpName = keyof OpAttributes;

export type Locality = "source" | "row" | "across" | "reduce" | "array";

export type OpRow<O extends OpName> = {
  /** Names of the operands, for the printer's docs and the verifier; "…" at the end: any number. */
  readonly operands: readonly string[];
  readonly hasWeights: boolean;
  readonly locality: Locality;
  /** Result types, or a sentence saying why the operands do not fit. */
  readonly infer: (
    inputs: readonly TensorType[],
    weights: readonly (TensorType | undefined)[],
    attributes: OpAttributes[O],
    spaces: readonly Space[],
  ) => shapes.Inferred;
};

const operation = <O extends OpName>(
  locality: Locality,
  operands: string,
  infer: OpRow<O>["infer"],
  hasWeights = false,
): OpRow<O> => ({ operands: operands === "" ? [] : operands.split(" "), hasWeights, locality, infer });

const declared = <O extends "param" | "state" | "input" | "cache" | "zeros">(locality: Locality): OpRow<O> =>
  operation(locality, "", (_inputs, _weights, { type }) => [type]);

const elementwise = <O extends OpName>(operands: string): OpRow<O> =>
  operation("row", operands, (inputs) => shapes.elementwise(inputs));

const withWeights = true;

/** The table. Order: sources, tokens, matmuls, norms, positions and attention, elementwise, arms, experts, loss, update. */
export const ops: { readonly [O in OpName]: OpRow<O> } = {
  param: declared("source"),
  state: declared("source"),
  input: declared("source"),
  cache: declared("source"),
  zeros: declared("array"),

  embed: operation("row", "tokens table", (inputs) => shapes.embed(inputs)),
  embed_dw: operation("reduce", "dy tokens", (inputs, _, { vocab }) => shapes.embedGrad(inputs, vocab)),

  sinusoid: operation("row", "timestep", (inputs, _, { widths }) => shapes.sinusoid(inputs, widths)),

  linear: operation(
    "row",
    "x",
    (inputs, weights) => shapes.throughWeights(inputs, weights, "in"),
    withWeights,
  ),
  linear_dx: operation(
    "row",
    "dy",
    (inputs, weights) => shapes.throughWeights(inputs, weights, "out"),
    withWeights,
  ),
  linear_dw: operation("reduce", "dy x", (inputs, _, { modalities }) =>
    shapes.linearWeightGrad(inputs, modalities),
  ),

  rms_norm: operation("row", "x", ([x], weights, { heads }) => shapes.norm(x, weights, heads), withWeights),
  rms_norm_dx: operation(
    "row",
    "dy x",
    (inputs, weights, { heads }) => shapes.normGrad(inputs, weights, heads),
    withWeights,
  ),
  rms_norm_dw: operation("reduce", "dy x", (inputs, _, { heads, modalities }) =>
    shapes.normWeightGrad(inputs, heads, modalities),
  ),

  rope: operation("row", "x position", (inputs, _, { heads }) => shapes.rope(inputs, heads)),
  attention: operation("across", "q k v sequence first last", (inputs, _, heads) =>
    shapes.attention(inputs, heads),
  ),
  attention_grad: operation("across", "dout q k v out lse sequence first last", (inputs, _, heads) =>
    shapes.attentionGrad(inputs, heads),
  ),
  attention_cached: operation("across", "q k v keys values sequence first last", (inputs, _, heads) =>
    shapes.attentionCached(inputs, heads),
  ),

  silu: elementwise("x"),
  gelu: elementwise("x"),
  relu: elementwise("x"),
  tanh: elementwise("x"),
  sigmoid: elementwise("x"),
  square: elementwise("x"),
  exp: elementwise("x"),
  neg: elementwise("x"),
  reciprocal: elementwise("x"),
  silu_dx: elementwise("dy x"),
  gelu_dx: elementwise("dy x"),
  relu_dx: elementwise("dy x"),
  add: operation("row", "a b", (inputs) => shapes.elementwise(inputs, true)),
  sub: elementwise("a b"),
  mul: elementwise("a b"),
  div: elementwise("a b"),
  scale: elementwise("x"),
  offset: elementwise("x"),

  dropout: operation("row", "x sequence key", (inputs) => shapes.dropout(inputs)),

  restrict: operation("row", "x", (inputs, _, { modalities }) => shapes.restrict(inputs, modalities)),
  join: operation("row", "part …", (parts) => shapes.join(parts)),
  extend: operation("row", "x", (inputs, _, { widths }) => shapes.extend(inputs, widths)),

  softmax: elementwise("x"),
  softmax_dx: operation("row", "dp p", (inputs) => experts.softmaxGrad(inputs)),
  route: operation("across", "p", (inputs, _, { space }, spaces) => experts.route(inputs, space, spaces)),
  dispatch: operation("row", "x source", (inputs, _, __, spaces) => experts.dispatch(inputs, spaces)),
  dispatch_dx: operation("row", "dy slots", (inputs, _, __, spaces) => experts.gathered(inputs, spaces)),
  combine: operation("row", "y p slots", (inputs, _, __, spaces) => experts.combine(inputs, spaces)),
  combine_dy: operation("row", "dz p source", (inputs, _, __, spaces) =>
    experts.combineRowsGrad(inputs, spaces),
  ),
  combine_dp: operation("row", "dz y slots", (inputs, _, __, spaces) =>
    experts.combineWeightsGrad(inputs, spaces),
  ),
  balance: operation("reduce", "p slots", (inputs, _, attributes, spaces) =>
    experts.balance(inputs, attributes, spaces),
  ),
  balance_dx: operation("row", "slots", (inputs, _, { space }, spaces) =>
    experts.balanceGrad(inputs, space, spaces),
  ),

  cross_entropy: operation("row", "logits target", (inputs) => shapes.crossEntropy(inputs)),
  cross_entropy_dx: operation("row", "logits target weight", (inputs) => shapes.crossEntropyGrad(inputs)),
  mean_square: operation("row", "prediction target", (inputs) => shapes.meanSquare(inputs)),
  mean_square_dx: operation("row", "prediction target weight", (inputs) => shapes.meanSquareGrad(inputs)),
  loss_sums: operation("reduce", "loss weight target_modality", (inputs, _, { modalities }) =>
    shapes.lossSums(inputs, modalities),
  ),

  global_norm: operation("array", "grad …", (grads) => shapes.globalNorm(grads)),
  adamw: operation("array", "param grad m v norm schedule", (inputs, _, { rate }) =>
    shapes.adamw(inputs, rate),
  ),
};
