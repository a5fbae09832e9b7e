// transfusion-reference.ts: Transfusion's loss and its gradients, written from the papers alone.
// In: a batch in sequence order, parameters by path, sizes. Out: the two losses, their weighted sum, the gradient of
// every parameter, in float64. It shares no code with the compiler or its runtime: no sorting, no schedule of ours.
// Zhou et al. 2024 (Transfusion): L = L_LM + λ · L_DDPM; causal attention over the sequence, bidirectional inside an
// image. Ho et al. 2020: ε-prediction, mean squared error. Nichol and Dhariwal 2021: cosine schedule. Liang et al. 2024:
// every weight of attention, feed-forward and norm belongs to the modality of its token.

import { readFileSync } from "node:fs";
import type { Batch } from "../../src/runtime/batch.ts";
import { createTape, type Scalar, type Tape } from "./tape.ts";

type Row = readonly Scalar[];
type Matrix = readonly Row[];
type Stored = { readonly shape: readonly number[]; readonly values: ArrayLike<number> };

export type TransfusionInput = {
  readonly batch: Batch;
  readonly parameters: ReadonlyMap<string, Stored>;
  /** Names in declaration order; patches are those with a width. */
  readonly modalities: readonly { readonly name: string; readonly patchWidth?: number }[];
  readonly sizes: { readonly layers: number; readonly heads: number; readonly time: number };
  readonly lambda: number;
};

export type TransfusionStep = {
  readonly total: number;
  readonly text: number;
  readonly image: number;
  readonly gradients: ReadonlyMap<string, Float64Array>;
};

/** The example, small enough for a tape of scalars: 2 layers, 2 heads of 4, patches of 12 numbers. */
export function smallTransfusion(): string {
  const example = readFileSync(new URL("../../examples/transfusion.mot", import.meta.url), "utf8");
  return [
    ["dim = 64, layers = 6, heads = 4, ffn = 172", "dim = 8, layers = 2, heads = 2, ffn = 10"],
    ["time = 64, patch = 4 * 4 * 3", "time = 6, patch = 2 * 2 * 3"],
    ["tokens(vocab: 1024)", "tokens(vocab: 11)"],
    ["patches(size: 4, channels: 3)", "patches(size: 2, channels: 3)"],
  ].reduce((text, [from = "", to = ""]) => {
    if (!text.includes(from)) throw new Error(`the example has no \`${from}\` any more`);
    return text.replace(from, to);
  }, example);
}

/** ᾱ of step t (from 0) of 1,000: the product of 1 − β, with β cut at 0.999. */
function signalLeft(t: number): number {
  const f = (s: number): number => Math.cos((((s + 8e-3 * 1000) / 1000 / 1.008) * Math.PI) / 2) ** 2;
  let product = 1;
  for (let s = 1; s <= t + 1; s += 1) product *= 1 - Math.min(0.999, 1 - f(s) / f(s - 1));
  return product;
}

export function transfusionStep(input: TransfusionInput): TransfusionStep {
  const tape = createTape();
  const leaves = new Map<string, Matrix>();
  for (const [path, { shape, values }] of input.parameters) {
    const columns = shape.at(-1) ?? 1;
    const all = Array.from(values, (value) => tape.constant(value));
    leaves.set(
      path,
      Array.from({ length: all.length / columns }, (_, i) => all.slice(i * columns, (i + 1) * columns)),
    );
  }
  const { total, text, image } = losses(tape, leaves, input, forward(tape, leaves, input));
  const derivatives = tape.derivatives(total);
  const gradients = new Map(
    [...leaves].map(([path, rows]) => [
      path,
      Float64Array.from(rows.flat(), (leaf) => derivatives[leaf] ?? 0),
    ]),
  );
  return { total: tape.read(total), text, image, gradients };
}

/** A weight of one modality, or the one that all share. */
function weightOf(leaves: ReadonlyMap<string, Matrix>, scope: string, name: string, own: string): Matrix {
  const found = leaves.get(`${scope}.${own}.${name}`) ?? leaves.get(`${scope}.${name}`);
  if (found === undefined) throw new Error(`no parameter ${name} in ${scope} for ${own}`);
  return found;
}

const multiply = (tape: Tape, weight: Matrix, row: Row): Row => weight.map((line) => tape.dot(line, row));
const plus = (tape: Tape, a: Row, b: Row): Row => a.map((x, i) => tape.add(x, b[i] ?? -1));

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const silu = (tape: Tape, row: Row): Row =>
  row.map((x) =>
    tape.map(
      x,
      (v) => v * logistic(v),
      (v) => logistic(v) * (1 + v * (1 - logistic(v))),
    ),
  );

function norm(tape: Tape, row: Row, [weight = []]: Matrix): Row {
  const mean = tape.multiply(tape.dot(row, row), tape.constant(1 / row.length));
  const scale = tape.map(
    mean,
    (x) => 1 / Math.sqrt(x + 1e-5),
    (x) => -0.5 / Math.sqrt(x + 1e-5) ** 3,
  );
  return row.map((x, i) => tape.multiply(tape.multiply(x, scale), weight[i] ?? -1));
}

/** What enters the transformer at a position: an embedding, or a noisy patch that knows how noisy it is. */
function enter(tape: Tape, leaves: ReadonlyMap<string, Matrix>, input: TransfusionInput, at: number): Row {
  const { batch, modalities, sizes } = input;
  const { name, patchWidth } = modalities[batch.modality[at] ?? 0] ?? { name: "" };
  if (patchWidth === undefined)
    return weightOf(leaves, "enter", "embedding", name)[batch.token[at] ?? 0] ?? [];
  const widest = (batch.patches?.length ?? 0) / batch.token.length;
  const t = batch.timestep?.[at] ?? 0;
  const left = signalLeft(t);
  const noisy = Array.from({ length: patchWidth }, (_, i) => {
    const [x = 0, e = 0] = [batch.patches?.[at * widest + i], batch.noise?.[at * widest + i]];
    return tape.constant(Math.sqrt(left) * x + Math.sqrt(1 - left) * e);
  });
  const half = sizes.time / 2;
  const angles = Array.from({ length: half }, (_, i) => t / 10000 ** (i / half));
  const features = [...angles.map(Math.cos), ...angles.map(Math.sin)].map(tape.constant);
  const projected = multiply(tape, weightOf(leaves, "enter", "patch", name), noisy);
  const hidden = silu(tape, multiply(tape, weightOf(leaves, "enter", "time1", name), features));
  return plus(tape, projected, multiply(tape, weightOf(leaves, "enter", "time2", name), hidden));
}

/** Whether position `at` attends to `other`: same document, and before it or in the same image. */
function sees({ batch, modalities }: TransfusionInput, at: number, other: number): boolean {
  if (Math.floor(at / batch.context) !== Math.floor(other / batch.context)) return false;
  if ((batch.modality[other] ?? -1) < 0 || batch.document[at] !== batch.document[other]) return false;
  if (other <= at) return true;
  const isPatch = (p: number): boolean => modalities[batch.modality[p] ?? -1]?.patchWidth !== undefined;
  return isPatch(at) && isPatch(other) && batch.span?.[at] === batch.span?.[other];
}

function rotated(tape: Tape, head: Row, position: number): Row {
  const half = head.length / 2;
  return head.map((x, i) => {
    const angle = position / 10000 ** ((i % half) / half);
    const partner = head[(i + half) % head.length] ?? x;
    const sine = i < half ? -Math.sin(angle) : Math.sin(angle);
    return tape.add(
      tape.multiply(x, tape.constant(Math.cos(angle))),
      tape.multiply(partner, tape.constant(sine)),
    );
  });
}

function attend(tape: Tape, query: Row, keys: readonly Row[], values: readonly Row[]): Row {
  const scale = tape.constant(1 / Math.sqrt(query.length));
  const scores = keys.map((key) => tape.multiply(tape.dot(query, key), scale));
  const shares = softmax(tape, scores);
  return query.map((_, j) =>
    tape.dot(
      shares,
      values.map((value) => value[j] ?? -1),
    ),
  );
}

function softmax(tape: Tape, scores: Row): Row {
  const largest = tape.constant(Math.max(...scores.map(tape.read)));
  const powers = scores.map((score) => tape.map(tape.subtract(score, largest), Math.exp, Math.exp));
  const sum = powers.reduce((total, power) => tape.add(total, power));
  const inverse = tape.map(
    sum,
    (x) => 1 / x,
    (x) => -1 / x ** 2,
  );
  return powers.map((power) => tape.multiply(power, inverse));
}

/** The stream after all blocks; positions without a token or patch stay `undefined`. */
function forward(
  tape: Tape,
  leaves: ReadonlyMap<string, Matrix>,
  input: TransfusionInput,
): readonly (Row | undefined)[] {
  const { batch, modalities, sizes } = input;
  const live = [...batch.modality.keys()].filter((at) => (batch.modality[at] ?? -1) >= 0);
  const nameAt = (at: number): string => modalities[batch.modality[at] ?? 0]?.name ?? "";
  const stream: (Row | undefined)[] = Array.from(batch.modality, () => undefined);
  for (const at of live) stream[at] = enter(tape, leaves, input, at);
  const mapped = (f: (row: Row, own: string, at: number) => Row): void => {
    for (const at of live) stream[at] = f(stream[at] ?? [], nameAt(at), at);
  };
  for (let i = 0; i < sizes.layers; i += 1) {
    const [attn, ffn] = [`block.${i}.attn`, `block.${i}.ffn`];
    const heads = new Map<number, { readonly q: Row[]; readonly k: Row[]; readonly v: Row[] }>();
    for (const at of live) {
      const h = norm(tape, stream[at] ?? [], weightOf(leaves, attn, "norm", nameAt(at)));
      const split = (name: string): Row[] => {
        const row = multiply(tape, weightOf(leaves, attn, name, nameAt(at)), h);
        const size = row.length / sizes.heads;
        return Array.from({ length: sizes.heads }, (_, head) => row.slice(head * size, (head + 1) * size));
      };
      const turn = (all: Row[]): Row[] => all.map((head) => rotated(tape, head, batch.position[at] ?? 0));
      heads.set(at, { q: turn(split("q")), k: turn(split("k")), v: split("v") });
    }
    mapped((row, own, at) => {
      const seen = live.filter((other) => sees(input, at, other)).map((other) => heads.get(other));
      const mixed = (heads.get(at)?.q ?? []).flatMap((query, head) =>
        attend(
          tape,
          query,
          seen.map((one) => one?.k[head] ?? []),
          seen.map((one) => one?.v[head] ?? []),
        ),
      );
      return plus(tape, row, multiply(tape, weightOf(leaves, attn, "out", own), mixed));
    });
    mapped((row, own) => {
      const weight = (name: string): Matrix => weightOf(leaves, ffn, name, own);
      const h = norm(tape, row, weight("norm"));
      const gate = silu(tape, multiply(tape, weight("gate"), h));
      const up = multiply(tape, weight("up"), h);
      const hidden = gate.map((x, j) => tape.multiply(x, up[j] ?? -1));
      return plus(tape, row, multiply(tape, weight("down"), hidden));
    });
  }
  mapped((row, own) => norm(tape, row, weightOf(leaves, "final", "norm", own)));
  return stream;
}

/** Next-token loss of the text that follows text, and the noise that every patch predicts. */
function losses(
  tape: Tape,
  leaves: ReadonlyMap<string, Matrix>,
  { batch, modalities, lambda }: TransfusionInput,
  stream: readonly (Row | undefined)[],
): { readonly total: Scalar; readonly text: number; readonly image: number } {
  const texts: Scalar[] = [];
  const images: Scalar[] = [];
  const widest = (batch.patches?.length ?? 0) / batch.token.length;
  for (const [at, row] of stream.entries()) {
    if (row === undefined) continue;
    const { name, patchWidth } = modalities[batch.modality[at] ?? 0] ?? { name: "" };
    if (patchWidth === undefined) {
      const isLast = (at + 1) % batch.context === 0 || batch.document[at + 1] !== batch.document[at];
      const next = isLast ? -1 : (batch.token[at + 1] ?? -1);
      if (next < 0) continue;
      const shares = softmax(tape, multiply(tape, weightOf(leaves, "leave", "head", name), row));
      texts.push(
        tape.map(
          shares[next] ?? -1,
          (x) => -Math.log(x),
          (x) => -1 / x,
        ),
      );
      continue;
    }
    const guess = multiply(tape, weightOf(leaves, "leave", "denoise", name), row);
    const off = guess.map((x, i) => tape.subtract(x, tape.constant(batch.noise?.[at * widest + i] ?? 0)));
    images.push(tape.multiply(tape.dot(off, off), tape.constant(1 / patchWidth)));
  }
  const mean = (all: readonly Scalar[]): Scalar =>
    tape.multiply(
      tape.dot(
        all,
        all.map(() => tape.constant(1)),
      ),
      tape.constant(1 / Math.max(1, all.length)),
    );
  const [text, image] = [mean(texts), mean(images)];
  return {
    total: tape.add(text, tape.multiply(tape.constant(lambda), image)),
    text: tape.read(text),
    image: tape.read(image),
  };
}
