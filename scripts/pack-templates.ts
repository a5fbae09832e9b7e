// pack-templates.ts: templates/**/*.hbs → src/targets/templates.generated.ts, compiled, so that the compiler reads no files.
// In: the folder of templates. Out: one module with their texts; generate.ts writes it.
// A template is known by its path without what follows the first dot: templates/wasm/matmul.wat.hbs is wasm/matmul.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Handlebars from "handlebars";

const root = fileURLToPath(new URL("..", import.meta.url));

/** How every template is compiled: a missing name throws, nothing is escaped (`a<b` stays), only #each and #if exist. */
const options = { strict: true, noEscape: true, knownHelpersOnly: true, preventIndent: true };

/** The text of the generated module. */
export function packTemplates(): string {
  const files = readdirSync(join(root, "templates"), { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".hbs"))
    .sort();
  const entries = files.map((file) => {
    const name = file.replace(/\.[^/]*$/, "");
    const text = readFileSync(join(root, "templates", file), "utf8");
    return `  [${JSON.stringify(name)}, ${String(Handlebars.precompile(text, options))}],\n`;
  });
  return `${header}export const templates: ReadonlyMap<string, object> = new Map([\n${entries.join("")}]);\n`;
}

const header = `// templates.generated.ts: written by \`npm run generate\` from templates/; do not edit.
// Compiled ahead, so that no program pays for parsing templates and no page needs to evaluate text as code.
// @ts-nocheck: what the template compiler writes is plain JavaScript

`;
