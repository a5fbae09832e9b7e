// data.test.ts: preparing material, in small folders made here and, once, the real icons.

import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { contentHash, readEntry, writeEntry } from "../src/data/cache.ts";
import { DataError, type DataRequest, type Dataset, type Documents } from "../src/data/dataset.ts";
import { codesPerImage, decodeImage, decodeText, encodeText } from "../src/data/decode.ts";
import { drawDocument } from "../src/data/draw.ts";
import { openIcons } from "../src/data/icons.ts";
import { datasetBytes, datasetOfBytes } from "../src/data/packed.ts";
import { createBatchStream, validationBatches } from "../src/data/packing.ts";
import { prepareData } from "../src/data/prepare.ts";
import { dataSummary, formatSummary, pictures } from "../src/data/summary.ts";
import { checkBatch } from "./support/check-batch.ts";
import { dataFolders } from "./support/data-folders.ts";
import { drawing } from "./support/drawings.ts";

const { place, makeFolder, prepare: prepareFolder } = dataFolders();

const both = [
  { name: "text", vocab: 300 },
  { name: "image", vocab: 64 },
];

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

const prepare = (
  folder: string,
  modalities: DataRequest["modalities"] = both,
  cache?: string,
): Promise<Dataset> => prepareFolder(folder, modalities, cache);

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
    const cache = place("cache-damaged");
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
    expect(await refusal(place("absent"))).toContain("there is no folder");
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
    await writeFile(place("in-the-way"), "");
    const blocked = prepareData({
      data: { kind: "folder", path: folder },
      modalities: both,
      cacheDir: place("in-the-way"),
    });
    await expect(blocked).rejects.toThrow("cannot keep prepared data");
    const builtin = prepareData({
      data: { kind: "builtin", name: "photos" },
      modalities: both,
      cacheDir: place("."),
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
    const file = place("sheet.png");
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
