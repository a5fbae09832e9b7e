// ops.test.ts: every row of the op table: the type it infers, the numbers the interpreter gives, its text, what it refuses.

import { describe, expect, it } from "vitest";
import type { Graph } from "../src/ir/graph.ts";
import { interpret } from "../src/ir/interpret.ts";
import { type OpAttributes, type OpName, ops } from "../src/ir/ops.ts";
import { parseGraph } from "../src/ir/parse.ts";
import { printGraph } from "../src/ir/print.ts";
import { printType } from "../src/ir/types.ts";
import { verifyGraph } from "../src/ir/verify.ts";
import { examples } from "./support/op-examples.ts";
import { type Example, type Given, graphOf, modalities, offsets } from "./support/op-graph.ts";
import { byExperts } from "./support/op-values.ts";

describe("each op", () => {
  for (const op of Object.keys(ops) as OpName[]) {
    const example = examples[op] as unknown as Example<OpName>;
    const { graph, run } = graphOf<OpName>(op, example);

    it(`${op} infers its types and reads back from its text`, () => {
      const types = graph.results.map(({ value }) => graph.values[value]?.type);
      expect(types.map((type) => type && printType(type, modalities))).toEqual(example.types);
      verifyGraph(graph, "test");
      const text = printGraph(graph);
      expect(printGraph(parseGraph(text))).toBe(text);
      // Sources stand first in a text.
      const attributesOf = ({ nodes }: Graph): readonly string[] =>
        nodes
          .map(({ op, attributes }) => `${op} ${JSON.stringify(Object.entries(attributes).sort())}`)
          .sort();
      expect(attributesOf(parseGraph(text))).toEqual(attributesOf(graph));
    });

    it(`${op} gives the numbers of its definition`, () => {
      const given: Readonly<Record<string, readonly number[]>> = { param: [3, 4], input: [5, 6, 7] };
      const own = given[op];
      const bindings = { offsets, inputs: new Map([["i", own ?? []]]), params: new Map([["p", own ?? []]]) };
      const found =
        op === "param" || op === "input"
          ? Array.from(interpret(graph, bindings).values(), (out) => Array.from(out))
          : run();
      expect(found.length).toBe(example.numbers.length);
      for (const [i, numbers] of example.numbers.entries()) {
        expect(found[i]?.length).toBe(numbers.length);
        for (const [j, number] of numbers.entries()) expect(found[i]?.[j]).toBeCloseTo(number, 6);
      }
    });
  }
});

describe("ops refuse operands that do not fit", () => {
  const faults: readonly (readonly [
    op: OpName,
    inputs: readonly string[],
    weights: readonly string[],
    attributes: object,
    why: string,
  ])[] = [
    ["linear", ["f32[N,4]"], ["f32[3,4]", "f32[3,5]"], {}, "modality 1 is 4 wide, its matrix is [3,5]"],
    ["linear", ["f32[N,4]"], ["f32[3,4]"], {}, "takes 2 weights, not 1"],
    ["linear", ["f32[3,4]"], ["f32[3,4]", "f32[3,4]"], {}, "needs a value with rows"],
    [
      "linear_dw",
      ["f32[N,text:3]", "f32[N,4]"],
      [],
      { modalities: [1] },
      "needs rows of at least one modality",
    ],
    [
      "linear_dw",
      ["f32[N,text:3 image:2]", "f32[N,4]"],
      [],
      { modalities: [0, 1] },
      "modality 1 is not as wide as modality 0",
    ],
    [
      "linear_dw",
      ["f32[N,3]", "f32[N,text:4 image:5]"],
      [],
      { modalities: [0, 1] },
      "summed over differ in width",
    ],
    [
      "rms_norm",
      ["f32[N,6]"],
      ["f32[3]", "f32[6]"],
      { eps: 1e-5, heads: 2 },
      "modality 1 needs a weight of 3",
    ],
    ["add", ["f32[N,4]", "f32[N,text:4]"], [], {}, "operands differ in width or modalities"],
    ["add", ["f32[N,4]"], [], {}, "takes 2 operands (a b), not 1"],
    ["mul", ["f32[4]", "f32[4]"], [], {}, "needs a value with rows"],
    ["silu", ["i32[N,1]"], [], {}, "needs f32 operands"],
    [
      "rope",
      ["f32[N,6]", "i32[N,1]"],
      [],
      { heads: 2, base: 1e4, inverse: false },
      "does not give 2 heads of even size",
    ],
    [
      "rope",
      ["f32[N,4]", "i32[N,text:1]"],
      [],
      { heads: 2, base: 1e4, inverse: false },
      "needs rows and their positions",
    ],
    ["embed", ["f32[N,1]", "f32[3,2]"], [], {}, "needs token ids"],
    ["join", ["f32[N,4]", "f32[N,text:4]"], [], {}, "modality 0 stands in two parts"],
    ["join", [], [], {}, "takes at least 1 operands"],
    ["extend", ["f32[N,text:4]"], [], { widths: [3, 4] }, "changes the width of a modality it has"],
    ["cross_entropy", ["f32[N,4]", "f32[N,1]"], [], { zLoss: 0 }, "needs logits and targets"],
    ["loss_sums", ["f32[N,1]", "f32[N,1]", "i32[N,1]"], [], { modalities: 3 }, "counts other modalities"],
    [
      "dropout",
      ["f32[N,4]", "i32[N,1]", "i32[3]"],
      [],
      { rate: [0.1, 0.1], number: 0 },
      "needs the step's key",
    ],
    [
      "adamw",
      ["f32[2]", "f32[2]", "f32[2]", "f32[2]", "f32[]", "f32[3]"],
      [],
      examples.adamw.attributes,
      "a schedule f32[3] or longer that has its rate",
    ],
    [
      "adamw",
      ["f32[2]", "f32[1,2]", "f32[2]", "f32[2]", "f32[]", "f32[3]"],
      [],
      examples.adamw.attributes,
      "differ in shape",
    ],
  ];
  for (const [op, inputs, weights, attributes, why] of faults) {
    it(`${op} ${[...inputs, ...weights].join(", ")}`, () => {
      const example = {
        inputs: inputs.map((type): Given => [type, []]),
        weights: weights.map((type): Given => [type, []]),
        attributes: attributes as OpAttributes[OpName],
        types: [],
        numbers: [],
      };
      expect(() => graphOf<OpName>(op, example)).toThrow(why);
    });
  }

  const routes: readonly (readonly [
    op: OpName,
    inputs: readonly (string | "p" | "source" | "slots")[],
    attributes: object,
    why: string,
  ])[] = [
    ["dispatch", ["f32[N,text:2]", "source"], {}, "modality 1 is routed and has no rows"],
    ["dispatch", ["f32[N,2]", "slots"], {}, "needs the tokens of routed rows"],
    ["dispatch_dx", ["f32[N,2]", "slots"], {}, "needs routed rows"],
    ["dispatch_dx", ["f32[S0,0:2 1:3 2:2 3:2]", "slots"], {}, "group 1 is not as wide as group 0"],
    ["dispatch_dx", ["f32[S0,0:2 1:2]", "slots"], {}, "group 2 has no rows"],
    ["combine", ["f32[S0,2]", "f32[N,3]", "slots"], {}, "needs a weight per expert and token"],
    ["combine_dp", ["f32[N,3]", "f32[S0,2]", "slots"], {}, "dz is not as wide as y"],
    ["balance", ["p", "slots"], { space: 0, weight: 1, modalities: 2 }, "in space 0 tokens do not choose"],
    ["route", ["f32[N,3]"], { space: 0 }, "needs a number per expert"],
    ["add", ["f32[S0,2]", "f32[N,2]"], {}, "operands differ in width or modalities"],
    ["join", ["f32[S0,0:2]", "f32[N,image:2]"], {}, "needs rows of one kind of number"],
    ["linear_dw", ["f32[S0,2]", "f32[N,2]"], { modalities: [0] }, "dy and x have other rows"],
  ];
  for (const [op, inputs, attributes, why] of routes) {
    it(`${op} ${inputs.join(", ")}`, () => {
      const given = inputs.map((each) =>
        each === "p" || each === "source" || each === "slots" ? each : ([each, []] as Given),
      );
      const example = {
        ...{ routed: byExperts, inputs: given, types: [], numbers: [] },
        attributes: attributes as OpAttributes[OpName],
      };
      expect(() => graphOf<OpName>(op, example)).toThrow(why);
    });
  }

  const columns = ["i32[N,1]", "i32[N,1]", "i32[N,1]"];
  const attentions: readonly (readonly [
    inputs: readonly string[],
    heads: number,
    kvHeads: number,
    why: string,
  ])[] = [
    [["f32[N,4]", "f32[N,4]", "f32[N,text:4]"], 2, 2, "needs every modality's rows"],
    [["f32[N,4]", "f32[N,text:4 image:2]", "f32[N,4]"], 2, 2, "all of one width"],
    [["f32[N,6]", "f32[N,4]", "f32[N,4]"], 3, 2, "3 heads do not share 2 key-value heads evenly"],
    [["f32[N,8]", "f32[N,4]", "f32[N,4]"], 4, 1, "queries and keys differ in head size"],
  ];
  for (const [inputs, heads, kvHeads, why] of attentions) {
    it(`attention of ${inputs.join(", ")} with ${heads} and ${kvHeads} heads`, () => {
      const given = [...inputs, ...columns].map((type): Given => [type, []]);
      const example = { inputs: given, attributes: { heads, kvHeads }, types: [], numbers: [] };
      expect(() => graphOf("attention", example)).toThrow(why);
    });
  }
});
