// spaces.ts: which rows a value has. The rows of the batch's tokens are one space; every `route` node opens another, whose
// rows are (token, expert) pairs sorted by group.
// In: nothing. Out: types and the arithmetic of groups.
// Idea: what a modality is among the tokens, a group is among routed rows: a run of rows that share one weight. So ops
// over rows know nothing of routing; only the few that lead from one space into another do.

/** How the rows of one routed space are chosen among the tokens of each pool. */
export type Space = {
  /** Experts of every pool, E. Group g = pool · E + expert. */
  readonly experts: number;
  /** Per modality the pool its tokens belong to; `undefined`: they are not routed. Pools are numbered from 0. */
  readonly pools: readonly (number | undefined)[];
  /** Each token takes the `top` experts of its pool that score it highest; absent: each expert takes its tokens. */
  readonly top?: number;
};

export function poolCount({ pools }: Space): number {
  return Math.max(0, ...pools.map((pool) => (pool === undefined ? 0 : pool + 1)));
}

export const groupCount = (space: Space): number => poolCount(space) * space.experts;

/** The modalities of a pool, ascending. */
export function membersOf({ pools }: Space, pool: number): readonly number[] {
  return pools.flatMap((own, modality) => (own === pool ? [modality] : []));
}

/** Tokens that each expert of a pool of `tokens` takes where experts choose: as many pairs as tokens, rounded up. */
export const expertCapacity = ({ experts }: Space, tokens: number): number => Math.ceil(tokens / experts);

/** Rows that the space may have at most on a batch of `tokens` rows, however they fall to modalities. */
export function spaceCapacity(space: Space, tokens: number): number {
  // Every pool rounds its tokens up to a multiple of E on its own.
  return space.top === undefined ? tokens + poolCount(space) * (space.experts - 1) : tokens * space.top;
}
