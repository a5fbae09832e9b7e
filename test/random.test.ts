// random.test.ts: random specs, end to end: whatever the checker accepts compiles, and a step of the compiled module
// agrees with the interpreter in every tensor. The specs cover the language, or the suite fails.
// MOTLEY_SPEC_SEED=n runs one spec; the failure of a run names the n to give.

import { afterAll, describe, expect, test } from "vitest";
import { differentiate } from "../src/autodiff/differentiate.ts";
import { ops } from "../src/ir/ops.ts";
import { lower } from "../src/lower/lower.ts";
import { addUpdate } from "../src/lower/optimizer.ts";
import { randomBatch, randomNumbers } from "./support/batches.ts";
import { compareStep, fastEngine, openCompiled, plainEngine, worstTensor } from "./support/compiled.ts";
import { layoutOptions, livelyParameters, modelOf } from "./support/interpreted.ts";
import { randomSpec } from "./support/random-spec.ts";

const specCount = 48;
const only = process.env.MOTLEY_SPEC_SEED;
const seeds = only === undefined ? Array.from({ length: specCount }, (_, i) => i + 1) : [Number(only)];

const everyFeature = [
  "a modality without an arm",
  "an absent modality",
  "arms",
  "global",
  "grouped-query heads",
  "nested repeat",
  "norm over heads",
  "one modality",
  "per-modality constant",
  "share all",
  "share between",
  "share label",
  "share nothing",
  "share path",
  "three modalities",
  "two logits",
  "two objectives on one logits",
  "uneven widths",
];

/** Ops that no spec of this version asks for. */
const unused = new Set(["zeros", "extend"]);

const seenFeatures = new Set<string>();
const seenOps = new Set<string>();

describe("random specs", () => {
  test.each(seeds)("seed %i", async (seed) => {
    const { text, variant, features } = randomSpec(seed);
    const model = modelOf(text, variant);
    const { modalities } = layoutOptions(model);
    const random = randomNumbers(seed * 7919);
    const shape = { batch: 1 + Math.floor(random() * 4), context: 1 + Math.floor(random() * 30) };
    const everyone = modalities.map((_, m) => m);
    const present =
      random() < 0.5 ? everyone : everyone.filter((m) => m !== Math.floor(random() * everyone.length));
    for (const feature of features) seenFeatures.add(feature);
    if (present.length > 0 && present.length < everyone.length) seenFeatures.add("an absent modality");
    const settings = model.train?.optimizer;
    if (settings === undefined) throw new Error("every random spec has a train block");
    for (const { op } of addUpdate(differentiate(lower(model)), settings).nodes) seenOps.add(op);

    const engine = seed % 2 === 0 ? plainEngine : fastEngine;
    const session = await openCompiled(model, livelyParameters(model, seed), shape, engine, 1 + (seed % 2));
    try {
      const batch = randomBatch({
        ...shape,
        modalities,
        seed,
        present: present.length > 0 ? present : everyone,
      });
      const distance = await compareStep(session, model, batch, Float32Array.of(0.01, 2, 3));
      expect(distance.loss, text).toBeLessThan(1e-5);
      const worst = worstTensor(distance);
      expect(worst.distance, `${worst.name}, MOTLEY_SPEC_SEED=${seed}\n${text}`).toBeLessThan(1e-4);
    } finally {
      await session.close();
    }
  });

  afterAll(() => {
    if (only !== undefined) return;
    expect([...seenFeatures].sort()).toEqual(everyFeature);
    expect(Object.keys(ops).filter((op) => !seenOps.has(op) && !unused.has(op))).toEqual([]);
  });
});
