// verify.test.ts: a broken graph is found, and shown where it is broken; text that is no graph is refused by line.
// In: sound graphs and one planted fault each. Out: the invariant's number and the message.

import { describe, expect, it } from "vitest";
import { CompilerBug } from "../src/diagnostics/bug.ts";
import { createBuilder } from "../src/ir/builder.ts";
import type { AnyNode, Graph, Value } from "../src/ir/graph.ts";
import { parseGraph } from "../src/ir/parse.ts";
import { printNumber } from "../src/ir/print.ts";
import { arrayOf, rowsOf } from "../src/ir/types.ts";
import { findFaults, verifyGraph } from "../src/ir/verify.ts";

const sound = parseGraph(`graph test (text image)
  param %gate.text : f32[6,4]
  param %gate.image : f32[6,4]
  input $x : f32[N,4]

forward block.0
  %0 = linear $x, [%gate.text %gate.image] : f32[N,6] @3:5
  %1 = silu %0 : f32[N,6] @3:9
  %2 = restrict %1 : f32[N,image:6] {modalities=[image]} @4:1

backward block.0
  %3 = neg %1 : f32[N,6]

return
  loss = %2
  other = %3
`);

const node = (index: number, change: (node: AnyNode) => object): Graph => ({
  ...sound,
  nodes: sound.nodes.map((old, i) => (i === index ? ({ ...old, ...change(old) } as AnyNode) : old)),
});

const value = (id: number, change: Partial<Value>): Graph => ({
  ...sound,
  values: sound.values.map((old) => (old.id === id ? { ...old, ...change } : old)),
});

describe("the verifier", () => {
  it("accepts a sound graph", () => {
    expect(findFaults(sound)).toEqual([]);
    expect(() => verifyGraph(sound, "test")).not.toThrow();
  });

  it("finds a space that two nodes open (V8), and groups that are none (V7)", () => {
    const routed = (second: string): Graph =>
      parseGraph(`graph test (text image)
  space S0 {experts=2 pools=[0 -] top=1}
  space S1 {experts=2 pools=[0 -]}
  input $p : f32[N,text:2]
  input $x : f32[N,text:3]

forward
  %0, %1 = route $p : i32[S0,1], i32[N,text:2] {space=0}
  ${second}
  %4 = dispatch $x, %0 : f32[S0,3]
  %5 = linear_dw %4, %4 : f32[3,3] {modalities=[0 1]}

return
  out = %5
`);
    const sound = routed("%2, %3 = route $p : i32[S1,1], i32[N,text:2] {space=1}");
    expect(findFaults(sound)).toEqual([]);
    const twice = routed("%2, %3 = route $p : i32[S0,1], i32[N,text:2] {space=0}");
    expect(findFaults(twice).map(({ rule, message }) => `${rule} ${message}`)).toEqual([
      "V8 space 0 is open already",
    ]);
    const nodes = sound.nodes.map((old) =>
      old.op === "linear_dw" ? ({ ...old, attributes: { modalities: [1, 2] } } as AnyNode) : old,
    );
    expect(findFaults({ ...sound, nodes }).map(({ rule }) => rule)).toContain("V7");
  });

  const faults: readonly (readonly [name: string, graph: Graph, rule: string, message: string])[] = [
    [
      "a value read before it is made",
      node(3, () => ({ inputs: [5] })),
      "V1",
      "is not defined before it is read",
    ],
    ["a value that does not exist", node(4, () => ({ inputs: [99] })), "V1", "value 99 is not defined"],
    [
      "another type than the op gives",
      value(4, { type: rowsOf("f32", [6, 5]) }),
      "V2",
      "ops.ts infers f32[N,6]",
    ],
    [
      "weights that do not fit",
      node(3, () => ({ weights: [0, undefined] })),
      "V2",
      "modality 1 has no matrix",
    ],
    ["too few weights", node(3, () => ({ weights: [0] })), "V2", "takes 2 weights, not 1"],
    [
      "two parameters of one path",
      node(1, () => ({ attributes: { path: "gate.text", type: arrayOf("f32", [6, 4]) } })),
      "V3",
      "param gate.text is there already",
    ],
    ["a value that names another node", value(4, { node: 3 }), "V4", "does not know that this node makes it"],
    ["a result without a value", { ...sound, results: [{ name: "loss", value: 77 }] }, "V5", "nothing makes"],
    [
      "two results of one name",
      { ...sound, results: [...sound.results, { name: "loss", value: 3 }] },
      "V5",
      "result loss is named twice",
    ],
    [
      "a forward node that reads the backward pass",
      node(4, (old) => ({ origin: { ...old.origin, phase: "update" } })),
      "V6",
      "reads value 4 of a later phase",
    ],
    [
      "modalities out of order",
      node(5, () => ({ attributes: { modalities: [1, 0] } })),
      "V7",
      "modalities 1 0 are not ascending",
    ],
    [
      "a modality that does not exist",
      node(5, () => ({ attributes: { modalities: [1, 2] } })),
      "V7",
      "below 2",
    ],
  ];
  for (const [name, graph, rule, message] of faults) {
    it(`finds ${name}`, () => {
      const found = findFaults(graph).map((fault) => `${fault.rule} ${fault.message}`);
      expect(
        found.some((fault) => fault.startsWith(rule) && fault.includes(message)),
        found.join("\n"),
      ).toBe(true);
    });
  }

  it("shows the node between its neighbours", () => {
    const broken = value(4, { type: rowsOf("f32", [5, 5]) });
    let shown = "";
    try {
      verifyGraph(broken, "share");
    } catch (failure) {
      if (failure instanceof CompilerBug) shown = failure.message;
    }
    expect(shown).toBe(`compiler bug in stage \`share\`: V2 violated after \`share\`
    %0 = linear $x, [%gate.text %gate.image] : f32[N,6] @3:5
  > %1 = silu %0 : f32[N,5] @3:9      ops.ts infers f32[N,6]
    %2 = restrict %1 : f32[N,image:6] {modalities=[image]} @4:1`);
  });
});

describe("the builder", () => {
  it("stops at a node that does not fit, and says where", () => {
    const builder = createBuilder("test", ["text"]);
    const x = builder.input("x", rowsOf("f32", [4]));
    const weight = builder.param("w", arrayOf("f32", [3, 5]));
    const origin = { scope: "block.0", phase: "forward" } as const;
    expect(() => builder.value("linear", [x], {}, { weights: [weight], origin })).toThrow(
      "linear f32[N,4], f32[3,5] in block.0: modality 0 is 4 wide, its matrix is [3,5]",
    );
  });

  it("gives one value for one source, and refuses it under another type", () => {
    const builder = createBuilder("test", ["text"]);
    const x = builder.input("x", rowsOf("f32", [4]));
    expect(builder.input("x", rowsOf("f32", [4]))).toBe(x);
    expect(builder.param("x", arrayOf("f32", [4]))).not.toBe(x);
    expect(() => builder.input("x", rowsOf("f32", [5]))).toThrow(
      "input x is f32[N,4] and asked for as f32[N,5]",
    );
  });

  it("drops the weights of modalities without rows", () => {
    const builder = createBuilder("test", ["text", "image"]);
    const x = builder.input("x", rowsOf("f32", [4, undefined]));
    const weight = builder.param("w", arrayOf("f32", [3, 4]));
    const y = builder.value("linear", [x], {}, { weights: [weight, weight] });
    expect(builder.makerOf(y).weights).toEqual([weight, undefined]);
    expect(builder.typeOf(y)).toEqual(rowsOf("f32", [3, undefined]));
  });
});

describe("text that is no graph", () => {
  const head = "graph test (text)\n  input $x : f32[N,4]\n\nforward\n";
  const faults: readonly (readonly [text: string, message: string])[] = [
    ["", "a graph starts with `graph NAME (MODALITY …)`"],
    [`${head}  %0 = sliu $x : f32[N,4]`, "line 5: no op is called sliu"],
    [`${head}  %0 = constructor $x : f32[N,4]`, "line 5: no op is called constructor"],
    [`${head}  %0 = silu $y : f32[N,4]`, "line 5: unknown value $y"],
    [`${head}  %0 = silu $x : f32[N,5]`, "line 5: %0 is f32[N,4], not f32[N,5]"],
    [`${head}  %0 = silu $x : f33[N,4]`, "line 5: no type: f33[N,4]"],
    [`${head}  %0 = scale $x : f32[N,4]`, "line 5: scale takes {by}: look at by"],
    [`${head}  %0 = silu $x : f32[N,4] {eps=1}`, "line 5: silu takes {}: look at eps"],
    [`${head}  %0 = restrict $x : f32[N,4] {modalities=[image]}`, "image is neither a number nor a modality"],
    [`${head}  %0 = silu $x : f32[N,4]\n  %0 = neg $x : f32[N,4]`, "line 6: %0 is there already"],
    [`${head}  nonsense`, "line 5: not a node"],
    [`${head}return\n  loss = %7`, "line 6: unknown value %7"],
  ];
  for (const [text, message] of faults) {
    it(message, () => {
      expect(() => parseGraph(text)).toThrow(message);
    });
  }
});

describe("numbers in text", () => {
  it("are short and read back", () => {
    const numbers = [0, 1, -1, 0.5, 1e-5, 1e-8, 10_000, 0.1 + 0.2, 1 / 3, -2.5e-7, 123_456_789];
    expect(numbers.slice(0, 7).map(printNumber)).toEqual(["0", "1", "-1", "0.5", "1e-5", "1e-8", "1e4"]);
    expect(numbers.map((number) => Number(printNumber(number)))).toEqual(numbers);
  });
});
