// tied.test.ts: `unembed(x, embedding)`: one tensor with two uses.
// In: a model with tied embeddings, and the same with a head of its own that holds the same numbers.
// Out: equal losses, and a gradient that is the sum of the two; whole or in chunks, shared or per modality.

import { describe, expect, test } from "vitest";
import { costOf } from "../src/lower/cost.ts";
import { randomBatch } from "./support/batches.ts";
import { compareStep, worstTensor } from "./support/compare-step.ts";
import { fastEngine, openCompiled } from "./support/compiled.ts";
import {
  interpretStep,
  layoutOptions,
  livelyParameters,
  modelOf,
  type Parameters,
  relativeDistance,
} from "./support/interpreted.ts";

const spec = (logits: string, vocab = 30): string => `model m {
  modality text = tokens(vocab: ${vocab})
  modality image = tokens(vocab: 7)
  x = embed(tokens, 12) as embedding
  per modality mix { x += silu(linear(rms_norm(x) as norm, 12) as w) }
  logits = ${logits}
  objective text, image = cross_entropy(logits, next_token, z_loss: 1e-3)
}
train m { data icons context 8, batch 1, steps 10 adamw(lr: 1e-2) }`;

const tied = "unembed(rms_norm(x) as last, embedding)";
const untied = "linear(rms_norm(x) as last, vocab) as head";

describe("tied embeddings", () => {
  test("have the gradient of both uses", () => {
    const [one, two] = [modelOf(spec(tied)), modelOf(spec(untied))];
    const parameters = livelyParameters(one, 3);
    const table = parameters.get("embedding");
    if (table === undefined) throw new Error("no table");
    const apart: Parameters = new Map([...parameters, ["head", table]]);
    const batch = randomBatch({
      batch: 3,
      context: 12,
      modalities: layoutOptions(one).modalities,
      seed: 5,
      emptyTail: 0.2,
    });
    const [a, b] = [interpretStep(one, parameters, batch), interpretStep(two, apart, batch)];
    expect(a.losses.total).toBe(b.losses.total);
    const [read, head] = [b.gradients.get("embedding") ?? [], b.gradients.get("head") ?? []];
    const sum = Array.from(read, (x, i) => x + (head[i] ?? 0));
    expect(Math.hypot(...read)).toBeGreaterThan(0.01);
    expect(Math.hypot(...head)).toBeGreaterThan(0.01);
    expect(relativeDistance(a.gradients.get("embedding") ?? [], sum)).toBeLessThan(1e-12);
  });

  test("are counted once", () => {
    const [one, two] = [costOf(modelOf(spec(tied)), 8), costOf(modelOf(spec(untied)), 8)];
    expect(two.params - one.params).toBe(37 * 12);
    expect(one.embeddingParams).toBe(two.embeddingParams);
    expect(one.flopsPerToken).toBe(two.flopsPerToken);
  });

  test.each([
    ["whole logits", 30, { batch: 3, context: 21 }],
    ["logits in chunks", 4200, { batch: 4, context: 60 }],
  ] as const)("agree with the interpreter: %s", async (_title, vocab, shape) => {
    const model = modelOf(spec(tied, vocab));
    const session = await openCompiled(model, livelyParameters(model, 4), shape, fastEngine, 2);
    try {
      expect(session.artifact.layout.chunkCount > 1).toBe(vocab > 30);
      for (const present of [[0, 1], [1], [0]]) {
        const batch = randomBatch({
          ...shape,
          modalities: layoutOptions(model).modalities,
          seed: present.length,
          present,
        });
        const distance = await compareStep(session, model, batch, Float32Array.of(0.01, 2, 3));
        expect(distance.loss).toBeLessThan(1e-6);
        expect(worstTensor(distance).distance, worstTensor(distance).name).toBeLessThan(3e-5);
      }
    } finally {
      await session.close();
    }
  });

  test("a table made in one arm ties in another block, if it is the only one of its name", () => {
    const text = (more = ""): string => `model m {
      modality text = tokens(vocab: 9)
      modality image = tokens(vocab: 7)
      per modality enter {
        text { x = embed(tokens, 6) as table }
        image { x = embed(tokens, 6) as other }
      }
      ${more}
      per modality leave {
        text { logits = unembed(x, table) }
        image { logits = linear(x, vocab) as head }
      }
      objective text, image = cross_entropy(logits, next_token)
    }`;
    const { operations, parameters } = modelOf(text());
    const linears = operations.flatMap((op) => (op.kind === "linear" ? [op.weight] : []));
    expect(linears.map((weight) => weight.map((index) => parameters[index ?? -1]?.path))).toEqual([
      ["enter.text.table", undefined],
      [undefined, "leave.image.head"],
    ]);
    const second = "per modality again { text { x += embed(tokens, 6) as table } }";
    expect(() => modelOf(text(second))).toThrow("several embeddings are called `table`");
  });

  test("by modality: a table inside a block ties there, and its variants share it", () => {
    const text = `model m {
      modality text = tokens(vocab: 9)
      modality image = tokens(vocab: 7)
      per modality own {
        x = embed(tokens, 6) as table
        logits = unembed(x, table)
      }
      objective text, image = cross_entropy(logits, next_token)
    }
    variant own = m
    variant one = m { share own }`;
    const paths = (variant: string): readonly string[] =>
      modelOf(text, variant).parameters.map(({ path }) => path);
    expect(paths("own")).toEqual(["own.text.table", "own.image.table"]);
    expect(paths("one")).toEqual(["own.table"]);
  });
});
