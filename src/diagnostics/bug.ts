// bug.ts: how Motley says that Motley is wrong.
// In: the stage that noticed and what it saw. Out: never returns.
// User mistakes are diagnostics and never pass through here; the command line turns a CompilerBug into exit code 70.

/** Thrown when an invariant of the compiler itself is broken. */
export class CompilerBug extends Error {
  readonly stage: string;

  constructor(stage: string, message: string) {
    super(`compiler bug in stage \`${stage}\`: ${message}`);
    this.name = "CompilerBug";
    this.stage = stage;
  }
}

/** Stops with a `CompilerBug`. */
export function bug(stage: string, message: string): never {
  throw new CompilerBug(stage, message);
}
