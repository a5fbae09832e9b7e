// sweep.test.ts: `motley compare --sweep`: every variant at every rate, compared at its best one.
// In: the smallest example through the command line. Out: what compare.json says of rates, with seeds, and on resuming.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkSource } from "../src/check/load.ts";
import { withRate } from "../src/cli/training.ts";
import { encodePng } from "../src/data/png.ts";
import type { CompareDocument } from "../src/runtime/compare-document.ts";
import { metricsOf, motley, temporaryFolder } from "./support/motley.ts";

const steps = 12;
const compare = (out: string, ...more: readonly string[]) =>
  motley(["compare", "examples/hello.mot", "--steps", String(steps), "--out", out, ...more]);
const documentAt = (path: string): CompareDocument =>
  JSON.parse(readFileSync(join(path, "compare.json"), "utf8"));

/** All that is trained is shared in `dense`, at text's rate; in `mot` the pictures' tower has their own, the swept one. */
const towers = `model towers {
  const dim = 16
  modality text  = tokens(vocab: 300)
  modality image = patches(size: 16, channels: 3)
  per modality enter {
    text { x = embed(tokens, dim) as embedding }
    image { x = linear(noisy, dim) as patch }
  }
  per modality attn {
    h = rms_norm(x) as norm
    q = split(linear(h, dim), 2)
    k = split(linear(h, dim), 2)
    v = split(linear(h, dim), 2)
  }
  x += linear(merge(attention(q, k, v, mask: causal + within(image))), dim) as out
  per modality leave {
    text { logits = linear(x, vocab) as head }
    image { prediction = linear(x, 16 * 16 * 3) as denoise }
  }
  objective text = cross_entropy(logits, next_token)
  objective image = mean_square(prediction, noise)
}
variant dense = towers { share attn }
variant mot = towers
train towers {
  data "data" context 24, batch 2, steps 4, seed 1
  adamw(lr: { text: 1e-2, image: 1e30 })
  freeze enter, leave
}
`;

/** The spec beside a few grey pictures; returns its path. */
function writeTowers(folder: string): string {
  mkdirSync(join(folder, "data"));
  const captions = Array.from({ length: 24 }, (_, i) => {
    const rgb = new Uint8Array(32 * 32 * 3).fill(10 * i);
    writeFileSync(join(folder, "data", `${i}.png`), encodePng({ width: 32, height: 32, rgb }));
    return JSON.stringify({ image: `${i}.png`, text: `grey ${10 * i}` });
  });
  writeFileSync(join(folder, "data", "captions.jsonl"), captions.join("\n"));
  writeFileSync(join(folder, "towers.mot"), towers);
  return join(folder, "towers.mot");
}

describe("a sweep", () => {
  test("takes each variant's best rate, and says so; a rate that diverges is out; resumes", async () => {
    const root = join(temporaryFolder(), "swept");
    const { stdout, stderr, exitCode } = await compare(root, "--sweep", "1e-2,1e-4,1e30");
    expect(exitCode, stderr).toBe(0);
    const { hello } = documentAt(root).variants;
    expect(hello?.lr).toBe(0.01);
    expect(hello?.sweep?.map(({ lr }) => lr)).toEqual([1e-4, 1e-2, 1e30]);
    const totals = hello?.sweep?.map(({ final }) => final?.val.total ?? null);
    expect(totals?.[2]).toBeNull();
    expect(hello?.final.val.total).toBe(totals?.[1]);
    expect(totals?.[1]).toBeLessThan(totals?.[0] ?? 0);
    expect(stdout).toMatch(/total at learning rate\s+1e-4\s+0\.01\s+1e\+30/);
    expect(stdout).toMatch(/hello\s+\d\.\d+\s+\d\.\d+ \*\s+diverged/);
    expect(metricsOf(join(root, "lr-1e-4/hello/metrics.jsonl")).at(-1)?.lr).toBeLessThan(1e-4);

    const before = documentAt(root);
    expect((await compare(root, "--sweep", "1e-4,1e-2,1e30", "--resume")).exitCode).toBe(0);
    expect(documentAt(root)).toEqual(before);
    const more = await compare(root, "--sweep", "1e-4,1e-2,2e-2", "--resume");
    expect(more.stderr).toContain("lr-0.02/hello holds no run yet");
    expect(documentAt(root).variants.hello?.sweep?.map(({ lr }) => lr)).toEqual([1e-4, 1e-2, 2e-2]);
  });

  test("with seeds, rates are chosen under the first", async () => {
    const seeds = join(temporaryFolder(), "seeds");
    const { stderr, exitCode } = await compare(seeds, "--sweep", "1e-2,1e-4", "--seeds", "2");
    expect(exitCode, stderr).toBe(0);
    const { hello } = documentAt(join(seeds, "seed-2")).variants;
    expect(hello?.lr).toBe(0.01);
    expect(hello).not.toHaveProperty("sweep");
    expect(existsSync(join(seeds, "seed-2/hello/manifest.json"))).toBe(true);
    const manifest = JSON.parse(readFileSync(join(seeds, "seed-1/lr-1e-4/hello/manifest.json"), "utf8"));
    expect(manifest.lr).toBe(1e-4);
    const sampled = await motley(["sample", seeds]);
    expect([sampled.exitCode, sampled.stderr]).toEqual([1, expect.stringContaining("holds several runs")]);
    for (const run of ["seed-1/lr-1e-4/hello", "seed-1/lr-0.01/hello", "seed-2/hello"])
      expect(sampled.stderr).toContain(join(seeds, run));
  });

  test("goes on saying how the others fare where the last variant diverges", async () => {
    const folder = temporaryFolder();
    const args = ["--sweep", "1e-3,1e30", "--out", join(folder, "runs")];
    const { stderr, exitCode } = await motley(["compare", writeTowers(folder), ...args]);
    expect(exitCode, stderr).toBe(0);
    const [, early = "", late = ""] = stderr.split(/^learning rate .*$/m);
    expect(early).toMatch(/^step 4\/4 {2}dense text .* {3}mot text /m);
    expect(late).toContain("mot diverges at 1e+30");
    expect(late).toMatch(/^step 4\/4 {2}dense text (?!.*mot)/m);
  });

  test("scales what the rate ends at, so that no rate rises to it", () => {
    const text = readFileSync("examples/hello.mot", "utf8").replace("warmup: 10", "warmup: 10, end: 1e-3");
    const { model } = checkSource({ name: "hello.mot", text }, () => undefined);
    if (model === undefined) throw new Error("the spec does not check");
    expect(withRate(model, 5e-4).train?.optimizer).toMatchObject({ lr: 5e-4, end: expect.closeTo(5e-5, 12) });
    expect(withRate(model, 1e-2)).toBe(model);
  });

  test("without one, nothing speaks of rates", async () => {
    const plain = join(temporaryFolder(), "plain");
    const { stdout } = await compare(plain);
    expect(stdout).not.toContain("learning rate");
    expect(documentAt(plain).variants.hello).not.toHaveProperty("lr");
  });

  test.each(["", "0", "1e-3,x", "-1"])("`--sweep %s` is a mistake of usage", async (rates) => {
    const { exitCode, stderr } = await compare("nowhere", `--sweep=${rates}`);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("learning rates between commas");
  });
});
