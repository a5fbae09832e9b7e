// warm-start.ts: `--warm-start RUN`: a run's parameters as the beginning of another.
// In: the option, or the manifest of a run that is resumed. Out: what to check before a folder is made, and what to load.

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

export type Warm = {
  readonly source: WarmSource;
  /** Throws where the checkpoint does not fit. */
  check(artifact: Artifact): void;
  /** Loads it into a session that was initialized, and says what went where. */
  start(session: Session): Promise<void>;
};

/** What a run in `folder` starts from, besides its seed; a resumed run knows by itself. */
export function warmStartFor(
  options: { readonly warmStart?: string; readonly resume?: boolean; readonly dataHash: string },
  folder: string,
): Warm | undefined {
  const isKnown = options.resume === true && options.warmStart === undefined && holdsRun(folder);
  const known = isKnown ? readManifest(folder).warmStart : undefined;
  const run = options.warmStart ?? (known === undefined ? undefined : resolve(folder, known.run));
  if (run === undefined) return undefined;
  let loaded: Checkpoint | undefined;
  const checkpoint = (): Checkpoint => {
    loaded ??= readCheckpoint(run, known);
    return loaded;
  };
  return {
    source: known ?? describe(run, folder, checkpoint()),
    // What is resumed was checked when it began; the other run may be gone by now.
    check: (artifact) => void (known ?? planWarmStart(artifact.parameters, checkpoint())),
    async start(session) {
      const { sources, fresh } = await warmStart(session, checkpoint());
      tell(report(run, checkpoint(), sources, fresh));
      if (checkpoint().progress.dataHash !== options.dataHash)
        tell(`the run in ${run} was trained on other data: its codes may mean something else`);
    },
  };
}

const checkpointPath = (run: string): string => join(run, "checkpoint.safetensors");

const hashOf = (run: string): string =>
  createHash("sha256")
    .update(readFileSync(checkpointPath(run)))
    .digest("hex")
    .slice(0, 16);

function describe(run: string, folder: string, { variant, progress }: Checkpoint): WarmSource {
  return { run: relative(resolve(folder), resolve(run)), variant, step: progress.step, hash: hashOf(run) };
}

function readCheckpoint(run: string, known: WarmSource | undefined): Checkpoint {
  refuseComparison(run);
  if (!existsSync(checkpointPath(run)))
    throw new Failure(`the run in ${run} has no checkpoint yet`, "train it to its first checkpoint");
  if (known !== undefined && hashOf(run) !== known.hash)
    throw new Failure(
      `the run in ${run} has moved on since this one started from it`,
      "start a new run from it, in another folder",
    );
  return loadCheckpoint(checkpointPath(run));
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
