// random-specs.test.ts: any spec the checker accepts compiles, and a step of the module agrees with the interpreter in
// the loss, every gradient and every parameter after the update; formatting the spec changes nothing of the model.
// The specs reach every op, every kernel kind and every form of sharing, or the suite fails.
// MOTLEY_SPEC_SEED searches elsewhere; a failure prints the seed and a spec shrunk to what matters.

import { describe, test } from "vitest";
import type { GridOnlyKind, KernelKind } from "../src/kernel/kernel.ts";
import {
  agreesOn,
  expectReached,
  nothingSeen,
  searchSpecs,
  symptomNames,
  type Way,
} from "./support/random-agreement.ts";

const seed = Number(process.env.MOTLEY_SPEC_SEED ?? 21);
const runs = 100;

/** Both micro-kernels, with and without fused multiply-adds, on one thread and on two. */
const ways: readonly Way[] = [
  { engine: { tile: { rows: 4, columns: 8 }, relaxedSimd: false }, threads: 1 },
  { engine: { tile: { rows: 6, columns: 8 }, relaxedSimd: true }, threads: 2 },
  { engine: { tile: { rows: 4, columns: 8 }, relaxedSimd: true }, threads: 2 },
  { engine: { tile: { rows: 6, columns: 8 }, relaxedSimd: false }, threads: 1 },
];

const kernelKinds: { readonly [K in Exclude<KernelKind, GridOnlyKind>]: true } = {
  matmul: true,
  row_program: true,
  rope: true,
  dropout: true,
  embed: true,
  cross_entropy: true,
  mean_square: true,
  zero_rows: true,
  copy_rows: true,
  outer: true,
  rms_norm_dw: true,
  embed_dw: true,
  attention: true,
  attention_grad: true,
  attention_cached: true,
  loss_sums: true,
  array_add: true,
  square_sum: true,
  adamw: true,
  pack: true,
  softmax: true,
  route: true,
  gather: true,
  combine: true,
  combine_dp: true,
  balance: true,
  balance_dx: true,
};

const seen = nothingSeen();

describe("random specs", () => {
  test("agree with the interpreter, formatted or not", { timeout: 600_000 }, () =>
    searchSpecs(ways, seen, { seed, runs, experts: true }),
  );

  test("reach every op, every kernel and every form of the language", () =>
    expectReached(seen, kernelKinds, { experts: true }));
});

describe("symptoms", () => {
  test.each(symptomNames)("%s", (name) => agreesOn(name, ways[1] as Way));
});
