// cuda-random-specs.test.ts: any spec the checker accepts compiles for CUDA, and an emulated step agrees with the
// interpreter, in f32 and, as far as eight bits go, in bf16. The drawn specs reach every kernel kind, or the suite fails.
// MOTLEY_SPEC_SEED searches elsewhere; a failure prints the seed and a spec shrunk to what matters.

import { expect, test } from "vitest";
import { cudaEngine } from "../src/targets/cuda.ts";
import { emulatorProblem } from "./support/cuda-compile.ts";
import { describeWith } from "./support/devices.ts";
import { expertKinds, gridKinds } from "./support/grid-kinds.ts";
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

const kernelKinds = { ...gridKinds, ...expertKinds, mirror: true };

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
