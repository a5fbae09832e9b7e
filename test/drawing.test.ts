// What a model draws and writes: the structure of a span is forced, codes that mean nothing never come, and the same
// request gives the same tokens for any number of threads and neighbours. The model is untrained: structure is not learnt.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkSource } from "../src/check/load.ts";
import type { Model } from "../src/check/model.ts";
import { refuseExpertChoice } from "../src/cli/drawing.ts";
import { Failure } from "../src/cli/failure.ts";
import { compile } from "../src/compile.ts";
import type { Dataset, Picture } from "../src/data/dataset.ts";
import { codesPerImage } from "../src/data/decode.ts";
import { following } from "../src/data/following.ts";
import { encodePng } from "../src/data/png.ts";
import { prepareData } from "../src/data/prepare.ts";
import {
  captionPrompt,
  encodeImage,
  picturePrompt,
  promptOf,
  readDocument,
  textPrompt,
} from "../src/data/prompts.ts";
import { whyNotDecoded } from "../src/open.ts";
import { drawPictures, writeDocuments, writeTexts } from "../src/runtime/drawing.ts";
import { openSession, type Session } from "../src/runtime/session.ts";
import { openWasmDevice } from "../src/runtime/wasm.ts";
import { fastEngine } from "./support/compiled.ts";
import { motley } from "./support/motley.ts";

const spec = `model tiny {
  const dim = 16
  modality text  = tokens(vocab: 300)
  modality image = tokens(vocab: 64)
  x = embed(tokens, dim) as embedding
  per modality attn {
    h = rms_norm(x) as norm
    q = rope(split(linear(h, dim), 2))
    k = rope(split(linear(h, dim), 2))
    v = split(linear(h, dim), 2)
  }
  x += linear(merge(attention(q, k, v, mask: causal)), dim) as out
  logits = linear(rms_norm(x) as last, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
train tiny {
  data "data" context 96, batch 2, steps 4, seed 1
  adamw(lr: 1e-2)
}
`;

const colors = [
  [255, 0, 0],
  [0, 0, 255],
  [255, 255, 255],
] as const;
const captions = ["red square", "blue square", "blank"];

/** Patches of one colour each, so that there are three codes, in an order that differs from picture to picture. */
function writeFolder(folder: string): void {
  mkdirSync(join(folder, "data"), { recursive: true });
  writeFileSync(join(folder, "tiny.mot"), spec);
  const lines = Array.from({ length: 30 }, (_, i) => {
    const rgb = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => {
      const [x, y] = [(Math.floor(at / 3) % 32) >> 2, Math.floor(at / 96) >> 2];
      return colors[(x * (i + 1) + y * (i + 3)) % 3]?.[at % 3] ?? 0;
    });
    writeFileSync(join(folder, "data", `${i}.png`), encodePng({ width: 32, height: 32, rgb }));
    return JSON.stringify({ image: `${i}.png`, text: `${captions[i % 3]} ${i}` });
  });
  writeFileSync(join(folder, "data", "captions.jsonl"), `${lines.join("\n")}\n`);
}

let dataset: Dataset;
let folder: string;

async function open(batch: number, threads: number): Promise<Session> {
  const { model } = checkSource({ name: "tiny.mot", text: spec }, () => undefined);
  if (model === undefined) throw new Error("the spec does not check");
  const artifact = compile(model, { purpose: "decode", engine: fastEngine, batch, context: 96, span: 7 });
  const session = openSession(artifact, await openWasmDevice(artifact, { threads }));
  await session.initialize(1);
  return session;
}

const usual = { seed: 1, temperature: 1, topP: 1 };

async function draw(batch: number, threads: number, drawing = usual): Promise<readonly Picture[]> {
  const session = await open(batch, threads);
  const prompts = Array.from({ length: batch }, () => captionPrompt(dataset, "red square"));
  const pictures = await drawPictures(session, dataset, prompts, drawing);
  await session.close();
  return pictures;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "motley-test-"));
  writeFolder(folder);
  const modalities = [
    { name: "text", vocab: 300 },
    { name: "image", vocab: 64 },
  ];
  const data = { kind: "folder", path: join(folder, "data") } as const;
  dataset = await prepareData({ data, modalities, cacheDir: join(folder, "cache") });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("prompts", () => {
  it("stand between the markers of the data", () => {
    const { beginDocument, spans } = dataset.markers;
    const { begin, end } = spans.get("image") ?? { begin: -1, end: -1 };
    const caption = captionPrompt(dataset, "red");
    expect([caption[0], caption.at(-1)]).toEqual([beginDocument, begin]);
    expect([...caption.slice(0, -1)]).toEqual([...textPrompt(dataset, "red")]);
    const codes = Int32Array.from({ length: codesPerImage(dataset) }, () => 300);
    const picture = picturePrompt(dataset, codes);
    expect([picture.length, picture[0], picture[1], picture.at(-1)]).toEqual([67, beginDocument, begin, end]);
  });
});

describe("pictures", () => {
  it("are whole, and only of codes that mean something, though the table has more", async () => {
    expect(dataset.modalities[1]?.found).toBeLessThan(64);
    const [picture] = await draw(1, 1);
    const allowed = new Set(colors.map((color) => color.join()));
    const seen = new Set<string>();
    for (let at = 0; at < 32 * 32 * 3; at += 3)
      seen.add([...(picture?.rgb.subarray(at, at + 3) ?? [])].join());
    expect([...seen].filter((color) => !allowed.has(color))).toEqual([]);
    // A code left out would be white; untrained, all codes are about as likely.
    expect(seen.size).toBe(3);
  });

  it("are the same for one seed, with more threads and beside others; others for another", async () => {
    const [alone] = await draw(1, 1);
    const together = await draw(3, 2);
    expect(together[0]).toEqual(alone);
    expect(together[1]).not.toEqual(alone);
    expect((await draw(1, 1, { ...usual, seed: 2 }))[0]).not.toEqual(alone);
  });
});

describe("texts", () => {
  it("end at a marker or with the context, and hold no other marker", async () => {
    const session = await open(4, 1);
    const prompts = ["", "red", "red square 1", "blank"].map((text) => textPrompt(dataset, text));
    const texts = await writeTexts(session, dataset, prompts, usual);
    expect(texts).toHaveLength(4);
    expect(new Set(texts).size).toBe(4);
    const again = await writeTexts(session, dataset, prompts, usual);
    await session.close();
    expect(again).toEqual(texts);
  });
});

describe("documents", () => {
  it("follow the grammar of the data, and go on across modalities", async () => {
    const { beginDocument, endDocument, spans } = dataset.markers;
    const { begin = -1, end = -1 } = spans.get("image") ?? {};
    const code = dataset.modalities[1]?.firstCode ?? -1;
    const idsAfter = (tokens: readonly number[], room = 90): readonly number[] => {
      const may = following(dataset, tokens, room);
      if ("token" in may) return [may.token];
      return may.ids.flatMap(([first, last]) => Array.from({ length: last - first }, (_, i) => first + i));
    };
    const text = idsAfter([beginDocument]);
    expect([begin, endDocument].every((id) => text.includes(id))).toBe(true);
    expect([end, beginDocument, code].some((id) => text.includes(id))).toBe(false);
    // Three colours were found, and a picture has 64 codes.
    expect(idsAfter([beginDocument, begin])).toEqual([code, code + 1, code + 2]);
    const codes = Array.from({ length: 64 }, () => code);
    expect(idsAfter([beginDocument, begin, ...codes.slice(1)])).toEqual([code, code + 1, code + 2]);
    expect(idsAfter([beginDocument, begin, ...codes])).toEqual([end]);
    expect(idsAfter([beginDocument, begin, ...codes, end])).toEqual(text);
    expect(idsAfter([beginDocument], 65)).not.toContain(begin);

    const session = await open(3, 1);
    const caption = textPrompt(dataset, "red square");
    const prompts = [captionPrompt(dataset, "red"), caption, picturePrompt(dataset, Int32Array.from(codes))];
    const written = await writeDocuments(session, dataset, prompts, usual);
    await session.close();
    // The first prompt stands within a picture: it comes first, whole.
    expect(written[0]?.[0]).toMatchObject({ kind: "image", picture: { width: 32, height: 32 } });
    for (const parts of written)
      for (const [i, { kind }] of parts.entries())
        if (kind === "text") expect(parts[i + 1]?.kind).not.toBe("text");
  });

  it("are read back as they were made, pictures as their codes keep them", async () => {
    const drawn = encodePng({ width: 32, height: 32, rgb: new Uint8Array(32 * 32 * 3).fill(255) });
    const codes = await encodeImage(dataset, drawn);
    expect([...new Set(codes)]).toEqual([dataset.modalities[1]?.firstCode]);
    const ids = promptOf(dataset, [
      { kind: "text", text: "red" },
      { kind: "codes", modality: "image", codes },
      { kind: "text", text: "blank" },
    ]);
    const parts = readDocument(dataset, ids);
    expect(parts.map(({ kind }) => kind)).toEqual(["text", "image", "text"]);
    expect(parts[0]).toEqual({ kind: "text", text: "red" });
    expect(new Set(parts[1]?.kind === "image" ? parts[1].picture.rgb : [])).toEqual(new Set([255]));
  });
});

describe("a model that cannot write token by token", () => {
  it("is refused by name, and only where experts choose", () => {
    const { model } = checkSource({ name: "tiny.mot", text: spec }, () => undefined);
    if (model === undefined) throw new Error("the spec does not check");
    const routing = { experts: 2, pools: [0, 0], balance: 0, span: model.span };
    const routed = (choice: Model["routings"][number]["choice"]): Model => ({
      ...model,
      variant: "moe",
      routings: [{ ...routing, choice }],
    });
    expect(whyNotDecoded(model)).toBeUndefined();
    expect(whyNotDecoded(routed({ kind: "top", k: 1 }))).toBeUndefined();
    expect(whyNotDecoded(routed({ kind: "expert_choice" }))).toContain("`moe` cannot write token by token");
    expect(() => refuseExpertChoice(routed({ kind: "expert_choice" }))).toThrow(Failure);
  });
});

describe("motley sample", () => {
  let run = "";
  const sample = (...more: readonly string[]) => motley(["sample", run, ...more]);

  beforeAll(async () => {
    run = join(folder, "run");
    const trained = await motley(["train", join(folder, "tiny.mot"), "--steps", "200", "--out", run]);
    expect(trained.exitCode, trained.stderr).toBe(0);
  });

  it("draws a sheet from a run, captions a picture, and goes on as the model likes", async () => {
    const [sheet, walk] = [join(folder, "sheet.png"), join(folder, "walk.txt")];
    const [drawn, captions, walked] = await Promise.all([
      sample("--prompt", "red", "--modality", "image", "--count", "3", "--out", sheet),
      sample("--image", join(folder, "data", "0.png"), "--count", "2"),
      sample("--modality", "any", "--prompt", "red", "--count", "8", "--out", walk),
    ]);
    expect([drawn.exitCode, drawn.stdout.trim()]).toEqual([0, sheet]);
    expect([captions.exitCode, captions.stderr]).toEqual([0, ""]);
    expect(captions.stdout.split("\n").length).toBe(2 + 1);
    expect([walked.exitCode, walked.stdout.trim()]).toEqual([0, walk]);
    const named = [...readFileSync(walk, "utf8").matchAll(/\[([^\]]*walk-\d+-\d+\.png)\]/g)];
    expect(named.length).toBeGreaterThan(0);
    for (const [, file = ""] of named) expect(existsSync(file), file).toBe(true);
  });

  it("says what a run lacks, and what cannot be used", async () => {
    const broken = join(folder, "broken.png");
    writeFileSync(broken, "no picture");
    const [unreadable, absent, long] = await Promise.all([
      sample("--image", broken),
      sample("--image", "absent.png"),
      sample("--modality", "image", "--prompt", "red square ".repeat(20)),
    ]);
    expect([unreadable.exitCode, unreadable.stderr]).toEqual([
      1,
      expect.stringContaining("broken.png cannot be used"),
    ]);
    expect(absent.stderr).toContain("cannot read absent.png");
    expect([long.exitCode, long.stderr]).toEqual([1, expect.stringContaining("the prompt is too long")]);
    writeFileSync(join(folder, "data", "captions.jsonl"), '{"image": "0.png", "text": "red"}\n');
    const changed = await sample();
    expect([changed.exitCode, changed.stderr]).toEqual([1, expect.stringContaining("trained on other data")]);
    writeFileSync(join(run, "spec.mot"), "model {");
    const unchecked = await sample();
    expect([unchecked.exitCode, unchecked.stderr]).toEqual([
      1,
      expect.stringContaining("does not check any more"),
    ]);
  });
});
