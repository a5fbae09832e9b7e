// decode-patches.test.ts: pictures of patches among tokens, with kept keys and values, beside whole documents.
// The oracle is the interpreter in float64 on whole documents: a picture's rows see one another, and what comes after
// them sees the picture that was kept, not those that were looked at before in its place.

import { describe, expect, it } from "vitest";
import { noiseOfSpan, noiseSchedule } from "../src/data/noise.ts";
import { interpret } from "../src/ir/interpret.ts";
import { lower } from "../src/lower/lower.ts";
import { simplify } from "../src/passes/pipeline.ts";
import type { Batch } from "../src/runtime/batch.ts";
import { type NoisySpan, openDecoder } from "../src/runtime/decoder.ts";
import { drawFromNoise, positionsOf, startsOf } from "../src/runtime/diffusion.ts";
import { layoutBatch } from "../src/runtime/layout.ts";
import { randomNumbers } from "./support/batches.ts";
import { openDecoding } from "./support/decoded.ts";
import { layoutOptions, livelyParameters, modelOf } from "./support/interpreted.ts";

/** Patches of three numbers; one attention sees the picture whole, the other only what came before. */
const model = modelOf(
  `model m {
    const dim = 16
    modality text = tokens(vocab: 9)
    modality image = patches(size: 1, channels: 3)
    per modality enter {
      text { x = embed(tokens, dim) as embedding }
      image {
        x = linear(noisy, dim) as patch
        x += linear(sinusoid(timestep, 8), dim) as time
      }
    }
    per modality attn {
      h = rms_norm(x) as norm
      q = rope(split(linear(h, dim), 2))
      k = rope(split(linear(h, 8), 1))
      v = split(linear(h, 8), 1)
    }
    x += linear(merge(attention(q, k, v, mask: causal + within(image))), dim) as out
    one = split(linear(x, 8) as one, 1)
    x += linear(merge(attention(one, one, one, mask: causal)), dim) as two
    per modality leave {
      text { logits = linear(x, vocab) as head }
      image { prediction = linear(x, 3) as denoise }
    }
    objective text = cross_entropy(logits, next_token)
    objective image = mean_square(prediction, noise)
  }
  variant v = m
  train m { data icons context 8, batch 1, steps 10, seed 1 adamw(lr: 1e-2) }`,
  "v",
);
const parameters = livelyParameters(model, 3);
const context = 16;

/** A document: tokens, a picture, tokens. */
type Document = {
  readonly before: readonly number[];
  readonly span: NoisySpan;
  readonly after: readonly number[];
};

function randomSpan(patches: number, seed: number): NoisySpan {
  const random = randomNumbers(seed);
  const values = (): Float32Array => Float32Array.from({ length: 3 * patches }, () => 2 * random() - 1);
  return { modality: 1, timestep: Math.floor(999 * random()), patches: values(), noise: values() };
}

const documents: readonly Document[] = [
  { before: [1, 4], span: randomSpan(5, 1), after: [2, 8, 3] },
  { before: [1], span: randomSpan(4, 2), after: [5, 6] },
  { before: [1, 7, 0, 3], span: randomSpan(5, 3), after: [2] },
];

/** All of them as one batch, for the interpreter. */
function wholeBatch(documents: readonly Document[]): Batch {
  const rows = documents.length * context;
  const filled = (value: number): Int32Array => new Int32Array(rows).fill(value);
  const [token, target, modality, document] = [filled(-1), filled(-1), filled(-1), filled(-1)];
  const [position, span, timestep] = [filled(0), filled(-1), filled(-1)];
  const [patches, noise] = [new Float32Array(rows * 3), new Float32Array(rows * 3)];
  for (const [d, { before, span: own, after }] of documents.entries()) {
    const count = own.patches.length / 3;
    const ids = [...before, ...Array<number>(count).fill(-1), ...after];
    for (const [t, id] of ids.entries()) {
      const at = d * context + t;
      const isPatch = t >= before.length && t < before.length + count;
      token[at] = id;
      modality[at] = isPatch ? 1 : 0;
      document[at] = 0;
      position[at] = t;
      if (!isPatch) continue;
      span[at] = d;
      timestep[at] = own.timestep;
      const from = 3 * (t - before.length);
      patches.set(own.patches.subarray(from, from + 3), 3 * at);
      noise.set(own.noise.subarray(from, from + 3), 3 * at);
    }
  }
  const batch = documents.length;
  return { batch, context, token, target, modality, document, position, span, timestep, patches, noise };
}

function interpretWhole(own: readonly Document[] = documents) {
  const { offsets, inputs, rowOf } = layoutBatch(wholeBatch(own), layoutOptions(model));
  const graph = simplify(lower(model, { loss: false, logits: true }));
  const params = new Map([...parameters].map(([path, { values }]) => [path, values]));
  const results = interpret(graph, { offsets: [...offsets], inputs, params });
  return (name: string, d: number, t: number): readonly number[] => {
    const m = name === "logits" ? 0 : 1;
    const width = [9, 3][m] ?? 0;
    const row = (rowOf[d * context + t] ?? 0) - (offsets[m] ?? 0);
    return [...(results.get(name) ?? new Float64Array()).subarray(row * width, (row + 1) * width)];
  };
}

const distance = (a: ArrayLike<number>, b: readonly number[]): number =>
  Math.max(...b.map((x, i) => Math.abs((a[i] ?? Number.NaN) - x)));

describe("pictures of patches", () => {
  it("are predicted in their place, and seen by what follows once they are kept", async () => {
    const whole = interpretWhole();
    const session = await openDecoding(model, parameters, { batch: 3, context, span: 6, threads: 2 });
    const decoder = openDecoder(session);
    await decoder.append(documents.map(({ before }) => before));
    // What is looked at and not kept leaves no trace, however often.
    await decoder.look([randomSpan(5, 9), randomSpan(4, 8), undefined], false);
    await decoder.look([undefined, randomSpan(4, 7), randomSpan(5, 6)], false);
    const predicted = await decoder.look(
      documents.map(({ span }) => span),
      true,
    );
    for (const [d, { before, span }] of documents.entries()) {
      const count = span.patches.length / 3;
      const wanted = Array.from({ length: count }, (_, i) =>
        whole("prediction", d, before.length + i),
      ).flat();
      expect(predicted[d]).toHaveLength(wanted.length);
      expect(distance(predicted[d] ?? [], wanted), `picture ${d}`).toBeLessThan(1e-5);
    }
    expect(decoder.lengths).toEqual(
      documents.map(({ before, span }) => before.length + span.patches.length / 3),
    );
    for (let t = 0; t < 3; t += 1) {
      const lengths = [...decoder.lengths];
      const logits = await decoder.append(documents.map(({ after }) => after.slice(t, t + 1)));
      for (const [d, own] of logits.entries())
        if (own !== undefined) expect(distance(own, whole("logits", d, lengths[d] ?? 0))).toBeLessThan(1e-5);
    }
    await session.close();
  });

  it("stand whole in one run, and have to fit", async () => {
    const session = await openDecoding(model, parameters, { batch: 1, context: 6, span: 4 });
    const decoder = openDecoder(session);
    await expect(decoder.look([randomSpan(5, 1)], false)).rejects.toThrow(
      "a picture of 5 patches for runs of 4",
    );
    await decoder.append([[1, 2, 3]]);
    await expect(decoder.look([randomSpan(4, 1)], true)).rejects.toThrow("cannot have 4 more");
    await session.close();
  });
});

describe("a picture out of noise", () => {
  const codec = { kind: "patches", size: 2, patch: 1, channels: 3 } as const;
  const request = {
    prompts: [Int32Array.of(1, 4), Int32Array.of(1, 7, 0)],
    blank: Int32Array.of(1),
    ...{ codec, modality: 1, steps: 4, seed: 5 },
  };

  /** What a model calls noise in a picture behind a prompt, all rows at once and in float64. */
  function noiseIn(prompt: Int32Array, x: readonly number[], t: number): readonly number[] {
    const { spread } = noiseSchedule(t);
    const noise = Float32Array.from(x, (value) => value / spread);
    const span = { modality: 1, timestep: t, patches: new Float32Array(12), noise };
    const whole = interpretWhole([{ before: [...prompt], span, after: [] }]);
    return [0, 1, 2, 3].flatMap((i) => whole("prediction", 0, prompt.length + i));
  }

  /** DDIM with η = 0 (Song et al. 2021, equation 12), as it is written there, but for the picture being cut to −1 … 1. */
  function reference(prompt: Int32Array, picture: number, guidance: number): readonly number[] {
    let x = [...noiseOfSpan(new Float32Array(12), request.seed, 0, picture)];
    const steps = [875, 625, 375, 125];
    for (const [i, t] of steps.entries()) {
      const [own, plain] = [noiseIn(prompt, x, t), noiseIn(request.blank, x, t)];
      const { signal, spread } = noiseSchedule(t);
      const next = steps[i + 1];
      const after = next === undefined ? { signal: 1, spread: 0 } : noiseSchedule(next);
      x = x.map((value, j) => {
        const e = (plain[j] ?? 0) + guidance * ((own[j] ?? 0) - (plain[j] ?? 0));
        const clean = Math.max(-1, Math.min(1, (value - spread * e) / signal));
        return after.signal * clean + (after.spread * (value - signal * clean)) / spread;
      });
    }
    return x;
  }

  it.each([1, 2])("is what the paper's formula gives, at guidance %s", async (guidance) => {
    const batch = startsOf({ ...request, guidance }).length;
    expect(batch).toBe(guidance === 1 ? 2 : 4);
    const sizes = { batch, context: positionsOf({ ...request, guidance }), span: 4 };
    const session = await openDecoding(model, parameters, sizes);
    const drawn = await drawFromNoise(session, { ...request, guidance });
    const again = await drawFromNoise(session, { ...request, guidance });
    await session.close();
    expect(again).toEqual(drawn);
    for (const [i, prompt] of request.prompts.entries())
      expect(distance(drawn[i] ?? [], reference(prompt, i, guidance)), `picture ${i}`).toBeLessThan(1e-4);
  });
});
