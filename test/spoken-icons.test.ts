// spoken-icons.test.ts: the built-in data `spoken-icons`, with a few names only, and what `motley data` shows of speech.

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { openIcons } from "../src/data/icons.ts";
import { melOfClip } from "../src/data/speech.ts";
import { openSpokenIcons } from "../src/data/spoken-icons.ts";
import { readWav } from "../src/data/wav.ts";
import { modelOf } from "./support/interpreted.ts";
import { motley, temporaryFolder } from "./support/motley.ts";
import { writeSpokenFolder } from "./support/spoken-folder.ts";

describe("examples/chameleon-speech.mot", () => {
  const text = readFileSync(new URL("../examples/chameleon-speech.mot", import.meta.url), "utf8");
  const sizeOf = (variant: string): number =>
    modelOf(text, variant).parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);

  it("has a tower for all, for each, or for one and the two others", () => {
    const [dense, mot] = [sizeOf("dense"), sizeOf("mot")];
    expect(mot).toBeGreaterThan(dense);
    for (const variant of ["own_text", "own_image", "own_speech"])
      expect(sizeOf(variant)).toBe(dense + (mot - dense) / 2);
    const towers = (variant: string, path: string) =>
      modelOf(text, variant).parameters.flatMap((one) => (one.path.startsWith(path) ? [one.path] : []));
    expect(towers("own_speech", "block.0.ffn.text+image.")).toHaveLength(4);
    expect(towers("own_speech", "block.0.ffn.speech.")).toHaveLength(4);
    const { data } = modelOf(text, "mot").train ?? {};
    expect(data).toEqual({ kind: "builtin", name: "spoken-icons" });
  });
});

describe("spoken icons", () => {
  it("are the icons, and names in four voices, on the side of the split they are of", {
    timeout: 120_000,
  }, async () => {
    const cacheDir = path.join(process.cwd(), ".cache", "motley");
    const source = await openSpokenIcons(5);
    const corpus = await source.load(cacheDir, () => undefined);
    const icons = await (await openIcons()).load(cacheDir, () => undefined);
    expect(corpus.drafts.slice(0, icons.drafts.length)).toEqual(icons.drafts);
    const spoken = corpus.drafts.slice(icons.drafts.length);
    expect(spoken.length).toBe(5 * 4 * 2);
    const sides = new Map(icons.drafts.map(({ group, split }) => [group, split]));
    for (const draft of spoken) {
      expect(draft.split).toBe(sides.get(draft.group));
      expect(draft.texts.length).toBe(draft.picture === undefined ? 1 : 0);
      const shown = icons.drafts.find(({ picture }) => picture === draft.picture);
      if (draft.picture !== undefined) expect(shown?.group).toBe(draft.group);
      const seconds = melOfClip(corpus.sounds.clips, draft.clip ?? -1).length / 40 / 50;
      expect(seconds).toBeGreaterThan(0.2);
      expect(seconds).toBeLessThan(3);
    }
    // A clip with its name, then with a picture of the same concept.
    expect(spoken.map(({ clip }) => clip)).toEqual(Array.from({ length: 40 }, (_, i) => i >> 1));
    const heard = await corpus.sounds.hear(0);
    expect(Math.ceil(heard.length / 320) * 40).toBe(melOfClip(corpus.sounds.clips, 0).length);
    expect((await openSpokenIcons(6)).fingerprint).not.toBe(source.fingerprint);
  });

  it("are shown by `motley data` as text, pictures, spectrograms and sound", {
    timeout: 120_000,
  }, async () => {
    const folder = temporaryFolder();
    await writeSpokenFolder(folder);
    const { exitCode, stdout, stderr } = await motley(["data", folder, "--json"]);
    expect(exitCode, stderr).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary.modalities.map(({ name }: { readonly name: string }) => name)).toEqual([
      "text",
      "image",
      "speech",
    ]);
    expect(summary.train.documents + summary.val.documents).toBe(72);
    expect(summary.train.shares.speech).toBeGreaterThan(0.2);
    expect(summary.melError.train).toBeLessThan(summary.melError.meanFrame);
    expect(summary.baselines.val.speech.targets).toBeGreaterThan(0);
    for (const file of [summary.pictures, summary.sounds, summary.spectrograms])
      expect(existsSync(file)).toBe(true);
    expect(readWav(new Uint8Array(readFileSync(summary.sounds))).rate).toBe(16000);
    const shown = await motley(["data", folder]);
    expect(shown.stdout).toContain("how far the speech codes are off: train");
    expect(shown.stdout).toContain(summary.sounds);
  });
});
