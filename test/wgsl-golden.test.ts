// wgsl-golden.test.ts: what the examples become on a GPU. Every distinct shader of every example as a text of its own, what
// each variant dispatches as a digest, and the plan of two; and the texts that other GPUs get as digests.
// Tint, the WGSL compiler inside Dawn and Chromium, accepts every one of them: it needs no GPU for that.

import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { create } from "webgpu";
import type { Model } from "../src/check/model.ts";
import { compile } from "../src/compile.ts";
import { quietWatch } from "../src/stage.ts";
import type { WgslArtifact } from "../src/targets/artifact.ts";
import { usualGpu, type WgslEngine } from "../src/targets/wgsl.ts";
import { richGpu } from "./support/compiled.ts";
import { expectGolden, expectNoOtherGoldens } from "./support/golden.ts";
import { exampleNames, exampleText, variantsOf } from "./support/stages.ts";

/** The texts are kept whole for a GPU that has nothing special, by digest for the others. */
const engines: Readonly<Record<string, WgslEngine>> = {
  plain: usualGpu,
  subgroups: richGpu,
  "f16 weights": { ...usualGpu, weights: "f16", shaderF16: true },
  "f16 weights, subgroups": { ...richGpu, weights: "f16", shaderF16: true },
  "f16 weights in words": { ...usualGpu, weights: "f16" },
  "several banks": { ...usualGpu, limits: { ...usualGpu.limits, maxStorageBufferBindingSize: 1 << 25 } },
};

const bless = "MOTLEY_BLESS=1 npx vitest run test/wgsl-golden.test.ts";
const withPlan = ["chameleon mot", "odd mot"];
const largest = 1 << 20;

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

type Compiled = { readonly artifact: WgslArtifact; readonly texts: ReadonlyMap<string, string> };

function compiled(model: Model, engine: WgslEngine): Compiled {
  const texts = new Map<string, string>();
  const show = (stage: string, text: string): void => void texts.set(stage, text);
  const watch = { ...quietWatch, wants: () => true, show };
  return { artifact: compile(model, { purpose: "train", engine, watch }), texts };
}

const everyVariant = exampleNames.flatMap((example) =>
  [...variantsOf(exampleText(example))].map(([variant, model]) => ({
    title: `${example} ${variant}`,
    model,
  })),
);

/** Distinct shaders over all examples, by a name that says what kind they are of. */
function distinctShaders(engine: WgslEngine): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const { model } of everyVariant) {
    for (const { name, code } of compiled(model, engine).artifact.program.shaders) {
      if (names.has(code)) continue;
      const kind = name.replace(/^s\d+_/, "");
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      names.set(code, `${kind}_${count}`);
    }
  }
  return new Map([...names].map(([code, name]) => [name, code]));
}

const written: string[] = ["wgsl/digests.txt"];

describe("goldens", () => {
  test("every distinct shader", () => {
    for (const [name, code] of distinctShaders(usualGpu)) {
      const path = `wgsl/${name}.wgsl`;
      written.push(path);
      expectGolden(path, code, bless);
    }
  });

  test.each(withPlan)("the plan of %s", (wanted) => {
    const found = everyVariant.find(({ title }) => title === wanted);
    if (found === undefined) throw new Error(`no example ${wanted}`);
    const text = compiled(found.model, usualGpu).texts.get("plan") ?? "";
    const path = `wgsl/${wanted.replace(" ", "-")}-plan.txt`;
    expect(text.length).toBeLessThan(largest);
    written.push(path);
    expectGolden(path, text, bless);
  });

  test("what each variant dispatches, on every kind of GPU", () => {
    const digests = Object.entries(engines).flatMap(([gpu, engine]) =>
      everyVariant.map(
        ({ title, model }) => `${title}, ${gpu}: ${digest(compiled(model, engine).texts.get("wgsl") ?? "")}`,
      ),
    );
    expectGolden("wgsl/digests.txt", `${digests.sort().join("\n")}\n`, bless);
  });

  test("nothing else is kept", () => expectNoOtherGoldens(written, "wgsl"));
});

describe("Tint accepts", () => {
  let gpu: GPU | undefined;
  beforeAll(() => {
    gpu = create(["backend=null"]);
  });
  afterAll(() => {
    gpu = undefined;
  });

  test.each(Object.keys(engines))("every shader for %s", async (name) => {
    const engine = engines[name] ?? usualGpu;
    const adapter = await gpu?.requestAdapter();
    if (adapter === null || adapter === undefined) throw new Error("Dawn has no null backend");
    // Nothing is asked for that the engine does not name: the default limits hold.
    const features = [
      ...(engine.shaderF16 ? (["shader-f16"] as const) : []),
      ...(engine.subgroups ? (["subgroups"] as const) : []),
    ];
    const device = await adapter.requestDevice({ requiredFeatures: features });
    const shaders = distinctShaders(engine);
    expect(shaders.size).toBeGreaterThan(10);
    for (const [shader, code] of shaders) {
      device.pushErrorScope("validation");
      const module = device.createShaderModule({ code });
      const { messages } = await module.getCompilationInfo();
      expect(messages.map(({ lineNum, message }) => `${shader}:${lineNum}: ${message}`)).toEqual([]);
      device.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "main" } });
      expect((await device.popErrorScope())?.message, shader).toBeUndefined();
    }
    device.destroy();
  });

  test("nothing that is wrong", async () => {
    const device = await (await gpu?.requestAdapter())?.requestDevice();
    device?.pushErrorScope("validation");
    device?.createShaderModule({ code: "fn main() -> f32 { return 1u; }" });
    expect((await device?.popErrorScope())?.message).toMatch(/u32/);
    device?.destroy();
  });
});
