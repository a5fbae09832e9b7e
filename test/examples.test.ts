// examples.test.ts: every example checks, is formatted, and compiles with all of its variants.
// Sizes are cut before compiling; what they cost in full is in paper.test.ts, what they become in golden.test.ts.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { usualEngine } from "../src/cli/plan.ts";
import { checkFile } from "../src/cli/spec.ts";
import { compile } from "../src/compile.ts";
import { renderDiagnostics } from "../src/diagnostics/render.ts";
import { format } from "../src/syntax/format.ts";
import { repository } from "./support/motley.ts";

const folder = join(repository, "examples");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".mot"),
);
const own = files.filter((name) => !name.includes("paper"));

test.each(files)("%s checks and is formatted", (name) => {
  const path = join(folder, name);
  expect(renderDiagnostics(checkFile(path).diagnostics)).toBe("");
  const text = readFileSync(path, "utf8");
  expect(format({ name, text }).text).toBe(text);
});

describe.each(own)("%s", (name) => {
  const { models, compare } = checkFile(join(folder, name));

  test.each([...models.keys()])("%s compiles", (variant) => {
    const model = models.get(variant);
    if (model === undefined) throw new Error("listed a moment ago");
    const { launches } = compile(model, { purpose: "train", engine: usualEngine, batch: 1, context: 64 });
    expect(launches.length).toBeGreaterThan(0);
  });

  test("compares what it declares", () => {
    expect(compare.filter((variant) => !models.has(variant))).toEqual([]);
  });
});
