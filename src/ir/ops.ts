// ops.ts: THE OP TABLE. What each op reads, what it makes, how it may be fused and what it costs.
// The builder infers types from it, the verifier re-infers them, the interpreter, the gradient rules and the kernels
// are tables over `OpName`, so `tsc` lists what a new op still needs.
//
// Legend: N rows (one per token, sorted by modality), M modalities, D_m width of modality m.
// Rows never mix in an op of locality "row"; "across" lets rows see one another; "reduce" sums over rows into an
// array; "array" touches no rows at all; "source" has no operands.

import { type ArrayType, arrayOf, presentModalities, rowsOf, sizeOf, type TensorType } from "./types.ts";

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

  /** (tokens i32[N,1], table [V,D]) → f32[N,D] */
  embed: None;
  /** (dy [N,D], tokens) → [V,D]: rows summed by token id. */
  embed_dw: { readonly vocab: number };

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
  add: None;
  sub: None;
  mul: None;
  div: None;
  /** x · by[m] */
  scale: { readonly by: PerModality };
  /** x + by[m] */
  offset: { readonly by: PerModality };

  /** Only the rows of `modalities`. */
  restrict: { readonly modalities: readonly number[] };
  /** Rows of several values with disjoint modalities, as one value. */
  join: None;
  /** Rows of the modalities that x lacks become zero, `widths` wide. */
  extend: { readonly widths: PerModality };

  /** (logits [N,V], target i32[N,1]) → loss f32[N,1] in nats (+ zLoss · lse²); 0 where the target is −1. */
  cross_entropy: { readonly zLoss: number };
  /** (logits, target, weight f32[N,1]) → weight · d loss / d logits */
  cross_entropy_dx: { readonly zLoss: number };
  /** (loss, weight, target_modality i32[N,1]) → f32[1+M]: Σ weight·loss, then Σ loss over the counted targets of each modality. */
  loss_sums: { readonly modalities: number };

  /** Any number of arrays → f32[]: square root of the sum of all squares. */
  global_norm: None;
  /** (param, grad, m, v, norm f32[], schedule f32[3] = lr, 1/(1−β1ˢ), 1/(1−β2ˢ)) → param, m, v */
  adamw: {
    readonly beta1: number;
    readonly beta2: number;
    readonly eps: number;
    /** 0 where the tensor is not decayed. */
    readonly weightDecay: number;
    /** 0: no clipping. */
    readonly clip: number;
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
  ) => readonly TensorType[] | string;
};

const elementwise = <O extends OpName>(operands: readonly string[]): OpRow<O> => ({
  operands,
  hasWeights: false,
  locality: "row",
  infer: (inputs) => {
    const [first] = inputs;
    if (first === undefined || first.kind !== "rows") return "needs a value with rows";
    const odd = inputs.find((type) => type.kind !== "rows" || type.widths.some((w, m) => w !== first.widths[m]));
    return odd ? "operands differ in width or modalities" : [first];
  },
});

const declared = <O extends "param" | "state" | "input">(): OpRow<O> => ({
  operands: [],
  hasWeights: false,
  locality: "source",
  infer: (_inputs, _weights, attributes) => [attributes.type],
});

/** Widths after multiplying each modality's rows by its weight; `side` says which side of [out,in] the rows meet. */
function throughWeights(
  x: TensorType | undefined,
  weights: readonly (TensorType | undefined)[],
  side: "in" | "out",
): readonly TensorType[] | string {
  if (x === undefined || x.kind !== "rows") return "needs a value with rows";
  const widths: (number | undefined)[] = [];
  for (const [m, width] of x.widths.entries()) {
    const weight = weights[m];
    if (width === undefined) {
      widths.push(undefined);
      continue;
    }
    if (weight === undefined || weight.kind !== "array" || weight.shape.length !== 2) return `modality ${m} has no matrix`;
    const [out, inner] = weight.shape;
    if ((side === "in" ? inner : out) !== width) return `modality ${m} is ${width} wide, its matrix is [${weight.shape}]`;
    widths.push(side === "in" ? out : inner);
  }
  return [rowsOf("f32", widths)];
}

function normWeights(
  x: TensorType | undefined,
  weights: readonly (TensorType | undefined)[],
  heads: number,
): readonly TensorType[] | string {
  if (x === undefined || x.kind !== "rows") return "needs a value with rows";
  for (const m of presentModalities(x)) {
    const weight = weights[m];
    const width = (x.widths[m] ?? 0) / Math.max(1, heads);
    if (weight === undefined || weight.kind !== "array" || weight.shape[0] !== width) return `modality ${m} needs a weight of ${width}`;
  }
  return [x];
}

const single = (type: TensorType | undefined, heads: number): readonly TensorType[] | string =>
  type?.kind === "rows" ? [rowsOf("f32", type.widths.map((w) => (w === undefined ? w : heads)))] : "needs rows";

/** The table. Order: sources, tokens, matmuls, norms, positions and attention, elementwise, routing, loss, update. */
export const ops: { readonly [O in OpName]: OpRow<O> } = {
  param: declared(),
  state: declared(),
  input: declared(),

  embed: {
    operands: ["tokens", "table"],
    hasWeights: false,
    locality: "row",
    infer: ([tokens, table]) =>
      tokens?.kind === "rows" && tokens.dtype === "i32" && table?.kind === "array" && table.shape.length === 2
        ? [rowsOf("f32", tokens.widths.map((w) => (w === undefined ? undefined : table.shape[1])))]
        : "needs token ids and a table [vocab, width]",
  },
  embed_dw: {
    operands: ["dy", "tokens"],
    hasWeights: false,
    locality: "reduce",
    infer: ([dy], _weights, { vocab }) =>
      dy?.kind === "rows" ? [arrayOf("f32", [vocab, dy.widths.find((w) => w !== undefined) ?? 0])] : "needs rows",
  },

  linear: {
    operands: ["x"],
    hasWeights: true,
    locality: "row",
    infer: ([x], weights) => throughWeights(x, weights, "in"),
  },
  linear_dx: {
    operands: ["dy"],
    hasWeights: true,
    locality: "row",
    infer: ([dy], weights) => throughWeights(dy, weights, "out"),
  },
  linear_dw: {
    operands: ["dy", "x"],
    hasWeights: false,
    locality: "reduce",
    infer: ([dy, x], _weights, { modalities }) => {
      const [m] = modalities;
      if (dy?.kind !== "rows" || x?.kind !== "rows" || m === undefined) return "needs rows of at least one modality";
      const [out, inner] = [dy.widths[m], x.widths[m]];
      if (out === undefined || inner === undefined) return `modality ${m} has no rows`;
      const odd = modalities.find((other) => dy.widths[other] !== out || x.widths[other] !== inner);
      return odd === undefined ? [arrayOf("f32", [out, inner])] : `modality ${odd} has other widths than modality ${m}`;
    },
  },

  rms_norm: {
    operands: ["x"],
    hasWeights: true,
    locality: "row",
    infer: ([x], weights, { heads }) => normWeights(x, weights, heads),
  },
  rms_norm_dx: {
    operands: ["dy", "x"],
    hasWeights: true,
    locality: "row",
    infer: ([, x], weights, { heads }) => normWeights(x, weights, heads),
  },
  rms_norm_dw: {
    operands: ["dy", "x"],
    hasWeights: false,
    locality: "reduce",
    infer: ([, x], _weights, { heads, modalities }) =>
      x?.kind === "rows" && modalities[0] !== undefined
        ? [arrayOf("f32", [(x.widths[modalities[0]] ?? 0) / Math.max(1, heads)])]
        : "needs rows of at least one modality",
  },

  rope: {
    operands: ["x", "position"],
    hasWeights: false,
    locality: "row",
    infer: ([x], _weights, { heads }) => {
      if (x?.kind !== "rows") return "needs rows";
      const odd = x.widths.find((w) => w !== undefined && w % (2 * heads) !== 0);
      return odd === undefined ? [x] : `a width of ${odd} does not give ${heads} heads of even size`;
    },
  },
  attention: {
    operands: ["q", "k", "v", "sequence", "first", "last"],
    hasWeights: false,
    locality: "across",
    infer: ([q, k, v], _weights, { heads, kvHeads }) => {
      const lse = single(q, heads);
      if (typeof lse === "string" || q?.kind !== "rows" || k?.kind !== "rows" || v?.kind !== "rows") return "needs rows";
      const [width, keyWidth, valueWidth] = [q.widths[0], k.widths[0], v.widths[0]];
      if (width === undefined || keyWidth === undefined || valueWidth === undefined) return "needs every modality's rows";
      if (width / heads !== keyWidth / kvHeads) return "queries and keys differ in head size";
      const out = (valueWidth / kvHeads) * heads;
      return [rowsOf("f32", q.widths.map(() => out)), ...lse];
    },
  },
  attention_grad: {
    operands: ["dout", "q", "k", "v", "out", "lse", "sequence", "first", "last"],
    hasWeights: false,
    locality: "across",
    infer: ([, q, k, v]) => (q && k && v ? [q, k, v] : "needs q, k and v"),
  },

  silu: elementwise(["x"]),
  gelu: elementwise(["x"]),
  relu: elementwise(["x"]),
  tanh: elementwise(["x"]),
  sigmoid: elementwise(["x"]),
  square: elementwise(["x"]),
  exp: elementwise(["x"]),
  neg: elementwise(["x"]),
  reciprocal: elementwise(["x"]),
  silu_dx: elementwise(["dy", "x"]),
  gelu_dx: elementwise(["dy", "x"]),
  relu_dx: elementwise(["dy", "x"]),
  add: elementwise(["a", "b"]),
  sub: elementwise(["a", "b"]),
  mul: elementwise(["a", "b"]),
  div: elementwise(["a", "b"]),
  scale: elementwise(["x"]),
  offset: elementwise(["x"]),

  restrict: {
    operands: ["x"],
    hasWeights: false,
    locality: "row",
    infer: ([x], _weights, { modalities }) =>
      x?.kind === "rows"
        ? [rowsOf(x.dtype, x.widths.map((w, m) => (modalities.includes(m) ? w : undefined)))]
        : "needs rows",
  },
  join: {
    operands: ["part", "…"],
    hasWeights: false,
    locality: "row",
    infer: (parts) => {
      const [first] = parts;
      if (first?.kind !== "rows") return "needs rows";
      const widths: (number | undefined)[] = first.widths.map(() => undefined);
      for (const part of parts) {
        if (part.kind !== "rows") return "needs rows";
        for (const m of presentModalities(part)) {
          if (widths[m] !== undefined) return `modality ${m} stands in two parts`;
          widths[m] = part.widths[m];
        }
      }
      return [rowsOf(first.dtype, widths)];
    },
  },
  extend: {
    operands: ["x"],
    hasWeights: false,
    locality: "row",
    infer: ([x], _weights, { widths }) =>
      x?.kind !== "rows"
        ? "needs rows"
        : x.widths.some((w, m) => w !== undefined && w !== widths[m])
          ? "changes the width of a modality it has"
          : [rowsOf(x.dtype, widths)],
  },

  cross_entropy: {
    operands: ["logits", "target"],
    hasWeights: false,
    locality: "row",
    infer: ([logits]) => single(logits, 1),
  },
  cross_entropy_dx: {
    operands: ["logits", "target", "weight"],
    hasWeights: false,
    locality: "row",
    infer: ([logits]) => (logits ? [logits] : "needs logits"),
  },
  loss_sums: {
    operands: ["loss", "weight", "target_modality"],
    hasWeights: false,
    locality: "reduce",
    infer: (_inputs, _weights, { modalities }) => [arrayOf("f32", [1 + modalities])],
  },

  global_norm: { operands: ["grad", "…"], hasWeights: false, locality: "array", infer: () => [arrayOf("f32", [])] },
  adamw: {
    operands: ["param", "grad", "m", "v", "norm", "schedule"],
    hasWeights: false,
    locality: "array",
    infer: ([param, grad, m, v]) => {
      if (param?.kind !== "array" || grad?.kind !== "array" || m === undefined || v === undefined) return "needs arrays";
      return sizeOf(param) === sizeOf(grad) ? [param, m, v] : "parameter and gradient differ in shape";
    },
  },
};
