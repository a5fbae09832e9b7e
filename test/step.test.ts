// step.test.ts: whole training steps of the compiled module against the float64 interpreter: losses, every gradient,
// and every parameter and moment after the update, over several batches of one session.

import { describe, expect, test } from "vitest";
import { scheduleOf } from "../src/runtime/schedule.ts";
import { randomBatch } from "./support/batches.ts";
import { compareStep, worstTensor } from "./support/compare-step.ts";
import { fastEngine, openCompiled, plainEngine } from "./support/compiled.ts";
import { layoutOptions, livelyParameters, modelOf, specText } from "./support/interpreted.ts";

/** f32 kernels against float64: a few hundred additions deep, at weights where nothing is nearly uniform. */
const tolerance = { loss: 2e-6, tensor: 3e-5 };

const cases = [
  ["odd", ["dense", "mot", "attn", "pair", "mixed", "uneven", "shallow"]],
  ["single", ["dense", "mot"]],
  ["output_norm", ["dense", "mot", "norms"]],
  ["arms", ["mot", "attn", "ffn"]],
] as const;

describe.each(cases)("%s", (spec, variants) => {
  test.each(variants)("%s: three steps on unlike batches agree with the interpreter", async (variant) => {
    const model = modelOf(specText(spec), variant);
    const { modalities } = layoutOptions(model);
    const shape = { batch: 3, context: 19 };
    const engine = variants.indexOf(variant as never) % 2 === 0 ? fastEngine : plainEngine;
    const session = await openCompiled(model, livelyParameters(model, 3), shape, engine, 2);
    const everyone = modalities.map((_, m) => m);
    const optimizer = session.artifact.optimizer;
    if (optimizer === undefined) throw new Error("compiled without its optimizer");
    try {
      for (const [index, present] of [everyone, [0], everyone.slice(-2)].entries()) {
        const batch = randomBatch({ ...shape, modalities, seed: 20 + index, present, emptyTail: index / 2 });
        const distance = await compareStep(session, model, batch, scheduleOf(optimizer, index + 1, 10));
        expect(distance.loss).toBeLessThan(tolerance.loss);
        expect(distance.modalities).toBeLessThan(1e-5);
        const worst = worstTensor(distance);
        expect(worst.distance, `step ${index + 1}: ${worst.name}`).toBeLessThan(tolerance.tensor);
      }
    } finally {
      await session.close();
    }
  });
});

describe("sizes", () => {
  const spec = (dim: number, heads: number, ffn: number, vocab: number): string => `
    model sizes {
      modality text  = tokens(vocab: ${vocab})
      modality image = tokens(vocab: 3)
      layer block(x) {
        per modality attn {
          h = rms_norm(x) as norm
          q = rope(split(linear(h, ${dim}), ${heads}))
          k = rope(split(linear(h, ${dim}), ${heads}))
          v = split(linear(h, ${dim}), ${heads})
        }
        a = attention(q, k, v, mask: causal)
        per modality attn { x += linear(merge(a), ${dim}) as out }
        per modality ffn { x += linear(silu(linear(x, ${ffn}) as gate) * linear(x, ${ffn}) as up, ${dim}) as down }
        return x
      }
      x = embed(tokens, ${dim}) as embedding
      repeat 1 { x = block(x) }
      logits = linear(x, vocab) as head
      objective text, image = cross_entropy(logits, next_token)
    }
    train sizes { data icons context 8, batch 1, steps 10, seed 1 adamw(lr: 1e-2) }`;

  test.each([
    ["one token a context", { dim: 8, heads: 2, ffn: 8, vocab: 5, batch: 5, context: 1 }],
    ["the smallest widths there are", { dim: 2, heads: 1, ffn: 1, vocab: 1, batch: 1, context: 2 }],
    ["a context longer than any tile", { dim: 16, heads: 1, ffn: 24, vocab: 40, batch: 1, context: 301 }],
    [
      "many rows and a wide vocabulary, so that the loss goes in chunks",
      { dim: 20, heads: 2, ffn: 12, vocab: 700, batch: 9, context: 67 },
    ],
    ["heads wider than a panel", { dim: 76, heads: 2, ffn: 50, vocab: 30, batch: 2, context: 23 }],
  ])("%s", async (_title, { batch, context, ...widths }) => {
    const model = modelOf(spec(widths.dim, widths.heads, widths.ffn, widths.vocab));
    const session = await openCompiled(model, livelyParameters(model, 4), { batch, context }, fastEngine, 2);
    try {
      const request = { batch, context, modalities: layoutOptions(model).modalities, seed: 9 };
      const distance = await compareStep(session, model, randomBatch(request), Float32Array.of(0.01, 10, 20));
      expect(distance.loss).toBeLessThan(tolerance.loss);
      const worst = worstTensor(distance);
      expect(worst.distance, worst.name).toBeLessThan(tolerance.tensor);
    } finally {
      await session.close();
    }
  });
});

describe("precision", () => {
  test("a token that sees only itself gives queries and keys no gradient at all", async () => {
    // Its share is 1 whatever the score. The mean of dout · value over the row is then the value itself, to the bit,
    // if it is taken from the row; taken from the output it differs by rounding, and every key carries the difference.
    const model = modelOf(specText("odd"), "mot");
    const shape = { batch: 2, context: 30 };
    const { modalities } = layoutOptions(model);
    const batch = randomBatch({ ...shape, modalities, seed: 3, emptyTail: 0 });
    const alone = {
      ...batch,
      document: Int32Array.from(batch.document.keys()),
      position: new Int32Array(60),
    };
    const session = await openCompiled(model, livelyParameters(model, 2), shape, fastEngine, 1);
    try {
      session.writeBatch(alone);
      await session.run(["forward", "backward"]);
      for (const path of ["block.0.attn.text.q", "block.1.attn.image.k"]) {
        expect(
          (await session.read(`grad/${path}`)).every((x) => x === 0),
          path,
        ).toBe(true);
      }
      expect((await session.read("grad/block.1.attn.image.v")).some((x) => x !== 0)).toBe(true);
    } finally {
      await session.close();
    }
  });
});
