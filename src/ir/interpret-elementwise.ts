// interpret-elementwise.ts: every op whose element depends on the same element of its operands only.
// In: operands of one type. Out: as many numbers. One line of algebra per op.

import { dropThreshold, maskBits } from "./dropout.ts";
import {
  at,
  type Call,
  type Evaluate,
  eachModality,
  input,
  needRun,
  read,
  result,
  runOf,
} from "./interpret-tensor.ts";
import type { OpName } from "./ops.ts";

/** √(2/π) and the cubic factor of GELU's tanh form (Hendrycks and Gimpel 2016, equation 2). */
const geluScale = Math.sqrt(2 / Math.PI);
const geluCube = 0.044715;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const geluTanh = (x: number): number => Math.tanh(geluScale * (x + geluCube * x ** 3));

const silu = (x: number): number => x * sigmoid(x);
const gelu = (x: number): number => 0.5 * x * (1 + geluTanh(x));

const siluSlope = (x: number): number => sigmoid(x) * (1 + x * (1 - sigmoid(x)));
const geluSlope = (x: number): number =>
  0.5 * (1 + geluTanh(x)) + 0.5 * x * (1 - geluTanh(x) ** 2) * geluScale * (1 + 3 * geluCube * x * x);
/** At 0 we take 0. */
const reluSlope = (x: number): number => (x > 0 ? 1 : 0);

function unary<O extends OpName>(apply: (x: number) => number): Evaluate<O> {
  return (call) => {
    const [x, y] = [input(call, 0).numbers, result(call, 0).numbers];
    for (let i = 0; i < y.length; i += 1) y[i] = apply(x[i] ?? Number.NaN);
  };
}

function binary<O extends OpName>(apply: (a: number, b: number) => number): Evaluate<O> {
  return (call) => {
    const [a, b, y] = [input(call, 0).numbers, input(call, 1).numbers, result(call, 0).numbers];
    for (let i = 0; i < y.length; i += 1) y[i] = apply(a[i] ?? Number.NaN, b[i] ?? Number.NaN);
  };
}

/** With a number per modality; `neutral` where none is given. */
function constant(
  neutral: number,
  apply: (x: number, by: number) => number,
): (call: Call<"scale"> | Call<"offset">) => void {
  return (call) =>
    eachModality(call.offsets, (m) => {
      const y = runOf(result(call, 0), m, call.offsets);
      if (y === undefined) return;
      const x = needRun(input(call, 0), m, call.offsets);
      const by = call.attributes.by[m] ?? neutral;
      const size = (y.end - y.first) * y.width;
      for (let i = 0; i < size; i += 1)
        y.numbers[y.start + i] = apply(x.numbers[x.start + i] ?? Number.NaN, by);
    });
}

const dropout: Evaluate<"dropout"> = (call) => {
  const [key = 0, isActive = 0] = input(call, 2).numbers;
  eachModality(call.offsets, (m) => {
    const y = runOf(result(call, 0), m, call.offsets);
    if (y === undefined) return;
    const [x, sequence] = [
      needRun(input(call, 0), m, call.offsets),
      needRun(input(call, 1), m, call.offsets),
    ];
    const rate = isActive === 0 ? 0 : (call.attributes.rate[m] ?? 0);
    for (let row = y.first; row < y.end; row += 1) {
      for (let column = 0; column < y.width; column += 1) {
        const bits = maskBits(key, call.attributes.number, read(sequence, row), column);
        const isKept = bits >= dropThreshold(rate);
        y.numbers[at(y, row, column)] = isKept ? read(x, row, column) / (1 - rate) : 0;
      }
    }
  });
};

export const elementwiseOps = {
  silu: unary(silu),
  gelu: unary(gelu),
  relu: unary((x) => Math.max(0, x)),
  tanh: unary(Math.tanh),
  sigmoid: unary(sigmoid),
  square: unary((x) => x * x),
  exp: unary(Math.exp),
  neg: unary((x) => -x),
  reciprocal: unary((x) => 1 / x),
  silu_dx: binary((dy, x) => dy * siluSlope(x)),
  gelu_dx: binary((dy, x) => dy * geluSlope(x)),
  relu_dx: binary((dy, x) => dy * reluSlope(x)),
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  scale: constant(1, (x, by) => x * by),
  offset: constant(0, (x, by) => x + by),
  dropout,
} satisfies { readonly [O in OpName]?: Evaluate<O> };
