// reference-experts.ts: the architecture of reference.ts whose feed-forwards have experts.
// In: a model. Out: logits, and the load-balance losses.

import {
  type Architecture,
  everyModality,
  global,
  linear,
  logSumExp,
  type Matrix,
  type Model,
  matmul,
  normed,
  type Row,
  type Rows,
  silu,
  sum,
  times,
} from "./reference-pieces.ts";
import type { Scalar } from "./tape.ts";

/**
 * As `chameleon`, with experts where a modality has a router: Zhou et al. 2022 (each expert takes its tokens, capacity
 * factor 1) or Fedus et al. 2021 (each token takes its best; load-balance loss, equation 4). Tokens that meet the same
 * router are one pool.
 */
export const routed: Architecture = (model) => {
  const heads = model.constant("heads");
  const others: Scalar[] = [];
  let x = model.embed();
  for (let i = 0; i < model.constant("layers"); i += 1) {
    const [attn, ffn] = [`block.${i}.attn`, `block.${i}.ffn`];
    const h = normed(model, x, attn);
    const [q, k, v] = ["q", "k", "v"].map((name) => linear(model, h, attn, name)) as [Rows, Rows, Rows];
    const a = model.attention(model.rope(q, heads), model.rope(k, heads), v, heads, heads);
    x = sum(model, x, linear(model, a, attn, "out"));
    const { rows, balance } = mixed(model, normed(model, x, ffn), ffn);
    others.push(...balance);
    x = sum(model, x, rows);
  }
  const logits = global(model, normed(model, x, "final"), "", "head");
  const objectives = [{ modalities: everyModality(model), weight: 1 }];
  return { logits, objectives, zLoss: 0, others };
};

function swiglu(model: Model, row: Row, scope: string, prefix: string, m: number): Row {
  const of = (name: string, x: Row): Row => matmul(model, x, model.weight(scope, `${prefix}${name}`, m));
  return of("down", times(model, silu(model, of("gate", row)), of("up", row)));
}

/** The feed-forward of every row, by experts where its modality has a router. */
function mixed(
  model: Model,
  rows: Rows,
  scope: string,
): { readonly rows: Rows; readonly balance: readonly Scalar[] } {
  const { tape, experts } = model;
  const pools = new Map<Matrix, { readonly at: number; readonly row: Row; readonly p: Row }[]>();
  const out: (Row | undefined)[] = [
    ...model.each(rows, (row, m) => {
      const isRouted = model.find(scope, "router", m) !== undefined;
      return isRouted ? row.map(() => tape.constant(0)) : swiglu(model, row, scope, "", m);
    }),
  ];
  for (const [at, row] of rows.entries()) {
    const router = model.find(scope, "router", model.modalityAt(at));
    if (row === undefined || router === undefined) continue;
    const scores = matmul(model, row, router);
    const lse = logSumExp(tape, scores);
    const p = scores.map((score) => tape.map(tape.subtract(score, lse), Math.exp, Math.exp));
    pools.set(router, [...(pools.get(router) ?? []), { at, row, p }]);
  }
  const balance: Scalar[] = [];
  for (const tokens of pools.values()) {
    const loads: number[] = [];
    for (let e = 0; e < experts.count; e += 1) {
      const by = (p: Row): number => tape.read(p[e] ?? -1);
      const rank = (p: Row): number => p.filter((other) => tape.read(other) > by(p)).length;
      const taken =
        experts.top === undefined
          ? tokens.toSorted((a, b) => by(b.p) - by(a.p)).slice(0, Math.ceil(tokens.length / experts.count))
          : tokens.filter(({ p }) => rank(p) < (experts.top ?? 0));
      loads.push(taken.length);
      for (const { at, row, p } of taken) {
        const made = swiglu(model, row, scope, `expert.${e}.`, model.modalityAt(at));
        out[at] = (out[at] ?? []).map((x, j) => tape.add(x, tape.multiply(p[e] ?? -1, made[j] ?? -1)));
      }
    }
    if (experts.top === undefined || experts.balance === 0) continue;
    const pairs = loads.reduce((total, load) => total + load, 0);
    for (const [e, load] of loads.entries()) {
      const factor = (experts.balance * experts.count * load) / pairs / tokens.length;
      const column = tokens.map(({ p }) => p[e] ?? -1);
      balance.push(
        tape.dot(
          column,
          column.map(() => tape.constant(factor)),
        ),
      );
    }
  }
  return { rows: out, balance };
}
