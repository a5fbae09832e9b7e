// packing.test.ts: documents into batches: every rule on random corpora, shapes and seeds; and the baselines of what is packed.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bigramPrior } from "../src/data/baselines.ts";
import { contentHash } from "../src/data/cache.ts";
import { DataError, type Dataset, type Documents } from "../src/data/dataset.ts";
import { drawDocument } from "../src/data/draw.ts";
import { createBatchStream, validationBatches } from "../src/data/packing.ts";
import type { Batch } from "../src/runtime/batch.ts";
import { checkBatch } from "./support/check-batch.ts";

/** A dataset made by hand: documents of slots of alternatives of [modality, codes]; vocabulary 4 markers + 6 text + 6 image. */
type Slots = readonly (readonly { readonly modality: 0 | 1; readonly codes: readonly number[] }[])[];

function joinSlots(all: readonly Slots[]): Documents {
  const [slotOffset, alternativeOffset, spanOffset, spanModality, token]: number[][] = [
    [0],
    [0],
    [0],
    [],
    [],
  ];
  for (const slots of all) {
    for (const alternatives of slots) {
      for (const { modality, codes } of alternatives) {
        token?.push(...codes);
        spanOffset?.push(token?.length ?? 0);
        spanModality?.push(modality);
      }
      alternativeOffset?.push(spanModality?.length ?? 0);
    }
    slotOffset?.push((alternativeOffset?.length ?? 1) - 1);
  }
  return {
    count: all.length,
    slotOffset: Int32Array.from(slotOffset ?? []),
    alternativeOffset: Int32Array.from(alternativeOffset ?? []),
    spanOffset: Int32Array.from(spanOffset ?? []),
    spanModality: Int8Array.from(spanModality ?? []),
    token: Int32Array.from(token ?? []),
  };
}

function handmade(train: readonly Slots[], val: readonly Slots[] = train): Dataset {
  const codec = { kind: "text", merges: new Int32Array() } as const;
  return {
    name: "handmade",
    hash: contentHash(JSON.stringify([train, val])),
    modalities: [
      { name: "text", vocab: 10, found: 10, offset: 0, firstCode: 4, codec },
      { name: "image", vocab: 6, found: 6, offset: 10, firstCode: 10, codec },
    ],
    vocab: 16,
    markers: { beginDocument: 0, endDocument: 1, spans: new Map([["image", { begin: 2, end: 3 }]]) },
    train: joinSlots(train),
    val: joinSlots(val),
    baselines: new Map(),
    fidelity: undefined,
    pictures: new Uint8Array(),
    specimens: [],
    melError: undefined,
    recordings: [],
    licences: [],
    warnings: [],
  };
}

const textSpan = fc
  .array(fc.integer({ min: 4, max: 9 }), { maxLength: 30 })
  .map((codes) => ({ modality: 0 as const, codes }));
const imageSpan = fc
  .array(fc.integer({ min: 10, max: 15 }), { minLength: 4, maxLength: 4 })
  .map((codes) => ({ modality: 1 as const, codes }));
const document = fc.oneof(
  fc.tuple(fc.array(textSpan, { minLength: 1, maxLength: 3 })),
  fc.tuple(fc.array(textSpan, { minLength: 1, maxLength: 3 }), fc.tuple(imageSpan)),
  fc.tuple(fc.tuple(imageSpan)),
);

describe("packing", () => {
  it("obeys every rule, repeats, and resumes, on random corpora", () => {
    fc.assert(
      fc.property(
        fc.array(document, { minLength: 1, maxLength: 40 }),
        fc.record({
          batch: fc.integer({ min: 1, max: 4 }),
          context: fc.integer({ min: 40, max: 90 }),
          seed: fc.integer({ min: 0, max: 1e12 }),
        }),
        fc.integer({ min: 0, max: 6 }),
        (documents, shape, skipped) => {
          const dataset = handmade(documents);
          const options = { ...shape, split: "train" } as const;
          const [one, two] = [createBatchStream(dataset, options), createBatchStream(dataset, options)];
          for (let i = 0; i < skipped; i += 1) one.next();
          const cursor = one.cursor();
          const rest = [one.next(), one.next()];
          for (const batch of rest) checkBatch(batch, dataset);
          for (let i = 0; i < skipped; i += 1) two.next();
          expect([two.next(), two.next()]).toEqual(rest);
          const three = createBatchStream(dataset, options);
          three.restore(cursor);
          expect([three.next(), three.next()]).toEqual(rest);
          expect(three.cursor()).toBe(one.cursor());
        },
      ),
      { numRuns: 60 },
    );
  });

  it("places and drops captions as often as is asked for, and never in validation", () => {
    const dataset = handmade([
      [[{ modality: 0, codes: [4, 5] }], [{ modality: 1, codes: [10, 11, 12, 13] }]],
      [[{ modality: 0, codes: [6] }]],
    ]);
    const captions = { first: 0.8, drop: 0.1 };
    const drawn = Array.from({ length: 4000 }, (_, pass) =>
      drawDocument(dataset, dataset.train, 0, { seed: 2, pass, captions }).token.join(),
    );
    const share = (found: RegExp): number => drawn.filter((one) => found.test(one)).length / drawn.length;
    expect(share(/^0,4,5,2,/)).toBeCloseTo(0.9 * 0.8, 1);
    expect(share(/,3,4,5,1$/)).toBeCloseTo(0.9 * 0.2, 1);
    expect(share(/^0,2,10,11,12,13,3,1$/)).toBeCloseTo(0.1, 1);
    // A text alone is never left out.
    const alone = drawDocument(dataset, dataset.train, 1, {
      seed: 2,
      pass: 0,
      captions: { first: 0, drop: 1 },
    });
    expect([...alone.token]).toEqual([0, 6, 1]);
  });

  it("shows each document once a pass, and another pass in another way", () => {
    const documents: Slots[] = Array.from({ length: 12 }, (_, i) => [
      [
        { modality: 0, codes: [4, 4 + (i % 6)] },
        { modality: 0, codes: [5, 5, 4 + (i % 6)] },
      ],
      [{ modality: 1, codes: [10 + (i % 6), 10 + Math.floor(i / 6), 12, 13] }],
    ]);
    const dataset = handmade(documents);
    const signature = (index: number, pass: number) =>
      drawDocument(dataset, dataset.train, index, { seed: 3, pass }).token.join();
    const drawn = Array.from({ length: 40 }, (_, pass) => signature(0, pass));
    expect(new Set(drawn).size).toBe(4); // two captions, before or after the picture
    expect(drawn.filter((one) => one.startsWith("0,2")).length).toBeGreaterThan(8);
    const stream = createBatchStream(dataset, { split: "train", batch: 12, context: 11, seed: 1 });
    // One document of 10 or 11 tokens fills a row of 11: twelve rows are one pass.
    const seen = (batch: Batch) =>
      Array.from({ length: 12 }, (_, row) =>
        [...batch.token.subarray(row * 11, row * 11 + 11)].filter((one) => one >= 10).join(),
      );
    const [first, second] = [seen(stream.next()), seen(stream.next())];
    expect(new Set(first).size).toBe(12);
    expect(first).not.toEqual(second);
    expect(first.toSorted()).toEqual(second.toSorted());
  });

  it("reads all of a text that is longer than the context", () => {
    const codes = Array.from({ length: 300 }, (_, i) => 4 + (i % 6));
    const dataset = handmade([[[{ modality: 0, codes }]]]);
    const stream = createBatchStream(dataset, { split: "train", batch: 4, context: 50, seed: 1 });
    const batches = Array.from({ length: 20 }, () => stream.next());
    for (const batch of batches) checkBatch(batch, dataset);
    const starts = new Set(batches.flatMap((batch) => [0, 1, 2, 3].map((row) => batch.token[row * 50 + 1])));
    expect(starts.size).toBe(6);
    expect(batches.some((batch) => batch.token.includes(1))).toBe(true);
  });

  it("refuses a context no document fits, and a foreign cursor", () => {
    const dataset = handmade([[[{ modality: 1, codes: [10, 11, 12, 13] }]]]);
    const options = { split: "train", batch: 1, context: 8, seed: 1 } as const;
    expect(() => createBatchStream(dataset, { ...options, context: 7 })).toThrow(
      "fits a context of 7: the shortest has 8",
    );
    const stream = createBatchStream(dataset, options);
    const foreign = createBatchStream(dataset, { ...options, seed: 2 }).cursor();
    for (const cursor of [foreign, "", "{}", "null", "[1]"])
      expect(() => stream.restore(cursor)).toThrow(DataError);
    expect(() => createBatchStream(handmade([], []), options)).toThrow("no train documents");
  });

  it("takes as long for a short document however much of the batch is full", { timeout: 20_000 }, () => {
    const dataset = handmade(Array.from({ length: 50 }, () => [[{ modality: 1, codes: [10, 11] }]]));
    const batch = createBatchStream(dataset, { split: "train", batch: 256, context: 2046, seed: 1 }).next();
    expect(batch.token.every((token) => token >= 0)).toBe(true);
  });

  it("validates on the same contexts, each document at most once", () => {
    const documents: Slots[] = Array.from({ length: 10 }, (_, i) => [
      [{ modality: 1, codes: [10 + (i % 6), 10 + Math.floor(i / 6), 12, 13] }],
    ]);
    const dataset = handmade(documents);
    const batches = validationBatches(dataset, { count: 64, batch: 4, context: 17 });
    expect(batches).toEqual(validationBatches(dataset, { count: 64, batch: 4, context: 17 }));
    for (const batch of batches) checkBatch(batch, dataset);
    const begun = batches.flatMap((batch) => [...batch.token]).filter((token) => token === 0);
    expect(begun.length).toBe(10);
    expect(batches.length).toBe(2); // five contexts of two documents
    expect(validationBatches(dataset, { count: 3, batch: 2, context: 17 }).length).toBe(2);
    expect(validationBatches(handmade(documents, []), { count: 64, batch: 4, context: 17 })).toEqual([]);
  });
});

describe("baselines", () => {
  it("are what one works out by hand", async () => {
    const { measureBaselines } = await import("../src/data/baselines.ts");
    // Train: 0 4 5 1 and 0 4 4 1. Val: 0 4 6 1. Text has 10 rows.
    const dataset = handmade(
      [[[{ modality: 0, codes: [4, 5] }]], [[{ modality: 0, codes: [4, 4] }]]],
      [[[{ modality: 0, codes: [4, 6] }]]],
    );
    // Targets in train: 4 ×3, 5 ×1, 1 ×2, six in all. Add-one over 10 rows: 4 → 4/16, 6 → 1/16, 1 → 3/16.
    const unigram = [4 / 16, 1 / 16, 3 / 16];
    // After 0: 4 twice of 2. After 4: 5, 4, 1 once each of 3; 6 never. After 6: nothing.
    const k = bigramPrior;
    const bigram = [(2 + (k * 4) / 16) / (2 + k), (0 + k / 16) / (3 + k), 3 / 16];
    const mean = (values: readonly number[]) =>
      values.reduce((sum, value) => sum - Math.log(value), 0) / values.length;
    const measured = measureBaselines(dataset);
    expect([...measured.keys()]).toEqual(["text"]);
    expect(measured.get("text")?.targets).toBe(3);
    expect(measured.get("text")?.unigram).toBeCloseTo(mean(unigram), 12);
    expect(measured.get("text")?.bigram).toBeCloseTo(mean(bigram), 12);
  });
});
