// dump.ts: shows what MOTLEY_DUMP and MOTLEY_TIME ask for while something compiles.
// In: the knobs, and a stage that the command itself wants. Out: a watch for `compile` that prints to stderr, or writes
// files into MOTLEY_DUMP_DIR.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, type StageWatch } from "../index.ts";
import { knobs } from "./knobs.ts";
import { tell } from "./output.ts";

/** A stage whose text the command wants for itself. */
export type WantedStage = { readonly stage: string; readonly take: (text: string) => void };

/** Throws `Failure` for a knob that is set to nonsense. */
export function watchStages(wanted?: WantedStage): StageWatch {
  const { dump, dumpFolder, isTiming, isVerifying } = knobs();
  const isDumped = (stage: string): boolean => dump.includes(stage) || dump.includes("all");
  const column = (ms: number): string => `${ms.toFixed(1).padStart(8)} ms`;
  let totalMs = 0;
  return {
    now: () => performance.now(),
    timed: (stage, elapsedMs) => {
      totalMs += elapsedMs;
      if (isTiming) tell(`${column(elapsedMs)} ${column(totalMs)}  ${stage}`);
    },
    wants: (stage) => isDumped(stage) || stage === wanted?.stage,
    show: (stage, text, isUnchanged) => {
      if (stage === wanted?.stage) wanted.take(text);
      if (isDumped(stage)) dumpStage(stage, text, isUnchanged, dumpFolder);
    },
    isVerifying,
  };
}

function dumpStage(stage: string, text: string, isUnchanged: boolean, folder: string | undefined): void {
  if (folder === undefined) {
    tell(isUnchanged ? `---- ${stage} (unchanged)` : `---- ${stage}\n${text}`);
    return;
  }
  makeFolder(folder);
  writeFileSync(join(folder, `${stage}.txt`), text);
}
