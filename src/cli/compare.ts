// compare.ts: `motley compare`: variants side by side.
// In: a spec and options. Out: a folder with compare.json and a run per variant; curves while it runs, a table after.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type CompareDocument,
  type Contender,
  compareDocument,
  compareRuns,
  costOf,
  createBatchStream,
  type Dataset,
  holdsRun,
  type Model,
  readRecord,
  restoreCheckpoint,
  summarizeSeeds,
  validationBatches,
  writeAtomically,
} from "../index.ts";
import { compareTable, seedTables, watchComparison } from "./compare-view.ts";
import { exitCodes, Failure } from "./failure.ts";
import { checkFit, type DeviceOptions, type Machine, prepareMachine, tuneFor } from "./machine.ts";
import { say, sayJson, tell } from "./output.ts";
import { stopSignal } from "./progress.ts";
import { writeReport } from "./report.ts";
import { flatText, loadSpec, pickVariant, type Spec } from "./spec.ts";
import { table } from "./table.ts";
import { openFolder } from "./train.ts";
import {
  compileFor,
  manifestOf,
  openSessions,
  prepare,
  requireObjective,
  type TrainSettings,
  tellSkipped,
  trainSettings,
} from "./training.ts";

export type CompareOptions = DeviceOptions & {
  readonly variants?: readonly string[];
  readonly steps?: number;
  readonly seed?: number;
  readonly seeds?: number;
  readonly out?: string;
  readonly resume?: boolean;
  readonly checkpointEvery: number;
  readonly json?: boolean;
};

type Race = {
  readonly file: string;
  readonly models: readonly Model[];
  readonly reference: string;
  readonly settings: TrainSettings;
  readonly dataset: Dataset;
  readonly machine: Machine;
  readonly options: CompareOptions;
  readonly signal: AbortSignal;
};

const validationContexts = 64;

/** Compares; returns the exit code. */
export async function compareCommand(file: string, options: CompareOptions): Promise<number> {
  const spec = loadSpec(file);
  const models = chosenModels(spec, options.variants);
  const first = oneDataFor(models, file);
  const settings = trainSettings(first, file, options);
  const dataset = await prepare(first, dirname(file), settings);
  tellSkipped(dataset, file);
  const machine = await tuneFor(await prepareMachine(options), requireObjective(first));
  const reference = (models.find(sharesAll) ?? first).variant;
  const seedName = options.seeds === undefined ? String(settings.seed) : `${options.seeds}-seeds`;
  const root = options.out ?? join("runs", `${first.name}-compare-${seedName}`);
  if (options.resume === true && !existsSync(root))
    throw new Failure(`there is no comparison in ${root}`, "leave out `--resume` to start one there");
  const stop = stopSignal();
  const { signal } = stop;
  const race = { file, models, reference, settings, dataset, machine, options, signal };
  try {
    const document =
      options.seeds === undefined ? await compareSeed(race, root) : await compareSeeds(race, root);
    if (document === undefined) {
      const message = `stopped; \`--resume --out ${root}\` goes on from there`;
      tell(message);
      if (options.json) sayJson({ error: { message, help: null, exitCode: exitCodes.interrupted } });
      return exitCodes.interrupted;
    }
    if (options.json) sayJson(document);
    return exitCodes.fine;
  } finally {
    stop.dispose();
  }
}

/** Those asked for, else those of the spec's `compare` line, else all. */
function chosenModels(spec: Spec, wanted: readonly string[] | undefined): readonly Model[] {
  const names = wanted ?? (spec.compare.length > 0 ? spec.compare : [...spec.models.keys()]);
  return names.map((name) => pickVariant(spec, name));
}

/** The first model; throws `Failure` where the variants need different codes and could not see the same batches. */
function oneDataFor(models: readonly Model[], file: string): Model {
  const [first] = models;
  if (first === undefined) throw new Failure(`${file} has nothing to compare`);
  const vocabularies = ({ modalities }: Model): string => JSON.stringify(modalities.map(({ form }) => form));
  const other = models.find((model) => vocabularies(model) !== vocabularies(first));
  if (other === undefined) return first;
  throw new Failure(
    `variants \`${first.variant}\` and \`${other.variant}\` have different vocabularies`,
    "variants are compared on the same batches; give their modalities the same `vocab`",
  );
}

function sharesAll({ parameters, modalities }: Model): boolean {
  return parameters.every((parameter) => parameter.modalities.length === modalities.length);
}

async function compareSeeds(race: Race, root: string): Promise<object | undefined> {
  const documents: CompareDocument[] = [];
  for (let i = 0; i < (race.options.seeds ?? 1); i += 1) {
    const seed = race.settings.seed + i;
    const settings = { ...race.settings, seed };
    const document = await compareSeed({ ...race, settings }, join(root, `seed-${seed}`));
    if (document === undefined) return undefined;
    documents.push(document);
  }
  const all = { seeds: documents, summary: summarizeSeeds(documents) };
  writeAtomically(join(root, "compare.json"), `${JSON.stringify(all)}\n`);
  const report = await reportOn(race, root, documents, join(root, `seed-${race.settings.seed}`));
  const text = seedTables(documents).map(
    ({ title, note, header, rows }) => `${title}: ${note}\n${table(header, rows)}`,
  );
  (race.options.json ? tell : say)([...text, join(root, "compare.json"), report].join("\n\n"));
  return all;
}

/** One seed; `undefined` if it was interrupted. */
async function compareSeed(race: Race, root: string): Promise<CompareDocument | undefined> {
  const { settings, dataset, options, signal } = race;
  const { batch, context, steps, seed } = settings;
  const opened = await openContenders(race, root);
  const batches = createBatchStream(dataset, { split: "train", batch, context, seed });
  const behind = opened.reduce((a, b) => (b.contender.from.step < a.contender.from.step ? b : a));
  if (behind.cursor !== undefined) batches.restore(behind.cursor);
  const contenders = opened.map(({ contender }) => contender);
  const watcher = watchComparison(contenders, steps, seed);
  try {
    const validation = validationBatches(dataset, { count: validationContexts, batch, context });
    const { checkpointEvery } = options;
    const { onStep } = watcher;
    const dataHash = dataset.hash;
    const done = await compareRuns(contenders, batches, {
      ...{ steps, seed, dataHash, checkpointEvery, validation, onStep, signal },
    });
    if (done < steps) return undefined;
  } finally {
    watcher.done();
    for (const { session } of contenders) await session.close();
  }
  const document = documentOf(race, root);
  writeAtomically(join(root, "compare.json"), `${JSON.stringify(document)}\n`);
  const report = await reportOn(race, root, [document], root);
  (options.json ? tell : say)(`${compareTable(document)}\n\n${join(root, "compare.json")}\n${report}`);
  return document;
}

/** `runs` is the folder of one seed's runs: their checkpoints draw the pictures. */
function reportOn(
  { file, models, settings, dataset, machine }: Race,
  root: string,
  documents: readonly CompareDocument[],
  runs: string,
): Promise<string> {
  const spec = flatText(file);
  return writeReport(root, { documents, models, settings, dataset, machine, spec, runs });
}

type Opened = { readonly contender: Contender; readonly cursor: string | undefined };

async function openContenders(race: Race, root: string): Promise<readonly Opened[]> {
  const { file, models, settings, dataset, machine, options } = race;
  const text = flatText(file);
  const artifacts = models.map((model) => compileFor(model, machine));
  checkFit(artifacts, machine);
  const folders = models.map((model, i) => {
    const path = join(root, model.variant);
    const artifact = artifacts[i];
    if (artifact === undefined) throw new Error("a model without an artifact");
    const manifest = manifestOf({ artifact, model, machine, settings, dataset, file, folder: path });
    // A kill may have come before the later variants or seeds had a folder.
    const isLate = options.resume === true && !holdsRun(path);
    if (isLate) tell(`${path} holds no run yet: starting at step 1`);
    return openFolder(path, text, manifest, options.resume === true && !isLate);
  });
  const sessions = await openSessions(artifacts, machine);
  const opened: Opened[] = [];
  for (const [i, session] of sessions.entries()) {
    const { folder, checkpoint } = folders[i] ?? {};
    if (folder === undefined) continue;
    if (checkpoint === undefined) await session.initialize(settings.seed);
    else await restoreCheckpoint(session, checkpoint);
    const from = { step: checkpoint?.progress.step ?? 0, wallMs: checkpoint?.progress.wallMs ?? 0 };
    const contender = { name: session.artifact.variant, session, folder, from };
    opened.push({ contender, cursor: checkpoint?.progress.cursor });
  }
  return opened;
}

function documentOf({ models, reference, settings, dataset, machine }: Race, root: string): CompareDocument {
  const { batch, context, seed } = settings;
  return compareDocument({
    model: models[0]?.name ?? "",
    target: machine.kind,
    data: dataset.name,
    seed,
    reference,
    modalities: models[0]?.modalities.map(({ name }) => name) ?? [],
    baselines: dataset.baselines,
    variants: models.map((model) => {
      const { params, activeParams, flopsPerToken, seesLater } = costOf(model, context);
      const record = readRecord(join(root, model.variant));
      return {
        name: model.variant,
        record,
        params,
        activeParams,
        flopsPerToken,
        tokensPerStep: batch * context,
        ...(seesLater && { seesLater }),
      };
    }),
  });
}
