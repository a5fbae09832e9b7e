// What a model of three modalities says, hears and shows: spans of speech end where the model ends them, a recording is a
// prompt, and documents go on across all three. The model is untrained, and the recordings are tones.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkSource } from "../src/check/load.ts";
import { compile } from "../src/compile.ts";
import { prepareData } from "../src/data/prepare.ts";
import { encodeSound, promptOf, readDocument } from "../src/data/prompts.ts";
import { encodeWav, readWav } from "../src/data/wav.ts";
import { speakTexts } from "../src/runtime/drawing.ts";
import { openSession } from "../src/runtime/session.ts";
import { openWasmDevice } from "../src/runtime/wasm.ts";
import { fastEngine } from "./support/compiled.ts";
import { motley, temporaryFolder } from "./support/motley.ts";

const spec = `model spoken {
  const dim = 16
  modality text   = tokens(vocab: 300)
  modality speech = tokens(vocab: 20)
  x = embed(tokens, dim) as embedding
  per modality attn {
    h = rms_norm(x) as norm
    q = rope(split(linear(h, dim), 2))
    k = rope(split(linear(h, dim), 2))
    v = split(linear(h, dim), 2)
  }
  x += linear(merge(attention(q, k, v, mask: causal)), dim) as out
  logits = linear(rms_norm(x) as last, vocab) as head
  objective text, speech = cross_entropy(logits, next_token)
}
train spoken {
  data "data" context 64, batch 2, steps 4, seed 1
  adamw(lr: 1e-2)
}
`;

const tone = (hertz: number, seconds: number): Float32Array =>
  Float32Array.from(
    { length: 16_000 * seconds },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / 16_000),
  );

/** Tones of several heights, half a second each. */
function writeFolder(folder: string): void {
  const data = join(folder, "data");
  mkdirSync(data, { recursive: true });
  writeFileSync(join(folder, "spoken.mot"), spec);
  const lines = Array.from({ length: 12 }, (_, i) => {
    writeFileSync(join(data, `${i}.wav`), encodeWav(tone(200 + 150 * i, 0.5)));
    return JSON.stringify({ audio: `${i}.wav`, text: `tone ${i}` });
  });
  writeFileSync(join(data, "captions.jsonl"), `${lines.join("\n")}\n`);
}

describe("speech", () => {
  it("is said for a text, heard as a prompt, and read back", async () => {
    const folder = temporaryFolder();
    writeFolder(folder);
    const modalities = [
      { name: "text", vocab: 300 },
      { name: "speech", vocab: 20 },
    ];
    const data = { kind: "folder", path: join(folder, "data") } as const;
    const dataset = await prepareData({ data, modalities, cacheDir: join(folder, "cache") });
    const codes = await encodeSound(dataset, encodeWav(tone(500, 0.4)));
    const [, speech] = dataset.modalities;
    expect(codes.length).toBeGreaterThan(5);
    expect([...codes].every((id) => id >= (speech?.firstCode ?? 0))).toBe(true);
    const heard = promptOf(dataset, [
      { kind: "codes", modality: "speech", codes },
      { kind: "text", text: "tone" },
    ]);
    expect(readDocument(dataset, heard)).toEqual([
      { kind: "speech", samples: expect.any(Float32Array) },
      { kind: "text", text: "tone" },
    ]);
    await expect(encodeSound(dataset, encodeWav(new Float32Array(8000)))).rejects.toThrow(
      "nothing to be heard",
    );
    const long = encodeWav(new Float32Array(16000 * 60 * 11).fill(0.5));
    await expect(encodeSound(dataset, long)).rejects.toThrow("it lasts 11 minutes, 10 are the most");

    const { model } = checkSource({ name: "spoken.mot", text: spec }, () => undefined);
    if (model === undefined) throw new Error("the spec does not check");
    const artifact = compile(model, {
      purpose: "decode",
      engine: fastEngine,
      batch: 3,
      context: 64,
      span: 8,
    });
    const session = openSession(artifact, await openWasmDevice(artifact, { threads: 1 }));
    await session.initialize(1);
    const prompt = promptOf(dataset, [
      { kind: "text", text: "tone 3" },
      { kind: "begun", modality: "speech" },
    ]);
    const request = { seed: 1, temperature: 1, topP: 1 };
    const said = await speakTexts(session, dataset, [prompt, prompt, prompt], request);
    await session.close();
    // Whole codes of 40 ms, at least one, at most what the context has room for.
    const lengths = said.map(({ length }) => length / 640);
    expect(lengths.every((n) => Number.isInteger(n) && n >= 1 && n <= 64 - prompt.length)).toBe(true);
    expect(new Set(lengths).size).toBeGreaterThan(1);
  });

  it("comes from the command line as WAV files, and goes in as one", async () => {
    const folder = temporaryFolder();
    writeFolder(folder);
    const run = join(folder, "run");
    const trained = await motley(["train", join(folder, "spoken.mot"), "--out", run]);
    expect(trained.exitCode, trained.stderr).toBe(0);
    const sample = (...more: readonly string[]) => motley(["sample", run, ...more]);
    const file = join(folder, "said.wav");
    const said = await sample("--modality", "speech", "--prompt", "tone 3", "--count", "2", "--out", file);
    const names = [1, 2].map((n) => join(folder, `said-${n}.wav`));
    expect([said.exitCode, said.stdout.trim().split("\n")]).toEqual([0, names]);
    for (const name of names) expect(readWav(readFileSync(name)).rate).toBe(16_000);
    const audio = join(folder, "data", "3.wav");
    const heard = await sample(
      "--audio",
      audio,
      "--count",
      "1",
      "--modality",
      "any",
      "--out",
      join(folder, "all.txt"),
    );
    expect([heard.exitCode, existsSync(join(folder, "all.txt"))]).toEqual([0, true]);
    const shown = await sample("--image", audio);
    expect([shown.exitCode, shown.stderr]).toEqual([1, expect.stringContaining("the run has no pictures")]);
    writeFileSync(file, "no sound");
    expect((await sample("--audio", file)).stderr).toContain("said.wav cannot be used: not a WAV file");
  });
});
