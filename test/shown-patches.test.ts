// Pictures of patches in and out of a model: drawn from noise at the command line, shown to it before a caption, and
// found in the data with their captions. The model is untrained but for a few steps: what is tested is the way there.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { captionedPictures } from "../src/data/captioned.ts";
import { encodePng, readPng } from "../src/data/png.ts";
import { prepareData } from "../src/data/prepare.ts";
import { afterPatches } from "../src/data/prompts.ts";
import { denoisingOf } from "../src/runtime/diffusion.ts";
import { startWithPictures } from "../src/runtime/drawing.ts";
import { motley, temporaryFolder } from "./support/motley.ts";

const spec = `model shown {
  const dim = 16
  modality text  = tokens(vocab: 300)
  modality image = patches(size: 8, channels: 3)
  per modality enter {
    text { x = embed(tokens, dim) as embedding }
    image { x = linear(noisy, dim) as patch }
  }
  per modality attn {
    h = rms_norm(x) as norm
    q = rope(split(linear(h, dim), 2))
    k = rope(split(linear(h, dim), 2))
    v = split(linear(h, dim), 2)
  }
  x += linear(merge(attention(q, k, v, mask: causal + within(image))), dim) as out
  per modality leave {
    text { logits = linear(x, vocab) as head }
    image { prediction = linear(x, 8 * 8 * 3) as denoise }
  }
  objective text = cross_entropy(logits, next_token)
  objective image = mean_square(prediction, noise)
}
train shown {
  data "data" context 48, batch 2, steps 4, seed 1
  adamw(lr: 1e-2)
}
`;

/** Pictures of one colour each. */
function writeFolder(folder: string): void {
  mkdirSync(join(folder, "data"), { recursive: true });
  writeFileSync(join(folder, "shown.mot"), spec);
  const lines = Array.from({ length: 24 }, (_, i) => {
    const rgb = new Uint8Array(32 * 32 * 3).fill(10 * i);
    writeFileSync(join(folder, "data", `${i}.png`), encodePng({ width: 32, height: 32, rgb }));
    return JSON.stringify({ image: `${i}.png`, text: `grey ${10 * i}` });
  });
  writeFileSync(join(folder, "data", "captions.jsonl"), `${lines.join("\n")}\n`);
}

describe("pictures of patches", () => {
  it("are found in the data with their captions, and asked of a model in turns", async () => {
    const folder = temporaryFolder();
    writeFolder(folder);
    const modalities = [
      { name: "text", vocab: 300 },
      { name: "image", vocab: 0, patches: { size: 8, channels: 3 } },
    ];
    const data = { kind: "folder", path: join(folder, "data") } as const;
    const dataset = await prepareData({ data, modalities, cacheDir: join(folder, "cache") });
    const found = captionedPictures(dataset, dataset.train, 5);
    expect(found).toHaveLength(5);
    for (const { caption, picture } of found)
      expect(picture.rgb).toEqual(new Uint8Array(32 * 32 * 3).fill(Number(caption.slice(5))));
    const { begin = -1, end = -1 } = dataset.markers.spans.get("image") ?? {};
    const { prompts, blank } = denoisingOf(dataset, ["grey", ""], { seed: 1, steps: 2, guidance: 2 });
    expect(prompts.map((prompt) => [prompt[0], prompt.at(-1)])).toEqual([
      [dataset.markers.beginDocument, begin],
      [dataset.markers.beginDocument, begin],
    ]);
    expect(blank).toEqual(prompts[1]);
    expect(afterPatches(dataset, "")).toEqual(Int32Array.of(end));

    const text = await prepareData({
      data,
      modalities: modalities.slice(0, 1),
      cacheDir: join(folder, "cache"),
    });
    expect(captionedPictures(text, text.train, 5)).toEqual([]);
    expect(() => startWithPictures(text, [])).toThrow("no pictures of patches");
    expect(() => denoisingOf(text, ["grey"], { seed: 1, steps: 2, guidance: 1 })).toThrow(
      "no pictures of patches",
    );
  });

  it("are drawn and captioned at the command line", async () => {
    const folder = temporaryFolder();
    writeFolder(folder);
    const run = join(folder, "run");
    const trained = await motley(["train", join(folder, "shown.mot"), "--out", run]);
    expect(trained.exitCode, trained.stderr).toBe(0);
    const sample = (...more: readonly string[]) => motley(["sample", run, ...more]);
    const sheet = join(folder, "sheet.png");
    const many = ["--steps", "3", "--count", "2", "--guidance", "2", "--out", sheet];
    const drawn = await sample("--modality", "image", "--prompt", "grey 30", ...many);
    expect([drawn.exitCode, drawn.stdout.trim()], drawn.stderr).toEqual([0, sheet]);
    expect(readPng(readFileSync(sheet), 8).rgb.length).toBe(8 * 8 * 3);
    const shown = ["--image", join(folder, "data", "3.png")];
    const sound = ["--audio", join(folder, "none.wav")];
    const [captions, others, begun, both] = await Promise.all([
      sample(...shown),
      sample("--image", join(folder, "data", "20.png")),
      sample(...shown, "--prompt", "grey"),
      sample(...shown, "--modality", "any"),
    ]);
    expect([captions.exitCode, captions.stderr]).toEqual([0, ""]);
    // Another picture, other captions: it is looked at.
    expect(others.stdout).not.toBe(captions.stdout);
    expect(begun.stdout.startsWith("grey")).toBe(true);
    expect([both.exitCode, both.stderr]).toEqual([1, expect.stringContaining("with text alone")]);
    const refused = await Promise.all([
      sample(...shown, ...sound),
      sample("--modality", "image", ...shown),
      sample("--modality", "image", ...sound),
    ]);
    expect(refused.map(({ exitCode }) => exitCode)).toEqual([1, 1, 1]);
    expect(refused.map(({ stderr }) => /leave out `(--\w+)`/.exec(stderr)?.[1])).toEqual([
      "--audio",
      "--image",
      "--audio",
    ]);
  });
});
