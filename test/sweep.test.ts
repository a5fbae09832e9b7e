// sweep.test.ts: `motley compare --sweep`: every variant at every rate, compared at its best one.
// In: the smallest example through the command line. Out: what compare.json says of rates, with seeds, and on resuming.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CompareDocument } from "../src/runtime/compare-document.ts";
import { metricsOf, motley, temporaryFolder } from "./support/motley.ts";

const steps = 12;
const compare = (out: string, ...more: readonly string[]) =>
  motley(["compare", "examples/hello.mot", "--steps", String(steps), "--out", out, ...more]);
const documentAt = (path: string): CompareDocument =>
  JSON.parse(readFileSync(join(path, "compare.json"), "utf8"));

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
