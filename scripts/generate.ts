// generate.ts: writes the files that are made from other files; with --check it fails if one of them is stale.
// Each entry is a path and the function that makes its text.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateCstDts } from "chevrotain";
import { ebnf } from "../grammar/ebnf.ts";
import { MotParser } from "../grammar/parser.ts";
import { packTemplates } from "./pack-templates.ts";

export type Generated = { readonly path: string; readonly make: () => string };

const root = fileURLToPath(new URL("..", import.meta.url));

const cstHeader = `// cst.generated.ts: the types of the concrete syntax tree. Written by scripts/generate.ts; do not edit.
// In: nothing. Out: types only. A node that the parser left early lacks children that are required here.

`;

export const generated: readonly Generated[] = [
  {
    path: "grammar/cst.generated.ts",
    make: () =>
      cstHeader +
      generateCstDts(productions(), { includeVisitorInterface: false }).replace(
        /^import type \{.*$/m,
        'import type { CstNode, IToken } from "chevrotain";',
      ),
  },
  { path: "grammar/mot.ebnf", make: () => ebnf(Object.values(productions())) },
  { path: "src/targets/templates.generated.ts", make: packTemplates },
];

/** The paths whose contents differ from what would be written now. */
export function stalePaths(): readonly string[] {
  return generated
    .filter(({ path, make }) => readIfThere(join(root, path)) !== make())
    .map(({ path }) => path);
}

function productions(): ReturnType<MotParser["getGAstProductions"]> {
  return new MotParser(false).getGAstProductions();
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stale = stalePaths();
  if (process.argv.includes("--check")) {
    for (const path of stale) console.error(`stale: ${path}`);
    if (stale.length > 0) console.error("run: npm run generate");
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    for (const { path, make } of generated) if (stale.includes(path)) writeFileSync(join(root, path), make());
    console.log(stale.length > 0 ? `wrote ${stale.join(", ")}` : "nothing to write");
  }
}
