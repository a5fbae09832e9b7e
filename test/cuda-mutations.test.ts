// cuda-mutations.test.ts: mistakes planted in generated CUDA kernels, each of which must be noticed: by the emulator, or
// because the step's results are others than those of the right program, by far more than the comparisons with the
// interpreter let pass. What the checks of the CUDA target are worth is what they notice here.

import { beforeAll, describe, expect, test } from "vitest";
import { emulatorProblem } from "./support/cuda-compile.ts";
import { type Mutation, mutate, noticed, type Subject, subject } from "./support/cuda-mutations.ts";
import { describeWith } from "./support/devices.ts";

type Planted = Mutation & {
  readonly what: string;
  /** What the emulator says; without it, the results are off. */
  readonly said?: RegExp;
};

const barrier = { from: "__syncthreads();", to: "" };
const unordered = /no barrier between|which nobody wrote/;

const ordinary: readonly Planted[] = [
  { what: "no barrier before what others staged", kernel: "product", ...barrier, nth: 1, said: unordered },
  {
    what: "the next tile",
    kernel: "product",
    from: "work.words[job.first_tile] + begin",
    to: "work.words[job.first_tile] + 1 + begin",
  },
  { what: "k to its stride", kernel: "product", from: "k0 - k)", to: "4)", isEverywhere: true },
  { what: "no barrier before the scores", kernel: "attention", ...barrier, nth: 5, said: unordered },
  { what: "no barrier in the gradient", kernel: "attention_grad", ...barrier, nth: 3, said: unordered },
  { what: "no barrier after a step", kernel: "outer", ...barrier, nth: 1, said: unordered },
];

const tensorCores: readonly Planted[] = [
  {
    what: "no wait for what is copied",
    kernel: "product",
    from: "cp_async_wait<stages - 2>();",
    to: "",
    said: /a cp\.async of thread \d+ is still writing/,
  },
];

const hopper: readonly Planted[] = [
  {
    what: "a place left before it has been multiplied",
    kernel: "product",
    from: "if (before >= 0) leave(ring, before);",
    to: "leave(ring, ring.at);",
    said: /a wgmma is still reading|arrivals/,
  },
  {
    what: "a place filled before it is empty",
    kernel: "product",
    from: "mbarrier_wait(ring.empty + ring.at, ring.parity ^ 1);",
    to: "",
    said: /arrivals|is still/,
  },
  {
    what: "the other parity",
    kernel: "product",
    from: "mbarrier_wait(ring.full + ring.at, ring.parity);",
    to: "mbarrier_wait(ring.full + ring.at, ring.parity ^ 1);",
    said: /a tile copy is still writing|nobody wrote/,
  },
  {
    what: "sums read too early",
    kernel: "product",
    from: "    wgmma_wait<0>();",
    to: "",
    said: /wgmma/,
  },
  {
    what: "the next row",
    kernel: "product",
    from: "k, part.first, ring.full",
    to: "k, part.first + 1, ring.full",
  },
];

/** Gradients within this of the right ones would pass a comparison with the interpreter. */
const passing = { f32: 2e-4, bf16: 3e-2 };

describeWith(emulatorProblem(), "a mistake in a CUDA kernel is noticed", () => {
  describe.each([
    { precision: "f32", architecture: "sm_80", planted: ordinary },
    { precision: "bf16", architecture: "sm_80", planted: tensorCores },
    { precision: "bf16", architecture: "sm_90a", planted: hopper },
  ] as const)("$precision on $architecture", ({ precision, architecture, planted }) => {
    let right: ReadonlyMap<string, Float32Array>;
    let tried: Subject;

    beforeAll(async () => {
      tried = subject(precision, architecture);
      right = await tried.run(tried.artifact);
    }, 600_000);

    test("the right program gives the same in any order", { timeout: 300_000 }, async () => {
      expect([...right.values()].every((values) => values.every(Number.isFinite))).toBe(true);
      expect(await tried.run(tried.artifact, 1)).toEqual(right);
    });

    test.each(planted)("$kernel: $what", { timeout: 300_000 }, async ({ said, ...mutation }) => {
      const how = await noticed(tried, right, mutation, passing[precision]);
      expect(how).toMatch(said ?? /./);
    });
  });

  test("and a place that is not in any text is a mistake of this test", () => {
    const { artifact } = subject("f32", "sm_80");
    expect(() => mutate(artifact, { kernel: "product", from: "no such text", to: "" })).toThrow("no product");
  });
});
