// long-lists.test.ts: lists longer than the arguments a JavaScript call may have give diagnostics, never an exception;
// and blocks of many thousand operations are checked in time that grows with them, not with their square.

import { expect, it } from "vitest";
import { checkAllSource } from "../src/check/load.ts";

const many = 130_000;

it.each([
  ["call", `model m { x = f(${"1,".repeat(many)}1) }`],
  ["record", `model m { const a = {${"b:1,".repeat(many)}b:1} }`],
  ["tuple", `train m { adamw(betas: (${"1,".repeat(many)}1)) }`],
])("a %s of 130,000 parts is told, at most 200 times", (_name, text) => {
  const { diagnostics } = checkAllSource({ name: "long.mot", text }, () => undefined);
  expect(diagnostics.length).toBeGreaterThan(0);
  expect(diagnostics.length).toBeLessThanOrEqual(200);
});

it.each([
  ["without a rule", ""],
  ["with experts", "variant v = m { experts f: 2 }"],
])("a block of 90,000 operations checks well within a test's time, %s", (_name, variant) => {
  const text = `model m {
  modality text = tokens(vocab: 16)
  x = embed(tokens, 8) as embedding
  per modality f {
    h = linear(x, 8)
    repeat 90000 { h = silu(h) }
    x += h
  }
  logits = linear(x, vocab) as head
  objective text = cross_entropy(logits, next_token)
}
${variant}`;
  const { models, diagnostics } = checkAllSource({ name: "long.mot", text }, () => undefined);
  expect(diagnostics).toEqual([]);
  expect([...models.values()][0]?.operations.length).toBeGreaterThan(90_000);
});
