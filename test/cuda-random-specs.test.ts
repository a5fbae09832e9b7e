// cuda-random-specs.test.ts: any spec the checker accepts compiles for CUDA, and an emulated step agrees with the
// interpreter, in f32 and, as far as eight bits go, in bf16. The drawn specs reach every kernel kind, or the suite fails.
// MOTLEY_SPEC_SEED searches elsewhere; a failure prints the seed and a spec shrunk to what matters.

import { expect, test } from "vitest";
import type { KernelKind, PanelOnlyKind, TileOnlyKind } from "../src/kernel/kernel.ts";
import { cudaEngine } from "../src/targets/cuda.ts";
import { emulatorProblem } from "./support/cuda-compile.ts";
import { describeWith } from "./support/devices.ts";
import { nothingSeen, searchSpecs, type Way } from "./support/random-agreement.ts";

/** A host's compiler takes a second for every new kernel: seeds whose first specs reach everything there is to reach. */
const seed = Number(process.env.MOTLEY_SPEC_SEED ?? 117);
const runs = 5;
const expertSeed = Number(process.env.MOTLEY_SPEC_SEED ?? 416);
const expertRuns = 3;

const ways: readonly Way[] = [
  { engine: cudaEngine("f32"), architecture: "sm_80" },
  { engine: cudaEngine("bf16"), architecture: "sm_80" },
  { engine: { ...cudaEngine("f32"), lossChunkBytes: 4096 }, architecture: "sm_80" },
  { engine: cudaEngine("bf16"), architecture: "sm_90a" },
];

const kernelKinds: { readonly [K in Exclude<KernelKind, TileOnlyKind | PanelOnlyKind>]: true } = {
  product: true,
  row_program: true,
  rope: true,
  dropout: true,
  embed: true,
  cross_entropy: true,
  mean_square: true,
  zero_rows: true,
  copy_rows: true,
  outer: true,
  rms_norm_partials: true,
  sum_partials: true,
  embed_dw_by_token: true,
  attention: true,
  attention_grad: true,
  loss_sums: true,
  array_add: true,
  square_sum: true,
  adamw: true,
  mirror: true,
  softmax: true,
  route: true,
  gather: true,
  combine: true,
  combine_dp: true,
  balance: true,
  balance_dx: true,
};

const seen = nothingSeen();

describeWith(emulatorProblem(), "random specs on CUDA", () => {
  test("agree with the interpreter", { timeout: 600_000 }, () =>
    searchSpecs(ways, seen, { seed, runs, experts: false }),
  );

  test("with experts agree with the interpreter", { timeout: 600_000 }, () =>
    searchSpecs(ways, seen, { seed: expertSeed, runs: expertRuns, experts: true, skips: 1 }),
  );

  test("reach every kernel", () => {
    expect(Object.keys(kernelKinds).filter((kind) => !seen.kernels.has(kind))).toEqual([]);
  });
});
