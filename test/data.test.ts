// data.test.ts: preparing material and packing it, on small folders made here and, once, on the real icons.
// Every rule of packing is checked on random corpora, shapes and seeds; the rest is compared with values worked out by hand.

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { encode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bigramPrior } from "../src/data/baselines.ts";
import { createTextDecoder, createTextEncoder, trainMerges } from "../src/data/bpe.ts";
import { contentHash, readEntry, writeEntry } from "../src/data/cache.ts";
import { createGroups, splitOfGroup } from "../src/data/corpus.ts";
import { DataError, type DataRequest, type Dataset, type Documents } from "../src/data/dataset.ts";
import { codesPerImage, decodeImage, decodeText, encodeText } from "../src/data/decode.ts";
import { drawDocument } from "../src/data/draw.ts";
import { conceptKey, flagPoints, labelOf, readEmojiTable } from "../src/data/emoji.ts";
import { openIcons } from "../src/data/icons.ts";
import { createNearest } from "../src/data/nearest.ts";
import { datasetBytes, datasetOfBytes } from "../src/data/packed.ts";
import { createBatchStream, validationBatches } from "../src/data/packing.ts";
import { encodePng, readPng } from "../src/data/png.ts";
import { prepareData } from "../src/data/prepare.ts";
import { dataSummary, formatSummary, pictures } from "../src/data/summary.ts";
import type { Batch } from "../src/runtime/batch.ts";

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), "motley-data-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const both = [
  { name: "text", vocab: 300 },
  { name: "image", vocab: 64 },
];

/** A picture of one colour with a darker bar, so that pictures differ. */
function drawing(number: number, side = 40): Uint8Array {
  const data = new Uint8Array(side * side * 4);
  for (let pixel = 0; pixel < side * side; pixel += 1) {
    const isBar = Math.floor(pixel / side) % 16 === number % 16;
    data.set(
      isBar
        ? [20, 20, 20, 255]
        : [(number * 53) % 256, (number * 101) % 256, 200, number % 3 === 0 ? 128 : 255],
      pixel * 4,
    );
  }
  return encode({ width: side, height: side, data, channels: 4, depth: 8 });
}

async function makeFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(path.join(scratch, "folder-"));
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
  return folder;
}

async function pictureFolder(
  count: number,
  extra: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<string> {
  const lines = Array.from({ length: count }, (_, i) =>
    JSON.stringify({ image: `p${i}.png`, text: `a bar number ${i} on a colour` }),
  );
  const drawn = Array.from({ length: count }, (_, i) => [`p${i}.png`, drawing(i)] as const);
  return makeFolder({ "captions.jsonl": lines.join("\n"), ...Object.fromEntries(drawn), ...extra });
}

async function prepare(
  folder: string,
  modalities: DataRequest["modalities"] = both,
  cache = "cache",
): Promise<Dataset> {
  return prepareData({
    data: { kind: "folder", path: folder },
    modalities,
    cacheDir: path.join(scratch, cache),
  });
}

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

describe("byte-pair encoding", () => {
  const merges = trainMerges(
    ["the cat sat on the mat", "the other cat, the same mat", "Ünïcödé ünïcödé"],
    60,
  );
  const encodeWith = createTextEncoder(merges);
  const decodeWith = createTextDecoder(merges);

  it("gives back any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 80 }), (text) => {
        expect(decodeWith(encodeWith(text))).toBe(text);
      }),
    );
    for (const text of ["", " ", "\uFEFFbom", "a\r\n\t b", "👩🏽‍🚀 🇫🇷", "x".repeat(1000)])
      expect(decodeWith(encodeWith(text))).toBe(text);
  });

  it("learns the most frequent pair first and shortens what it has seen", () => {
    // "t"+"h" or " "+"t", "h"+"e": of the pairs in " the" (3 of 4 with a space), "he" occurs in "the" ×4 and "other" ×1.
    const [left, right] = trainMerges(["the the the the other"], 1);
    expect(String.fromCharCode(left ?? 0, right ?? 0)).toBe("he");
    expect(encodeWith("the cat").length).toBeLessThan(7);
  });

  it("stops when no pair occurs twice", () => {
    expect(trainMerges(["abc"], 50).length).toBe(0);
  });

  it("agrees with a naive trainer that counts everything anew each time", () => {
    const text = "low lower lowest new newer newest wide wider widest slow slower slowest ".repeat(3);
    const words = (text.match(/ ?[a-z]+| +/g) ?? []).map((word) => [...word].map((c) => c.charCodeAt(0)));
    const naive: number[] = [];
    for (let r = 0; r < 20; r += 1) {
      const counts = new Map<number, number>();
      for (const word of words)
        for (let i = 0; i + 1 < word.length; i += 1) {
          const pair = (word[i] ?? 0) * 1048576 + (word[i + 1] ?? 0);
          counts.set(pair, (counts.get(pair) ?? 0) + 1);
        }
      const [pair] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [0];
      const [left, right] = [Math.floor(pair / 1048576), pair % 1048576];
      naive.push(left, right);
      for (const word of words)
        for (let i = 0; i + 1 < word.length; i += 1) {
          if (word[i] === left && word[i + 1] === right) word.splice(i, 2, 256 + r);
        }
    }
    expect([...trainMerges([text], 20)]).toEqual(naive);
  });
});

describe("nearest centroid", () => {
  it("finds what plain loops find, at odd counts", async () => {
    for (const [rows, codes, width] of [
      [1, 1, 48],
      [5, 9, 48],
      [4099, 17, 3],
      [0, 4, 7],
    ] as const) {
      const value = (i: number) => Math.round(100 * Math.sin(i * 12.9898)) / 4;
      const x = Float32Array.from({ length: rows * width }, (_, i) => value(i));
      const c = Float32Array.from({ length: codes * width }, (_, i) => value(i + 0.5));
      const found = new Int32Array(rows);
      const distances = new Float32Array(rows);
      (await createNearest(c, width)).find(x, found, distances);
      for (let row = 0; row < rows; row += 1) {
        const all = Array.from({ length: codes }, (_, code) => {
          let sum = 0;
          for (let k = 0; k < width; k += 1)
            sum += ((x[row * width + k] ?? 0) - (c[code * width + k] ?? 0)) ** 2;
          return sum;
        });
        expect(Math.abs((all[found[row] ?? -1] ?? Number.NaN) - Math.min(...all))).toBeLessThan(0.05);
        expect(Math.abs((distances[row] ?? Number.NaN) - Math.min(...all))).toBeLessThan(0.05);
      }
    }
  });
});

describe("pictures", () => {
  it("come back from PNG, on white where they are transparent", () => {
    const data = Uint8Array.from([255, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 51]);
    const picture = readPng(encode({ width: 2, height: 2, data, channels: 4, depth: 8 }), 2);
    expect([...picture.rgb]).toEqual([255, 0, 0, 255, 255, 255, 0, 0, 255, 204, 204, 204]);
    expect(readPng(encodePng(picture), 2)).toEqual(picture);
  });

  it("may be grey, packed, deep, or have one transparent colour", () => {
    const packed = Uint8Array.from([0b10100000, 0b01000000, 0b10100000]);
    const bits = readPng(encode({ width: 3, height: 3, data: packed, channels: 1, depth: 1 }), 3);
    expect([...bits.rgb].filter((_, i) => i % 3 === 0)).toEqual([255, 0, 255, 0, 255, 0, 255, 0, 255]);
    const deep = encode({
      width: 1,
      height: 1,
      data: Uint16Array.from([65535, 32768, 0]),
      channels: 3,
      depth: 16,
    });
    expect([...readPng(deep, 1).rgb]).toEqual([255, 128, 0]);
  });

  it("shrink by area and are centred on white", () => {
    const grey = Uint8Array.from([0, 100, 200, 100]);
    expect([...readPng(encode({ width: 2, height: 2, data: grey, channels: 1, depth: 8 }), 1).rgb]).toEqual([
      100, 100, 100,
    ]);
    const wide = readPng(encode({ width: 2, height: 1, data: new Uint8Array(6), channels: 3, depth: 8 }), 2);
    expect([...wide.rgb]).toEqual(new Array(12).fill(128)); // half white, half black in every pixel
  });

  it("refuse what is no PNG, is cut short, damaged or too large", () => {
    const good = drawing(1);
    expect(() => readPng(new Uint8Array(100), 32)).toThrow("not a PNG");
    expect(() => readPng(good.subarray(0, good.length - 20), 32)).toThrow("cut short");
    const damaged = good.slice();
    damaged[60] = (damaged[60] ?? 0) ^ 255;
    expect(() => readPng(damaged, 32)).toThrow();
    const huge = good.slice();
    huge.set([0, 1, 0, 0, 0, 1, 0, 0], 16);
    expect(() => readPng(huge, 32)).toThrow("too many");
  });
});

describe("names of emoji", () => {
  const table = readEmojiTable(
    { "👋": { name: "waving hand" }, "☎️": { name: "telephone" } },
    { "👋": ["waving_hand", "hello", ":o", "good_bye"] },
  );

  it("say the skin tone after the base emoji's name", () => {
    expect(labelOf(table, "1f44b-1f3fb")).toEqual({
      name: "waving hand light skin tone",
      keywords: ["hello", "good bye"],
    });
    expect(labelOf(table, "260e")?.name).toBe("telephone");
    expect(labelOf(table, "1f9ff")).toBeUndefined();
  });

  it("share a key over skin, gender and hair", () => {
    expect(conceptKey("1f468-1f3fe-200d-1f680")).toBe(conceptKey("1f469-200d-1f680"));
    expect(conceptKey("1f44b-1f3fb")).toBe(conceptKey("1f44b"));
    expect(conceptKey("2640-fe0f")).not.toBe(conceptKey("2642"));
    expect(flagPoints("fr")).toBe("1f1eb-1f1f7");
    expect(flagPoints("gb-eng")).toBeUndefined();
  });
});

describe("splits", () => {
  it("joins groups whatever the order", () => {
    const pairs = [
      ["a", "b"],
      ["c", "d"],
      ["b", "d"],
      ["x", "y"],
    ] as const;
    const roots = [pairs, pairs.toReversed()].map((order) => {
      const groups = createGroups();
      for (const [a, b] of order) groups.join(a, b);
      return ["a", "b", "c", "d", "x", "y", "z"].map((key) => groups.find(key));
    });
    expect(roots[0]).toEqual(["a", "a", "a", "a", "x", "x", "z"]);
    expect(roots[1]).toEqual(roots[0]);
  });

  it("gives about one group in twenty to validation", () => {
    const splits = Array.from({ length: 4000 }, (_, i) => splitOfGroup(`key ${i}`, true));
    for (const split of ["val", "test"]) {
      const share = splits.filter((one) => one === split).length / splits.length;
      expect(share).toBeGreaterThan(0.035);
      expect(share).toBeLessThan(0.065);
    }
    expect(Array.from({ length: 400 }, (_, i) => splitOfGroup(`key ${i}`, false))).not.toContain("test");
  });
});

/** Every rule a packed batch obeys, checked against the markers alone. */
function checkBatch(batch: Batch, dataset: Dataset): void {
  const { context } = batch;
  for (let row = 0; row < batch.batch; row += 1) {
    let open: { number: number; length: number; onlyText: boolean } = {
      number: -1,
      length: 0,
      onlyText: true,
    };
    let hasEnded = true;
    for (let t = 0; t < context; t += 1) {
      const i = row * context + t;
      const [token, target, modality, document, position] = [
        batch.token[i],
        batch.target[i],
        batch.modality[i],
        batch.document[i],
        batch.position[i],
      ];
      if (token === -1) {
        // Leftover positions end the row and hold nothing.
        expect([target, modality, document, position]).toEqual([-1, -1, -1, 0]);
        expect(t + 1 < context ? batch.token[i + 1] : -1).toBe(-1);
        expect(hasEnded || open.onlyText).toBe(true);
        continue;
      }
      if (token === dataset.markers.beginDocument) {
        expect(hasEnded || open.onlyText).toBe(true);
        open = { number: open.number + 1, length: 0, onlyText: true };
      }
      expect(document).toBe(open.number);
      expect(position).toBe(open.length);
      const own = dataset.modalities[modality ?? -1];
      expect(token).toBeGreaterThanOrEqual(own?.offset ?? Number.NaN);
      expect(token).toBeLessThan((own?.offset ?? Number.NaN) + (own?.vocab ?? 0));
      open.length += 1;
      if (modality !== 0) open.onlyText = false;
      hasEnded = token === dataset.markers.endDocument;
      const continues = t + 1 < context && batch.document[i + 1] === document;
      expect(target).toBe(continues ? batch.token[i + 1] : -1);
      if (hasEnded) expect(target).toBe(-1);
    }
    // Only text is cut, and only at the edge of the context.
    expect(hasEnded || open.onlyText).toBe(true);
  }
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

describe("a folder", () => {
  it("with pictures and captions becomes documents in both orders", async () => {
    const dataset = await prepare(await pictureFolder(40));
    expect(dataset.train.count + dataset.val.count).toBe(40);
    expect(dataset.val.count).toBeGreaterThan(0);
    expect(dataset.modalities.map((one) => [one.offset, one.firstCode])).toEqual([
      [0, 4],
      [300, 300],
    ]);
    expect(dataset.vocab).toBe(364);
    expect(codesPerImage(dataset)).toBe(64);
    const drawn = Array.from({ length: 30 }, (_, i) =>
      drawDocument(dataset, dataset.train, i, { seed: 1, pass: 0 }),
    );
    for (const { token, modality } of drawn) {
      expect(decodeText(dataset, token)).toMatch(/^a bar number \d+ on a colour$/);
      expect([...modality].filter((one) => one === 1).length).toBe(64);
      const [begin, end] = [token.indexOf(2), token.indexOf(3)];
      expect(end - begin).toBe(65);
      expect(begin === 1 || end === token.length - 2).toBe(true);
    }
    expect(new Set(drawn.map(({ token }) => token[1] === 2)).size).toBe(2);
    expect(dataset.fidelity?.train).toBeGreaterThan(15);
    const stream = createBatchStream(dataset, { split: "train", batch: 2, context: 200, seed: 5 });
    checkBatch(stream.next(), dataset);
  });

  it("gives the same dataset again, cold and from the cache, and another one for other content", async () => {
    const folder = await pictureFolder(20);
    const cold = await prepare(folder, both, "cache-a");
    expect(await prepare(folder, both, "cache-a")).toEqual(cold);
    expect(await prepare(folder, both, "cache-b")).toEqual(cold);
    await writeFile(path.join(folder, "p3.png"), drawing(99));
    expect((await prepare(folder, both, "cache-a")).hash).not.toBe(cold.hash);
  });

  it("travels as bytes, wherever in a buffer they stand", async () => {
    const dataset = await prepare(await pictureFolder(16));
    const bytes = datasetBytes(dataset);
    expect(datasetOfBytes(bytes)).toEqual(dataset);
    const within = new Uint8Array(bytes.length + 3);
    within.set(bytes, 3);
    expect(datasetOfBytes(within.subarray(3))).toEqual(dataset);
    expect(() => datasetOfBytes(bytes.subarray(0, 40))).toThrow();
  });

  it("notices a damaged cache and makes it again", async () => {
    const folder = await pictureFolder(20);
    const cold = await prepare(folder, both, "cache-damaged");
    const cache = path.join(scratch, "cache-damaged");
    for (const name of await readdir(cache)) {
      const bytes = await readFile(path.join(cache, name));
      bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1;
      await writeFile(path.join(cache, name), bytes);
    }
    expect(await prepare(folder, both, "cache-damaged")).toEqual(cold);
    await writeEntry(cache, "x", "k", { a: 1 }, { b: Int32Array.of(1, 2) });
    expect((await readEntry(cache, "x", "k"))?.arrays.get("b")).toEqual(Int32Array.of(1, 2));
    const [file = ""] = (await readdir(cache)).filter((name) => name.startsWith("x-"));
    const whole = await readFile(path.join(cache, file));
    for (const length of [0, 5, 20, whole.length - 1]) {
      await writeFile(path.join(cache, file), whole.subarray(0, length));
      expect(await readEntry(cache, "x", "k")).toBeUndefined();
    }
    const resealed = whole.slice();
    resealed[20] = (resealed[20] ?? 0) ^ 1; // within the checksum itself
    await writeFile(path.join(cache, file), resealed);
    expect(await readEntry(cache, "x", "k")).toBeUndefined();
    expect((await readdir(cache)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("skips a corrupt picture, a missing one and bad lines, and names them", async () => {
    const lines = [
      '{"image": "p0.png", "text": "good"}',
      "{oops",
      '{"image": "broken.png", "text": "lost"}',
      "",
      '{"image": "none.png", "text": "gone"}',
      "[]",
      '{"text": "words alone"}',
      '{"image": 3}',
      "{}",
    ];
    const folder = await makeFolder({
      "captions.jsonl": lines.join("\n"),
      "p0.png": drawing(0),
      "broken.png": drawing(1).subarray(0, 90),
    });
    const dataset = await prepare(folder);
    expect(dataset.train.count + dataset.val.count).toBe(2);
    const text = dataset.warnings.join("\n");
    for (const part of [
      "captions.jsonl:2: this line is not JSON",
      "broken.png: this picture cannot be read",
      "none.png: there is no such picture",
      "captions.jsonl:6",
      "captions.jsonl:8",
      "captions.jsonl:9",
    ]) {
      expect(text).toContain(part);
    }
    expect(dataset.warnings.length).toBe(6);
  });

  it("keeps look-alikes on one side of the split", async () => {
    const lines = Array.from({ length: 60 }, (_, i) =>
      JSON.stringify({ image: `p${i}.png`, text: `number ${i}` }),
    );
    const files = Array.from({ length: 60 }, (_, i) => [`p${i}.png`, drawing(i % 30)] as const);
    const dataset = await prepare(
      await makeFolder({ "captions.jsonl": lines.join("\n"), ...Object.fromEntries(files) }),
    );
    const numbers = (documents: Documents) =>
      Array.from(
        { length: documents.count },
        (_, i) =>
          Number(
            /\d+/.exec(
              decodeText(dataset, drawDocument(dataset, documents, i, { seed: 0, pass: 0 }).token),
            )?.[0],
          ) % 30,
      );
    const val = new Set(numbers(dataset.val));
    expect(val.size).toBeGreaterThan(0);
    expect(numbers(dataset.train).filter((number) => val.has(number))).toEqual([]);
  });

  it("of plain text trains a model of text alone", async () => {
    const paragraphs = Array.from(
      { length: 60 },
      (_, i) => `Paragraph ${i} says that ${"word ".repeat(i % 7)}and no more.`,
    );
    const one = await prepare(await makeFolder({ "book.txt": paragraphs.join("\n\n") }), [
      { name: "text", vocab: 300 },
    ]);
    expect(one.train.count).toBeGreaterThan(5);
    expect(one.val.count).toBeGreaterThan(0);
    expect(one.markers.spans.size).toBe(0);
    expect(one.baselines.get("text")?.bigram).toBeLessThan(one.baselines.get("text")?.unigram ?? 0);
    checkBatch(createBatchStream(one, { split: "train", batch: 3, context: 64, seed: 1 }).next(), one);
    const files = Array.from(
      { length: 30 },
      (_, i) => [`f${i}.txt`, `File ${i}.\n\n${"More of the same. ".repeat(300)}`] as const,
    );
    const many = await prepare(await makeFolder(Object.fromEntries(files)), [{ name: "text", vocab: 300 }]);
    expect(many.train.count + many.val.count).toBeGreaterThan(30);
    const prompt = encodeText(many, "More of");
    expect(decodeText(many, prompt)).toBe("More of");
  });

  it("drops spans the model does not declare, with their markers", async () => {
    const folder = await pictureFolder(12, { "notes.txt": "Only words here." });
    const textOnly = await prepare(folder, [{ name: "text", vocab: 280 }]);
    const drawn = drawDocument(textOnly, textOnly.train, 0, { seed: 1, pass: 0 });
    expect(drawn.isText).toBe(true);
    expect(textOnly.train.count + textOnly.val.count).toBe(13);
    const imageOnly = await prepare(folder, [{ name: "image", vocab: 40 }]);
    expect(imageOnly.train.count + imageOnly.val.count).toBe(12);
    const { token, modality } = drawDocument(imageOnly, imageOnly.train, 0, { seed: 1, pass: 0 });
    expect([...token.subarray(0, 2), ...token.subarray(-2)]).toEqual([0, 2, 3, 1]);
    expect(token.length).toBe(68);
    expect(new Set(modality)).toEqual(new Set([0]));
    expect(Math.max(...token)).toBeLessThan(40);
    expect(Math.min(...token.subarray(2, 66))).toBeGreaterThanOrEqual(4);
    expect(decodeImage(imageOnly, token).rgb.some((value) => value < 255)).toBe(true);
  });

  it("without captions is a folder of pictures, and a byte order mark is no fault", async () => {
    const files = Array.from({ length: 12 }, (_, i) => [`p${i}.png`, drawing(i)] as const);
    const bare = await prepare(await makeFolder(Object.fromEntries(files)), [{ name: "image", vocab: 40 }]);
    expect(bare.train.count + bare.val.count).toBe(12);
    const marked = await makeFolder({ "captions.jsonl": '\uFEFF{"text": "one"}\r\n{"text": "two"}\r\n' });
    const dataset = await prepare(marked, [{ name: "text", vocab: 280 }]);
    expect(dataset.warnings).toEqual([]);
    expect(dataset.train.count + dataset.val.count).toBe(2);
  });

  it("puts the markers into whichever modality comes first", async () => {
    const dataset = await prepare(await pictureFolder(12), both.toReversed());
    expect(dataset.modalities.map((one) => [one.name, one.offset, one.firstCode])).toEqual([
      ["image", 0, 4],
      ["text", 64, 64],
    ]);
    const { token, modality } = drawDocument(dataset, dataset.train, 0, { seed: 1, pass: 0 });
    expect(modality[0]).toBe(0);
    expect(decodeText(dataset, token)).toMatch(/^a bar number/);
  });

  it("is refused with a reason", async () => {
    const refusal = async (folder: string, modalities = both) => {
      const error = await prepare(folder, modalities).catch((caught: unknown) => caught);
      return error instanceof DataError ? `${error.message} / ${error.help}` : `not a DataError: ${error}`;
    };
    const folder = await pictureFolder(4);
    expect(await refusal(path.join(scratch, "absent"))).toContain("there is no folder");
    expect(await refusal(path.join(folder, "p0.png"))).toContain("is not a folder");
    expect(await refusal(await makeFolder({}))).toContain("nothing to train on");
    expect(await refusal(await makeFolder({ "captions.jsonl": "{bad" }))).toContain(
      "captions.jsonl:1: this line is not JSON",
    );
    const otherName = { "captions.jsonl": '{"image": "p0.png", "caption": "a dot"}', "p0.png": drawing(0) };
    expect(await refusal(await makeFolder(otherName))).toContain('this line has "caption", but no "text"');
    expect(await refusal(folder, [...both, { name: "speech", vocab: 64 }])).toContain(
      "has no `speech`: it has text and image",
    );
    expect(await refusal(await makeFolder({ "a.txt": "words" }))).toContain("has no `image`: it has text");
    expect(
      await refusal(folder, [
        { name: "text", vocab: 259 },
        { name: "image", vocab: 64 },
      ]),
    ).toContain("256 bytes and 4 markers need 260");
    expect(await refusal(folder, [{ name: "constructor", vocab: 259 }])).toContain("has no `constructor`");
    expect(await refusal(folder, [])).toContain("no modality of tokens");
    await writeFile(path.join(scratch, "in-the-way"), "");
    const blocked = prepareData({
      data: { kind: "folder", path: folder },
      modalities: both,
      cacheDir: path.join(scratch, "in-the-way"),
    });
    await expect(blocked).rejects.toThrow("cannot keep prepared data");
    const builtin = prepareData({
      data: { kind: "builtin", name: "photos" },
      modalities: both,
      cacheDir: scratch,
    });
    await expect(builtin).rejects.toThrow("no built-in data `photos`");
  });

  it("is summed up in text, JSON and a picture", async () => {
    const dataset = await prepare(await pictureFolder(40));
    const summary = dataSummary(dataset);
    expect(summary.train.documents + summary.val.documents).toBe(40);
    expect((summary.train.shares.text ?? 0) + (summary.train.shares.image ?? 0)).toBeCloseTo(1, 12);
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
    expect(formatSummary(summary)).toContain("to beat on val: unigram");
    const file = path.join(scratch, "sheet.png");
    expect(await pictures(dataset, file)).toBe(true);
    expect([...(await readFile(file)).subarray(1, 4)].map((byte) => String.fromCharCode(byte)).join("")).toBe(
      "PNG",
    );
    expect(decodeImage(dataset, []).rgb.every((value) => value === 255)).toBe(true);
  });
});

describe("icons", () => {
  it("are thousands of captioned pictures, split by concept", { timeout: 120_000 }, async () => {
    const cacheDir = path.join(process.cwd(), ".cache", "motley");
    const request = {
      data: { kind: "builtin", name: "icons" },
      modalities: [
        { name: "text", vocab: 1024 },
        { name: "image", vocab: 512 },
      ],
      cacheDir,
    } as const;
    const dataset = await prepareData(request);
    expect(dataset.train.count).toBeGreaterThan(14000);
    expect(dataset.val.count).toBeGreaterThan(600);
    expect(dataset.fidelity?.val).toBeGreaterThan(20);
    expect(dataset.modalities[1]?.found).toBe(512);
    expect(dataset.licences.map((one) => one.spdx)).toEqual([
      "MIT",
      "CC-BY-4.0",
      "Apache-2.0",
      "MIT",
      "MIT",
      "MIT",
    ]);
    const image = dataset.baselines.get("image");
    expect(image?.bigram).toBeLessThan((image?.unigram ?? 0) - 1);
    for (const batch of validationBatches(dataset, { count: 64, batch: 8, context: 160 }))
      checkBatch(batch, dataset);
    // No picture of a validation document occurs in training, and no concept is on both sides.
    const corpus = await (await openIcons()).load(cacheDir, () => undefined);
    const sides = new Map<string, Set<string>>();
    for (const [i, { group, split, picture }] of corpus.drafts.entries()) {
      const pixels = contentHash(
        corpus.pictures.subarray((picture ?? i) * 3072, ((picture ?? i) + 1) * 3072),
      );
      for (const key of [group, pixels]) sides.set(key, (sides.get(key) ?? new Set()).add(split));
    }
    expect([...sides].filter(([, splits]) => splits.size > 1)).toEqual([]);
    const captions = corpus.drafts.flatMap((draft) => draft.texts);
    expect(captions.filter((caption) => caption.trim() === "")).toEqual([]);
    expect(captions).toContain("fluent: waving hand light skin tone");
  });
});
