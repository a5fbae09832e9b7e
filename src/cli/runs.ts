// runs.ts: the runs that lie in a folder.
// In: a folder. Out: the folders of runs in it, a comparison's too; or words for whoever named a folder that is no run.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { holdsRun } from "../index.ts";
import { Failure } from "./failure.ts";

/** With seeds and a sweep, a comparison's runs are `seed-1/lr-1e-3/mot`. */
const deepest = 3;

/** The folder itself if it is a run, else the runs below it; none where there is no folder. */
export function runsIn(path: string, depth = deepest): readonly string[] {
  if (holdsRun(path)) return [path];
  if (depth === 0 || !existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => runsIn(join(path, name), depth - 1));
}

/** A comparison's folder holds runs, and is none itself. */
export function refuseComparison(path: string): void {
  if (holdsRun(path)) return;
  if (!existsSync(path)) throw new Failure(`there is no folder ${path}`);
  const runs = runsIn(path);
  if (runs.length > 0)
    throw new Failure(`${path} holds several runs`, `name one of them: ${runs.join(", ")}`);
  throw new Failure(`${path} holds no run`, "name the folder that `motley train` wrote");
}
