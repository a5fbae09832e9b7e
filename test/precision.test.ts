// precision.test.ts: which rows stand in bf16 on tensor cores, which keep their bits, and which are stored twice.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Model } from "../src/check/model.ts";
import { trainingGraph } from "../src/compile.ts";
import { fuse } from "../src/fusion/fuse.ts";
import { roundToBf16 } from "../src/ir/interpret.ts";
import { type Planned, planKernels } from "../src/kernel/plan.ts";
import { tensorSchedule } from "../src/kernel/schedule.ts";
import { verifyPlan } from "../src/kernel/verify.ts";
import { recompute } from "../src/passes/recompute.ts";
import { cudaEngine } from "../src/targets/cuda.ts";
import { modelOf } from "./support/interpreted.ts";
import { randomCases, randomExpertCases } from "./support/random-spec.ts";
import { exampleNames, exampleText, variantsOf } from "./support/stages.ts";

function planned(
  model: Model,
  precision: "f32" | "bf16",
  { batch = 2, context = 32, epilogues = precision === "bf16" } = {},
): Planned {
  const graph = recompute(trainingGraph(model));
  const schedule = tensorSchedule(graph, batch * context, { ...cudaEngine(precision), epilogues });
  return planKernels(graph, fuse(graph, schedule.limits), schedule, { batch, context });
}

/** Activations by element, without the numbers that tell values of one name apart. */
function rowsBy(element: "f32" | "bf16", { plan }: Planned): readonly string[] {
  const rows = plan.buffers.filter(({ role }) => role === "activation");
  return rows
    .filter((buffer) => (buffer.element ?? "f32") === element)
    .map(({ name }) => name.replace(/ %\d+/, ""));
}

const block = `model m {
  modality text = tokens(vocab: 32)
  modality image = tokens(vocab: 32)
  x = embed(tokens, 32) as embedding
  per modality attn {
    h = rms_norm(x) as norm
    q = split(linear(h, 32) as q, 2)
    k = split(linear(h, 32) as k, 2)
    v = split(linear(h, 32) as v, 2)
  }
  a = attention(q, k, v, mask: causal)
  per modality attn { x += linear(merge(a), 32) as out }
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
train m { data icons context 32, batch 2, steps 1 adamw(lr: 1e-3) }`;

describe("rows", () => {
  test("of products and attention are bf16; sums, logits and losses are f32, and stored twice where products read them", () => {
    const made = planned(modelOf(block), "bf16");
    expect(rowsBy("bf16", made)).toEqual([
      ...["attn.h", "attn.linear", "attn.linear", "attn.linear", "a", "attn.x in bf16"],
      ...["loss gradient", "logits gradient in bf16", "attn.linear_dx gradient"],
      ...["a gradient", "a gradient", "a gradient"],
    ]);
    expect(rowsBy("f32", made)).toEqual([
      ...["x", "a", "attn.x", "logits", "loss", "logits gradient", "attn.h gradient", "x gradient"],
    ]);
  });

  test("are all f32 where that is the precision", () => {
    const { plan } = planned(modelOf(block), "f32");
    expect(plan.buffers.filter(({ element }) => element === "bf16")).toEqual([]);
  });
});

describe("a plan", () => {
  test.each(exampleNames)("of %s holds", (name) => {
    for (const model of variantsOf(exampleText(name)).values())
      for (const precision of ["f32", "bf16"] as const) verifyPlan(planned(model, precision).plan);
  });

  test("of any spec holds, and gives products and attention nothing but bf16", () => {
    const holds = ({ text }: { readonly text: string }): void => {
      for (const precision of ["f32", "bf16"] as const) {
        const { plan } = planned(modelOf(text, "v"), precision);
        verifyPlan(plan);
        if (precision === "bf16") expectNarrowOperands(plan);
      }
    };
    fc.assert(fc.property(randomCases, holds), { numRuns: 40, seed: 5 });
    fc.assert(fc.property(randomExpertCases, holds), { numRuns: 10, seed: 5 });
  });
});

describe("more elements than 31 bits count", () => {
  const large = `model m {
    modality text = tokens(vocab: 70000)
    x = embed(tokens, 32768) as embedding
    logits = linear(x, vocab) as head
    objective text = cross_entropy(logits, next_token)
  }
  train m { data icons context 32, batch 2, steps 1 adamw(lr: 1e-3, clip: 1.0) }`;

  test("are updated, mirrored and squared in several calls that cover them all", () => {
    const { plan, layout } = planned(modelOf(large), "bf16");
    verifyPlan(plan);
    const counts = (kind: string, at: number): readonly number[] =>
      plan.launches.flatMap(({ tasks }) =>
        tasks.flatMap(({ call: { kernel, args } }) => {
          const argument = args[at];
          const isIt = plan.kernels[kernel]?.body.kind === kind && argument?.kind === "number";
          return isIt ? [argument.value] : [];
        }),
      );
    expect(layout.arena.elements).toBeGreaterThan(2 ** 32);
    for (const [kind, at] of [
      ["adamw", 8],
      ["mirror", 2],
      ["square_sum", 2],
    ] as const) {
      const found = counts(kind, at);
      expect(Math.max(...found)).toBeLessThan(2 ** 31 - 2 ** 20);
      expect(found.reduce((sum, each) => sum + each, 0)).toBe(layout.arena.elements);
    }
  });
});

/** How many of its first arguments a kernel takes to tensor cores, and where they begin. */
const operands: Readonly<Record<string, readonly number[]>> = {
  product: [2, 3],
  outer: [0, 1],
  attention: [0, 1, 2],
  attention_grad: [0, 1, 2, 3],
};

function expectNarrowOperands({ kernels, launches, buffers }: Planned["plan"]): void {
  const calls = launches.flatMap(({ stages, tasks }) => [...stages.flat(), ...tasks.map(({ call }) => call)]);
  for (const { kernel, args } of calls) {
    const kind = kernels[kernel]?.body.kind ?? "";
    for (const index of operands[kind] ?? []) {
      const argument = args[index];
      const buffer = argument?.kind === "buffer" ? buffers[argument.buffer] : undefined;
      expect(buffer?.element, `${kind} reads ${buffer?.name}`).toBe("bf16");
    }
  }
}

describe("rounding", () => {
  test.each([
    [1, 1],
    [1 + 2 ** -8, 1],
    [1 + 3 * 2 ** -8, 1 + 2 ** -6],
    [1 + 2 ** -8 + 2 ** -20, 1 + 2 ** -7],
    [-Math.PI, -3.140625],
    [3.4e38, Number.POSITIVE_INFINITY],
    [2 ** -133, 2 ** -133],
    [2 ** -134, 0],
  ])("of %s is %s", (x, wanted) => expect(roundToBf16(x)).toBe(wanted));

  test("leaves what is no number", () => expect(roundToBf16(Number.NaN)).toBeNaN());
});
