// syntax.test.ts: text → tree → text. Every construct of ast.ts is read, DESIGN's spec is a fixed point of the formatter,
// no text at all makes an exception, and what is generated from the grammar is fresh.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MotParser } from "../grammar/parser.ts";
import { lex } from "../grammar/tokens.ts";
import { stalePaths } from "../scripts/generate.ts";
import { renderDiagnostics } from "../src/diagnostics/render.ts";
import type { Expression, File, Model, Variant } from "../src/syntax/ast.ts";
import { parse } from "../src/syntax/build.ts";
import { format } from "../src/syntax/format.ts";
import { expectSection, readCases, sourceOf } from "./support/case-file.ts";
import { damaged, programs, soups } from "./support/specs.ts";

const source = (text: string) => ({ name: "spec.mot", text });
const chameleon = readFileSync(join(import.meta.dirname, "../examples/chameleon.mot"), "utf8");

/** The tree without places, so that two layouts of one program compare equal. */
function shape(file: File): unknown {
  const places = new Set(["span", "header", "source"]);
  return JSON.parse(JSON.stringify(file, (key, value: unknown) => (places.has(key) ? undefined : value)));
}

function fine(text: string): File {
  const { file, diagnostics } = parse(source(text));
  expect(renderDiagnostics(diagnostics)).toBe("");
  return file;
}

function expression(text: string): Expression {
  const model = fine(`model m { x = ${text} }`).items[0] as Model;
  const [binding] = model.body;
  if (binding?.kind !== "binding") throw new Error("no binding");
  return binding.value;
}

describe("grammar", () => {
  test("the parser finds no mistake in its own rules", () => {
    expect(() => new MotParser(false)).not.toThrow();
  });
  test("generated files are fresh", () => {
    expect(stalePaths(), "run: npm run generate").toEqual([]);
  });
});

describe("cases", () => {
  test.each(readCases("syntax"))("$name", (entry) => {
    const { text, diagnostics } = format(source(sourceOf(entry)));
    expect(renderDiagnostics(diagnostics)).toBe("");
    expectSection(entry, "formatted", text);
  });
});

describe("parse", () => {
  test("the chameleon example", () => {
    const file = fine(chameleon);
    expect(file.items.map((item) => item.kind)).toEqual([
      "model",
      "variant",
      "variant",
      "variant",
      "train",
      "compare",
    ]);
  });

  test("spans are exact", () => {
    const text = "model m {\n  x += f(a, n: -1) as p\n}\n";
    const { file } = parse(source(text));
    const binding = (file.items[0] as Model).body[0];
    if (binding?.kind !== "binding" || binding.value.kind !== "as") throw new Error("no binding");
    const call = binding.value.value;
    if (call.kind !== "call") throw new Error("no call");
    const cut = (place: { readonly span: { readonly start: number; readonly end: number } }): string =>
      text.slice(place.span.start, place.span.end);
    expect(cut(binding)).toBe("x += f(a, n: -1) as p");
    expect(cut(binding.target)).toBe("x");
    expect(cut(binding.value)).toBe("f(a, n: -1) as p");
    expect(cut(binding.value.name)).toBe("p");
    expect(cut(call)).toBe("f(a, n: -1)");
    expect(call.arguments.map(cut)).toEqual(["a", "n: -1"]);
  });

  test("operators lean to the left, `*` binds tighter than `+`, `as` tightest", () => {
    expect(shape(expression("a - b * c - d") as never)).toMatchObject({
      operator: "-",
      left: { operator: "-", left: { kind: "reference" }, right: { operator: "*" } },
      right: { name: { text: "d" } },
    });
    expect(shape(expression("-f(a) as p * b") as never)).toMatchObject({
      operator: "*",
      left: { kind: "unary", operand: { kind: "as", name: { text: "p" } } },
    });
    expect(shape(expression("a * -b - --c") as never)).toMatchObject({
      operator: "-",
      left: { right: { kind: "unary" } },
      right: { kind: "unary", operand: { kind: "unary" } },
    });
  });

  test("numbers, texts, pairs, records", () => {
    expect(expression("1_000")).toMatchObject({ value: 1000, text: "1_000" });
    expect(expression("1e-3")).toMatchObject({ value: 0.001, text: "1e-3" });
    expect(expression('"a\\"b\\\\\\n\\t/"')).toMatchObject({ kind: "text", value: 'a"b\\\n\t/' });
    expect(expression("(0.9, 0.95)")).toMatchObject({
      kind: "tuple",
      elements: [{ value: 0.9 }, { value: 0.95 }],
    });
    expect(expression("(a)")).toMatchObject({ kind: "parenthesized" });
    expect(expression("{ text: 344, image: 172, }")).toMatchObject({
      kind: "record",
      fields: [{ name: { text: "text" } }, { name: { text: "image" } }],
    });
    expect(expression("f(a, b: 2,)")).toMatchObject({
      kind: "call",
      arguments: [{}, { name: { text: "b" } }],
    });
  });

  test("words of train, variant and compare are ordinary names elsewhere", () => {
    fine(`model data {
      const steps = 3, share = steps, between = 1, experts = 2, for = 3, by = 4, top = share * for, all = 5, balance = 6
      modality experts = tokens(vocab: top)
      per modality share { all = top }
      data = share + between
    }
    variant steps = data { share share, all, between between experts, top share = 3 experts = 4, top = 5 }
    train data { data data steps steps share top top by }`);
  });

  test("rules of variants", () => {
    const file = fine(`variant v = m {
      share all
      share attn, block.*.ffn.image+speech.gate, *
      share ffn between image, speech
      dim = 128, ffn = { text: 344, image: 172 }
      experts ffn: 4 for text by expert_choice
      experts ffn: 2 * n top 2
      experts attn: 3
      experts ffn: 4 top 2 balance 0.1
    }`);
    expect(shape(file)).toMatchObject({
      items: [
        {
          rules: [
            { kind: "share_all" },
            { patterns: [{ text: "attn" }, { text: "block.*.ffn.image+speech.gate" }, { text: "*" }] },
            { patterns: [{ text: "ffn" }], between: [{ text: "image" }, { text: "speech" }] },
            { kind: "override", name: { text: "dim" } },
            { kind: "override", value: { kind: "record" } },
            { kind: "experts", modality: { text: "text" }, routing: { kind: "expert_choice" } },
            { kind: "experts", count: { kind: "binary" }, routing: { kind: "top", k: { value: 2 } } },
            { kind: "experts", label: { text: "attn" } },
            { kind: "experts", routing: { kind: "top" }, balance: { value: 0.1 } },
          ],
        },
      ],
    });
    expect((file.items[0] as Variant).rules[7]).not.toHaveProperty("routing");
  });

  test("settings: words with values, and calls", () => {
    const file = fine(
      'train m { data "my folder" context 160, batch 8 seed -1 adamw(lr: 1e-3, betas: (0.9, 0.95)) }',
    );
    expect(shape(file)).toMatchObject({
      items: [
        {
          settings: [
            { word: { text: "data" }, value: { kind: "text", value: "my folder" } },
            { word: { text: "context" }, value: { value: 160 } },
            { word: { text: "batch" }, value: { value: 8 } },
            { word: { text: "seed" }, value: { kind: "unary" } },
            {
              word: { text: "adamw" },
              value: { kind: "call", arguments: [{}, { value: { kind: "tuple" } }] },
            },
          ],
        },
      ],
    });
  });

  test("every mistake of a file shows, and what is right stays in the tree", () => {
    const { file, diagnostics } = parse(
      source("model m {\n  x = (1 + \n  y = 2\n  z = = 3\n  w = 4 }\n  variant v = m\n compare v,"),
    );
    expect(diagnostics.length).toBeGreaterThanOrEqual(3);
    const bound = (file.items[0] as Model).body.flatMap((entry) =>
      entry.kind === "binding" ? [entry.target.text] : [],
    );
    expect(bound).toEqual(["x", "y", "z", "w"]);
    expect(file.items.map((item) => item.kind)).toEqual(["model", "variant", "compare"]);
  });

  test("a token left out or doubled gives at most two diagnostics", () => {
    for (const { startOffset, image } of lex(chameleon).tokens) {
      const [before, after] = [chameleon.slice(0, startOffset), chameleon.slice(startOffset + image.length)];
      for (const damage of ["", `${image} ${image}`]) {
        const { diagnostics } = parse(source(before + damage + after));
        expect(diagnostics.length, renderDiagnostics(diagnostics)).toBeLessThanOrEqual(2);
      }
    }
  });

  test("a byte order mark and Windows line ends are fine", () => {
    const file = fine(`\ufeff${chameleon.replaceAll("\n", "\r\n")}`);
    expect(shape(file)).toEqual(shape(fine(chameleon)));
  });
});

describe("no text makes an exception", () => {
  const survives = (text: string): void => {
    const { diagnostics } = parse(source(text));
    renderDiagnostics(diagnostics);
    for (const { at } of diagnostics) {
      expect(at.span.start).toBeGreaterThanOrEqual(0);
      expect(at.span.end).toBeGreaterThanOrEqual(at.span.start);
      expect(at.span.end).toBeLessThanOrEqual(text.length);
    }
    format(source(text));
  };

  test("random text", () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string()), survives), { numRuns: 150 });
  });
  test("random tokens", () => {
    fc.assert(fc.property(soups, survives), { numRuns: 150 });
  });
  test("programs with one mistake are told so, or are programs", () => {
    fc.assert(fc.property(damaged, survives), { numRuns: 150 });
  });

  const long = 100_000;
  const nested = (count: number): string => `${"repeat 1 {\n".repeat(count)}${"}".repeat(count)}`;
  test.each([
    ["100,000 open braces", "{".repeat(long)],
    ["100,000 open parentheses", `model m { x = ${"(".repeat(long)}`],
    ["100,000 closing brackets", ")}".repeat(long / 2)],
    ["100,000 signs", `model m { x = ${"-".repeat(long)}1 }`],
    ["a chain of 100,000 sums", `model m { x = a${" + a".repeat(long)} }`],
    ["a chain of 100,000 products", `model m { x = a${" * -a".repeat(long)} }`],
    ["100,000 levels of blocks", `model m { ${nested(long)} }`],
    [
      "chains inside of parentheses",
      `model m { x = ${`(${"a + ".repeat(150)}`.repeat(99)}a${")".repeat(99)} }`,
    ],
    [
      "chains on the left of parentheses",
      `model m { x = ${"(".repeat(99)}a${`${" + a".repeat(150)})`.repeat(99)} }`,
    ],
    ["100,000 names", `compare ${"a, ".repeat(long)}a`],
    ["100,000 words", "a ".repeat(long)],
    ["100,000 statements", `layer f(x) {\n${"x = silu(x)\n".repeat(long / 2)}return x }`],
    ["100,000 mistakes on lines of their own", "x = = 3 4\n".repeat(long)],
    ["100,000 mistakes on one line", "x = = 3 4 ".repeat(long)],
    ["100,000 unknown characters", "@ ".repeat(long)],
    ["100,000 quotes", '"'.repeat(long)],
    ["an open text and brackets", `"${")} ".repeat(long)}x`],
    ["a million dots", ".".repeat(1_000_000)],
    ["digits", "1".repeat(long)],
    ["half a number", `${"1_".repeat(long)}`],
    ["slashes and stars", "/*".repeat(long)],
    ["a path", `variant v = m { share ${"a.".repeat(long)} }`],
    ["carriage returns", "\r".repeat(long)],
    ["ten megabytes", "x = 1\n".repeat(1_700_000)],
    ["zeros", "\0".repeat(long)],
    ["hostile names", "model __proto__ { constructor = toString hasOwnProperty = constructor(__proto__) }"],
    ["text aimed at templates", 'model m { x = "{{x}} {{{y}}} ${z}" }'],
  ])("%s", (_name, text) => survives(text));

  test("100 levels are fine", () => {
    fine(`model m { x = ${"(".repeat(99)}a${")".repeat(99)} }`);
    fine(`model m { ${nested(99)} }`);
    fine(`model m { x = ${"f(".repeat(99)}${"-".repeat(100)}a${")".repeat(99)} }`);
    fine(`model m { x = a${" + a".repeat(200)} }`);
  });
});

describe("format", () => {
  test("the chameleon example is a fixed point", () => {
    expect(format(source(chameleon)).text).toBe(chameleon);
  });

  test("a file with mistakes comes back as it is", () => {
    const text = "model   m {\n x =\n}";
    const formatted = format(source(text));
    expect(formatted.text).toBe(text);
    expect(formatted.diagnostics).toHaveLength(1);
  });

  test("any layout of a program parses, and formatting keeps its tree and its comments and settles at once", () => {
    fc.assert(
      fc.property(programs, (text) => {
        const before = fine(text);
        const once = format(source(text)).text;
        expect(shape(fine(once))).toEqual(shape(before));
        expect(comments(once)).toEqual(comments(text));
        expect(format(source(once)).text).toBe(once);
        expect(once).not.toMatch(/[ \t]\n|\n\n\n|\n\n$/);
      }),
      { numRuns: 150 },
    );
  });
});

function comments(text: string): readonly string[] {
  return parse(source(text))
    .comments.map((comment) => comment.text.trimEnd())
    .sort();
}
