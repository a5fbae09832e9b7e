// passes.test.ts: a pass changes the text of a graph, never its meaning.
// In: identities written as graphs, and graphs from seeds. Out: the text after a pass, and equal numbers before and after.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { differentiate } from "../src/autodiff/differentiate.ts";
import type { Graph } from "../src/ir/graph.ts";
import { interpret } from "../src/ir/interpret.ts";
import type { OpName } from "../src/ir/ops.ts";
import { parseGraph } from "../src/ir/parse.ts";
import { printGraph } from "../src/ir/print.ts";
import { verifyGraph } from "../src/ir/verify.ts";
import { fold } from "../src/passes/fold.ts";
import { passes, simplify } from "../src/passes/pipeline.ts";
import { prune } from "../src/passes/prune.ts";
import { recompute } from "../src/passes/recompute.ts";
import { share } from "../src/passes/share.ts";
import { expectSection, readCases } from "./support/case-file.ts";
import { bind, distance, rowCounts, worstGradient } from "./support/graphs.ts";
import { randomGraph } from "./support/random-graph.ts";

/** The nodes of a small graph over `$x`, and the same after a pass (and pruning), without heading and sources. */
function textAfter(pass: (graph: Graph) => Graph, body: string): readonly string[] {
  const lines = body.split("\n").map((line) => line.trim());
  const last = /^(\S+) =/.exec(lines.at(-1) ?? "")?.[1];
  const sources = ["x : f32[N,4]", "y : f32[N,4]", "z : f32[N,text:4]", "w : f32[N,image:4 speech:4]"];
  const head = ["graph test (text image speech)", ...sources.map((source) => `input $${source}`)];
  const graph = parseGraph([...head, "forward", ...lines, "return", `out = ${last}`].join("\n"));
  const text = printGraph(prune(pass(graph)));
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^(%|out)/.test(line));
}

const all = "f32[N,4]";

describe("fold", () => {
  const identities: readonly (readonly [name: string, body: string, expected: readonly string[]])[] = [
    ["x · 1 → x", `%0 = scale $x : ${all} {by=[1 1 1]}`, ["out = $x"]],
    ["x · (−1) → −x", `%0 = scale $x : ${all} {by=[-1 -1 -1]}`, [`%0 = neg $x : ${all}`, "out = %0"]],
    [
      "(x · a) · b → x · (a·b)",
      `%0 = scale $x : ${all} {by=[2 3 4]}\n%1 = scale %0 : ${all} {by=[5 1 0.5]}`,
      [`%0 = scale $x : ${all} {by=[10 3 2]}`, "out = %0"],
    ],
    [
      "(−x) · a → x · (−a)",
      `%0 = neg $x : ${all}\n%1 = scale %0 : ${all} {by=[2 3 4]}`,
      [`%0 = scale $x : ${all} {by=[-2 -3 -4]}`, "out = %0"],
    ],
    ["x + 0 → x", `%0 = offset $x : ${all} {by=[0 0 0]}`, ["out = $x"]],
    [
      "(x + a) + b → x + (a+b)",
      `%0 = offset $x : ${all} {by=[2 3 4]}\n%1 = offset %0 : ${all} {by=[1 -3 0]}`,
      [`%0 = offset $x : ${all} {by=[3 0 4]}`, "out = %0"],
    ],
    ["−(−x) → x", `%0 = neg $x : ${all}\n%1 = neg %0 : ${all}`, ["out = $x"]],
    [
      "−(a − b) → b − a",
      `%0 = sub $x, $y : ${all}\n%1 = neg %0 : ${all}`,
      [`%0 = sub $y, $x : ${all}`, "out = %0"],
    ],
    [
      "x + (−y) → x − y",
      `%0 = neg $y : ${all}\n%1 = add $x, %0 : ${all}`,
      [`%0 = sub $x, $y : ${all}`, "out = %0"],
    ],
    [
      "(−x) + y → y − x",
      `%0 = neg $x : ${all}\n%1 = add %0, $y : ${all}`,
      [`%0 = sub $y, $x : ${all}`, "out = %0"],
    ],
    [
      "x − (−y) → x + y",
      `%0 = neg $y : ${all}\n%1 = sub $x, %0 : ${all}`,
      [`%0 = add $x, $y : ${all}`, "out = %0"],
    ],
    ["all rows of x → x", `%0 = restrict $x : ${all} {modalities=[text image speech]}`, ["out = $x"]],
    [
      "some of some rows of x → some rows of x",
      `%0 = restrict $x : f32[N,text:4 image:4] {modalities=[text image]}
       %1 = restrict %0 : f32[N,image:4] {modalities=[image]}`,
      ["%0 = restrict $x : f32[N,image:4] {modalities=[image]}", "out = %0"],
    ],
    [
      "rows of values side by side → of the value that has them",
      `%0 = join $z, $w : ${all}\n%1 = restrict %0 : f32[N,image:4] {modalities=[image]}`,
      ["%0 = restrict $w : f32[N,image:4] {modalities=[image]}", "out = %0"],
    ],
    [
      "rows of x beside the other rows of x → x",
      `%0 = restrict $x : f32[N,text:4 speech:4] {modalities=[text speech]}
       %1 = restrict $x : f32[N,image:4] {modalities=[image]}
       %2 = join %0, %1 : ${all}`,
      ["out = $x"],
    ],
    ["x alone, joined → x", "%0 = join $z : f32[N,text:4]", ["out = $z"]],
    [
      "extended twice → extended once",
      `%0 = extend $z : f32[N,text:4 image:4] {widths=[4 4 -]}\n%1 = extend %0 : ${all} {widths=[4 4 4]}`,
      [`%0 = extend $z : ${all} {widths=[4 4 4]}`, "out = %0"],
    ],
    [
      "rows that were extended away → x's own",
      `%0 = extend $z : ${all} {widths=[4 4 4]}\n%1 = restrict %0 : f32[N,text:4] {modalities=[text]}`,
      ["out = $z"],
    ],
    [
      "extended + extended, disjoint → side by side",
      `%0 = extend $z : ${all} {widths=[4 4 4]}\n%1 = extend $w : ${all} {widths=[4 4 4]}\n%2 = add %0, %1 : ${all}`,
      [`%0 = join $z, $w : ${all}`, "out = %0"],
    ],
  ];
  for (const [name, body, expected] of identities) {
    it(name, () => {
      expect(textAfter(fold, body)).toEqual(expected);
    });
  }

  it("leaves alone what it has no identity for", () => {
    const body = `%0 = scale $x : ${all} {by=[1 2 1]}\n%1 = restrict %0 : f32[N,text:4] {modalities=[text]}`;
    expect(textAfter(fold, body)).toEqual([...body.split("\n"), "out = %1"]);
  });
});

describe("share", () => {
  it("computes equal nodes once, whatever the order of a sum", () => {
    const body = `%0 = add $x, $y : ${all}\n%1 = add $y, $x : ${all}\n%2 = mul %0, %1 : ${all}`;
    expect(textAfter(share, body)).toEqual([
      `%0 = add $x, $y : ${all}`,
      `%1 = mul %0, %0 : ${all}`,
      "out = %1",
    ]);
  });

  it("keeps a difference and its reverse apart", () => {
    const body = `%0 = sub $x, $y : ${all}\n%1 = sub $y, $x : ${all}\n%2 = mul %0, %1 : ${all}`;
    expect(textAfter(share, body)).toEqual([...body.split("\n"), "out = %2"]);
  });
});

describe("prune", () => {
  it("drops what no result reads, and keeps parameters", () => {
    const text = `graph test (text)
  param %unread : f32[2,4]
  input $x : f32[N,4]
  input $unread : i32[N,1]

forward
  %0 = silu $x : f32[N,4]
  %1 = neg $x : f32[N,4]

return
  out = %1
`;
    const lines = printGraph(prune(parseGraph(text))).split("\n");
    expect(lines).toContain("  param %unread : f32[2,4]");
    expect(lines).toContain("  %0 = neg $x : f32[N,4]");
    expect(lines.filter((line) => line.includes("silu") || line.includes("$unread"))).toEqual([]);
  });
});

describe("cases", () => {
  for (const entry of readCases("passes")) {
    it(entry.title, () => {
      const graph = parseGraph(entry.sections.get("graph") ?? "");
      expectSection(entry, "simplified", printGraph(simplify(graph)));
    });
  }
});

describe("recompute", () => {
  const lines = (text: string): readonly string[] =>
    text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => /silu|mul|linear/.test(line));
  const gated = (use: string): Graph =>
    parseGraph(
      [
        ...["graph test (text)", "input $x : f32[N,4]", "input $y : f32[N,4]", "param %w : f32[4,4]"],
        ...["forward", "%0 = silu $x : f32[N,4]", "%1 = mul %0, $y : f32[N,4]", `%2 = ${use}`],
        ...["backward", "%3 = mul %2, %0 : f32[N,4]", "%4 = mul %3, %0 : f32[N,4]", "return", "out = %4"],
      ].join("\n"),
    );

  it("computes silu again, once, where gradients read it", () => {
    expect(lines(printGraph(recompute(gated("linear %1, %w : f32[N,4]"))))).toEqual([
      "%0 = silu $x : f32[N,4]",
      "%1 = mul %0, $y : f32[N,4]",
      "%2 = linear %1, %w : f32[N,4]",
      "%3 = silu $x : f32[N,4]",
      "%4 = mul %2, %3 : f32[N,4]",
      "%5 = mul %4, %3 : f32[N,4]",
    ]);
  });

  it("leaves what products read in memory", () => {
    expect(lines(printGraph(recompute(gated("linear %0, %w : f32[N,4]"))))).toEqual([
      "%0 = silu $x : f32[N,4]",
      "%1 = mul %0, $y : f32[N,4]",
      "%2 = linear %0, %w : f32[N,4]",
      "%3 = mul %2, %0 : f32[N,4]",
      "%4 = mul %3, %0 : f32[N,4]",
    ]);
  });
});

describe("random graphs", () => {
  const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

  it("have the gradients that finite differences say", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(...rowCounts), (seed, counts) => {
        const graph = randomGraph(seed);
        const worst = worstGradient(graph, bind(graph, counts, seed));
        expect(worst.distance, `${worst.path}\n${printGraph(graph)}`).toBeLessThanOrEqual(1e-5);
      }),
      { numRuns: 60 },
    );
  });

  it("mean the same after every pass, and use every op that stands between the sources and the loss", () => {
    const used = new Set<OpName>();
    fc.assert(
      fc.property(seeds, fc.constantFrom(...rowCounts), (seed, counts) => {
        const before = differentiate(randomGraph(seed));
        for (const node of before.nodes) used.add(node.op);
        const bindings = bind(before, counts, seed);
        const expected = interpret(before, bindings);
        for (const { name, run } of [...passes, { name: "simplify", run: simplify }]) {
          const graph = run(before);
          verifyGraph(graph, name);
          expect(graph.nodes.length).toBeLessThanOrEqual(before.nodes.length);
          for (const [result, numbers] of interpret(graph, bindings)) {
            expect(distance(numbers, expected.get(result) ?? []), `${name}: ${result}`).toBeLessThan(1e-9);
          }
        }
      }),
      { numRuns: 150 },
    );
    const missing = rowOps.filter((op) => !used.has(op));
    expect(missing).toEqual([]);
  });

  it("mean the same where gradients compute again what they read", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(...rowCounts), (seed, counts) => {
        const before = simplify(differentiate(randomGraph(seed)));
        const bindings = bind(before, counts, seed);
        const expected = interpret(before, bindings);
        const graph = recompute(before);
        verifyGraph(graph, "recompute");
        for (const [result, numbers] of interpret(graph, bindings)) {
          expect(distance(numbers, expected.get(result) ?? []), result).toBeLessThan(1e-9);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("are the same text after printing and parsing, before and after the passes", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const graph = differentiate(randomGraph(seed));
        for (const version of [graph, simplify(graph)]) {
          const text = printGraph(version);
          expect(printGraph(parseGraph(text))).toBe(text);
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Ops a random training graph without update must hit. */
const rowOps: readonly OpName[] = [
  "param",
  "input",
  "embed",
  "embed_dw",
  "linear",
  "linear_dx",
  "linear_dw",
  "rms_norm",
  "rms_norm_dx",
  "rms_norm_dw",
  "rope",
  "attention",
  "attention_grad",
  "silu",
  "gelu",
  "relu",
  "tanh",
  "sigmoid",
  "square",
  "exp",
  "neg",
  "reciprocal",
  "silu_dx",
  "gelu_dx",
  "relu_dx",
  "add",
  "sub",
  "mul",
  "div",
  "scale",
  "offset",
  "restrict",
  "join",
  "extend",
  "cross_entropy",
  "cross_entropy_dx",
  "loss_sums",
  "zeros",
]; // prettier-ignore
