// wgsl-random-specs.test.ts: the same property on a GPU: any spec the checker accepts compiles to shaders, and a step of
// them agrees with the interpreter in the loss, every gradient and every parameter after the update.

import { expect, test } from "vitest";
import { defaultLimits, usualGpu } from "../src/targets/wgsl.ts";
import { richGpu } from "./support/compiled.ts";
import { describeWith, gpuProblem } from "./support/devices.ts";
import { expertKinds, gridKinds } from "./support/grid-kinds.ts";
import {
  agreesOn,
  expectReached,
  nothingSeen,
  searchSpecs,
  symptomNames,
  type Way,
} from "./support/random-agreement.ts";

/** Shaders take a GPU in software seconds to compile: a seed whose first specs reach everything there is to reach. */
const seed = Number(process.env.MOTLEY_SPEC_SEED ?? 117);
const runs = 24;

/** With and without subgroups, small tiles and large, the loss in chunks, memory in several banks. */
const ways: readonly Way[] = [
  { engine: richGpu },
  { engine: { ...richGpu, lossChunkBytes: 4096 } },
  { engine: { ...usualGpu, limits: { ...defaultLimits, maxStorageBufferBindingSize: 1 << 20 } } },
  { engine: richGpu },
];

const kernelKinds = { ...gridKinds, pack: true } as const;

/** Drawn apart, with a seed whose first specs have pools that choose and pools that are chosen from, several of each. */
const expertSeed = Number(process.env.MOTLEY_SPEC_SEED ?? 416);
const expertRuns = 5;
const seen = nothingSeen();
const problem = await gpuProblem();

describeWith(problem, "random specs on a GPU", () => {
  test("agree with the interpreter", { timeout: 600_000 }, () =>
    searchSpecs(ways, seen, { seed, runs, experts: false }),
  );

  test("reach every op, every kernel and every form of the language", () =>
    expectReached(seen, kernelKinds, { experts: false }));
});

describeWith(problem, "random blocks of experts on a GPU", () => {
  const met = nothingSeen();

  test("agree with the interpreter", { timeout: 600_000 }, () =>
    searchSpecs(ways, met, { seed: expertSeed, runs: expertRuns, experts: true, skips: 1 }),
  );

  test("reach every kernel of theirs", () => {
    expect(Object.keys(expertKinds).filter((kind) => !met.kernels.has(kind))).toEqual([]);
  });
});

describeWith(problem, "symptoms on a GPU", () => {
  test.each(symptomNames)("%s", (name) => agreesOn(name, { engine: richGpu }));
});
