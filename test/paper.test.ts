// paper.test.ts: the paper's own sizes cost what the paper's arithmetic says.
// The figures are copied from the table derived from "Mixture-of-Transformers" (Liang et al., 2411.04996v2): Table 1, 2 and
// 4 give width, layers and heads; the FFN is 8/3 of the width, rounded up to a multiple of 256; embedding and head are
// separate, over a joint vocabulary of 65,536 (Chameleon) or 32,000 (Transfusion). The paper prints labels only; all of
// them come out of this rule within 1 %. Figures are in millions of parameters, as printed there.

import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { costsOf, type VariantCosts } from "../src/cli/plan.ts";
import { checkFile } from "../src/cli/spec.ts";
import { renderDiagnostics } from "../src/diagnostics/render.ts";
import { motley, repository } from "./support/motley.ts";

type Row = {
  readonly label: string;
  readonly dense: number;
  readonly k2: number;
  readonly k3: number;
  readonly moe4: number;
};

/** Chameleon: dense, MoT of two and of three modalities, MoE with four experts. */
const chameleon: readonly Row[] = [
  { label: "37m", dense: 37.0, k2: 40.4, k3: 43.8, moe4: 44.0 },
  { label: "94m", dense: 94.4, k2: 121.6, k3: 148.9, moe4: 151.0 },
  { label: "443m", dense: 442.5, k2: 750.8, k3: 1059, moe4: 1065 },
  { label: "880m", dense: 880.8, k2: 1560, k3: 2240, moe4: 2240 },
  { label: "1.5b", dense: 1502, k2: 2735, k3: 3968, moe4: 3993 },
  { label: "7b", dense: 7013, k2: 13_490, k3: 19_960, moe4: 20_000 },
];

/** Transfusion: dense, and MoT of text and image; without the U-Net, as the paper counts. */
const transfusion: readonly Omit<Row, "k3" | "moe4">[] = [
  { label: "163m", dense: 162.4, k2: 275.6 },
  { label: "760m", dense: 777.8, k2: 1457 },
  { label: "1.4b", dense: 1364, k2: 2597 },
  { label: "7b", dense: 6738, k2: 13_210 },
];

const million = 1e6;
const context = 4096;

function costsIn(name: string): ReadonlyMap<string, VariantCosts> {
  const { models, diagnostics } = checkFile(`${repository}/examples/paper/${name}`);
  expect(renderDiagnostics(diagnostics)).toBe("");
  return new Map([...models].map(([variant, model]) => [variant, costsOf(model, context)]));
}

function costOf(costs: ReadonlyMap<string, VariantCosts>, variant: string): VariantCosts {
  const found = costs.get(variant);
  if (found === undefined) throw new Error(`no variant ${variant}`);
  return found;
}

/** Within one percent. */
function expectNear(measured: number, wanted: number): void {
  expect(Math.abs(measured / wanted - 1), `${measured} against ${wanted}`).toBeLessThan(0.01);
}

describe("Chameleon", () => {
  it.each(chameleon)("$label, text and image", ({ label, dense, k2, moe4 }) => {
    const costs = costsIn(`chameleon-${label}.mot`);
    expectNear(costOf(costs, "dense").params, dense * million);
    expectNear(costOf(costs, "mot").params, k2 * million);
    expectNear(costOf(costs, "moe_4x").params, moe4 * million);
    expectEqualWork(costs);
  });

  it.each(chameleon)("$label, text, image and speech", ({ label, dense, k3, moe4 }) => {
    const costs = costsIn(`chameleon-speech-${label}.mot`);
    expectNear(costOf(costs, "dense").params, dense * million);
    expectNear(costOf(costs, "mot").params, k3 * million);
    expectNear(costOf(costs, "moe_4x").params, moe4 * million);
    expectEqualWork(costs);
  });

  it.each(chameleon)("$label: two and three modalities have one joint vocabulary", ({ label }) => {
    const [two, three] = [`chameleon-${label}.mot`, `chameleon-speech-${label}.mot`].map(costsIn);
    if (two === undefined || three === undefined) throw new Error("two specs");
    const size = (costs: ReadonlyMap<string, VariantCosts>): number => costOf(costs, "dense").embeddingParams;
    expect(size(two)).toBe(size(three));
    expect(costOf(two, "dense")).toMatchObject({ params: costOf(three, "dense").params });
  });
});

describe("Transfusion", () => {
  it.each(transfusion)("$label", ({ label, dense, k2 }) => {
    const costs = costsIn(`transfusion-${label}.mot`);
    expectNear(costOf(costs, "dense").params, dense * million);
    expectNear(costOf(costs, "mot").params, k2 * million);
    expectEqualWork(costs);
  });
});

/** A token meets as much in every variant, and the router is all that experts add to its work. */
function expectEqualWork(costs: ReadonlyMap<string, VariantCosts>): void {
  const dense = costOf(costs, "dense");
  for (const [name, cost] of costs) {
    const router = name.startsWith("moe") || name === "hybrid" ? 0.01 : 0;
    expect(cost.flopsPerToken / dense.flopsPerToken - 1, name).toBeGreaterThanOrEqual(0);
    expect(cost.flopsPerToken / dense.flopsPerToken - 1, name).toBeLessThanOrEqual(router);
    for (const [modality, active] of Object.entries(cost.activeParamsByModality)) {
      const more = active / (dense.activeParamsByModality[modality] ?? 0) - 1;
      expect(more, `${name}, ${modality}`).toBeGreaterThanOrEqual(0);
      expect(more, `${name}, ${modality}`).toBeLessThanOrEqual(router);
    }
  }
}

describe("the router", () => {
  it("is all that four experts add to what a token meets, and to its work", () => {
    const costs = costsIn("chameleon-443m.mot");
    const [dense, moe] = [costOf(costs, "dense"), costOf(costs, "moe_4x")];
    const routers = 24 * 4 * 1024;
    expect(moe.activeParams).toBe(dense.activeParams + routers);
    expect(moe.flopsPerToken).toBe(dense.flopsPerToken + 3 * 2 * routers);
    expect(moe.params).toBe(dense.params + 3 * 24 * 3 * 1024 * 2816 + routers);
  });

  it("stands where tokens are routed only", () => {
    const costs = costsIn("chameleon-443m.mot");
    const [mot, hybrid] = [costOf(costs, "mot"), costOf(costs, "hybrid")];
    expect(hybrid.activeParamsByModality.image).toBe(mot.activeParamsByModality.image);
    expect(hybrid.activeParamsByModality.text).toBe((mot.activeParamsByModality.text ?? 0) + 24 * 4 * 1024);
    expect(hybrid.flopsPerToken).toBe(mot.flopsPerToken + (3 * 2 * 24 * 4 * 1024) / 2);
  });
});

describe("motley plan", () => {
  const file = "examples/paper/chameleon-37m.mot";

  it("says the same, with the memory of a device", async () => {
    const { exitCode, stdout, stderr } = await motley(["plan", file, "--variant", "mot", "--json"]);
    expect(exitCode, stderr).toBe(0);
    const { variants } = JSON.parse(stdout);
    const wanted = costOf(costsIn("chameleon-37m.mot"), "mot");
    expect(variants.mot).toMatchObject({ ...wanted });
    // AdamW keeps two numbers for each parameter, in float32.
    expect(variants.mot.memoryBytes.optimizer).toBe(2 * 4 * wanted.params);
    expect(variants.mot.memoryBytes.gradients).toBeGreaterThanOrEqual(4 * wanted.params);
  });

  it("takes several specs, and lists what it says by file", async () => {
    const { stdout } = await motley(["plan", "examples/hello.mot", "examples/chameleon.mot", "--json"]);
    const document = JSON.parse(stdout);
    expect(Object.keys(document.files)).toEqual(["examples/hello.mot", "examples/chameleon.mot"]);
    const { stdout: alone } = await motley(["plan", "examples/hello.mot", "--json"]);
    expect(document.files["examples/hello.mot"]).toEqual(JSON.parse(alone));
  });
});

it("every spec of the folder is in this test", () => {
  const names = readdirSync(`${repository}/examples/paper`).filter((name) => name.endsWith(".mot"));
  const known = chameleon.flatMap(({ label }) => [`chameleon-${label}.mot`, `chameleon-speech-${label}.mot`]);
  known.push(...transfusion.map(({ label }) => `transfusion-${label}.mot`));
  expect(names.sort()).toEqual(known.sort());
});
