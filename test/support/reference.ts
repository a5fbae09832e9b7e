// reference.ts: a second opinion: the losses and gradients of a few architectures, written from the language's rules.
// In: a batch in sequence order, parameters by path, constants. Out: losses and the gradient of every parameter.
// Idea: one token after another, one head after another, every number on a tape. It knows nothing of the compiler: no
// sorting, no op table, no model tree; a token's modality picks its weights by path.

import type { Batch } from "../../src/runtime/batch.ts";
import { routed } from "./reference-experts.ts";
import {
  type Architecture,
  affine,
  type Experts,
  everyModality,
  exp,
  gelu,
  global,
  headNorm,
  linear,
  logSumExp,
  type Matrix,
  type Model,
  matmul,
  norm,
  normed,
  plus,
  type ReferenceObjective,
  type Row,
  type Rows,
  relu,
  sigmoid,
  silu,
  sum,
  tanh,
  times,
} from "./reference-pieces.ts";
import { createTape, type Scalar, type Tape } from "./tape.ts";

export type ReferenceInput = {
  readonly architecture: keyof typeof architectures;
  readonly modalities: readonly string[];
  readonly constant: (name: string) => number;
  readonly parameters: ReadonlyMap<
    string,
    { readonly shape: readonly number[]; readonly values: ArrayLike<number> }
  >;
  readonly batch: Batch;
  /** For `routed`. */
  readonly experts?: Experts;
};

export type ReferenceStep = {
  readonly total: number;
  /** Mean per target, by modality; 0 without targets. */
  readonly modalities: readonly number[];
  readonly gradients: ReadonlyMap<string, Float64Array>;
};

/** Runs one step. */
export function referenceStep(input: ReferenceInput): ReferenceStep {
  const tape = createTape();
  const leaves = new Map<string, Matrix>();
  for (const [path, { shape, values }] of input.parameters) {
    const columns = shape.at(-1) ?? 1;
    const all = Array.from(values, (value) => tape.constant(value));
    const rows = Array.from({ length: all.length / columns }, (_, i) =>
      all.slice(i * columns, (i + 1) * columns),
    );
    leaves.set(path, rows);
  }
  const made = architectures[input.architecture](createModel(tape, leaves, input));
  const { logits, objectives, zLoss, others = [] } = made;
  const { total: loss, modalities } = crossEntropy(tape, logits, objectives, zLoss, input);
  const total = others.reduce(tape.add, loss);
  const derivatives = tape.derivatives(total);
  const gradients = new Map<string, Float64Array>();
  for (const [path, rows] of leaves) {
    gradients.set(
      path,
      Float64Array.from(rows.flat(), (leaf) => derivatives[leaf] ?? 0),
    );
  }
  return { total: tape.read(total), modalities, gradients };
}

function createModel(tape: Tape, leaves: ReadonlyMap<string, Matrix>, input: ReferenceInput): Model {
  const { batch, modalities } = input;
  const rowAt = (rows: Rows, at: number): Row => rows[at] ?? [];
  const under = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join(".");
  const find = (scope: string, name: string, m?: number): Matrix | undefined => {
    const own = m === undefined ? undefined : (modalities[m] ?? "");
    return (
      (own === undefined
        ? undefined
        : (leaves.get(under(scope, own, name)) ?? tiedWeight(leaves, scope, name, own))) ??
      leaves.get(under(scope, name))
    );
  };
  const weight = (scope: string, name: string, m?: number): Matrix => {
    const found = find(scope, name, m);
    if (found === undefined) throw new Error(`no parameter ${name} in ${scope} for modality ${m}`);
    return found;
  };
  const visible = (at: number): readonly number[] => {
    const first = at - (at % batch.context);
    return [...batch.document.keys()].filter(
      (s) => s >= first && s <= at && batch.document[s] === batch.document[at] && (batch.token[s] ?? -1) >= 0,
    );
  };
  return {
    tape,
    modalityCount: modalities.length,
    constant: input.constant,
    weight,
    find,
    modalityAt: (at) => batch.modality[at] ?? -1,
    experts: input.experts ?? { count: 1, balance: 0 },
    embed: () => Array.from(batch.token, (id) => (id < 0 ? undefined : weight("", "embedding")[id])),
    each: (rows, f) => rows.map((row, at) => row && f(row, batch.modality[at] ?? 0)),
    zip: (a, b, f) => a.map((row, at) => row && f(row, rowAt(b, at))),
    rope: (rows, heads) => rows.map((row, at) => row && rotate(tape, row, heads, batch.position[at] ?? 0)),
    attention: (q, k, v, heads, kvHeads) =>
      q.map(
        (query, at) =>
          query &&
          attend(
            tape,
            query,
            visible(at).map((s) => [rowAt(k, s), rowAt(v, s)]),
            heads,
            kvHeads,
          ),
      ),
  };
}

/** `scope.image+speech.name`, for either of the two. */
function tiedWeight(
  leaves: ReadonlyMap<string, Matrix>,
  scope: string,
  name: string,
  own: string,
): Matrix | undefined {
  for (const [path, rows] of leaves) {
    if (!path.startsWith(`${scope}.`) || !path.endsWith(`.${name}`)) continue;
    const tied = path.slice(scope.length + 1, -name.length - 1).split("+");
    if (tied.length > 1 && tied.includes(own)) return rows;
  }
  return undefined;
}

function rotate(tape: Tape, row: Row, heads: number, position: number): Row {
  const size = row.length / heads;
  return row.map((x, column) => {
    const i = column % size;
    const partner = row[i < size / 2 ? column + size / 2 : column - size / 2] ?? x;
    const angle = position * 10000 ** ((-2 * (i % (size / 2))) / size);
    const sine = i < size / 2 ? -Math.sin(angle) : Math.sin(angle);
    return tape.dot([x, partner], [tape.constant(Math.cos(angle)), tape.constant(sine)]);
  });
}

function attend(
  tape: Tape,
  query: Row,
  seen: readonly (readonly [key: Row, value: Row])[],
  heads: number,
  kvHeads: number,
): Row {
  const size = query.length / heads;
  const scale = tape.constant(1 / Math.sqrt(size));
  const part = (row: Row, head: number, of: number): Row =>
    row.slice((head * row.length) / of, ((head + 1) * row.length) / of);
  return Array.from({ length: heads }, (_, head) => {
    const shared = Math.floor((head * kvHeads) / heads);
    const scores = seen.map(([key]) =>
      tape.multiply(tape.dot(part(query, head, heads), part(key, shared, kvHeads)), scale),
    );
    const lse = logSumExp(tape, scores);
    const shares = scores.map((score) => tape.map(tape.subtract(score, lse), Math.exp, Math.exp));
    const values = seen.map(([, value]) => part(value, shared, kvHeads));
    return Array.from({ length: values[0]?.length ?? 0 }, (_, j) =>
      tape.dot(
        shares,
        values.map((value) => value[j] ?? -1),
      ),
    );
  }).flat();
}

function crossEntropy(
  tape: Tape,
  logits: Rows,
  objectives: readonly ReferenceObjective[],
  zLoss: number,
  { batch, modalities }: ReferenceInput,
): { total: Scalar; modalities: number[] } {
  const losses: { loss: Scalar; modality: number }[] = [];
  for (const [at, row] of logits.entries()) {
    const target = batch.target[at] ?? -1;
    const picked = row?.[target];
    if (row === undefined || picked === undefined) continue;
    const lse = logSumExp(tape, row);
    const penalty = tape.multiply(tape.constant(zLoss), tape.multiply(lse, lse));
    // The target is the next token of the document, so its modality is the next position's.
    losses.push({
      loss: tape.add(tape.subtract(lse, picked), penalty),
      modality: batch.modality[at + 1] ?? -1,
    });
  }
  let total = tape.constant(0);
  for (const objective of objectives) {
    const counted = losses.filter(({ modality }) => objective.modalities.includes(modality));
    const share = tape.constant(counted.length === 0 ? 0 : objective.weight / counted.length);
    for (const { loss } of counted) total = tape.add(total, tape.multiply(loss, share));
  }
  const mean = (m: number): number => {
    const own = losses.filter(({ modality }) => modality === m).map(({ loss }) => tape.read(loss));
    return own.length === 0 ? 0 : own.reduce((sum, loss) => sum + loss, 0) / own.length;
  };
  return { total, modalities: modalities.map((_, m) => mean(m)) };
}

// ---- architectures -----------------------------------------------------------------------------------------------

/** Pre-norm blocks, SwiGLU, one objective: the example of the README at any size. */
const chameleon: Architecture = (model) => {
  const heads = model.constant("heads");
  let x = model.embed();
  for (let i = 0; i < model.constant("layers"); i += 1) {
    const [attn, ffn] = [`block.${i}.attn`, `block.${i}.ffn`];
    const h = normed(model, x, attn);
    const [q, k, v] = ["q", "k", "v"].map((name) => linear(model, h, attn, name)) as [Rows, Rows, Rows];
    const a = model.attention(model.rope(q, heads), model.rope(k, heads), v, heads, heads);
    x = sum(model, x, linear(model, a, attn, "out"));
    const g = normed(model, x, ffn);
    const gate = model.each(linear(model, g, ffn, "gate"), (row) => silu(model, row));
    const hidden = model.zip(gate, linear(model, g, ffn, "up"), (a, b) => times(model, a, b));
    x = sum(model, x, linear(model, hidden, ffn, "down"));
  }
  const logits = global(model, normed(model, x, "final"), "", "head");
  return { logits, objectives: [{ modalities: everyModality(model), weight: 1 }], zLoss: 0 };
};

/** Norms after the matmuls and on queries and keys, fewer key heads, z-loss, two weighted objectives. */
const outputNorm: Architecture = (model) => {
  const [heads, kvHeads] = [model.constant("heads"), model.constant("kv_heads")];
  let x = model.embed();
  for (let i = 0; i < model.constant("layers"); i += 1) {
    const [attn, ffn] = [`block.${i}.attn`, `block.${i}.ffn`];
    const rotated = (name: string, count: number): Rows => {
      const weighted = linear(model, x, attn, name);
      const scaled = model.each(weighted, (row, m) =>
        headNorm(model, row, model.weight(attn, `${name}_norm`, m), count),
      );
      return model.rope(scaled, count);
    };
    const a = model.attention(
      rotated("q", heads),
      rotated("k", kvHeads),
      linear(model, x, attn, "v"),
      heads,
      kvHeads,
    );
    x = sum(model, x, normed(model, linear(model, a, attn, "out"), attn));
    const hidden = model.each(linear(model, x, ffn, "up"), (row) => {
      const positive = relu(model, row);
      return times(model, positive, positive);
    });
    x = sum(model, x, normed(model, linear(model, hidden, ffn, "down"), ffn));
  }
  const logits = global(model, normed(model, x, "final"), "", "head");
  const objectives = [
    { modalities: [0], weight: 1 },
    { modalities: [1], weight: 0.25 },
  ];
  return { logits, objectives, zLoss: 1e-2 };
};

/** Code and widths that differ by modality, global linears between, row values with constants. */
const arms: Architecture = (model) => {
  const heads = model.constant("heads");
  let x = model.each(model.embed(), (row, m) => {
    if (m === 0) return affine(2, 0.5)(model, row);
    const hidden = gelu(model, matmul(model, row, model.weight("enter", "up", m)));
    return plus(model, row, affine(-0.25, 0)(model, matmul(model, hidden, model.weight("enter", "down", m))));
  });
  for (let i = 0; i < model.constant("layers"); i += 1) {
    const [attn, ffn] = [`block.${i}.attn`, `block.${i}.ffn`];
    const h = normed(model, x, attn);
    const [q, k, v] = ["q", "k", "v"].map((name) => linear(model, h, attn, name)) as [Rows, Rows, Rows];
    const a = model.attention(model.rope(q, heads), model.rope(k, heads), v, heads, heads);
    x = sum(model, x, global(model, a, `block.${i}`, "mix"));
    const hidden = linear(model, normed(model, x, ffn), ffn, "up");
    const active = model.each(hidden, (row, m) => (m === 0 ? tanh(model, row) : silu(model, row)));
    x = sum(model, x, linear(model, active, ffn, "down"));
  }
  const gate = model.each(global(model, x, "", "gate"), (row) => sigmoid(model, row));
  const kept = model.zip(x, gate, (row, g) => times(model, row, affine(-1, 1)(model, g)));
  x = model.zip(kept, gate, (row, g) => plus(model, row, affine(0.1, 0)(model, exp(model, g))));
  x = model.each(x, (row, m) => (m === 0 ? norm(model, row, model.weight("last", "norm", m)) : row));
  const logits = global(model, x, "", "head");
  return { logits, objectives: [{ modalities: everyModality(model), weight: 1 }], zLoss: 0 };
};

/** By the model's name in the specs under test/outside, and in test/support/routed.ts. */
export const architectures = { chameleon, output_norm: outputNorm, arms, routed };
