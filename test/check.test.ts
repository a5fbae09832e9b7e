// check.test.ts: specs → models, and what is said about specs that make no model.
// Goldens: test/cases/check (a spec and the models of its variants), test/cases/diagnostics (MOT2xxx and MOT3xxx).
// Properties: no text makes the checker throw, a model's indices are in range, sharing changes nothing but parameters.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { settingWords as grammarWords } from "../grammar/tokens.ts";
import { checkAllSource, checkSource, resolvePath } from "../src/check/load.ts";
import type { Model, Operation } from "../src/check/model.ts";
import { printModel } from "../src/check/print.ts";
import { settingWords } from "../src/check/train.ts";
import { checkCodes } from "../src/diagnostics/codes-check.ts";
import { hasErrors } from "../src/diagnostics/diagnostic.ts";
import { renderDiagnostics } from "../src/diagnostics/render.ts";
import { expectSection, readCases, sourceOf } from "./support/case-file.ts";
import { expectStyle } from "./support/message-style.ts";
import { expertsFeatures } from "./support/random-experts.ts";
import { randomExpertCases } from "./support/random-spec.ts";
import { expectWellFormed } from "./support/well-formed.ts";

const noFiles = (): undefined => undefined;
const checkText = (text: string, name = "spec.mot") => checkAllSource({ name, text }, noFiles);

function modelOf(text: string, variant?: string): Model {
  const options = variant === undefined ? {} : { variant };
  const { model, diagnostics } = checkSource({ name: "spec.mot", text }, noFiles, options);
  expect(renderDiagnostics(diagnostics)).toBe("");
  if (model === undefined) throw new Error("no model");
  return model;
}

const pathsOf = (model: Model): readonly string[] => model.parameters.map((parameter) => parameter.path);

const layerNamed = (name: string): string => `layer ${name}(x) { return linear(x, 8) as w }\n`;
const specOf = (body: string, declarations = "modality text = tokens(vocab: 16)"): string =>
  `model m {\n${declarations}\nx = embed(tokens, 8) as embedding\n${body}
logits = linear(x, vocab) as head\nobjective text = cross_entropy(logits, next_token)\n}\n`;

describe("models", () => {
  test.each(readCases("check"))("$name", (entry) => {
    const { models, diagnostics } = checkText(sourceOf(entry));
    expect(renderDiagnostics(diagnostics)).toBe("");
    const wanted = (entry.keys.get("variants") ?? "").split(", ");
    for (const name of wanted) {
      const model = models.get(name);
      if (model === undefined) throw new Error(`no variant ${name}`);
      expectWellFormed(model);
      expectSection(entry, wanted.length === 1 ? "model" : `model-${name}`, printModel(model));
    }
  });
});

describe("diagnostics", () => {
  const cases = [...readCases("diagnostics", "MOT2"), ...readCases("diagnostics", "MOT3")];

  test.each(cases)("$name", (entry) => {
    const { models, diagnostics } = checkText(sourceOf(entry));
    expectSection(entry, "diagnostics", renderDiagnostics(diagnostics));
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain(entry.name.slice(0, "MOT2000".length));
    for (const diagnostic of diagnostics) expectStyle(diagnostic);
    expect(models.size).toBe(0);
  });

  test("every code has a case", () => {
    const covered = new Set(cases.map((entry) => entry.name.slice(0, "MOT2000".length)));
    expect(Object.keys(checkCodes).filter((code) => !covered.has(code))).toEqual([]);
  });

  test.each(Object.entries(checkCodes))("the example of %s", (code, { example }) => {
    const { diagnostics } = checkText(example, "example.mot");
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
  });

  test("the settings of `train` are those at which the grammar ends a list of names", () => {
    expect([...grammarWords].sort()).toEqual([...settingWords].sort());
  });

  test("a mistake in a layer is said once, however often the layer is called", () => {
    const { diagnostics } = checkText(
      `${specOf("repeat 5 { x = f(x) }\nx = f(x)")}layer f(x) { x += linear(x, 9) as w return x }\n`,
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(["MOT2003"]);
  });

  test("a failed value agrees with everything", () => {
    const { diagnostics } = checkText(specOf("y = nothing\nz = y + x\nx += linear(merge(z * y), 8) as w"));
    expect(diagnostics.map(({ code }) => code)).toEqual(["MOT2001"]);
  });

  test("an asked variant that is not declared", () => {
    const { diagnostics, model } = checkSource({ name: "a.mot", text: specOf("") }, noFiles, {
      variant: "moe",
    });
    expect(diagnostics.map(({ code }) => code)).toEqual(["MOT2037"]);
    expect(model).toBeUndefined();
  });

  test("beside syntax errors only what they cannot have caused", () => {
    const { diagnostics } = checkText(specOf("y = \nz = y\nx += linear(x, 9) as w\nx = linear(x)"));
    const codes = diagnostics.map(({ code }) => code);
    expect(codes).toContain("MOT2003");
    expect(codes).toContain("MOT2006");
    expect(codes).not.toContain("MOT2001");
  });
});

describe("variants", () => {
  const spec = specOf(
    "per modality mix { h = linear(x, wide) x += linear(h, dim) as out }",
    "const dim = 8, wide = dim * 2\nmodality text = tokens(vocab: 16)\nmodality image = tokens(vocab: 4)",
  );

  test("without variants the model is its own", () => {
    const checked = checkText(spec);
    expect(checked.variants).toEqual(["m"]);
    expect(checked.compare).toEqual([]);
    expect([...checked.models.keys()]).toEqual(["m"]);
  });

  test("an override reaches derived constants", () => {
    const model = modelOf(
      `${spec}variant narrow = m { wide = dim / 2 }\nvariant w = m { wide = 3 }`,
      "narrow",
    );
    expect(model.constants.get("wide")).toBe(4);
    expect(model.parameters.find(({ path }) => path === "mix.image.h")?.shape).toEqual([4, 8]);
    const derived = modelOf(
      `${spec}variant big = m { dim = 16 }`.replaceAll("(tokens, 8)", "(tokens, dim)"),
      "big",
    );
    expect(derived.constants.get("wide")).toBe(32);
  });

  test("sharing all gives the operations of the same model without `per modality`", () => {
    const shared = modelOf(`${spec}variant dense = m { share all }`, "dense");
    const plain = modelOf(spec.replace("per modality mix {", "").replace("as out }", "as out"));
    const withoutNames = ({ span: _span, scope: _scope, ...rest }: Operation): unknown => rest;
    expect(shared.operations.map(withoutNames)).toEqual(plain.operations.map(withoutNames));
    expect(pathsOf(shared)).toEqual(["embedding", "mix.h", "mix.out", "head"]);
    expect(pathsOf(plain)).toEqual(["embedding", "h", "out", "head"]);
  });

  test("one modality is drawn like dense", () => {
    const one = spec.replace("modality image = tokens(vocab: 4)", "");
    const mot = modelOf(`${one}variant mot = m\nvariant dense = m { share all }`, "mot");
    const dense = modelOf(`${one}variant mot = m\nvariant dense = m { share all }`, "dense");
    const draws = (model: Model) =>
      model.parameters.map(({ drawPath, drawIndex, initial }) => ({ drawPath, drawIndex, initial }));
    expect(draws(mot)).toEqual(draws(dense));
    expect(mot.operations.map((each) => each.kind)).toEqual(dense.operations.map((each) => each.kind));
  });

  test("the same arms for one modality add no operation", () => {
    const one = specOf("per modality mix { text { x += linear(x, 8) as w } }");
    const plain = specOf("per modality mix { x += linear(x, 8) as w }");
    expect(modelOf(one).operations.map((each) => each.kind)).toEqual(
      modelOf(plain).operations.map((each) => each.kind),
    );
  });

  test("sharing through a third modality joins all", () => {
    const three = spec.replace("modality image", "modality speech = tokens(vocab: 4)\nmodality image");
    const model = modelOf(
      `${three}variant v = m { share mix between text, speech share mix between image, speech }`,
    );
    expect(pathsOf(model)).toEqual(["embedding", "mix.h", "mix.out", "head"]);
  });
});

describe("names and initial values", () => {
  const stdOf = (model: Model, path: string): number | undefined => {
    const initial = model.parameters.find((parameter) => parameter.path === path)?.initial;
    return initial?.kind === "normal" ? initial.std : undefined;
  };

  test("linears that reach `+=` inside repeats start smaller", () => {
    const model = modelOf(
      specOf(`x += linear(x, 8) as outside
repeat 3 {
  x += linear(x, 8) as direct
  x += rms_norm(linear(x, 8) as behind) as norm
  y = linear(x, 8)
  x += silu(linear(x, 8) as inner)
  x += y
  repeat 2 { x += linear(x, 8) as nested }
}`),
    );
    const small = 0.02 / Math.sqrt(6);
    expect(stdOf(model, "outside")).toBe(0.02);
    expect(stdOf(model, "direct.0")).toBeCloseTo(small, 12);
    expect(stdOf(model, "behind.2")).toBeCloseTo(small, 12);
    expect(stdOf(model, "y.1")).toBeCloseTo(small, 12);
    expect(stdOf(model, "inner.0")).toBe(0.02);
    expect(stdOf(model, "nested.1.1")).toBeCloseTo(0.02 / Math.sqrt(12), 12);
  });

  test("a layer without parameters may be called as often as one likes", () => {
    const model = modelOf(
      `${specOf("x = swish(x)\nx = swish(x)")}layer swish(x) { return x * sigmoid(x) }\n`,
    );
    expect(model.parameters).toHaveLength(2);
  });

  test("a repeat of zero rounds is checked and leaves nothing", () => {
    const model = modelOf(specOf("repeat 0 { x += linear(x, 8) as w }"));
    expect(pathsOf(model)).toEqual(["embedding", "head"]);
    const { diagnostics } = checkText(specOf("repeat 0 { x += linear(x, 9) as w }"));
    expect(diagnostics.map(({ code }) => code)).toEqual(["MOT2003"]);
  });

  test("a constant and a value of one name stand beside each other", () => {
    const model = modelOf(
      specOf(
        "h = linear(x, h)\nx += linear(silu(h), 8) as out",
        "const h = 12\nmodality text = tokens(vocab: 16)",
      ),
    );
    expect(model.parameters.find(({ path }) => path === "h")?.shape).toEqual([12, 8]);
  });

  test("a layer nobody calls is looked at", () => {
    const { diagnostics } = checkText(`${specOf("")}layer f(x, n) { h = liner(x, n) return h + x }\n`);
    expect(diagnostics.map(({ code }) => code)).toEqual(["MOT2002"]);
  });
});

describe("imports", () => {
  const files = new Map([
    ["models/blocks.mot", `import "../parts/norm.mot"\n${layerNamed("f")}`],
    ["parts/norm.mot", layerNamed("g")],
    ["a.mot", `import "b.mot"\n${layerNamed("f")}`],
    ["b.mot", `import "a.mot"\n${layerNamed("g")}`],
    ["twice.mot", layerNamed("g")],
  ]);
  const read = (path: string) => {
    const text = files.get(path);
    return text === undefined ? undefined : { name: path, text };
  };
  const checkFile = (name: string, text: string) => checkAllSource({ name, text }, read);

  test("paths are relative to the importing file, and a file is read once", () => {
    const text = `import "blocks.mot"\nimport "../parts/norm.mot"\n${specOf("x += f(x)\nx += g(x)")}`;
    const { models, diagnostics } = checkFile("models/main.mot", text);
    expect(renderDiagnostics(diagnostics)).toBe("");
    expect(pathsOf(models.get("m") as Model)).toEqual(["embedding", "f.w", "g.w", "head"]);
  });

  test("a circle through another file", () => {
    const { diagnostics } = checkFile("main.mot", `import "a.mot"\n${specOf("")}`);
    expect(diagnostics.map(({ code }) => code)).toEqual(["MOT2026"]);
    expect(diagnostics[0]?.at.span.source.name).toBe("b.mot");
  });

  test("one layer from two files", () => {
    const { diagnostics } = checkFile(
      "main.mot",
      `import "parts/norm.mot"\nimport "twice.mot"\n${specOf("")}`,
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(["MOT2004"]);
    expect(diagnostics[0]?.also[0]?.span.source.name).toBe("parts/norm.mot");
  });

  test("resolvePath", () => {
    expect(resolvePath("main.mot", "b.mot")).toBe("b.mot");
    expect(resolvePath("x/main.mot", "./y/../b.mot")).toBe("x/b.mot");
    expect(resolvePath("main.mot", "../b.mot")).toBe("../b.mot");
    expect(resolvePath("/x/main.mot", "../../../b.mot")).toBe("/b.mot");
    expect(resolvePath("/main.mot", "b.mot")).toBe("/b.mot");
    expect(resolvePath("x/main.mot", "/b.mot")).toBe("/b.mot");
  });

  test("a file of layers alone checks, also with constants of the importing model", () => {
    const text = `layer f(x) {
  per modality ffn { text { h = linear(x, ffn) } image { h = linear(x, ffn / 2) } }
  repeat layers { h = silu(h) * scale }
  return linear(h, dim) as out
}`;
    const { diagnostics, variants, models } = checkText(text);
    expect(renderDiagnostics(diagnostics)).toBe("");
    expect(variants).toEqual([]);
    expect(models.size).toBe(0);
  });
});

describe("limits", () => {
  const lines = (count: number, line: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => line(index)).join("\n");
  const codesOf = (text: string): readonly string[] => checkText(text).diagnostics.map(({ code }) => code);

  test("layers that call each other thousands deep", () => {
    const layers = lines(5000, (index) => `layer f${index}(x) { return f${index + 1}(x) }`);
    expect(codesOf(`${layers}\nlayer f5000(x) { return x }\n${specOf("x = f0(x)")}`)).toEqual(["MOT2015"]);
  });

  test("layers that call each other twice, forty deep", () => {
    const layers = lines(
      40,
      (index) => `layer f${index}(x) { y = f${index + 1}(x) return f${index + 1}(y) }`,
    );
    expect(codesOf(`${layers}\nlayer f40(x) { return x }\n${specOf("x = f0(x)")}`)).toEqual(["MOT2015"]);
  });

  test("constants that depend on each other thousands deep", () => {
    const constants = lines(20_000, (index) => `const c${index} = c${index + 1}`);
    const codes = codesOf(`model m {\n${constants}\nconst c20000 = 1\nmodality text = tokens(vocab: c0)\n}`);
    expect(new Set(codes)).toEqual(new Set(["MOT2015"]));
  });

  test("a long loop is fine", () => {
    expect(codesOf(specOf("repeat 60000 { y = silu(x) x += y }"))).toEqual([]);
  });

  test("a faulty round is not run a billion times", () => {
    expect(codesOf(specOf("repeat 1e9 { y = nothing }"))).toEqual(["MOT2001"]);
  });

  test("a faulty layer is not run a million times", () => {
    const layers = lines(
      40,
      (index) => `layer f${index}(x) { y = f${index + 1}(x) return f${index + 1}(y) }`,
    );
    expect(codesOf(`${layers}\nlayer f40(x) { return nothing }\n${specOf("x = f0(x)")}`)).toEqual([
      "MOT2001",
    ]);
  });

  test("an empty loop of a billion rounds", () => {
    expect(codesOf(specOf("repeat 1e9 { }"))).toEqual(["MOT2015"]);
  });
});

test("random specs with blocks of experts check, and all forms of the rule occur", () => {
  const seen = new Set<string>();
  const property = fc.property(randomExpertCases, ({ text, features }) => {
    const model = modelOf(text, "v");
    expectWellFormed(model);
    for (const feature of model.routings.length === 0 ? [] : features) seen.add(feature);
    for (const { pools } of model.routings) if (new Set(pools).size < pools.length) seen.add("a pool");
  });
  fc.assert(property, { numRuns: 300, seed: 4 });
  expect([...expertsFeatures, "a pool"].filter((feature) => !seen.has(feature))).toEqual([]);
});

describe("any text", () => {
  const specs = [
    ...readCases("check").map(sourceOf),
    readFileSync(new URL("../examples/chameleon.mot", import.meta.url), "utf8"),
  ].map((text) => text.match(/\s+|\w+|"[^"\n]*"|./g) ?? []);
  const words = ["per modality", ..."x linear } { as 1e9 0 -1 all repeat 0.5 vocab +=".split(" ")];

  const mutated = fc
    .record({
      spec: fc.constantFrom(...specs),
      edits: fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
          to: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
          edit: fc.constantFrom("delete", "copy", "swap", "rename", "word"),
          word: fc.constantFrom(...words),
        }),
        { minLength: 1, maxLength: 6 },
      ),
    })
    .map(({ spec, edits }) => {
      const tokens = [...spec];
      for (const { at, to, edit, word } of edits) {
        const [i, j] = [Math.floor(at * tokens.length), Math.floor(to * tokens.length)];
        const [a = "", b = ""] = [tokens[i], tokens[j]];
        if (edit === "delete") tokens.splice(i, 1);
        else if (edit === "copy") tokens.splice(j, 0, a, " ");
        else if (edit === "swap") [tokens[i], tokens[j]] = [b, a];
        else tokens[i] = edit === "rename" ? b : word;
      }
      return tokens.join("");
    });

  test("mutated specs give a model or diagnostics, never an exception", () => {
    fc.assert(
      fc.property(mutated, (text) => {
        const { models, diagnostics } = checkText(text);
        for (const diagnostic of diagnostics) expectStyle(diagnostic);
        expect(renderDiagnostics(diagnostics) === "").toBe(diagnostics.length === 0);
        if (hasErrors(diagnostics)) expect(models.size).toBe(0);
        for (const model of models.values()) expectWellFormed(model);
      }),
      { numRuns: 300 },
    );
  });
});
