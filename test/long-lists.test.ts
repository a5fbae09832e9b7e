// long-lists.test.ts: lists longer than the arguments a JavaScript call may have give diagnostics, never an exception.

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
