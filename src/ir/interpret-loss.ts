// interpret-loss.ts: cross-entropy of one row's logits with its target, the mean square of one row's differences, and
// the sums over all rows.
// In: logits and targets, or predictions and what they should be. Out: losses in nats, or per element. A target token
// of −1 counts nowhere.

import {
  at,
  type Call,
  type Evaluate,
  eachModality,
  input,
  needRun,
  type Run,
  read,
  result,
  runOf,
} from "./interpret-tensor.ts";
import type { OpName } from "./ops.ts";

/** Log of the sum of exponentials of a row. */
function logSum(x: Run, r: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < x.width; j += 1) largest = Math.max(largest, read(x, r, j));
  let total = 0;
  for (let j = 0; j < x.width; j += 1) total += Math.exp(read(x, r, j) - largest);
  return largest + Math.log(total);
}

/** Visits every row that has a target. */
function eachTarget(
  call: Call<"cross_entropy" | "cross_entropy_dx">,
  visit: (logits: Run, target: number, r: number, m: number) => void,
): void {
  eachModality(call.offsets, (m) => {
    const logits = runOf(input(call, 0), m, call.offsets);
    if (logits === undefined) return;
    const targets = needRun(input(call, 1), m, call.offsets);
    for (let r = logits.first; r < logits.end; r += 1) {
      const target = read(targets, r);
      if (target >= 0) visit(logits, target, r, m);
    }
  });
}

export const lossOps = {
  /** lse − logits[target] + zLoss · lse² */
  cross_entropy: (call) =>
    eachTarget(call, (logits, target, r, m) => {
      const [loss, lse] = [needRun(result(call, 0), m, call.offsets), logSum(logits, r)];
      loss.numbers[at(loss, r)] = lse - read(logits, r, target) + call.attributes.zLoss * lse * lse;
    }),
  /** weight · (softmax · (1 + 2·zLoss·lse) − one-hot) */
  cross_entropy_dx: (call) =>
    eachTarget(call, (logits, target, r, m) => {
      const [dx, weight] = [
        needRun(result(call, 0), m, call.offsets),
        needRun(input(call, 2), m, call.offsets),
      ];
      const lse = logSum(logits, r);
      for (let j = 0; j < logits.width; j += 1) {
        const soft = Math.exp(read(logits, r, j) - lse) * (1 + 2 * call.attributes.zLoss * lse);
        dx.numbers[at(dx, r, j)] = read(weight, r) * (soft - (j === target ? 1 : 0));
      }
    }),
  /** mean over j of (prediction[j] − target[j])² */
  mean_square: (call) =>
    eachModality(call.offsets, (m) => {
      const prediction = runOf(input(call, 0), m, call.offsets);
      if (prediction === undefined) return;
      const target = needRun(input(call, 1), m, call.offsets);
      const loss = needRun(result(call, 0), m, call.offsets);
      for (let r = prediction.first; r < prediction.end; r += 1) {
        let squares = 0;
        for (let j = 0; j < prediction.width; j += 1)
          squares += (read(prediction, r, j) - read(target, r, j)) ** 2;
        loss.numbers[at(loss, r)] = squares / prediction.width;
      }
    }),
  /** weight · 2 · (prediction − target) / width */
  mean_square_dx: (call) =>
    eachModality(call.offsets, (m) => {
      const prediction = runOf(input(call, 0), m, call.offsets);
      if (prediction === undefined) return;
      const [target, weight] = [
        needRun(input(call, 1), m, call.offsets),
        needRun(input(call, 2), m, call.offsets),
      ];
      const dx = needRun(result(call, 0), m, call.offsets);
      for (let r = prediction.first; r < prediction.end; r += 1) {
        const slope = (2 * read(weight, r)) / prediction.width;
        for (let j = 0; j < prediction.width; j += 1)
          dx.numbers[at(dx, r, j)] = slope * (read(prediction, r, j) - read(target, r, j));
      }
    }),
  loss_sums: (call) => {
    const sums = result(call, 0).numbers;
    const add = (i: number, x: number): void => {
      sums[i] = (sums[i] ?? Number.NaN) + x;
    };
    eachModality(call.offsets, (m) => {
      const loss = runOf(input(call, 0), m, call.offsets);
      if (loss === undefined) return;
      const [weight, of] = [
        needRun(input(call, 1), m, call.offsets),
        needRun(input(call, 2), m, call.offsets),
      ];
      for (let r = loss.first; r < loss.end; r += 1) {
        add(0, read(weight, r) * read(loss, r));
        if (read(of, r) >= 0 && read(weight, r) !== 0) add(1 + read(of, r), read(loss, r));
      }
    });
  },
} satisfies { readonly [O in OpName]?: Evaluate<O> };
