// wgsl-launches.test.ts: how many dispatches a step takes on a GPU, pinned: each costs tens of microseconds there, however
// little it does. Counted per layer (the difference between n and n + 1 layers) and in all.

import { describe, expect, test } from "vitest";
import { usualGpu } from "../src/targets/wgsl.ts";
import { launchesOf, mostLaunches, perLayer } from "./support/counted.ts";
import { modelOf } from "./support/interpreted.ts";
import { exampleNames, exampleText, variantsOf } from "./support/stages.ts";

describe("a layer", () => {
  test.each([
    ["dense", "share all"],
    ["mot", ""],
    ["ffn_only", "share attn, final"],
  ])("chameleon %s: attention, two norms, seven matrices", (_variant, rules) => {
    for (const layers of [1, 2]) {
      const counts = perLayer("chameleon", rules, layers, usualGpu);
      expect(counts).toEqual({ prepare: 0, forward: 5, backward: 8, update: 0 });
      expect(counts.forward).toBeLessThanOrEqual(mostLaunches.forward);
      expect(counts.backward).toBeLessThanOrEqual(mostLaunches.backward);
    }
  });

  test.each([
    ["moe", "share all experts ffn: 4", { forward: 10, backward: 16 }],
    // Image's plain block stands beside text's experts.
    ["hybrid", "experts ffn: 4 for text", { forward: 12, backward: 18 }],
  ])("chameleon %s: scores, a choice, rows that go and come back", (_variant, rules, wanted) => {
    expect(perLayer("chameleon", rules, 2, usualGpu)).toEqual({ prepare: 0, ...wanted, update: 0 });
  });

  test("without a gradient the forward pass is the same", () => {
    expect(perLayer("chameleon", "", 2, usualGpu, "evaluate")).toEqual({
      prepare: 0,
      forward: 5,
      backward: 0,
      update: 0,
    });
  });
});

describe("a step", () => {
  test("in all", () => {
    const counts = exampleNames.flatMap((example) =>
      [...variantsOf(exampleText(example))].map(([variant, model]) => {
        const { prepare, forward, backward, update } = launchesOf(model, usualGpu);
        return `${example} ${variant}: prepare ${prepare} forward ${forward} backward ${backward} update ${update}`;
      }),
    );
    expect(counts).toEqual([
      "chameleon dense: prepare 1 forward 34 backward 54 update 3",
      "chameleon mot: prepare 1 forward 34 backward 54 update 3",
      "chameleon ffn_only: prepare 1 forward 34 backward 54 update 3",
      "experts dense: prepare 1 forward 34 backward 54 update 3",
      "experts moe_4x: prepare 1 forward 64 backward 102 update 3",
      "experts mot: prepare 1 forward 34 backward 54 update 3",
      "experts hybrid: prepare 1 forward 76 backward 114 update 3",
      "hello hello: prepare 1 forward 7 backward 12 update 3",
      "odd mot: prepare 1 forward 26 backward 33 update 3",
      "odd dense: prepare 1 forward 26 backward 37 update 3",
      "odd pair: prepare 1 forward 26 backward 33 update 3",
      "odd heads: prepare 1 forward 26 backward 33 update 3",
      "transfusion dense: prepare 1 forward 39 backward 57 update 3",
      "transfusion mot: prepare 1 forward 39 backward 57 update 3",
      "transfusion ffn_only: prepare 1 forward 39 backward 57 update 3",
    ]);
  });

  test("more modalities and empty ones take no dispatch more", () => {
    const spec = (count: number): string => {
      const names = ["a", "b", "c", "d", "e"].slice(0, count);
      return `model m {
        ${names.map((name) => `modality ${name} = tokens(vocab: 4)`).join("\n")}
        x = embed(tokens, 8) as embedding
        per modality ffn { x += linear(silu(linear(x, 9) as up), 8) as down }
        logits = linear(x, vocab) as head
        objective ${names.join(", ")} = cross_entropy(logits, next_token)
      }`;
    };
    const counts = [1, 2, 5].map((count) => launchesOf(modelOf(spec(count)), usualGpu));
    expect(counts[1]).toEqual(counts[0]);
    expect(counts[2]).toEqual(counts[0]);
  });
});
