// launches.test.ts: how many launches a step takes, pinned: a launch ends in a barrier, so they are what fusion is for.
// Counted per layer (the difference between n and n + 1 layers) and in all, for every example and every way to share.

import { describe, expect, test } from "vitest";
import type { Model } from "../src/check/model.ts";
import { compile } from "../src/compile.ts";
import { plainEngine } from "./support/compiled.ts";
import { modelOf } from "./support/interpreted.ts";
import { exampleNames, exampleText, variantsOf } from "./support/stages.ts";

type Counts = Readonly<Record<"prepare" | "forward" | "backward" | "update", number>>;

function launchesOf(model: Model, purpose: "train" | "evaluate" | "infer" = "train"): Counts {
  const { launches } = compile(model, { purpose, engine: plainEngine });
  const count = (phase: string): number => launches.filter((launch) => launch.phase === phase).length;
  return {
    prepare: count("prepare"),
    forward: count("forward"),
    backward: count("backward"),
    update: count("update"),
  };
}

/** What layer number `layers` + 1 adds to a step. */
function perLayer(
  example: string,
  rules: string,
  layers: number,
  purpose: "train" | "evaluate" = "train",
): Counts {
  const at = (count: number): Counts => {
    const spec = `${exampleText(example)}\nvariant counted = ${example} { layers = ${count} ${rules} }\n`;
    return launchesOf(modelOf(spec, "counted"), purpose);
  };
  const [fewer, more] = [at(layers), at(layers + 1)];
  return {
    prepare: more.prepare - fewer.prepare,
    forward: more.forward - fewer.forward,
    backward: more.backward - fewer.backward,
    update: more.update - fewer.update,
  };
}

/** The bounds a target must keep, from the design. */
const most = { forward: 6, backward: 12 };

describe("a layer", () => {
  const row = { prepare: 0, forward: 2, backward: 2, update: 0 };

  test.each([
    ["chameleon", "dense", "share all"],
    ["chameleon", "mot", ""],
    ["chameleon", "ffn_only", "share attn, final"],
    ["odd", "dense", "ffn = 41 share all"],
    ["odd", "mot", ""],
    ["odd", "pair", "share attn, final between image, speech"],
    ["odd", "heads", "share *.q_norm, *.k_norm"],
  ])("%s %s: attention, and everything around it", (example, _variant, rules) => {
    for (const layers of [1, 2]) {
      const counts = perLayer(example, rules, layers);
      expect(counts).toEqual(row);
      expect(counts.forward).toBeLessThanOrEqual(most.forward);
      expect(counts.backward).toBeLessThanOrEqual(most.backward);
    }
  });

  // Choosing waits for all weights, experts for the choice, the stream for the experts; so do their gradients.
  test.each([
    ["moe", "share all experts ffn: 4"],
    ["pools", "experts ffn: 2 top 1 balance 0"],
    ["hybrid", "experts ffn: 4 for text"],
  ])("experts %s: three launches more, and two", (_variant, rules) => {
    const counts = perLayer("chameleon", rules, 2);
    expect(counts).toEqual({ ...row, forward: row.forward + 3, backward: row.backward + 2 });
    expect(counts.forward).toBeLessThanOrEqual(most.forward);
    expect(counts.backward).toBeLessThanOrEqual(most.backward);
  });

  test("without a gradient the forward pass is the same", () => {
    expect(perLayer("chameleon", "", 2, "evaluate")).toEqual({ ...row, backward: 0 });
  });
});

describe("a step", () => {
  test("in all, with its loss in chunks", () => {
    const counts = exampleNames.flatMap((example) =>
      [...variantsOf(exampleText(example))].map(([variant, model]) => {
        const { prepare, forward, backward, update } = launchesOf(model);
        return `${example} ${variant}: prepare ${prepare} forward ${forward} backward ${backward} update ${update}`;
      }),
    );
    expect(counts).toEqual([
      "chameleon dense: prepare 1 forward 17 backward 13 update 3",
      "chameleon mot: prepare 1 forward 17 backward 13 update 3",
      "chameleon ffn_only: prepare 1 forward 17 backward 13 update 3",
      "experts dense: prepare 1 forward 17 backward 13 update 3",
      "experts moe_4x: prepare 1 forward 35 backward 25 update 3",
      "experts mot: prepare 1 forward 17 backward 13 update 3",
      "experts hybrid: prepare 1 forward 35 backward 25 update 3",
      "hello hello: prepare 1 forward 4 backward 2 update 3",
      "odd mot: prepare 1 forward 6 backward 4 update 3",
      "odd dense: prepare 1 forward 6 backward 4 update 3",
      "odd pair: prepare 1 forward 6 backward 4 update 3",
      "odd heads: prepare 1 forward 6 backward 4 update 3",
      "transfusion dense: prepare 1 forward 17 backward 12 update 3",
      "transfusion mot: prepare 1 forward 17 backward 12 update 3",
      "transfusion ffn_only: prepare 1 forward 17 backward 12 update 3",
    ]);
  });

  test("more modalities and empty ones take no launch more", () => {
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
    const counts = [1, 2, 5].map((count) => launchesOf(modelOf(spec(count))));
    expect(counts[1]).toEqual(counts[0]);
    expect(counts[2]).toEqual(counts[0]);
  });
});
