// compare-race.ts: variants trained side by side into their folders, once, at the rates that their models say.
// In: models, data, a machine. Out: a run folder per variant, complete or to be resumed.

import { join } from "node:path";
import {
  type Contender,
  compareRuns,
  createBatchStream,
  type Dataset,
  holdsRun,
  type Model,
  restoreCheckpoint,
  validationBatches,
} from "../index.ts";
import { watchComparison } from "./compare-view.ts";
import { type DeviceOptions, type Machine, prepareFit } from "./machine.ts";
import { tell } from "./output.ts";
import { flatText } from "./spec.ts";
import { openFolder } from "./train.ts";
import { compileFor, manifestOf, openSessions, type TrainSettings } from "./training.ts";
import { type WarmRun, warmStartFor } from "./warm-start.ts";

export type CompareOptions = DeviceOptions & {
  readonly variants?: readonly string[];
  readonly steps?: number;
  readonly seed?: number;
  readonly seeds?: number;
  /** Learning rates to train every variant at. */
  readonly sweep?: readonly number[];
  /** A run whose parameters every variant starts from. */
  readonly warmStart?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly checkpointEvery: number;
  readonly json?: boolean;
};

export type Race = {
  readonly file: string;
  readonly models: readonly Model[];
  readonly reference: string;
  readonly settings: TrainSettings;
  readonly dataset: Dataset;
  readonly machine: Machine;
  readonly options: CompareOptions;
  /** What every variant starts from, under every seed and at every rate. */
  readonly warm: WarmRun | undefined;
  readonly signal: AbortSignal;
};

const validationContexts = 64;

/**
 * Trains all; false if it was interrupted.
 * - `onDiverged` is told of variants whose losses are no numbers any more, and the others go on; without it that ends all.
 */
export async function runRace(
  race: Race,
  root: string,
  onDiverged?: (variant: string) => void,
): Promise<boolean> {
  const { settings, dataset, options, signal } = race;
  const { batch, context, steps, seed, captions } = settings;
  const opened = await openContenders(race, root);
  const batches = createBatchStream(dataset, { split: "train", batch, context, seed, captions });
  const behind = opened.reduce((a, b) => (b.contender.from.step < a.contender.from.step ? b : a));
  if (behind.cursor !== undefined) batches.restore(behind.cursor);
  const contenders = opened.map(({ contender }) => contender);
  const watcher = watchComparison(contenders, steps, seed);
  try {
    const validation = validationBatches(dataset, { count: validationContexts, batch, context, captions });
    const { checkpointEvery } = options;
    const { onStep, onRound } = watcher;
    const dataHash = dataset.hash;
    const done = await compareRuns(contenders, batches, {
      ...{ steps, seed, dataHash, checkpointEvery, validation, onStep, onRound, signal },
      ...(onDiverged === undefined ? {} : { onDiverged }),
    });
    return done >= steps;
  } finally {
    watcher.done();
    for (const { session } of contenders) await session.close();
  }
}

type Opened = { readonly contender: Contender; readonly cursor: string | undefined };

async function openContenders(race: Race, root: string): Promise<readonly Opened[]> {
  const { file, models, settings, dataset, machine, options } = race;
  const text = flatText(file);
  const artifacts = models.map((model) => compileFor(model, machine));
  await prepareFit(artifacts, machine);
  const paths = models.map((model) => join(root, model.variant));
  const dataHash = dataset.hash;
  const { resume } = options;
  const warm = paths.map((path) => warmStartFor(race.warm, path, { resume, dataHash }));
  for (const [i, artifact] of artifacts.entries()) warm[i]?.check(artifact);
  const folders = models.map((model, i) => {
    const [path = root, artifact] = [paths[i], artifacts[i]];
    if (artifact === undefined) throw new Error("a model without an artifact");
    const source = warm[i]?.source;
    const parts = { artifact, model, machine, settings, dataset, file, folder: path };
    const manifest = manifestOf(source === undefined ? parts : { ...parts, warmStart: source });
    // A kill may have come before the later variants or seeds had a folder.
    const isLate = resume === true && !holdsRun(path);
    if (isLate) tell(`${path} holds no run yet: starting at step 1`);
    return openFolder(path, text, manifest, resume === true && !isLate);
  });
  const sessions = await openSessions(artifacts, machine);
  const opened: Opened[] = [];
  for (const [i, session] of sessions.entries()) {
    const { folder, checkpoint } = folders[i] ?? {};
    if (folder === undefined) continue;
    if (checkpoint === undefined) {
      await session.initialize(settings.seed);
      await warm[i]?.start(session);
    } else await restoreCheckpoint(session, checkpoint);
    const from = { step: checkpoint?.progress.step ?? 0, wallMs: checkpoint?.progress.wallMs ?? 0 };
    const contender = { name: session.artifact.variant, session, folder, from };
    opened.push({ contender, cursor: checkpoint?.progress.cursor });
  }
  return opened;
}
