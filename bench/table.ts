// table.ts: prints a run's figures as Markdown, for README and docs/performance.md.
// In: a results file, the newest unless one is named. Out: the tables on stdout.
//   node bench/table.ts [bench/results/YYYY-MM-DD-step.json]

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Results } from "./support/results.ts";
import { markdownOf } from "./support/table.ts";

const folder = fileURLToPath(new URL("./results", import.meta.url));
const newest = readdirSync(folder)
  .filter((name) => name.endsWith("-step.json"))
  .sort()
  .at(-1);
const file = process.argv[2] ?? (newest === undefined ? undefined : join(folder, newest));
if (file === undefined) throw new Error("bench/results holds no results; `npm run bench` makes them");
process.stdout.write(`${markdownOf(JSON.parse(readFileSync(file, "utf8")) as Results)}\n`);
