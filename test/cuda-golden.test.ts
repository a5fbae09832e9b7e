// cuda-golden.test.ts: what the examples become for CUDA: the kernels and the plan of one as texts, of all others digests.

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { compileExample, cudaExamples, distinctKernels } from "./support/cuda-texts.ts";
import { expectGolden, expectNoOtherGoldens } from "./support/golden.ts";

const bless = "MOTLEY_BLESS=1 npx vitest run test/cuda-golden.test.ts";
const shown = "chameleon mot";
const largest = 1 << 20;

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Written by cuda-nvcc.test.ts. */
const written: string[] = ["cuda/resources.txt"];
const golden = (path: string, text: string): void => {
  expect(text.length).toBeLessThan(largest);
  written.push(path);
  expectGolden(path, text, bless);
};

describe("goldens", () => {
  const example = cudaExamples.filter(({ title }) => title === shown);

  test(`the kernels of ${shown}`, () => {
    const kernels = distinctKernels(example, "bf16");
    expect(kernels.length).toBeGreaterThan(10);
    for (const { name, kernel } of kernels) golden(`cuda/${name}.cu`, kernel.source);
  });

  test(`the plan of ${shown}`, () => {
    for (const each of example) golden("cuda/chameleon-mot-plan.txt", compileExample(each, "bf16").plan);
  });

  test("what every variant of every example launches, in both precisions", { timeout: 180_000 }, () => {
    const digests = cudaExamples.flatMap((each) =>
      (["bf16", "f32"] as const).map(
        (precision) => `${each.title}, ${precision}: ${digest(compileExample(each, precision).text)}`,
      ),
    );
    expect(digests.length).toBeGreaterThan(20);
    golden("cuda/digests.txt", `${digests.sort().join("\n")}\n`);
  });

  test("nothing else is kept", () => expectNoOtherGoldens(written, "cuda"));
});
