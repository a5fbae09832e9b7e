// cuda-launches.test.ts: how many kernels a step launches on CUDA, pinned. A graph of launches takes a microsecond or two for
// each; what counts is that each is a trip through memory.

import { describe, expect, test } from "vitest";
import { cudaEngine } from "../src/targets/cuda.ts";
import { launchesOf, mostLaunches, perLayer } from "./support/counted.ts";
import { exampleNames, exampleText, variantsOf } from "./support/stages.ts";

describe("a layer", () => {
  test.each([
    ["dense", "share all"],
    ["mot", ""],
    ["ffn_only", "share attn, final"],
  ])("chameleon %s on tensor cores", (_variant, rules) => {
    for (const layers of [1, 2]) {
      const counts = perLayer("chameleon", rules, layers, cudaEngine("bf16"));
      expect(counts).toEqual({ prepare: 0, forward: 7, backward: 11, update: 0 });
      // One more than the bound forward: a norm stands alone, for the products behind it take their rows by the copy
      // engine, and the gradient of their weights wants them in memory anyway.
      expect(counts.forward).toBeLessThanOrEqual(mostLaunches.forward + 1);
      expect(counts.backward).toBeLessThanOrEqual(mostLaunches.backward);
    }
  });

  test("chameleon mot in f32, whose kernels are for checking: nothing joins a product", () => {
    expect(perLayer("chameleon", "", 2, cudaEngine("f32"))).toEqual({
      ...{ prepare: 0, forward: 9, backward: 12, update: 0 },
    });
  });
});

describe("a step", () => {
  test("in all, on tensor cores", () => {
    const counts = exampleNames.flatMap((example) =>
      [...variantsOf(exampleText(example))].map(([variant, model]) => {
        const { prepare, forward, backward, update } = launchesOf(model, cudaEngine("bf16"));
        return `${example} ${variant}: prepare ${prepare} forward ${forward} backward ${backward} update ${update}`;
      }),
    );
    expect(counts).toEqual([
      "chameleon dense: prepare 1 forward 47 backward 73 update 2",
      "chameleon mot: prepare 1 forward 47 backward 73 update 2",
      "chameleon ffn_only: prepare 1 forward 47 backward 73 update 2",
      "experts dense: prepare 1 forward 47 backward 73 update 2",
      "experts moe_4x: prepare 1 forward 77 backward 120 update 2",
      "experts mot: prepare 1 forward 47 backward 73 update 2",
      "experts hybrid: prepare 1 forward 89 backward 132 update 2",
      "hello hello: prepare 1 forward 9 backward 14 update 2",
      "odd mot: prepare 1 forward 31 backward 42 update 2",
      "odd dense: prepare 1 forward 31 backward 46 update 2",
      "odd pair: prepare 1 forward 31 backward 42 update 2",
      "odd heads: prepare 1 forward 31 backward 42 update 2",
      "transfusion dense: prepare 1 forward 53 backward 75 update 2",
      "transfusion mot: prepare 1 forward 53 backward 75 update 2",
      "transfusion ffn_only: prepare 1 forward 53 backward 75 update 2",
    ]);
  });
});
