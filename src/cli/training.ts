// training.ts: what train, compare, export and profile have in common: data, compiled step, open session.
// In: a checked model and options. Out: the pieces a run is made of, with progress on the way.

import { createHash } from "node:crypto";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import {
  type Artifact,
  compile,
  type Dataset,
  type Manifest,
  type Model,
  openSession,
  prepareData,
  requestedModalities,
  runFormat,
  type Session,
  type WarmSource,
} from "../index.ts";
import { cacheDirectory } from "./cache.ts";
import { watchStages } from "./dump.ts";
import { Failure } from "./failure.ts";
import { checkFit, describeMachine, type Machine, openDevice } from "./machine.ts";
import { tell } from "./output.ts";
import { preparationProgress } from "./progress.ts";
import { version } from "./version.ts";

export type TrainSettings = NonNullable<Model["train"]>;

/** The `train` block, with what the command line overrides. */
export function trainSettings(
  model: Model,
  file: string,
  options: { readonly steps?: number; readonly seed?: number },
): TrainSettings {
  if (model.train === undefined) {
    const help = `write \`train ${model.name} { data icons context 160, batch 8, steps 100, seed 1 adamw(lr: 1e-3) }\``;
    throw new Failure(`${file} has no \`train\` block for \`${model.name}\``, help);
  }
  return {
    ...model.train,
    steps: options.steps ?? model.train.steps,
    seed: options.seed ?? model.train.seed,
  };
}

/** Refuses a model without an objective: it has no loss to train. */
export function requireObjective(model: Model): Model {
  if (model.objectives.length > 0) return model;
  throw new Failure(
    `model \`${model.name}\` has no objective, so there is nothing to train`,
    "end it with `objective text = cross_entropy(logits, next_token)`",
  );
}

/** Prepares the data a model asks for; `folder` is what a folder in the spec is relative to. */
export async function prepare(model: Model, folder: string, settings: TrainSettings): Promise<Dataset> {
  const { data } = settings;
  const origin =
    data.kind === "builtin" || isAbsolute(data.path) ? data : { ...data, path: join(folder, data.path) };
  const progress = preparationProgress();
  try {
    return await prepareData({
      data: origin,
      modalities: requestedModalities(model),
      cacheDir: cacheDirectory,
      onProgress: progress.update,
    });
  } finally {
    progress.done();
  }
}

/** Says that some of the user's data could not be read; `motley data` says which. */
export function tellSkipped({ warnings }: Dataset, file: string): void {
  const [first] = warnings;
  if (first === undefined) return;
  const rest = warnings.length === 1 ? "" : ` (and ${warnings.length - 1} more: motley data ${file})`;
  tell(`data: ${first}${rest}`);
}

/** Compiles a model for training (or another purpose) on a machine, showing the stages that were asked for. */
export function compileFor(
  model: Model,
  { engine }: Machine,
  purpose: Artifact["purpose"] = "train",
  sizes: { readonly batch?: number; readonly context?: number; readonly span?: number } = {},
): Artifact {
  return compile(requireObjective(model), { purpose, engine, watch: watchStages(), ...sizes });
}

/** Opens artifacts, all at once or none: memory is added up before any of it is allocated. */
export async function openSessions(
  artifacts: readonly Artifact[],
  machine: Machine,
): Promise<readonly Session[]> {
  checkFit(artifacts, machine);
  const sessions: Session[] = [];
  for (const artifact of artifacts) sessions.push(openSession(artifact, await openDevice(artifact, machine)));
  return sessions;
}

/** What a run folder says about how it came to be. */
export function manifestOf(parts: {
  readonly artifact: Artifact;
  readonly model: Model;
  readonly machine: Machine;
  readonly settings: TrainSettings;
  readonly dataset: Dataset;
  readonly file: string;
  readonly folder: string;
  readonly warmStart?: WarmSource;
}): Manifest {
  const { artifact, model, machine, settings, dataset, file, folder, warmStart } = parts;
  const lr = model.train?.optimizer.lr;
  return {
    format: runFormat,
    motley: version,
    engine: `node ${process.versions.node}, V8 ${process.versions.v8}`,
    ...describeMachine(machine, artifact),
    target: artifact.target,
    model: artifact.model,
    variant: artifact.variant,
    dataHash: dataset.hash,
    specHash: specHash(model),
    specFolder: relative(resolve(folder), resolve(dirname(file))),
    seed: settings.seed,
    steps: settings.steps,
    ...(lr === undefined || lr === settings.optimizer.lr ? {} : { lr }),
    ...(warmStart === undefined ? {} : { warmStart }),
  };
}

/** The model at another rate; rates by modality, and what they end at, keep their ratios. */
export function withRate(model: Model, lr: number): Model {
  const { train } = model;
  if (train === undefined || lr === train.optimizer.lr) return model;
  const { optimizer } = train;
  const { lrByModality } = optimizer;
  const scaled = (rate: number): number => (rate * lr) / optimizer.lr;
  const rates = {
    lr,
    end: scaled(optimizer.end),
    ...(lrByModality === undefined ? {} : { lrByModality: lrByModality.map(scaled) }),
  };
  return { ...model, train: { ...train, optimizer: { ...optimizer, ...rates } } };
}

/** Layout, comments and the settings the command line may override leave it as it is. */
function specHash(model: Model): string {
  const { train, ...rest } = model;
  const { steps: _steps, seed: _seed, data: _data, ...settings } = train ?? {};
  const meaning = JSON.stringify([rest, settings], (key, value: unknown) => {
    if (key === "span") return undefined;
    return value instanceof Map ? [...value] : value;
  });
  return createHash("sha256").update(meaning).digest("hex").slice(0, 16);
}
