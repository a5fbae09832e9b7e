// language.test.ts: the reference of the language does not rot: every example in it is a file that checks.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isBuiltinName } from "../src/check/builtin-names.ts";
import { checkAllSource } from "../src/check/load.ts";
import { renderDiagnostics } from "../src/diagnostics/render.ts";
import { format } from "../src/syntax/format.ts";

const page = readFileSync(new URL("../docs/language.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^## ([^\n]*)\n(?:(?!^## )[\s\S])*?(?=^## |$(?![\s\S]))/gm)].flatMap(
  (section) =>
    [...section[0].matchAll(/^```mot\n([\s\S]*?)^```$/gm)].map((match) => ({
      name: section[1] ?? "",
      text: match[1] ?? "",
    })),
);

describe("docs/language.md", () => {
  test("has examples in most sections", () => {
    expect(examples.length).toBeGreaterThanOrEqual(9);
    expect(examples).toHaveLength(page.match(/^```mot$/gm)?.length ?? 0);
  });

  test.each(examples)("the example of $name checks", ({ text }) => {
    const { models, variants, diagnostics } = checkAllSource({ name: "example.mot", text }, () => undefined);
    expect(renderDiagnostics(diagnostics)).toBe("");
    expect([...models.keys()]).toEqual(variants);
    expect(/^model /m.test(text)).toBe(models.size > 0);
  });

  test.each(examples)("the example of $name is formatted", ({ text }) => {
    expect(format({ name: "example.mot", text }).text).toBe(text);
  });

  test("names the language's own names", () => {
    for (const name of ["vocab", "tokens", "next_token", "causal", "within", "mean_square", "timestep"])
      expect(isBuiltinName(name) && page.includes(`\`${name}\``), name).toBe(true);
  });
});
