// shapes.ts: the shape rules behind the op table: operand types in, result types or a complaint out.
// Idea: what a rule accepts is exactly what the interpreter and every kernel can run, so that the verifier, which
// infers again, catches a pass that bent a type.
// Legend: operands that only steer an op (positions, targets, weights of a loss) may have more modalities than the
// rows they steer, never fewer.

import type { TensorType } from "./types.ts";
import {
  type ArrayType,
  arrayOf,
  type DType,
  presentModalities,
  type RowsType,
  rowsOf,
  sameType,
} from "./types.ts";

/** Result types, or a sentence saying why the operands do not fit. */
export type Inferred = readonly TensorType[] | string;
type Weights = readonly (TensorType | undefined)[];
export type Operand = TensorType | undefined;

export const isRows = (type: Operand, dtype: DType = "f32"): type is RowsType =>
  type?.kind === "rows" && type.dtype === dtype;
const isArray = (type: Operand, rank: number): type is ArrayType =>
  type?.kind === "array" && type.dtype === "f32" && type.shape.length === rank;

/** One number per row, in every modality that `x` has. */
const steers = (column: Operand, x: RowsType, dtype: DType): boolean =>
  isRows(column, dtype) &&
  column.space === x.space &&
  presentModalities(x).every((m) => column.widths[m] === 1);

const mapWidths = (x: RowsType, width: (of: number, modality: number) => number | undefined): RowsType => ({
  ...x,
  dtype: "f32",
  widths: x.widths.map((w, m) => (w === undefined ? undefined : width(w, m))),
});

/** Result types are the operands' common type; `arrays` may be added as well as rows. */
export function elementwise(inputs: readonly TensorType[], allowArrays = false): Inferred {
  const [first] = inputs;
  if (first === undefined || first.dtype !== "f32") return "needs f32 operands";
  if (first.kind !== "rows" && !allowArrays) return "needs a value with rows";
  return inputs.every((type) => sameType(type, first)) ? [first] : "operands differ in width or modalities";
}

export function embed([tokens, table]: readonly TensorType[]): Inferred {
  if (!isRows(tokens, "i32") || !isArray(table, 2)) return "needs token ids and a table [vocab, width]";
  return [mapWidths(tokens, () => table.shape[1])];
}

export function sinusoid([timestep]: readonly TensorType[], widths: RowsType["widths"]): Inferred {
  const odd = widths.find((width) => width !== undefined && width % 2 !== 0);
  if (odd !== undefined) return `${odd} columns are not half cosines, half sines`;
  const made = rowsOf("f32", widths);
  return steers(timestep, made, "i32") ? [made] : "needs the timesteps of all these rows";
}

export function embedGrad([dy, tokens]: readonly TensorType[], vocab: number): Inferred {
  if (!isRows(dy) || !steers(tokens, dy, "i32")) return "needs rows and their token ids";
  return sumOver(dy, presentModalities(dy), (width) => [vocab, width]);
}

/** Widths after multiplying each modality's rows by its weight; `side` says which side of [out,in] the rows meet. */
export function throughWeights([x]: readonly TensorType[], weights: Weights, side: "in" | "out"): Inferred {
  if (!isRows(x)) return "needs a value with rows";
  for (const m of presentModalities(x)) {
    const weight = weights[m];
    if (!isArray(weight, 2)) return `modality ${m} has no matrix`;
    const [out, inner] = weight.shape;
    const meets = side === "in" ? inner : out;
    if (meets !== x.widths[m]) return `modality ${m} is ${x.widths[m]} wide, its matrix is [${weight.shape}]`;
  }
  const odd = weights.findIndex((weight, m) => weight !== undefined && x.widths[m] === undefined);
  if (odd >= 0) return `modality ${odd} has a matrix but no rows`;
  return [mapWidths(x, (_width, m) => matrixSide(weights[m], side === "in" ? 0 : 1))];
}

const matrixSide = (weight: Operand, side: 0 | 1): number | undefined =>
  weight?.kind === "array" ? weight.shape[side] : undefined;

/** The type of `x`, once every modality's weight fits one of its `heads` parts. */
export function norm(x: Operand, weights: Weights, heads: number): Inferred {
  if (!isRows(x)) return "needs a value with rows";
  for (const m of presentModalities(x)) {
    const weight = weights[m];
    const width = (x.widths[m] ?? 0) / Math.max(1, heads);
    if (!isArray(weight, 1) || weight.shape[0] !== width) return `modality ${m} needs a weight of ${width}`;
  }
  const odd = weights.findIndex((weight, m) => weight !== undefined && x.widths[m] === undefined);
  return odd >= 0 ? `modality ${odd} has a weight but no rows` : [x];
}

export function normGrad([dy, x]: readonly TensorType[], weights: Weights, heads: number): Inferred {
  return dy !== undefined && x !== undefined && sameType(dy, x) ? norm(x, weights, heads) : "dy and x differ";
}

export function normWeightGrad(
  [dy, x]: readonly TensorType[],
  heads: number,
  over: readonly number[],
): Inferred {
  if (!isRows(dy) || !isRows(x) || !sameType(dy, x)) return "dy and x differ";
  return sumOver(x, over, (width) => [width / Math.max(1, heads)]);
}

export function linearWeightGrad([dy, x]: readonly TensorType[], over: readonly number[]): Inferred {
  if (!isRows(dy) || !isRows(x)) return "needs two values with rows";
  if (dy.space !== x.space) return "dy and x have other rows";
  const [m] = over;
  const inner = m === undefined ? undefined : x.widths[m];
  if (inner === undefined) return "needs rows of at least one modality";
  if (over.some((other) => x.widths[other] !== inner)) return "the modalities summed over differ in width";
  return sumOver(dy, over, (width) => [width, inner]);
}

/** An array summed over the rows of some modalities, which must all be equally wide. */
function sumOver(
  x: RowsType,
  over: readonly number[],
  shape: (width: number) => readonly number[],
): Inferred {
  const [m] = over;
  const width = m === undefined ? undefined : x.widths[m];
  if (width === undefined) return "needs rows of at least one modality";
  const odd = over.find((other) => x.widths[other] !== width);
  return odd === undefined
    ? [arrayOf("f32", shape(width))]
    : `modality ${odd} is not as wide as modality ${m}`;
}

export function rope([x, position]: readonly TensorType[], heads: number): Inferred {
  if (!isRows(x) || !steers(position, x, "i32")) return "needs rows and their positions";
  const odd = x.widths.find((w) => w !== undefined && w % (2 * heads) !== 0);
  return odd === undefined ? [x] : `a width of ${odd} does not give ${heads} heads of even size`;
}

type Heads = { readonly heads: number; readonly kvHeads: number };

export function attention(inputs: readonly TensorType[], { heads, kvHeads }: Heads): Inferred {
  const [q, k, v, ...steering] = inputs;
  if (!isRows(q) || !isRows(k) || !isRows(v)) return "needs rows";
  const [width, keyWidth, valueWidth] = [uniformWidth(q), uniformWidth(k), uniformWidth(v)];
  if (width === undefined || keyWidth === undefined || valueWidth === undefined) {
    return "needs every modality's rows, all of one width";
  }
  if (!steering.every((column) => steers(column, q, "i32"))) return "sequence, first and last are i32[N,1]";
  if (heads % kvHeads !== 0) return `${heads} heads do not share ${kvHeads} key-value heads evenly`;
  if (width % heads !== 0 || keyWidth % kvHeads !== 0 || valueWidth % kvHeads !== 0)
    return "a width is not whole heads";
  if (width / heads !== keyWidth / kvHeads) return "queries and keys differ in head size";
  return [mapWidths(q, () => (valueWidth / kvHeads) * heads), mapWidths(q, () => heads)];
}

const uniformWidth = (x: RowsType): number | undefined =>
  x.widths.every((width) => width === x.widths[0]) ? x.widths[0] : undefined;

export function attentionGrad(inputs: readonly TensorType[], heads: Heads): Inferred {
  const [dout, q, k, v, out, lse, ...steering] = inputs;
  if (q === undefined || k === undefined || v === undefined || out === undefined || lse === undefined)
    return "needs rows";
  const forward = attention([q, k, v, ...steering], heads);
  if (typeof forward === "string") return forward;
  const fits = [out, lse].every((type, i) => forward[i] !== undefined && sameType(type, forward[i]));
  return fits && dout !== undefined && sameType(dout, out)
    ? [q, k, v]
    : "dout, out or lse is not of attention's type";
}

export function attentionCached(inputs: readonly TensorType[], heads: Heads): Inferred {
  const [q, k, v, keys, values, ...steering] = inputs;
  if (!isRows(q) || !isRows(k) || !isRows(v)) return "needs rows";
  const forward = attention([q, k, v, ...steering], heads);
  if (typeof forward === "string") return forward;
  const [out] = forward;
  const places = keys?.kind === "array" ? keys.shape[0] : undefined;
  if (out === undefined || places === undefined || keys === undefined || values === undefined)
    return "needs a cache";
  const fits = ([cache, rows]: readonly [TensorType, TensorType]): boolean =>
    cache.kind === "array" && sameType(cache, arrayOf("f32", [places, uniformWidth(rows as RowsType) ?? 0]));
  const pairs = [
    [keys, k],
    [values, v],
  ] as const;
  return pairs.every(fits) ? [out, keys, values] : "a cache is not as wide as the rows that it keeps";
}

export function dropout([x, sequence, key]: readonly TensorType[]): Inferred {
  if (!isRows(x) || !steers(sequence, x, "i32")) return "needs rows and their places in the sequence";
  const isKey = key?.kind === "array" && key.dtype === "i32" && key.shape.length === 1 && key.shape[0] === 2;
  return isKey ? [x] : "needs the step's key i32[2]";
}

export function restrict([x]: readonly TensorType[], modalities: readonly number[]): Inferred {
  if (x?.kind !== "rows") return "needs rows";
  return [{ ...x, widths: x.widths.map((w, m) => (modalities.includes(m) ? w : undefined)) }];
}

export function join(parts: readonly TensorType[]): Inferred {
  const [first] = parts;
  if (first?.kind !== "rows") return "needs rows";
  const widths: (number | undefined)[] = first.widths.map(() => undefined);
  for (const part of parts) {
    if (part.kind !== "rows" || part.dtype !== first.dtype || part.space !== first.space)
      return "needs rows of one kind of number";
    for (const m of presentModalities(part)) {
      if (widths[m] !== undefined) return `modality ${m} stands in two parts`;
      widths[m] = part.widths[m];
    }
  }
  return [rowsOf(first.dtype, widths, first.space)];
}

export function extend([x]: readonly TensorType[], widths: readonly (number | undefined)[]): Inferred {
  if (x?.kind !== "rows") return "needs rows";
  const odd = x.widths.some((w, m) => w !== undefined && w !== widths[m]);
  return odd ? "changes the width of a modality it has" : [{ ...x, widths }];
}

export function crossEntropy([logits, target]: readonly TensorType[]): Inferred {
  return isRows(logits) && steers(target, logits, "i32")
    ? [mapWidths(logits, () => 1)]
    : "needs logits and targets";
}

export function crossEntropyGrad([logits, target, weight]: readonly TensorType[]): Inferred {
  if (!isRows(logits) || !steers(target, logits, "i32")) return "needs logits and targets";
  return steers(weight, logits, "f32") ? [logits] : "needs a weight per row";
}

export function meanSquare([prediction, target]: readonly TensorType[]): Inferred {
  const fits = isRows(prediction) && target !== undefined && sameType(prediction, target);
  return fits ? [mapWidths(prediction, () => 1)] : "prediction and target differ";
}

export function meanSquareGrad([prediction, target, weight]: readonly TensorType[]): Inferred {
  const fits = isRows(prediction) && target !== undefined && sameType(prediction, target);
  if (!fits) return "prediction and target differ";
  return steers(weight, prediction, "f32") ? [prediction] : "needs a weight per row";
}

export function lossSums([loss, weight, modality]: readonly TensorType[], modalities: number): Inferred {
  const isLoss = isRows(loss) && steers(loss, loss, "f32");
  if (!isLoss || !steers(weight, loss, "f32") || !steers(modality, loss, "i32"))
    return "needs one loss per row";
  return loss.widths.length === modalities
    ? [arrayOf("f32", [1 + modalities])]
    : "counts other modalities than there are";
}

export function globalNorm(grads: readonly TensorType[]): Inferred {
  return grads.every((grad) => grad.kind === "array" && grad.dtype === "f32")
    ? [arrayOf("f32", [])]
    : "needs arrays";
}

export function adamw([param, grad, m, v, norm, schedule]: readonly TensorType[], rate: number): Inferred {
  if (param?.kind !== "array" || grad === undefined || m === undefined || v === undefined)
    return "needs arrays";
  if (![grad, m, v].every((type) => sameType(type, param)))
    return "parameter, gradient and moments differ in shape";
  const rates = isArray(schedule, 1) ? (schedule.shape[0] ?? 0) : 0;
  const isSteered = isArray(norm, 0) && rates >= 3 && rate < rates;
  return isSteered ? [param, m, v] : "needs the norm f32[] and a schedule f32[3] or longer that has its rate";
}
