// constructs.test.ts: each construct of an architecture against central differences of the whole model, in float64.
// In: a small spec per construct (where norms stand, norms on heads, grouped-query heads, z-loss alone, tied embeddings,
// dropout). Out: the slope of the total by some elements of every parameter is the gradient that was compiled.

import { describe, expect, test } from "vitest";
import { dropoutKey } from "../src/runtime/parameters.ts";
import { randomBatch, randomNumbers } from "./support/batches.ts";
import {
  interpretStep,
  layoutOptions,
  livelyParameters,
  modelOf,
  type Parameters,
} from "./support/interpreted.ts";

const attention = (body: {
  readonly q?: string;
  readonly k?: string;
  readonly heads?: number;
  readonly add?: string;
}): string => `per modality attn {
    h = rms_norm(x) as norm
    q = rope(${body.q ?? "split(linear(h, 8) as q, 2)"})
    k = rope(${body.k ?? "split(linear(h, 8) as k, 2)"})
    v = split(linear(h, ${4 * (body.heads ?? 2)}) as v, ${body.heads ?? 2})
  }
  a = attention(q, k, v, mask: causal)
  per modality attn { ${body.add ?? "x += linear(merge(a), 8) as out"} }`;

const ffn = "linear(silu(linear(h, 10) as up), 8) as down";
const head = "logits = linear(x, vocab) as head";
const loss = "objective text, image = cross_entropy(logits, next_token)";

/** Layers, logits and objectives by construct. */
const constructs: Readonly<Record<string, readonly string[]>> = {
  "a norm before the block": [`per modality ffn { h = rms_norm(x) as norm x += ${ffn} }`, head, loss],
  "a norm behind the sum": [`per modality ffn { h = x x = rms_norm(x + ${ffn}) as norm }`, head, loss],
  "a norm on what the block adds": [
    `per modality ffn { h = x x += rms_norm(${ffn}) as norm }`,
    attention({ add: "x += rms_norm(linear(merge(a), 8) as out) as last" }),
    head,
    loss,
  ],
  "norms on both sides of the block": [
    `per modality ffn { h = rms_norm(x) as norm x += rms_norm(${ffn}) as after }`,
    head,
    loss,
  ],
  "norms of norms, of one value twice": [
    "per modality ffn { a = rms_norm(x) as first b = rms_norm(a) as second x += a * b + rms_norm(x) as third }",
    head,
    loss,
  ],
  "norms on queries and keys": [
    attention({
      q: "rms_norm(split(linear(h, 8) as q, 2)) as q_norm",
      k: "rms_norm(split(linear(h, 8) as k, 2)) as k_norm",
    }),
    head,
    loss,
  ],
  "grouped-query heads": [
    attention({ q: "split(linear(h, 16) as q, 4)", k: "split(linear(h, 4) as k, 1)", heads: 1 }),
    head,
    loss,
  ],
  "z-loss, all but alone": [head, "objective text, image = cross_entropy(logits, next_token, z_loss: 50)"],
  "z-losses that differ by objective": [
    head,
    "objective text = cross_entropy(logits, next_token, z_loss: 0.5)",
    "objective image = 0.25 * cross_entropy(logits, next_token)",
  ],
  "tied embeddings": [
    `per modality ffn { h = rms_norm(x) as norm x += ${ffn} }`,
    "logits = unembed(rms_norm(x) as last, embedding)",
    loss,
  ],
  dropout: [
    `per modality ffn { h = dropout(rms_norm(x) as norm, 0.2) x += dropout(${ffn}, 0.4) }`,
    "logits = unembed(dropout(x, 0.3), embedding)",
    loss,
  ],
};

const model = (name: string) =>
  modelOf(`model m {
  modality text = tokens(vocab: 11)
  modality image = tokens(vocab: 6)
  x = embed(tokens, 8) as embedding
  ${(constructs[name] ?? []).join("\n  ")}
}`);

/** Elements of a tensor that are moved. */
const tried = 6;
const step = 1e-5;

describe("gradients agree with finite differences of the whole model", () => {
  test.each(Object.keys(constructs))("%s", (name) => {
    const checked = model(name);
    const drawn = livelyParameters(checked, 3);
    // Float64, so that a step of 1e-5 is not rounded away.
    const parameters: Parameters = new Map(
      [...drawn].map(([path, { shape, values }]) => [
        path,
        { shape, values: Float64Array.from(values) as never },
      ]),
    );
    const { modalities } = layoutOptions(checked);
    const batch = randomBatch({ batch: 2, context: 9, modalities, seed: 8, emptyTail: 0.2 });
    const key = dropoutKey(1, 1);
    const total = (moved: Parameters): number => interpretStep(checked, moved, batch, key).losses.total;
    const { gradients } = interpretStep(checked, parameters, batch, key);
    const random = randomNumbers(5);
    const largest = Math.max(...[...gradients.values()].flatMap((gradient) => [...gradient.map(Math.abs)]));
    expect(largest).toBeGreaterThan(1e-3);
    for (const [path, { shape, values }] of parameters) {
      for (let i = 0; i < tried; i += 1) {
        const at = Math.floor(random() * values.length);
        const beside = (by: number): number => {
          const other = Float64Array.from(values, (x, j) => (j === at ? x + by : x)) as never;
          return total(new Map(parameters).set(path, { shape, values: other }));
        };
        const slope = (beside(step) - beside(-step)) / (2 * step);
        const gradient = gradients.get(path)?.[at] ?? Number.NaN;
        expect(
          Math.abs(slope - gradient) / largest,
          `${path}[${at}]: ${gradient}, not ${slope}`,
        ).toBeLessThan(1e-6);
      }
    }
  });
});
