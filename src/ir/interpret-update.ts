// interpret-update.ts: what touches no rows: zeros, the gradients' norm, and AdamW.
// In: arrays. Out: arrays.

import { type Evaluate, input, result } from "./interpret-tensor.ts";
import type { OpName } from "./ops.ts";

export const updateOps = {
  /** Results start as zeros. */
  zeros: () => {},
  global_norm: (call) => {
    let squares = 0;
    for (const { numbers } of call.inputs) for (const x of numbers) squares += x * x;
    result(call, 0).numbers[0] = Math.sqrt(squares);
  },
  /** Decoupled decay (Loshchilov and Hutter 2019, algorithm 2); the bias corrections come with the schedule. */
  adamw: (call) => {
    const { beta1, beta2, eps, weightDecay, clip, rate } = call.attributes;
    const number = (i: number, j: number): number => input(call, i).numbers[j] ?? Number.NaN;
    const [lr, correct1, correct2] = [number(5, rate), number(5, 1), number(5, 2)];
    const shrink = clip > 0 ? Math.min(1, clip / (number(4, 0) + 1e-6)) : 1;
    const [param, m, v] = [result(call, 0).numbers, result(call, 1).numbers, result(call, 2).numbers];
    for (let j = 0; j < param.length; j += 1) {
      const g = number(1, j) * shrink;
      const first = beta1 * number(2, j) + (1 - beta1) * g;
      const second = beta2 * number(3, j) + (1 - beta2) * g * g;
      const step = (first * correct1) / (Math.sqrt(second * correct2) + eps) + weightDecay * number(0, j);
      [param[j], m[j], v[j]] = [number(0, j) - lr * step, first, second];
    }
  },
} satisfies { readonly [O in OpName]?: Evaluate<O> };
