// architecture.test.ts: the rules that keep the code readable, checked on every source.
// In: the sources and templates; the tables in support/layers.ts. Out: a sentence per broken rule, all at once.
// Every rule is also shown a text that breaks it, so that a rule that has stopped working is noticed.

import { describe, expect, test } from "vitest";
import { stalePaths } from "../scripts/generate.ts";
import { knobTable } from "../src/knobs.ts";
import { layers } from "./support/layers.ts";
import { describeSource, listFiles, readSource, readText, type SourceFile } from "./support/sources.ts";
import { findTemplateFaults } from "./support/templates.ts";
import {
  findBannedForms,
  findCycles,
  findEnvironmentReaders,
  findForbiddenImports,
  findImpurities,
  findLongParts,
  findMissingOpening,
  findTargetWords,
  findTypeHoles,
} from "./support/violations.ts";

const isGenerated = (path: string) => path.endsWith(".generated.ts");
const read = (folder: string) => listFiles(folder, ".ts").map(readSource);
const product = [...read("src"), ...read("grammar")];
const around = [...read("test"), ...read("scripts"), ...read("bench")];
const written = (files: readonly SourceFile[]) => files.filter(({ path }) => !isGenerated(path));

describe("sources", () => {
  test("are there", () => {
    expect(product.length).toBeGreaterThan(40);
    expect(product.flatMap(({ imports }) => imports).length).toBeGreaterThan(100);
  });

  test("import only what their layer allows", () => {
    expect(product.flatMap(findForbiddenImports)).toEqual([]);
  });

  test("import no file in a circle, types included", () => {
    expect(findCycles(product)).toEqual([]);
  });

  test("import files that exist", () => {
    const known = new Set([...product, ...around].map(({ path }) => path));
    const missing = product.flatMap(({ path, imports }) =>
      imports
        .filter((target) => target.endsWith(".ts") && !known.has(target))
        .map((target) => `${path}: ${target}`),
    );
    expect(missing).toEqual([]);
  });

  test("of the core look at no clock, chance, file or network", () => {
    expect(product.flatMap(findImpurities)).toEqual([]);
    expect(product.flatMap(findEnvironmentReaders)).toEqual([]);
  });

  test("of the core name no target", () => {
    expect(product.flatMap(findTargetWords)).toEqual([]);
  });

  test("have types without holes, and no form that we do not use", () => {
    const files = written([...product, ...around]);
    expect(files.flatMap(findTypeHoles)).toEqual([]);
    expect(files.flatMap(findBannedForms)).toEqual([]);
  });

  test("are short", () => {
    expect(written(product).flatMap(findLongParts)).toEqual([]);
  });

  test("open with what comes in and what goes out", () => {
    expect(written(product).flatMap(findMissingOpening)).toEqual([]);
  });
});

describe("tables", () => {
  test("of layers name nothing that is gone", () => {
    const paths = product.map(({ path }) => path);
    const isThere = (place: string) => paths.some((path) => path === place || path.startsWith(place));
    expect(layers.filter(({ path }) => !isThere(path))).toEqual([]);
  });

  test("of knobs are complete: no source and no guide speaks of a variable that is not one", () => {
    const texts = [...product, ...around].filter(({ path }) => path !== "test/stage.test.ts");
    const named = texts.flatMap(({ text }) => text.match(/\bMOTLEY_[A-Z_]+\b/g) ?? []);
    const documented = readText("CONTRIBUTING.md").match(/\bMOTLEY_[A-Z_]+\b/g) ?? [];
    expect([...new Set([...named, ...documented])].sort()).toEqual(Object.keys(knobTable).sort());
    expect([...new Set(documented)].sort()).toEqual(Object.keys(knobTable).sort());
  });
});

describe("packages", () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(readText("package.json"));
  const pinned = Object.entries<string>({ ...dependencies, ...devDependencies, ...optionalDependencies });
  const lock: { readonly packages: Readonly<Record<string, Locked>> } = JSON.parse(
    readText("package-lock.json"),
  );

  test("are pinned to one version, and explained", () => {
    const page = readText("docs/dependencies.md");
    expect(pinned.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    expect(
      pinned.filter(([name, version]) => !page.includes(`\`${name}\``) || !page.includes(version)),
    ).toEqual([]);
  });

  test("are locked for every platform, by hash, without naming a registry or running a script", () => {
    const faults = Object.entries(lock.packages).flatMap(([path, entry]) => {
      const needed = Object.keys({ ...entry.dependencies, ...entry.optionalDependencies });
      const absent = needed.filter(
        (name) =>
          !(`node_modules/${name}` in lock.packages || `${path}/node_modules/${name}` in lock.packages),
      );
      const isWhole = path === "" || (entry.version !== undefined && entry.integrity !== undefined);
      const runsScript = entry.hasInstallScript === true && entry.optional !== true;
      return [
        ...absent.map((name) => `${path} needs ${name}, which is not locked`),
        ...(isWhole ? [] : [`${path} has no version or no hash`]),
        ...(entry.resolved === undefined ? [] : [`${path} names a registry`]),
        ...(runsScript ? [`${path} runs a script when it is installed`] : []),
      ];
    });
    expect(faults).toEqual([]);
  });
});

type Locked = {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

describe("generated files", () => {
  test("are what scripts/generate.ts would write now", () => {
    expect(stalePaths(), "run: npm run generate").toEqual([]);
  });
});

describe("templates", () => {
  const paths = listFiles("templates", ".hbs");
  test("are there", () => expect(paths.length).toBeGreaterThan(0));
  test("decide nothing", () => {
    expect(paths.flatMap((path) => findTemplateFaults(path, readText(path)))).toEqual([]);
  });
});

describe("the rules can fail:", () => {
  const at = (path: string, text: string) => describeSource(path, text);

  test.each([
    ["imports", findForbiddenImports, at("src/check/a.ts", 'import { x } from "../ir/graph.ts";')],
    ["re-exports", findForbiddenImports, at("src/check/a.ts", 'export { x } from "../ir/graph.ts";')],
    ["late imports", findForbiddenImports, at("src/ir/a.ts", 'await import("../lower/lower.ts");')],
    [
      "imports over lines",
      findForbiddenImports,
      at("src/ir/a.ts", 'import {\n  x,\n} from "../check/model.ts";'),
    ],
    ["packages", findForbiddenImports, at("src/ir/a.ts", 'import "chevrotain";')],
    ["unknown folders", findForbiddenImports, at("src/elsewhere/a.ts", "")],
    ["clocks", findImpurities, at("src/ir/a.ts", "const t = performance.now();")],
    ["chance in a template", findImpurities, at("src/ir/a.ts", "const t = `${{ a: Math.random() }}`;")],
    ["environment", findEnvironmentReaders, at("src/cli/a.ts", "process.env.HOME")],
    ["target names", findTargetWords, at("src/fusion/a.ts", "const workgroupSize = 4;")],
    ["target strings", findTargetWords, at("src/fusion/a.ts", 'const kind = "wasm";')],
    ["any", findTypeHoles, at("src/ir/a.ts", "const x: any = 1;")],
    ["any in brackets", findTypeHoles, at("src/ir/a.ts", "const x: Map<string, any> = y;")],
    ["as any", findTypeHoles, at("src/ir/a.ts", "const x = y as any;")],
    ["exclamation", findTypeHoles, at("src/ir/a.ts", "const x = y[0]!.z;")],
    ["ignored errors", findTypeHoles, at("src/ir/a.ts", "// @ts-ignore\nx();")],
    ["enums", findBannedForms, at("src/ir/a.ts", "export enum A { B }")],
    ["empty names", findBannedForms, at("src/ir/utils.ts", "")],
    ["long files", findLongParts, at("src/ir/a.ts", "x();\n".repeat(401))],
    ["long functions", findLongParts, at("src/ir/a.ts", `function f() {\n${"  x();\n".repeat(59)}}\n`)],
    ["long arrows", findLongParts, at("src/ir/a.ts", `const f = () => {\n${"  x();\n".repeat(59)}};\n`)],
    ["no opening", findMissingOpening, at("src/ir/a.ts", 'import "./b.ts";')],
    ["another file's opening", findMissingOpening, at("src/ir/a.ts", "// b.ts: in.\n// Out.\n")],
  ])("%s", (_, find, file) => {
    expect(find(file)).toHaveLength(1);
  });

  test("but not on what merely looks like it", () => {
    const text = [
      "// a.ts: any wasm, process.env and Date.now() in a comment.",
      '// import "../check/model.ts";',
      "const a = 'performance.now() as any';",
      'const b = `${c} Math.random() ${{ d: `}` }}` + "it\'s";',
      "const e = /[/'\"`]/.test(f) ? g / h : i / 'x!'.length;",
      "const j = k !== l && !m;",
    ].join("\n");
    const file = at("src/ir/a.ts", text);
    const rules = [
      findForbiddenImports,
      findImpurities,
      findTypeHoles,
      findBannedForms,
      findLongParts,
      findMissingOpening,
    ];
    expect(rules.flatMap((rule) => rule(file))).toEqual([]);
    expect(file.code).toHaveLength(text.length);
    expect(file.code).toContain("const j = k !== l && !m;");
  });

  test("nor on a function for the length of those inside it", () => {
    const inside = (name: string) => `  const ${name} = () => {\n${"    x();\n".repeat(40)}  };\n`;
    const text = `// a.ts: in.\n// Out.\nfunction f() {\n${inside("g")}${inside("h")}  return [g, h];\n}\n`;
    expect(findLongParts(at("src/ir/a.ts", text))).toEqual([]);
  });

  test("circles", () => {
    const circle = [
      at("src/ir/a.ts", 'import "./b.ts";'),
      at("src/ir/b.ts", 'import type { A } from "./a.ts";'),
    ];
    expect(findCycles(circle)).toEqual(["src/ir/a.ts → src/ir/b.ts → src/ir/a.ts"]);
  });

  test.each([
    ["{{add a b}}"],
    ["{{#unless a}}{{/unless}}"],
    ["{{#if (eq a b)}}{{/if}}"],
    ["{{#each a}}{{#each b}}{{#if c}}{{/if}}{{/each}}{{/each}}"],
  ])("template %s", (text) => {
    expect(findTemplateFaults("t.hbs", text)).toHaveLength(1);
    expect(
      findTemplateFaults(
        "t.hbs",
        "{{! add a b }}{{#each a}}{{this}}{{#if b}}{{c.d}}{{else}}{{@index}}{{/if}}{{/each}}",
      ),
    ).toEqual([]);
  });
});
