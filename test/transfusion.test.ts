// transfusion.test.ts: text by next token beside pictures by diffusion, end to end.
// The example's own architecture at small sizes: loss and gradients against an implementation written from the papers,
// before training and after it; what a row sees against brute force; the noise; what the data refuses.

import { describe, expect, test } from "vitest";
import { compile } from "../src/compile.ts";
import {
  patchCount,
  patchesCodec,
  patchValues,
  pictureOfPatches,
  readPatchValues,
} from "../src/data/continuous.ts";
import type { Dataset, Documents } from "../src/data/dataset.ts";
import { noiseOfSpan, noiseSchedule, timestepOfSpan, timesteps } from "../src/data/noise.ts";
import { createBatchStream, validationBatches } from "../src/data/packing.ts";
import type { Batch } from "../src/runtime/batch.ts";
import { layoutBatch } from "../src/runtime/layout.ts";
import { checkBatch, madeUpBatch } from "../src/runtime/made-up.ts";
import { scheduleOf } from "../src/runtime/schedule.ts";
import { randomBatch } from "./support/batches.ts";
import { fastEngine, openCompiled } from "./support/compiled.ts";
import {
  interpretStep,
  layoutOptions,
  livelyParameters,
  modelOf,
  type Parameters,
  relativeDistance,
} from "./support/interpreted.ts";
import { smallTransfusion, transfusionStep } from "./support/transfusion-reference.ts";

const small = smallTransfusion();

const shape = { batch: 2, context: 14 };

function referenceOf(parameters: Parameters, batch: Batch): ReturnType<typeof transfusionStep> {
  return transfusionStep({
    batch,
    parameters,
    modalities: [{ name: "text" }, { name: "image", patchWidth: 12 }],
    sizes: { layers: 2, heads: 2, time: 6 },
    lambda: 5,
  });
}

describe.each(["dense", "mot", "ffn_only"])("%s", (variant) => {
  const model = modelOf(small, variant);
  const { modalities } = layoutOptions(model);

  test.each([
    ["both kinds of rows", [0, 1]],
    ["no picture", [0]],
    ["pictures alone", [1]],
  ] as const)("agrees with the papers: %s", (_title, present) => {
    const parameters = livelyParameters(model, 3);
    const batch = randomBatch({ ...shape, modalities, seed: 5, present });
    const expected = referenceOf(parameters, batch);
    const got = interpretStep(model, parameters, batch);
    expect(Math.abs(got.losses.total - expected.total)).toBeLessThan(2e-6 * Math.max(1, expected.total));
    for (const [path, gradient] of expected.gradients)
      expect(relativeDistance(got.gradients.get(path) ?? [], gradient, 1e-6), path).toBeLessThan(2e-6);
  });

  test("agrees with the papers after some training, tensor by tensor", async () => {
    const session = await openCompiled(model, livelyParameters(model, 4), shape, fastEngine, 2);
    try {
      const { optimizer } = session.artifact;
      if (optimizer === undefined) throw new Error("the example trains");
      for (let step = 1; step <= 60; step += 1) {
        session.writeBatch(randomBatch({ ...shape, modalities, seed: 100 + (step % 7) }));
        session.writeSchedule(scheduleOf(optimizer, step, 200));
        await session.run(["forward", "backward", "update"]);
      }
      const trained: Parameters = new Map(
        await Promise.all(
          model.parameters.map(
            async (p) => [p.path, { shape: p.shape, values: await session.read(`param/${p.path}`) }] as const,
          ),
        ),
      );
      const batch = randomBatch({ ...shape, modalities, seed: 5 });
      const expected = referenceOf(trained, batch);
      session.writeBatch(batch);
      await session.run(["forward", "backward"]);
      const losses = await session.losses();
      expect(losses.total / expected.total).toBeCloseTo(1, 5);
      expect(losses.byModality[0]).toBeCloseTo(expected.text, 4);
      expect(losses.byModality[1]).toBeCloseTo(expected.image, 4);
      const norm = Math.hypot(...[...expected.gradients.values()].map((all) => Math.hypot(...all)));
      for (const [path, gradient] of expected.gradients) {
        const distance = relativeDistance(await session.read(`grad/${path}`), gradient, 1e-3 * norm);
        expect(distance, path).toBeLessThan(5e-5);
      }
    } finally {
      await session.close();
    }
  });
});

describe("what a row sees", () => {
  const spec = `model m {
    modality text = tokens(vocab: 5)
    modality image = patches(size: 1, channels: 2)
    modality depth = patches(size: 1, channels: 1)
    per modality enter {
      text  { x = embed(tokens, 4) as embedding }
      image { x = linear(noisy, 4) as patch }
      depth { x = linear(noisy, 4) as patch }
    }
    q = split(x, 2)
    x += merge(attention(q, q, q, mask: causal))
    x += merge(attention(q, q, q, mask: causal + within(image)))
    x += merge(attention(q, q, q, mask: causal + within(image, depth)))
    logits = linear(x, vocab) as head
    objective text = cross_entropy(logits, next_token)
  }`;
  const options = layoutOptions(modelOf(spec));

  /** Same context and document, and before it or part of the same span of a modality that the mask names. */
  function brute(batch: Batch, at: number, within: readonly number[]): readonly number[] {
    return [...batch.token.keys()].filter((other) => {
      const isSame = Math.floor(at / batch.context) === Math.floor(other / batch.context);
      if (!isSame || batch.document[at] !== batch.document[other] || batch.modality[other] === -1)
        return false;
      const span = batch.span?.[at] ?? -1;
      return (
        other <= at ||
        (span >= 0 && span === batch.span?.[other] && within.includes(batch.modality[at] ?? -1))
      );
    });
  }

  test("is its document up to itself, and its own span where the mask says so", () => {
    expect(options.masks.map(({ within }) => within)).toEqual([[], [1], [1, 2]]);
    let spans = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const batch = randomBatch({ batch: 3, context: 17, modalities: options.modalities, seed });
      const { rowOf, inputs } = layoutBatch(batch, options);
      spans += new Set(batch.span).size - 1;
      for (const { input, within } of options.masks) {
        for (const [at, row] of rowOf.entries()) {
          if (row < 0) continue;
          const [first = -1, last = -1] = [inputs.get("first")?.[row], inputs.get(input)?.[row]];
          const seen = [...rowOf.keys()].filter((other) => other >= first && other < last);
          expect(seen, `seed ${seed}, position ${at}, ${input}`).toEqual(brute(batch, at, within));
        }
      }
    }
    // Several pictures a context, so that seeing the wrong one would show.
    expect(spans).toBeGreaterThan(600);
  });
});

describe("noise", () => {
  test("takes the signal away along a cosine", () => {
    const squares = Array.from({ length: timesteps }, (_, t) => noiseSchedule(t).signal ** 2);
    expect(squares[0]).toBeGreaterThan(0.9999);
    expect(squares.at(-1)).toBeLessThan(1e-5);
    // ᾱ_t = f(t + 1)/f(0) as long as no β is cut.
    const f = (t: number): number => Math.cos(((t / 1000 + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
    for (const t of [0, 10, 250, 499, 500, 900]) expect(squares[t]).toBeCloseTo(f(t + 1) / f(0), 10);
    for (let t = 1; t < timesteps; t += 1) expect(squares[t]).toBeLessThan(squares[t - 1] ?? 0);
    for (const t of [0, 500, 999])
      expect(noiseSchedule(t).signal ** 2 + noiseSchedule(t).spread ** 2).toBeCloseTo(1, 12);
    expect(() => noiseSchedule(1000)).toThrow("there is no timestep 1000");
  });

  test("has as many timesteps as the compiled table of their embeddings has rows", () => {
    const { buffers } = compile(modelOf(small, "mot"), { purpose: "train", engine: fastEngine, ...shape });
    const table = buffers.find(({ name }) => name === "sinusoid 6");
    expect(table?.byteLength).toBe(4 * 6 * timesteps);
  });

  test("depends on seed, step and span, and on nothing else", () => {
    const draw = (seed: number, step: number, span: number): readonly number[] => [
      ...noiseOfSpan(new Float32Array(6), seed, step, span),
      timestepOfSpan(seed, step, span),
    ];
    expect(draw(1, 2, 3)).toEqual(draw(1, 2, 3));
    for (const other of [draw(2, 2, 3), draw(1, 3, 3), draw(1, 2, 4)])
      expect(other).not.toEqual(draw(1, 2, 3));
  });

  test("is standard normal, and its timesteps are uniform", () => {
    const values = noiseOfSpan(new Float32Array(60_000), 7, 1, 0);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const square = values.reduce((sum, x) => sum + x * x, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(square - 1)).toBeLessThan(0.02);
    const drawn = Array.from({ length: 4000 }, (_, span) => timestepOfSpan(7, 1, span));
    expect(Math.min(...drawn)).toBeLessThan(5);
    expect(Math.max(...drawn)).toBeGreaterThan(994);
    expect(Math.abs(drawn.reduce((sum, t) => sum + t, 0) / drawn.length - 499.5)).toBeLessThan(15);
  });
});

describe("batches made up for a model of patches", () => {
  const modalities = [
    { vocabStart: 0, vocab: 7 },
    { vocabStart: 7, vocab: 0, size: 2, channels: 3 },
  ];
  const sizes = { batch: 2, context: 40, modalities };

  test("hold spans of them, and targets for tokens alone", () => {
    const batch = madeUpBatch(sizes, 3);
    checkBatch(batch, sizes);
    for (const [at, m] of batch.modality.entries()) {
      expect(batch.token[at] === -1).toBe(m === 1);
      expect((batch.span?.[at] ?? -1) >= 0).toBe(m === 1);
      expect((batch.timestep?.[at] ?? -1) >= 0).toBe(m === 1);
      if (batch.modality[at + 1] === 1) expect(batch.target[at]).toBe(-1);
    }
    expect(new Set(batch.span).size).toBeGreaterThan(2);
  });

  test("are refused without their noise", () => {
    const { noise: _noise, ...batch } = madeUpBatch(sizes, 3);
    expect(() => checkBatch(batch, sizes)).toThrow(
      "a batch with 0 of `noise` for patches of 12 numbers at 80 positions",
    );
  });
});

describe("a stream of patches", () => {
  const picture = (n: number): Uint8Array =>
    Uint8Array.from({ length: 3072 }, (_, i) => (i * 7 + n * 31) % 256);
  const codec = { kind: "patches", size: 32, patch: 16, channels: 3 } as const;
  const documents = (count: number): Documents => ({
    count,
    slotOffset: Int32Array.from({ length: count + 1 }, (_, d) => 2 * d),
    alternativeOffset: Int32Array.from({ length: 2 * count + 1 }, (_, slot) => slot),
    spanOffset: Int32Array.from(
      { length: 2 * count + 1 },
      (_, span) => 4 * Math.ceil(span / 2) + 2 * (span >> 1),
    ),
    spanModality: Int8Array.from({ length: 2 * count }, (_, span) => 1 - (span % 2)),
    token: Int32Array.from({ length: 6 * count }, (_, i) =>
      i % 6 < 4 ? -2 - (4 * Math.floor(i / 6) + (i % 6)) : 4 + (Math.floor(i / 6) % 7),
    ),
  });
  const [text, image] = [
    {
      name: "text",
      vocab: 16,
      found: 16,
      offset: 0,
      firstCode: 4,
      codec: { kind: "text", merges: new Int32Array() },
    },
    { name: "image", vocab: 0, found: 0, offset: 16, firstCode: 16, codec },
  ] as const;
  const dataset: Dataset = {
    ...{ name: "made", hash: "made", modalities: [text, image], vocab: 16 },
    markers: { beginDocument: 0, endDocument: 1, spans: new Map([["image", { begin: 2, end: 3 }]]) },
    ...{ train: documents(6), val: documents(3) },
    pictures: Uint8Array.from([0, 1, 2, 3, 4, 5].flatMap((n) => [...picture(n)])),
    ...{ baselines: new Map(), fidelity: undefined, specimens: [], melError: undefined, recordings: [] },
    ...{ licences: [], warnings: [] },
  };
  const options = { split: "train", batch: 3, context: 25, seed: 5 } as const;

  test("goes on from its cursor with the very noise that would have come", () => {
    const whole = createBatchStream(dataset, options);
    const first = whole.next();
    const cursor = whole.cursor();
    const resumed = createBatchStream(dataset, options);
    resumed.restore(cursor);
    const second = whole.next();
    expect(resumed.next()).toEqual(second);
    expect(second.noise).not.toEqual(first.noise);
    expect(createBatchStream(dataset, { ...options, seed: 6 }).next().noise).not.toEqual(first.noise);
  });

  test("validates on the same noise every time", () => {
    const batches = () => validationBatches(dataset, { count: 4, batch: 2, context: 25 });
    expect(batches()).toEqual(batches());
  });

  test("holds whole pictures, one timestep each, and targets that are tokens", () => {
    const { token, target, modality, span, timestep, patches } = createBatchStream(dataset, options).next();
    if (span === undefined || timestep === undefined) throw new Error("the batch has patches");
    const width = (patches?.length ?? 0) / token.length;
    expect(width).toBe(16 * 16 * 3);
    for (const number of new Set(span.filter((one) => one >= 0))) {
      const own = [...span.keys()].filter((at) => span[at] === number);
      expect(own).toHaveLength(4);
      expect(new Set(own.map((at) => timestep[at])).size).toBe(1);
      expect(own.every((at) => modality[at] === 1 && token[at] === -1)).toBe(true);
      const before = (own[0] ?? 0) - 1;
      expect([token[before], target[before]]).toEqual([2, -1]);
      // The last patch is followed by the marker that ends the picture.
      expect(target[own[3] ?? 0]).toBe(3);
      const values = patches?.slice((own[0] ?? 0) * width, ((own[3] ?? 0) + 1) * width);
      const shown = pictureOfPatches(codec, values ?? new Float32Array()).rgb;
      expect([0, 1, 2, 3, 4, 5].some((n) => picture(n).every((value, i) => value === shown[i]))).toBe(true);
    }
  });
});

describe("patches of pictures", () => {
  const asked = (size: number, channels = 3, name = "image") => ({
    name,
    vocab: 0,
    patches: { size, channels },
  });

  test.each([4, 8, 32])("of %i pixels a side hold the picture, and give it back", (size) => {
    const codec = patchesCodec("icons", asked(size));
    const picture = Uint8Array.from({ length: 2 * 32 * 32 * 3 }, (_, i) => (i * 37 + (i >> 5)) % 256);
    const width = patchValues(codec);
    expect(patchCount(codec) * width).toBe(32 * 32 * 3);
    const values = new Float32Array(32 * 32 * 3);
    for (let patch = 0; patch < patchCount(codec); patch += 1)
      readPatchValues(codec, picture, -2 - (patchCount(codec) + patch), values, patch * width);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...values)).toBeLessThanOrEqual(1);
    expect(pictureOfPatches(codec, values).rgb).toEqual(picture.slice(32 * 32 * 3));
  });

  test("are refused where the data cannot be cut so, naming both sides", () => {
    const message = (request: ReturnType<typeof asked>): string => {
      try {
        patchesCodec("icons", request);
      } catch (error) {
        return error instanceof Error ? error.message : "";
      }
      return "";
    };
    expect(message(asked(5))).toBe(
      '`image` asks for patches of 5 × 5 pixels, and the pictures of "icons" are 32 × 32',
    );
    expect(message(asked(4, 1))).toBe('`image` asks for 1 channels, and the pictures of "icons" have 3');
    expect(message(asked(4, 3, "speech"))).toBe(
      '`speech` is declared as patches, and of the data "icons" only `image` has pixels',
    );
  });
});
