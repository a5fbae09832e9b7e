// interpret-routing.ts: rows looked up by token, and rows that come and go at the border of an arm.
// In: rows of some modalities. Out: rows of others; no arithmetic but the sum of embed_dw.

import {
  at,
  type Evaluate,
  eachModality,
  input,
  needRun,
  type Operand,
  type Result,
  read,
  result,
  runOf,
  sizeAt,
} from "./interpret-tensor.ts";
import type { OpName } from "./ops.ts";

/** Copies the rows that `from` and `to` have in common. */
function copyRows(from: Operand, to: Result, offsets: readonly number[]): void {
  eachModality(offsets, (m) => {
    const [x, y] = [runOf(from, m, offsets), runOf(to, m, offsets)];
    if (x === undefined || y === undefined) return;
    const size = (y.end - y.first) * y.width;
    for (let i = 0; i < size; i += 1) y.numbers[y.start + i] = x.numbers[x.start + i] ?? Number.NaN;
  });
}

export const routingOps = {
  /** y[r] = table[token[r]] */
  embed: (call) => {
    const table = input(call, 1);
    eachModality(call.offsets, (m) => {
      const y = runOf(result(call, 0), m, call.offsets);
      if (y === undefined) return;
      const token = needRun(input(call, 0), m, call.offsets);
      for (let r = y.first; r < y.end; r += 1) {
        for (let j = 0; j < y.width; j += 1) {
          y.numbers[at(y, r, j)] = table.numbers[read(token, r) * y.width + j] ?? Number.NaN;
        }
      }
    });
  },
  /** cos, then sin, of timestep · 10000^(−2i/width) */
  sinusoid: (call) =>
    eachModality(call.offsets, (m) => {
      const y = runOf(result(call, 0), m, call.offsets);
      if (y === undefined) return;
      const timestep = needRun(input(call, 0), m, call.offsets);
      for (let r = y.first; r < y.end; r += 1) {
        for (let i = 0; i < y.width / 2; i += 1) {
          const angle = read(timestep, r) * 10_000 ** ((-2 * i) / y.width);
          y.numbers[at(y, r, i)] = Math.cos(angle);
          y.numbers[at(y, r, i + y.width / 2)] = Math.sin(angle);
        }
      }
    }),
  /** dtable[token[r]] += dy[r] */
  embed_dw: (call) => {
    const dtable = result(call, 0);
    const width = sizeAt(dtable.type, 1);
    eachModality(call.offsets, (m) => {
      const dy = runOf(input(call, 0), m, call.offsets);
      if (dy === undefined) return;
      const token = needRun(input(call, 1), m, call.offsets);
      for (let r = dy.first; r < dy.end; r += 1) {
        for (let j = 0; j < width; j += 1) {
          const i = read(token, r) * width + j;
          dtable.numbers[i] = (dtable.numbers[i] ?? Number.NaN) + read(dy, r, j);
        }
      }
    });
  },
  restrict: (call) => copyRows(input(call, 0), result(call, 0), call.offsets),
  join: (call) => {
    for (const part of call.inputs) copyRows(part, result(call, 0), call.offsets);
  },
  /** Rows that x lacks stay zero. */
  extend: (call) => copyRows(input(call, 0), result(call, 0), call.offsets),
} satisfies { readonly [O in OpName]?: Evaluate<O> };
