// plain-experts.ts: what the kernels of experts should compute, in float64 loops written from expert-kernels.ts alone.
// In: weights of every token at every expert, and the token rows of each pool. Out: who takes whom, and in which rows.

import { get, type Matrix, matrix } from "./plain-kernels.ts";

export type Choice = {
  /** Token rows, group after group. */
  readonly source: readonly number[];
  /** By token row and expert; −1 where there is none. Tokens without a pool have no numbers. */
  readonly slots: ReadonlyMap<number, readonly number[]>;
  readonly starts: readonly number[];
};

/** `top` experts a token, or (0) ⌈n ÷ experts⌉ tokens an expert. Equal weights: the earlier row, the lower expert. */
export function choose(p: Matrix, pools: readonly (readonly number[])[], top: number): Choice {
  const experts = Array.from({ length: p.width }, (_, e) => e);
  const source: number[] = [];
  const starts = [0];
  const slots = new Map<number, number[]>();
  for (const tokens of pools) {
    for (const row of tokens)
      slots.set(
        row,
        experts.map(() => -1),
      );
    const ranked = (of: readonly number[], score: (x: number) => number): readonly number[] =>
      of
        .map((x, i) => ({ x, i }))
        .sort((a, b) => score(b.x) - score(a.x) || a.i - b.i)
        .map(({ x }) => x);
    for (const e of experts) {
      const taken =
        top === 0
          ? ranked(tokens, (row) => get(p, row, e)).slice(0, Math.ceil(tokens.length / p.width))
          : tokens.filter((row) =>
              ranked(experts, (other) => get(p, row, other))
                .slice(0, top)
                .includes(e),
            );
      for (const row of tokens.filter((token) => taken.includes(token))) {
        slots.get(row)?.splice(e, 1, source.length);
        source.push(row);
      }
      starts.push(source.length);
    }
  }
  return { source, slots, starts };
}

/** weight · E · Σ over pools and experts of share of rows · mean weight. */
export function balance(
  p: Matrix,
  pools: readonly (readonly number[])[],
  { starts }: Choice,
  weight: number,
): number {
  let loss = 0;
  for (const [pool, tokens] of pools.entries()) {
    if (tokens.length === 0) continue;
    const bounds = starts.slice(pool * p.width, (pool + 1) * p.width + 1);
    const rows = (bounds.at(-1) ?? 0) - (bounds[0] ?? 0);
    for (let e = 0; e < p.width; e += 1) {
      const share = ((bounds[e + 1] ?? 0) - (bounds[e] ?? 0)) / rows;
      const mean = tokens.reduce((sum, row) => sum + get(p, row, e), 0) / tokens.length;
      loss += weight * p.width * share * mean;
    }
  }
  return loss;
}

/** d + Σ over a token's slots of weight · y. */
export function combine(
  y: Matrix,
  slots: Choice["slots"],
  weight: (row: number, e: number) => number,
  d: Matrix,
): Matrix {
  return matrix(d.numbers.length / d.width, d.width, (r, c) =>
    (slots.get(r) ?? []).reduce(
      (sum, slot, e) => (slot < 0 ? sum : sum + weight(r, e) * get(y, slot, c)),
      get(d, r, c),
    ),
  );
}
