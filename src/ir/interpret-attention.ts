// interpret-attention.ts: the ops that let rows see one another, and the rotation that tells them where they are.
// In: queries, keys, values, and per row the interval of sequence positions it sees. Out: mixed values, and gradients.
// Legend: r the row that looks, s a row it sees, h a query head, g the key-value head it reads, c component of a head.
// Every row has the same width here (attention is outside the modalities), so rows are found by number alone.

import {
  at,
  type Call,
  type Evaluate,
  eachModality,
  input,
  needRun,
  type Operand,
  read,
  result,
  runOf,
} from "./interpret-tensor.ts";
import type { OpName } from "./ops.ts";

/** Rows of one width, by number. */
type Matrix = { readonly numbers: ArrayLike<number>; readonly width: number };

const matrix = (operand: Operand): Matrix => ({
  numbers: operand.numbers,
  width: operand.type.kind === "rows" ? (operand.type.widths[0] ?? 0) : 0,
});

const get = (x: Matrix, row: number, column: number): number =>
  x.numbers[row * x.width + column] ?? Number.NaN;

type Heads = { readonly heads: number; readonly kvHeads: number };

/** The rows that each row sees. */
function visibleRows(
  sequence: Matrix,
  first: Matrix,
  last: Matrix,
  rows: number,
): readonly (readonly number[])[] {
  const all = Array.from({ length: rows }, (_, row) => row);
  return all.map((r) =>
    all.filter((s) => get(first, r, 0) <= get(sequence, s, 0) && get(sequence, s, 0) < get(last, r, 0)),
  );
}

/** q[r,h] · k[s,g] / √head_dim */
function score(q: Matrix, k: Matrix, r: number, s: number, h: number, { heads, kvHeads }: Heads): number {
  const headDim = q.width / heads;
  const g = Math.floor(h / (heads / kvHeads));
  let sum = 0;
  for (let c = 0; c < headDim; c += 1) sum += get(q, r, h * headDim + c) * get(k, s, g * headDim + c);
  return sum / Math.sqrt(headDim);
}

function attend(call: Call<"attention">): void {
  const heads = call.attributes;
  const [q, k, v] = [matrix(input(call, 0)), matrix(input(call, 1)), matrix(input(call, 2))];
  const rows = call.offsets.at(-1) ?? 0;
  const seen = visibleRows(matrix(input(call, 3)), matrix(input(call, 4)), matrix(input(call, 5)), rows);
  const [out, lse] = [result(call, 0).numbers, result(call, 1).numbers];
  const valueDim = v.width / heads.kvHeads;
  for (let r = 0; r < rows; r += 1) {
    const visible = seen[r] ?? [];
    if (visible.length === 0) continue;
    for (let h = 0; h < heads.heads; h += 1) {
      const g = Math.floor(h / (heads.heads / heads.kvHeads));
      const scores = visible.map((s) => score(q, k, r, s, h, heads));
      const largest = Math.max(...scores);
      const total = scores.reduce((sum, x) => sum + Math.exp(x - largest), 0);
      const logSum = largest + Math.log(total);
      lse[r * heads.heads + h] = logSum;
      for (let c = 0; c < valueDim; c += 1) {
        let mixed = 0;
        for (const [i, s] of visible.entries())
          mixed += Math.exp((scores[i] ?? 0) - logSum) * get(v, s, g * valueDim + c);
        out[r * valueDim * heads.heads + h * valueDim + c] = mixed;
      }
    }
  }
}

/** Keeps the new keys and values, then mixes the values at the places that each row sees. */
function attendCached(call: Call<"attention_cached">): void {
  const heads = call.attributes;
  const [q, k, v] = [0, 1, 2].map((i) => matrix(input(call, i))) as [Matrix, Matrix, Matrix];
  const [sequence, first, last] = [5, 6, 7].map((i) => matrix(input(call, i))) as [Matrix, Matrix, Matrix];
  const rows = call.offsets.at(-1) ?? 0;
  const kept = (x: Matrix, i: number): Matrix => {
    const { numbers } = result(call, i);
    numbers.set(input(call, 2 + i).numbers);
    for (let r = 0; r < rows; r += 1)
      for (let c = 0; c < x.width; c += 1) numbers[get(sequence, r, 0) * x.width + c] = get(x, r, c);
    return { numbers, width: x.width };
  };
  const [keys, values] = [kept(k, 1), kept(v, 2)];
  const out = result(call, 0).numbers;
  const valueDim = v.width / heads.kvHeads;
  for (let r = 0; r < rows; r += 1) {
    const places: number[] = [];
    for (let place = get(first, r, 0); place < get(last, r, 0); place += 1) places.push(place);
    for (let h = 0; h < heads.heads && places.length > 0; h += 1) {
      const g = Math.floor(h / (heads.heads / heads.kvHeads));
      const scores = places.map((place) => score(q, keys, r, place, h, heads));
      const largest = Math.max(...scores);
      const shares = scores.map((x) => Math.exp(x - largest));
      const total = shares.reduce((sum, share) => sum + share, 0);
      for (let c = 0; c < valueDim; c += 1) {
        const mixed = places.reduce(
          (sum, place, i) => sum + (shares[i] ?? 0) * get(values, place, g * valueDim + c),
          0,
        );
        out[r * valueDim * heads.heads + h * valueDim + c] = mixed / total;
      }
    }
  }
}

/** dp = dout·v, ds = p·(dp − dout·out), dq += ds·k, dk += ds·q, dv += p·dout */
function attendBack(call: Call<"attention_grad">): void {
  const heads = call.attributes;
  const [dout, q, k, v] = [0, 1, 2, 3].map((i) => matrix(input(call, i))) as [Matrix, Matrix, Matrix, Matrix];
  const [out, lse] = [matrix(input(call, 4)), matrix(input(call, 5))];
  const rows = call.offsets.at(-1) ?? 0;
  const seen = visibleRows(matrix(input(call, 6)), matrix(input(call, 7)), matrix(input(call, 8)), rows);
  const [dq, dk, dv] = [result(call, 0).numbers, result(call, 1).numbers, result(call, 2).numbers];
  const add = (to: Float64Array, i: number, x: number): void => {
    to[i] = (to[i] ?? Number.NaN) + x;
  };
  const [headDim, valueDim] = [q.width / heads.heads, v.width / heads.kvHeads];
  for (let r = 0; r < rows; r += 1) {
    for (let h = 0; h < heads.heads; h += 1) {
      const g = Math.floor(h / (heads.heads / heads.kvHeads));
      let kept = 0;
      for (let c = 0; c < valueDim; c += 1)
        kept += get(dout, r, h * valueDim + c) * get(out, r, h * valueDim + c);
      for (const s of seen[r] ?? []) {
        const p = Math.exp(score(q, k, r, s, h, heads) - get(lse, r, h));
        let dp = 0;
        for (let c = 0; c < valueDim; c += 1) {
          dp += get(dout, r, h * valueDim + c) * get(v, s, g * valueDim + c);
          add(dv, s * v.width + g * valueDim + c, p * get(dout, r, h * valueDim + c));
        }
        const ds = (p * (dp - kept)) / Math.sqrt(headDim);
        for (let c = 0; c < headDim; c += 1) {
          add(dq, r * q.width + h * headDim + c, ds * get(k, s, g * headDim + c));
          add(dk, s * k.width + g * headDim + c, ds * get(q, r, h * headDim + c));
        }
      }
    }
  }
}

/** Rotates components i and i + head_dim/2 of every head by position · base^(−2i/head_dim). */
function rotate(call: Call<"rope">): void {
  const { heads, base, inverse } = call.attributes;
  eachModality(call.offsets, (m) => {
    const y = runOf(result(call, 0), m, call.offsets);
    if (y === undefined) return;
    const [x, position] = [
      needRun(input(call, 0), m, call.offsets),
      needRun(input(call, 1), m, call.offsets),
    ];
    const headDim = y.width / heads;
    for (let r = y.first; r < y.end; r += 1) {
      for (let h = 0; h < heads; h += 1) {
        for (let i = 0; i < headDim / 2; i += 1) {
          const [low, high] = [h * headDim + i, h * headDim + i + headDim / 2];
          const angle = read(position, r) * base ** ((-2 * i) / headDim) * (inverse ? -1 : 1);
          const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
          y.numbers[at(y, r, low)] = read(x, r, low) * cos - read(x, r, high) * sin;
          y.numbers[at(y, r, high)] = read(x, r, low) * sin + read(x, r, high) * cos;
        }
      }
    }
  });
}

export const attentionOps = {
  rope: rotate,
  attention: attend,
  attention_grad: attendBack,
  attention_cached: attendCached,
} satisfies { readonly [O in OpName]?: Evaluate<O> };
