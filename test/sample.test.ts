// Drawing tokens from logits, by hand; and a trained run that writes on, the same for the same seed.

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { drawToken } from "../src/runtime/sample.ts";
import { motley, temporaryFolder } from "./support/motley.ts";

/** Shares 0.1, 0.4, 0.3, 0.2. */
const logits = Float32Array.from([0.1, 0.4, 0.3, 0.2], Math.log);
const all = [[0, 4]] as const;

describe("a drawn token", () => {
  it("is the likeliest at temperature 0, the first of equals", () => {
    expect(drawToken(logits, { allowed: all, temperature: 0, topP: 1 }, 0.99)).toBe(1);
    expect(drawToken(new Float32Array(4), { allowed: all, temperature: 0, topP: 1 }, 0.5)).toBe(0);
  });

  it("falls where the uniform number falls among the shares, likeliest first", () => {
    const draw = (at: number): number => drawToken(logits, { allowed: all, temperature: 1, topP: 1 }, at);
    expect([0, 0.39, 0.41, 0.69, 0.71, 0.89, 0.91, 0.999].map(draw)).toEqual([1, 1, 2, 2, 3, 3, 0, 0]);
  });

  it("comes from the likeliest that make up the share", () => {
    const draw = (topP: number) => drawToken(logits, { allowed: all, temperature: 1, topP }, 0.999);
    expect([0, 0.3, 0.5, 0.8, 1].map(draw)).toEqual([1, 1, 2, 3, 0]);
  });

  it("is one of those allowed, by their shares among themselves", () => {
    const allowed = [
      [0, 1],
      [3, 4],
    ] as const;
    const draw = (at: number): number => drawToken(logits, { allowed, temperature: 1, topP: 1 }, at);
    expect([0, 0.66, 0.67, 0.999].map(draw)).toEqual([3, 3, 0, 0]);
  });

  it("follows the temperature: a hot one makes all alike", () => {
    const draw = (at: number): number => drawToken(logits, { allowed: all, temperature: 1e6, topP: 1 }, at);
    expect([0.1, 0.3, 0.6, 0.9].map(draw)).toEqual([1, 2, 3, 0]);
  });
});

describe("motley sample", () => {
  it("writes on, the same for the same seed; and names the runs in a comparison's folder", async () => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    expect((await motley(["train", "examples/hello.mot", "--steps", "100", "--out", run])).exitCode).toBe(0);
    const sample = (...more: readonly string[]) => motley(["sample", run, "--prompt", "At noon", ...more]);
    const [first, again, other] = await Promise.all([sample(), sample(), sample("--seed", "2")]);
    expect(first.exitCode, first.stderr).toBe(0);
    expect(first.stdout.startsWith("At noon")).toBe(true);
    expect(again.stdout).toBe(first.stdout);
    expect(other.stdout).not.toBe(first.stdout);

    const { exitCode, stderr } = await motley(["sample", folder]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(run)]);
    expect((await sample("--modality", "image")).stderr).toContain("no modality `image`");
  });
});
