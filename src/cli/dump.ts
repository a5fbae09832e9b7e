// dump.ts: shows the stages that MOTLEY_DUMP asks for while something else compiles.
// In: the knobs. Out: a callback for `compile` that prints texts to stderr, or writes files into MOTLEY_DUMP_DIR.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processKnobs, type StageName } from "../index.ts";
import { exitCodes, Failure } from "./failure.ts";
import { tell } from "./output.ts";

/** Throws `Failure` for a knob that is set to nonsense. */
export function observeStages(): (stage: StageName, text: () => string) => void {
  const reading = processKnobs();
  if ("mistake" in reading) throw new Failure(reading.mistake, undefined, exitCodes.usage);
  const { dump, dumpFolder } = reading.knobs;
  return (stage, text) => {
    if (!dump.includes(stage) && !dump.includes("all")) return;
    if (dumpFolder === undefined) {
      tell(`---- ${stage}\n${text()}`);
      return;
    }
    mkdirSync(dumpFolder, { recursive: true });
    writeFileSync(join(dumpFolder, `${stage}.txt`), text());
  };
}
