// interpret-experts.ts: which experts see which tokens, and the rows that go to them and come back.
// In: token rows and routed rows. Out: the other kind. Choosing is a sort of all candidates: slow, and nothing to doubt.
// Legend: n token row, s routed row, e expert, p its score; group = pool · E + e.

import { bug } from "../diagnostics/bug.ts";
import {
  at,
  type Call,
  type Evaluate,
  eachModality,
  input,
  needRun,
  type Operand,
  type Run,
  read,
  result,
  runOf,
} from "./interpret-tensor.ts";
import type { OpName } from "./ops.ts";
import { expertCapacity, groupCount, membersOf, type Space } from "./spaces.ts";

/** The token rows of every group, ascending. */
export function chooseRows(
  space: Space,
  p: Operand,
  offsets: readonly number[],
): readonly (readonly number[])[] {
  return Array.from({ length: groupCount(space) }, (_, group) => {
    const [pool, expert] = [Math.floor(group / space.experts), group % space.experts];
    const tokens = membersOf(space, pool).flatMap((m) => rowsOfRun(needRun(p, m, offsets)));
    const chosen =
      space.top === undefined
        ? // Ties go to the earlier row: sorting is stable.
          tokens
            .toSorted((a, b) => (b.scores[expert] ?? 0) - (a.scores[expert] ?? 0))
            .slice(0, expertCapacity(space, tokens.length))
        : tokens.filter(({ scores }) => highest(scores, space.top ?? 0).includes(expert));
    return chosen.map(({ row }) => row).sort((a, b) => a - b);
  });
}

type Scored = { readonly row: number; readonly scores: readonly number[] };

function rowsOfRun(p: Run): readonly Scored[] {
  return Array.from({ length: p.end - p.first }, (_, i) => ({
    row: p.first + i,
    scores: Array.from({ length: p.width }, (_number, e) => read(p, p.first + i, e)),
  }));
}

/** The `k` experts with the highest scores; of equal ones the lower. */
function highest(scores: readonly number[], k: number): readonly number[] {
  const experts = scores.map((_, expert) => expert);
  return experts.toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0)).slice(0, k);
}

/** Where each group's rows begin in the space, and an end. */
export function groupOffsets(groups: readonly (readonly number[])[]): readonly number[] {
  const offsets = [0];
  for (const rows of groups) offsets.push((offsets.at(-1) ?? 0) + rows.length);
  return offsets;
}

/** Calls `visit` for every token of a pool and every expert that it meets, in order. */
function eachSlot(
  slots: Operand,
  offsets: readonly number[],
  visit: (found: {
    readonly m: number;
    readonly row: number;
    readonly expert: number;
    readonly slot: number;
  }) => void,
): void {
  eachModality(offsets, (m) => {
    const run = runOf(slots, m, offsets);
    if (run === undefined) return;
    for (let row = run.first; row < run.end; row += 1) {
      for (let expert = 0; expert < run.width; expert += 1) {
        const slot = read(run, row, expert);
        if (slot >= 0) visit({ m, row, expert, slot });
      }
    }
  });
}

/** The run that holds row `row` of a value. */
function runAt(value: Operand, row: number, offsets: readonly number[]): Run {
  const m = offsets.findIndex((begin, i) => begin <= row && row < (offsets[i + 1] ?? 0));
  return needRun(value, m, offsets);
}

const add = (run: Run, row: number, column: number, x: number): void => {
  run.numbers[at(run, row, column)] = read(run, row, column) + x;
};

/** Token rows → routed rows: y[s] = weight(source[s], group of s) · x[source[s]]. */
function toExperts(
  call: Call<OpName>,
  source: Operand,
  weight: (row: number, group: number) => number,
): void {
  const [x, y] = [input(call, 0), result(call, 0)];
  const tokens = call.offsetsOf(x.type);
  eachModality(call.offsets, (group) => {
    const run = runOf(y, group, call.offsets);
    if (run === undefined) return;
    const from = needRun(source, group, call.offsets);
    for (let s = run.first; s < run.end; s += 1) {
      const row = read(from, s);
      const token = runAt(x, row, tokens);
      for (let j = 0; j < run.width; j += 1)
        run.numbers[at(run, s, j)] = weight(row, group) * read(token, row, j);
    }
  });
}

/** Routed rows → token rows: z[n] = Σ_e weight(n, e) · y[slots[n,e]]. */
function toTokens(call: Call<OpName>, slots: Operand, weight: (row: number, expert: number) => number): void {
  const [y, z] = [input(call, 0), result(call, 0)];
  const routed = call.offsetsOf(y.type);
  eachSlot(slots, call.offsets, ({ m, row, expert, slot }) => {
    const [to, from] = [needRun(z, m, call.offsets), runAt(y, slot, routed)];
    for (let j = 0; j < to.width; j += 1) add(to, row, j, weight(row, expert) * read(from, slot, j));
  });
}

const spaceOf = (call: Call<OpName>, number: number): Space =>
  call.spaces[number] ?? bug("interpret", `there is no space ${number}`);

/** Rows of the pool at each of its experts. */
function loads(slots: Operand, members: readonly number[], offsets: readonly number[]): readonly number[] {
  const counts: number[] = [];
  eachSlot(slots, offsets, ({ m, expert }) => {
    if (members.includes(m)) counts[expert] = (counts[expert] ?? 0) + 1;
  });
  return counts;
}

/** weight · E · Σ_e f_e · (slope of P_e or P_e itself, summed by `visit`), for every token of every pool. */
function eachBalanced(
  call: Call<"balance" | "balance_dx">,
  slots: Operand,
  visit: (found: {
    readonly m: number;
    readonly row: number;
    readonly expert: number;
    readonly slope: number;
  }) => void,
): void {
  const space = spaceOf(call, call.attributes.space);
  for (let pool = 0; pool * space.experts < groupCount(space); pool += 1) {
    const members = membersOf(space, pool);
    const runs = members.map((m) => needRun(slots, m, call.offsets));
    const tokens = runs.reduce((sum, { first, end }) => sum + end - first, 0);
    const counts = loads(slots, members, call.offsets);
    const pairs = counts.reduce((sum, count) => sum + (count ?? 0), 0);
    for (const [i, { first, end }] of runs.entries()) {
      for (let row = first; row < end; row += 1) {
        for (let expert = 0; expert < space.experts; expert += 1) {
          const share = (counts[expert] ?? 0) / pairs;
          const slope = (call.attributes.weight * space.experts * share) / tokens;
          visit({ m: members[i] ?? 0, row, expert, slope });
        }
      }
    }
  }
}

export const expertOps = {
  softmax: (call) =>
    eachModality(call.offsets, (m) => {
      const y = runOf(result(call, 0), m, call.offsets);
      if (y === undefined) return;
      const x = needRun(input(call, 0), m, call.offsets);
      for (let r = y.first; r < y.end; r += 1) {
        let largest = Number.NEGATIVE_INFINITY;
        for (let j = 0; j < x.width; j += 1) largest = Math.max(largest, read(x, r, j));
        let total = 0;
        for (let j = 0; j < x.width; j += 1) total += Math.exp(read(x, r, j) - largest);
        for (let j = 0; j < x.width; j += 1)
          y.numbers[at(y, r, j)] = Math.exp(read(x, r, j) - largest) / total;
      }
    }),
  softmax_dx: (call) =>
    eachModality(call.offsets, (m) => {
      const dx = runOf(result(call, 0), m, call.offsets);
      if (dx === undefined) return;
      const [dp, p] = [needRun(input(call, 0), m, call.offsets), needRun(input(call, 1), m, call.offsets)];
      for (let r = dx.first; r < dx.end; r += 1) {
        let mean = 0;
        for (let j = 0; j < p.width; j += 1) mean += read(dp, r, j) * read(p, r, j);
        for (let j = 0; j < p.width; j += 1)
          dx.numbers[at(dx, r, j)] = read(p, r, j) * (read(dp, r, j) - mean);
      }
    }),
  route: (call) => {
    const space = spaceOf(call, call.attributes.space);
    const [source, slots] = [result(call, 0), result(call, 1)];
    const tokens = call.offsetsOf(slots.type);
    slots.numbers.fill(-1);
    let slot = 0;
    for (const [group, rows] of chooseRows(space, input(call, 0), tokens).entries()) {
      for (const row of rows) {
        const run = runAt(slots, row, tokens);
        run.numbers[at(run, row, group % space.experts)] = slot;
        source.numbers[slot] = row;
        slot += 1;
      }
    }
  },
  dispatch: (call) => toExperts(call, input(call, 1), () => 1),
  dispatch_dx: (call) => toTokens(call, input(call, 1), () => 1),
  combine: (call) => {
    const p = input(call, 1);
    toTokens(call, input(call, 2), (row, expert) => read(runAt(p, row, call.offsets), row, expert));
  },
  combine_dy: (call) => {
    const p = input(call, 1);
    const tokens = call.offsetsOf(p.type);
    toExperts(call, input(call, 2), (row, group) => {
      const run = runAt(p, row, tokens);
      return read(run, row, group % run.width);
    });
  },
  combine_dp: (call) => {
    const [dz, y] = [input(call, 0), input(call, 1)];
    const routed = call.offsetsOf(y.type);
    eachSlot(input(call, 2), call.offsets, ({ m, row, expert, slot }) => {
      const [to, by, from] = [
        needRun(result(call, 0), m, call.offsets),
        needRun(dz, m, call.offsets),
        runAt(y, slot, routed),
      ];
      for (let j = 0; j < by.width; j += 1) add(to, row, expert, read(by, row, j) * read(from, slot, j));
    });
  },
  balance: (call) => {
    const sums = result(call, 0).numbers;
    eachBalanced(call, input(call, 1), ({ m, row, expert, slope }) => {
      sums[0] = (sums[0] ?? Number.NaN) + slope * read(needRun(input(call, 0), m, call.offsets), row, expert);
    });
  },
  balance_dx: (call) =>
    eachBalanced(call, input(call, 0), ({ m, row, expert, slope }) =>
      add(needRun(result(call, 0), m, call.offsets), row, expert, slope),
    ),
} satisfies { readonly [O in OpName]?: Evaluate<O> };
