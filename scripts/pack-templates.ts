// pack-templates.ts: templates/**/*.hbs → src/targets/templates.generated.ts, so that the compiler reads no files.
// In: the folder of templates. Out: one module with their texts; `--check` fails if the module is stale.
// A template is known by its path without what follows the first dot: templates/wasm/matmul.wat.hbs is wasm/matmul.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const output = join(root, "src/targets/templates.generated.ts");

/** The text of the generated module. */
export function packTemplates(): string {
  const files = readdirSync(join(root, "templates"), { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".hbs"))
    .sort();
  const entries = files.map((file) => {
    const name = file.replace(/\.[^/]*$/, "");
    return `  [${JSON.stringify(name)}, ${JSON.stringify(readFileSync(join(root, "templates", file), "utf8"))}],\n`;
  });
  return `// templates.generated.ts: written by \`npm run generate\` from templates/; do not edit.\n\nexport const templates: ReadonlyMap<string, string> = new Map([\n${entries.join("")}]);\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = packTemplates();
  if (!process.argv.includes("--check")) writeFileSync(output, text);
  else if (readFileSync(output, "utf8") !== text) {
    console.error("src/targets/templates.generated.ts is stale: run npm run generate");
    process.exitCode = 1;
  }
}
