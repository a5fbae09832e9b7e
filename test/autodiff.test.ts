// autodiff.test.ts: every gradient rule against central differences of the interpreter, in float64.
// In: one small graph per op (and per way of combining them). Out: agreement to 1e-6, relative, for every parameter.
// The row counts leave modalities out and go down to no rows at all.

import { describe, expect, it } from "vitest";
import { differentiate } from "../src/autodiff/differentiate.ts";
import { gradientRules } from "../src/autodiff/rules.ts";
import type { Builder } from "../src/ir/builder.ts";
import type { Graph, ValueId } from "../src/ir/graph.ts";
import { interpret } from "../src/ir/interpret.ts";
import type { OpName } from "../src/ir/ops.ts";
import { parseGraph } from "../src/ir/parse.ts";
import { printGraph } from "../src/ir/print.ts";
import { arrayOf, rowsOf } from "../src/ir/types.ts";
import { simplify } from "../src/passes/pipeline.ts";
import { expectSection, readCases } from "./support/case-file.ts";
import { addedTo, expertBlock } from "./support/expert-graphs.ts";
import {
  bind,
  column,
  droppedRows,
  freeRows,
  lossOf,
  modalities,
  newBuilder,
  rowCounts,
  vocab,
  worstGradient,
} from "./support/graphs.ts";

type Make = (builder: Builder) => ValueId;

const uneven = [3, 5, 2];

const unary =
  (op: "silu" | "gelu" | "relu" | "tanh" | "sigmoid" | "square" | "exp" | "neg" | "softmax"): Make =>
  (builder) =>
    builder.value(op, [freeRows(builder, "x", uneven)], {});

const binary =
  (op: "add" | "sub" | "mul" | "div"): Make =>
  (builder) => {
    const [a, b] = [freeRows(builder, "a", uneven), freeRows(builder, "b", uneven)];
    // b² + 2 keeps the divisor away from zero
    const safe = builder.value("offset", [builder.value("square", [b], {})], { by: [2, 2, 2] });
    return builder.value(op, [a, safe], {});
  };

/** Weights [out, width] per modality; the last two modalities share one where their widths allow. */
function matrices(
  builder: Builder,
  path: string,
  widths: readonly (number | undefined)[],
  out: number,
): readonly ValueId[] {
  return widths.map((width = 1, m) => {
    const shared = m > 0 && widths[1] === widths[2] ? "image+speech" : modalities[m];
    return builder.param(`${path}.${shared}`, arrayOf("f32", [out, width]));
  });
}

const attention =
  (heads: number, kvHeads: number, headDim: number, valueDim = headDim): Make =>
  (builder) => {
    const everywhere = (width: number): readonly number[] => modalities.map(() => width);
    const q = freeRows(builder, "q", everywhere(heads * headDim));
    const k = freeRows(builder, "k", everywhere(kvHeads * headDim));
    const v = freeRows(builder, "v", everywhere(kvHeads * valueDim));
    const steering = ["sequence", "first", "last"].map((name) => column(builder, name));
    const [out] = builder.node("attention", [q, k, v, ...steering], { heads, kvHeads });
    return out ?? -1;
  };

const cases: { readonly [name: string]: Make } = {
  "embed: tokens that repeat": (builder) => {
    const table = builder.param("table", arrayOf("f32", [vocab, 4]));
    return builder.value("embed", [column(builder, "tokens"), table], {});
  },
  "linear: a matrix per modality, odd widths in": (builder) => {
    const weights = matrices(builder, "w", uneven, 4);
    return builder.value("linear", [freeRows(builder, "x", uneven)], {}, { weights });
  },
  "linear: one matrix shared by two of three modalities": (builder) => {
    const weights = matrices(builder, "w", [3, 3, 3], 4);
    return builder.value("linear", [freeRows(builder, "x", [3, 3, 3])], {}, { weights });
  },
  "linear: another width out per modality": (builder) => {
    const outs = [2, 7, 1];
    const weights = outs.map((out, m) => builder.param(`w.${m}`, arrayOf("f32", [out, 3])));
    return builder.value("linear", [freeRows(builder, "x", [3, 3, 3])], {}, { weights });
  },
  "dropout: two masks, a rate per modality, none for one of them": (builder) => {
    const x = freeRows(builder, "x", uneven);
    const first = droppedRows(builder, x, [0.5, 0, 0.25], 0);
    return builder.value("add", [first, droppedRows(builder, x, [0.5, 0, 0.25], 1)], {});
  },
  "rms_norm: over the row, two of three modalities sharing": (builder) => {
    const weights = modalities.map((_, m) =>
      builder.param(m === 0 ? "n.text" : "n.rest", arrayOf("f32", [5])),
    );
    return builder.value(
      "rms_norm",
      [freeRows(builder, "x", [5, 5, 5])],
      { eps: 1e-5, heads: 0 },
      { weights },
    );
  },
  "rms_norm: over each of three heads, widths that differ": (builder) => {
    const widths = [6, 9, 3];
    const weights = widths.map((width, m) => builder.param(`n.${m}`, arrayOf("f32", [width / 3])));
    return builder.value("rms_norm", [freeRows(builder, "x", widths)], { eps: 0.1, heads: 3 }, { weights });
  },
  rope: (builder) => {
    const x = freeRows(builder, "x", [12, 12, 12]);
    return builder.value("rope", [x, column(builder, "position")], { heads: 2, base: 50, inverse: false });
  },
  "attention: one head": attention(1, 1, 3),
  "attention: two heads": attention(2, 2, 2),
  "attention: four heads on two key-value heads, values of another size": attention(4, 2, 3, 2),
  silu: unary("silu"),
  gelu: unary("gelu"),
  relu: unary("relu"),
  tanh: unary("tanh"),
  sigmoid: unary("sigmoid"),
  square: unary("square"),
  exp: unary("exp"),
  neg: unary("neg"),
  reciprocal: (builder) => {
    const square = builder.value("square", [freeRows(builder, "x", uneven)], {});
    return builder.value("reciprocal", [builder.value("offset", [square], { by: [1, 1, 1] })], {});
  },
  add: binary("add"),
  sub: binary("sub"),
  mul: binary("mul"),
  "mul: a value by itself": (builder) => {
    const x = freeRows(builder, "x", uneven);
    return builder.value("mul", [x, x], {});
  },
  div: binary("div"),
  "scale and offset: a number per modality": (builder) => {
    const scaled = builder.value("scale", [freeRows(builder, "x", uneven)], { by: [2, -1.5, 0] });
    return builder.value("square", [builder.value("offset", [scaled], { by: [1, 0, -3] })], {});
  },
  "mean_square: two values that both move": (builder) =>
    builder.value("mean_square", [freeRows(builder, "a", uneven), freeRows(builder, "b", uneven)], {}),
  "sinusoid: a timestep in one modality alone": (builder) => {
    const widths = [undefined, 4, undefined];
    const features = builder.value("sinusoid", [column(builder, "tokens")], { widths });
    return builder.value("mul", [features, freeRows(builder, "x", widths)], {});
  },
  "restrict: only some rows reach the loss": (builder) =>
    builder.value("restrict", [freeRows(builder, "x", uneven)], { modalities: [0, 2] }),
  "restrict, join: arms around a residual, one modality without an arm": (builder) => {
    const x = freeRows(builder, "x", [3, 3, 3]);
    const arms = [0, 2].map((m) => {
      const own = builder.value("restrict", [x], { modalities: [m] });
      const weights = modalities.map((_, other) =>
        other === m ? builder.param(`w.${m}`, arrayOf("f32", [3, 3])) : undefined,
      );
      return builder.value(
        "add",
        [
          own,
          builder.value(m === 0 ? "silu" : "tanh", [builder.value("linear", [own], {}, { weights })], {}),
        ],
        {},
      );
    });
    const rest = builder.value("restrict", [x], { modalities: [1] });
    return builder.value("join", [...arms, rest], {});
  },
  "extend: zeros where an arm was missing": (builder) => {
    const x = freeRows(builder, "x", [3, undefined, 2]);
    return builder.value("extend", [builder.value("square", [x], {})], { widths: [3, 4, 2] });
  },
  softmax: unary("softmax"),
  "experts: each takes its tokens, a pool per modality, widths that differ": (builder) => {
    const x = freeRows(builder, "x", uneven);
    const space = { experts: 3, pools: [0, 1, 2] };
    return expertBlock(builder, "ffn", x, { space, hidden: (group) => 2 + (group % 3), normed: true }).y;
  },
  "experts: each takes its tokens, two modalities share a pool, one is not routed": (builder) => {
    const x = freeRows(builder, "x", [3, 3, 3]);
    const { y } = expertBlock(builder, "ffn", x, {
      space: { experts: 2, pools: [0, undefined, 0] },
      hidden: 4,
    });
    return addedTo(builder, x, y);
  },
  "experts: each token takes one of three, pools around one another": (builder) => {
    const x = freeRows(builder, "x", [3, 2, 3]);
    const space = { experts: 3, pools: [1, 0, 1], top: 1 };
    return addedTo(builder, x, expertBlock(builder, "ffn", x, { space, hidden: 4 }).y);
  },
  "experts: each token takes two of four, a block after a block": (builder) => {
    const x = freeRows(builder, "x", [3, 3, 3]);
    const space = { experts: 4, pools: [0, 0, 0], top: 2 };
    const first = addedTo(builder, x, expertBlock(builder, "a", x, { space, hidden: 3 }).y);
    return addedTo(builder, first, expertBlock(builder, "b", first, { space, hidden: 2, normed: true }).y);
  },
  "experts: one": (builder) => {
    const x = freeRows(builder, "x", [3, 3, 3]);
    return expertBlock(builder, "ffn", x, { space: { experts: 1, pools: [0, 0, 0], top: 1 }, hidden: 3 }).y;
  },
};

const gradientBound = 1e-6;

describe("gradients agree with finite differences", () => {
  for (const [name, make] of Object.entries(cases)) {
    it(name, () => {
      for (const [seed, counts] of rowCounts.entries()) {
        const builder = newBuilder();
        const graph = lossOf(builder, make(builder), 0.01);
        const worst = worstGradient(graph, bind(graph, counts, seed + 10));
        expect(worst.distance, `rows ${counts}: ${worst.path}`).toBeLessThanOrEqual(gradientBound);
      }
    });
  }

  it("covers every op that has a rule", () => {
    const used = new Set<OpName>();
    for (const make of Object.values(cases)) {
      const builder = newBuilder();
      for (const node of lossOf(builder, make(builder)).nodes) used.add(node.op);
    }
    const missing = Object.entries(gradientRules).flatMap(([op, rule]) =>
      rule === "none" || used.has(op as OpName) ? [] : [op],
    );
    expect(missing).toEqual([]);
  });
});

describe("the reverse walk", () => {
  it("adds the gradients of a table that is also the head's matrix", () => {
    const builder = newBuilder();
    const table = builder.param("table", arrayOf("f32", [vocab, 4]));
    const x = builder.value("tanh", [builder.value("embed", [column(builder, "tokens"), table], {})], {});
    const logits = builder.value("linear", [x], {}, { weights: modalities.map(() => table) });
    const loss = builder.value("cross_entropy", [logits, column(builder, "target")], { zLoss: 0 });
    const weight = builder.input("loss_weight.0", rowsOf("f32", [1, 1, 1]));
    builder.result(
      "loss",
      builder.value("loss_sums", [loss, weight, column(builder, "target_modality")], { modalities: 3 }),
    );
    const graph = builder.finish();
    expect(worstGradient(graph, bind(graph, [3, 2, 4], 3)).distance).toBeLessThanOrEqual(gradientBound);
  });

  it("adds the gradients of two losses", () => {
    const graph = twoLosses();
    expect(worstGradient(graph, bind(graph, [3, 2, 4], 4)).distance).toBeLessThanOrEqual(gradientBound);
  });

  it("adds the gradient of the experts' balance", () => {
    for (const pools of [
      [0, 0, 0],
      [1, 0, 1],
      [0, undefined, 1],
    ]) {
      const builder = newBuilder();
      const x = freeRows(builder, "x", [3, 3, 3]);
      const block = { space: { experts: 3, pools, top: 2 }, hidden: 2 };
      const { y, p, slots, space } = expertBlock(builder, "ffn", x, block);
      const { nodes } = lossOf(builder, addedTo(builder, x, y));
      const [sums = -1] = nodes.at(-1)?.results ?? [];
      const balance = builder.value("balance", [p, slots], { space, weight: 0.5, modalities: 3 });
      const total = builder.value("add", [sums, balance], {});
      const graph = { ...builder.finish(), results: [{ name: "loss", value: total }] };
      for (const [seed, counts] of rowCounts.entries()) {
        const worst = worstGradient(graph, bind(graph, counts, seed + 20));
        expect(worst.distance, `pools ${pools}, rows ${counts}: ${worst.path}`).toBeLessThanOrEqual(
          gradientBound,
        );
      }
    }
  });

  it("gives zeros to an expert that no token takes", () => {
    const builder = newBuilder();
    const x = freeRows(builder, "x", [3, 3, 3]);
    const space = { experts: 4, pools: [0, 0, 0], top: 1 };
    const graph = differentiate(lossOf(builder, expertBlock(builder, "ffn", x, { space, hidden: 2 }).y));
    // One token: three of the four experts see none.
    const bindings = bind(graph, [1, 0, 0], 6);
    const results = interpret(graph, { ...bindings, inputs: new Map(bindings.inputs).set("target", [1]) });
    const idle = [0, 1, 2, 3].filter((e) => results.get(`grad/ffn.${e}.up`)?.every((slope) => slope === 0));
    expect(idle.length).toBe(3);
  });

  it("gives zeros to a parameter that the loss does not reach", () => {
    const builder = newBuilder();
    builder.param("unused", arrayOf("f32", [2, 3]));
    const graph = differentiate(lossOf(builder, freeRows(builder, "x", uneven)));
    const results = interpret(graph, bind(graph, [3, 2, 4], 5));
    expect(Array.from(results.get("grad/unused") ?? [])).toEqual([0, 0, 0, 0, 0, 0]);
    expect(results.get("grad/x.text")?.some((x) => x !== 0)).toBe(true);
  });

  it("joins the gradients of arms instead of adding zeros", () => {
    const make = cases["restrict, join: arms around a residual, one modality without an arm"];
    const builder = newBuilder();
    const text = printGraph(differentiate(lossOf(builder, make?.(builder) ?? -1)));
    expect(text).toContain("= join ");
    expect(text).not.toContain("= extend ");
  });

  it("sums a shared weight's gradient over its modalities in one node", () => {
    const make = cases["linear: one matrix shared by two of three modalities"];
    const builder = newBuilder();
    const text = printGraph(differentiate(lossOf(builder, make?.(builder) ?? -1)));
    expect(text).toMatch(/linear_dw .* \{modalities=\[image speech\]\}/);
    expect(text).toMatch(/linear_dw .* \{modalities=\[text\]\}/);
  });

  it("refuses a graph whose loss is no sum over rows", () => {
    const builder = newBuilder();
    builder.result("loss", builder.param("x", arrayOf("f32", [])));
    expect(() => differentiate(builder.finish())).toThrow("is made by param, not by loss_sums");
  });
});

describe("cases", () => {
  for (const entry of readCases("autodiff")) {
    it(entry.title, () => {
      const graph = parseGraph(entry.sections.get("graph") ?? "");
      expect(
        worstGradient(graph, bind(graph, [3, 4, 2].slice(0, graph.modalities.length), 1)).distance,
      ).toBeLessThanOrEqual(gradientBound);
      expectSection(entry, "gradients", printGraph(simplify(differentiate(graph))));
    });
  }
});

function twoLosses(): Graph {
  const builder = newBuilder();
  const x = freeRows(builder, "x", [4, 4, 4]);
  const weight = builder.input("loss_weight.0", rowsOf("f32", [1, 1, 1]));
  const sums = [0, 1].map((k) => {
    const weights = modalities.map(() => builder.param(`head.${k}`, arrayOf("f32", [vocab, 4])));
    const logits = builder.value("linear", [x], {}, { weights });
    const loss = builder.value("cross_entropy", [logits, column(builder, "target")], { zLoss: 0 });
    return builder.value("loss_sums", [loss, weight, column(builder, "target_modality")], { modalities: 3 });
  });
  builder.result("loss", builder.value("add", sums, {}));
  return builder.finish();
}
