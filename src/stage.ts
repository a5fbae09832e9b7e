// stage.ts: runs one stage: times it, verifies what it made, dumps it, and names it should it break.
// In: the stage's name, the function that does its work, and how to print and verify the value. Out: the value.
// Pure in itself: the clock and the places that times and texts go to are handed in as a `StageWatch`.
// It knows no stage; `compile.ts` does.

import { CompilerBug } from "./diagnostics/bug.ts";

/** What a caller wants to learn while stages run. */
export type StageWatch = {
  /** Milliseconds from any fixed start. */
  readonly now: () => number;
  /** Called once per stage that finished; `elapsedMs` leaves out verifying and dumping. */
  readonly timed: (stage: string, elapsedMs: number) => void;
  /** Whether the stage's text is wanted; printing costs time, so it is asked first. */
  readonly wants: (stage: string) => boolean;
  /** The stage's text; `isUnchanged` when it equals that of the last stage shown. */
  readonly show: (stage: string, text: string, isUnchanged: boolean) => void;
  readonly isVerifying: boolean;
};

/** How the value of a stage is printed and verified; a verifier reports by throwing a `CompilerBug`. */
export type StageValue<T> = {
  readonly print?: (value: T) => string;
  readonly verify?: (value: T) => void;
};

export type StageRunner = <T>(stage: string, make: () => T, value?: StageValue<T>) => T;

/** Verifies, and says nothing. */
export const quietWatch: StageWatch = {
  now: () => 0,
  timed: () => undefined,
  wants: () => false,
  show: () => undefined,
  isVerifying: true,
};

/** Returns the function that runs the stages of one compilation; it remembers the last text, to say "unchanged". */
export function stageRunner(watch: StageWatch): StageRunner {
  let lastText: string | undefined;

  return (stage, make, { print, verify } = {}) => {
    const start = watch.now();
    const value = named(stage, make);
    watch.timed(stage, watch.now() - start);

    // Dump before verifying: a broken graph is the one that somebody wants to look at.
    if (print !== undefined && watch.wants(stage)) {
      const text = named(stage, () => print(value));
      watch.show(stage, text, text === lastText);
      lastText = text;
    }
    if (verify !== undefined && watch.isVerifying) named(stage, () => verify(value));
    return value;
  };
}

/** Runs `work`; whatever it throws becomes a `CompilerBug` that names the stage and keeps the cause. */
function named<T>(stage: string, work: () => T): T {
  try {
    return work();
  } catch (failure) {
    if (failure instanceof CompilerBug) throw failure;
    const message = failure instanceof Error ? failure.message : String(failure);
    const renamed = new CompilerBug(stage, message);
    renamed.cause = failure;
    throw renamed;
  }
}
