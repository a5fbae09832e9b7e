// warm-start.ts: `--warm-start RUN`: a run's parameters as the beginning of another, or of all in a comparison.
// In: the option, or the manifests of what is resumed. Out: what to check before a folder is made, and what to load.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import {
  type Artifact,
  type Checkpoint,
  holdsRun,
  loadCheckpoint,
  planWarmStart,
  readManifest,
  type Session,
  type WarmSource,
  warmStart,
} from "../index.ts";
import { Failure } from "./failure.ts";
import { tell } from "./output.ts";
import { refuseComparison } from "./runs.ts";

/** The run that one or more start from. */
export type WarmRun = {
  readonly path: string;
  /** Where no option names it: what a manifest says of it. */
  readonly known: WarmSource | undefined;
  /** Reads it, once however many start from it; throws `Failure` where it is not, or no longer, to be had. */
  read(): { readonly checkpoint: Checkpoint; readonly hash: string };
};

export type Warm = {
  readonly source: WarmSource;
  /** Throws where the checkpoint does not fit. */
  check(artifact: Artifact): void;
  /** Loads it into a session that was initialized, and says what went where. */
  start(session: Session): Promise<void>;
};

/**
 * The run that the option names; where there is no option, the one that the runs to be resumed say they started from.
 * - A comparison is one experiment: what it still has to begin starts where its other runs did.
 */
export function settleWarmStart(named: string | undefined, resumed: readonly string[]): WarmRun | undefined {
  if (named !== undefined) return warmRun(named, undefined);
  for (const folder of resumed) {
    const { warmStart: known } = readManifest(folder);
    if (known !== undefined) return warmRun(resolve(folder, known.run), known);
  }
  return undefined;
}

function warmRun(path: string, known: WarmSource | undefined): WarmRun {
  let found: ReturnType<WarmRun["read"]> | undefined;
  const read = (): ReturnType<WarmRun["read"]> => {
    found ??= readCheckpoint(path, known);
    return found;
  };
  return { path, known, read };
}

/** How the run in `folder` starts from another. */
export function warmStartFor(
  run: WarmRun | undefined,
  folder: string,
  { resume = false, dataHash }: { readonly resume?: boolean | undefined; readonly dataHash: string },
): Warm | undefined {
  if (run === undefined) return undefined;
  const isBegun = resume && run.known !== undefined && holdsRun(folder);
  const source = isBegun ? readManifest(folder).warmStart : describe(run, folder);
  if (source === undefined) return undefined;
  return {
    source,
    // What is resumed was checked when it began; the other run may be gone by now.
    check: (artifact) => void (isBegun || planWarmStart(artifact.parameters, run.read().checkpoint)),
    async start(session) {
      const { checkpoint, hash } = run.read();
      if (hash !== source.hash) throw movedOn(resolve(folder, source.run));
      const { sources, fresh } = await warmStart(session, checkpoint);
      tell(report(run.path, checkpoint, sources, fresh));
      if (checkpoint.progress.dataHash !== dataHash)
        tell(`the run in ${run.path} was trained on other data: its codes may mean something else`);
    },
  };
}

function describe(run: WarmRun, folder: string): WarmSource {
  const { checkpoint, hash } = run.read();
  const { variant, progress } = checkpoint;
  return { run: relative(resolve(folder), resolve(run.path)), variant, step: progress.step, hash };
}

function readCheckpoint(run: string, known: WarmSource | undefined): ReturnType<WarmRun["read"]> {
  if (known !== undefined && !holdsRun(run))
    throw new Failure(
      `${run}, the run that this one started from, is gone`,
      "name it where it is now: `--warm-start RUN`",
    );
  refuseComparison(run);
  const path = join(run, "checkpoint.safetensors");
  if (!existsSync(path))
    throw new Failure(`the run in ${run} has no checkpoint yet`, "train it to its first checkpoint");
  const hash = createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
  if (known !== undefined && hash !== known.hash) throw movedOn(run);
  return { checkpoint: loadCheckpoint(path), hash };
}

function movedOn(run: string): Failure {
  return new Failure(
    `the run in ${run} has moved on since this one started from it`,
    "name a copy of it as it was by `--warm-start RUN`, or start anew from it in another folder",
  );
}

function report(
  run: string,
  { variant, progress }: Checkpoint,
  sources: ReadonlyMap<string, string>,
  fresh: readonly string[],
): string {
  const copies = [...sources].filter(([path, from]) => path !== from).length;
  const copied = copies === 0 ? "" : `, ${copies} of them for a tower or an expert`;
  const rest = fresh.length === 0 ? "" : `; fresh: ${fresh.join(", ")}`;
  return `warm start from ${run} (${variant}, step ${progress.step}): ${sources.size} tensors${copied}${rest}; moments are fresh`;
}
