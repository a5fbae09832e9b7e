// table.ts: prints a run's figures as Markdown, or puts them into docs/performance.md.
// In: a results file, the newest unless one is named. Out: the tables, on stdout or between the page's two marks.
//   node bench/table.ts [--write] [bench/results/YYYY-MM-DD-step.json]

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Results } from "./support/results.ts";
import { markdownOf } from "./support/table.ts";

const { values, positionals } = parseArgs({
  options: { write: { type: "boolean", default: false } },
  allowPositionals: true,
});
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const newest = readdirSync(here("./results"))
  .filter((name) => name.endsWith("-step.json"))
  .sort()
  .at(-1);
const file = positionals[0] ?? (newest === undefined ? undefined : join(here("./results"), newest));
if (file === undefined) throw new Error("bench/results holds no results; `npm run bench` makes them");
const text = markdownOf(JSON.parse(readFileSync(file, "utf8")) as Results);

if (values.write) {
  const page = here("../docs/performance.md");
  const [begin, end] = ["<!-- figures: node bench/table.ts --write -->", "<!-- end of figures -->"];
  const [before, rest] = readFileSync(page, "utf8").split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${page} lacks its marks`);
  writeFileSync(page, `${before}${begin}\n\n${text}\n\n${end}${after}`);
} else process.stdout.write(`${text}\n`);
