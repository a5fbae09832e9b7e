// compare.ts: `motley compare`: variants side by side.
// In: a spec and options. Out: a folder with compare.json and a run per variant; curves while it runs, a table after.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type CompareDocument,
  compareDocument,
  costOf,
  type Model,
  readRecord,
  summarizeSeeds,
  writeAtomically,
} from "../index.ts";
import { type CompareOptions, type Race, runRace } from "./compare-race.ts";
import { compareTable, seedTables } from "./compare-view.ts";
import { exitCodes, Failure } from "./failure.ts";
import { prepareMachine, tuneFor } from "./machine.ts";
import { say, sayJson, tell } from "./output.ts";
import { stopSignal } from "./progress.ts";
import { writeReport } from "./report.ts";
import { runsIn } from "./runs.ts";
import { flatText, loadSpec, pickVariant, type Spec } from "./spec.ts";
import { type Swept, sweepRates } from "./sweep.ts";
import { table } from "./table.ts";
import { prepare, requireObjective, tellSkipped, trainSettings, withRate } from "./training.ts";
import { settleWarmStart } from "./warm-start.ts";

/** Compares; returns the exit code. */
export async function compareCommand(file: string, options: CompareOptions): Promise<number> {
  const spec = loadSpec(file);
  const models = chosenModels(spec, options.variants);
  const first = oneDataFor(models, file);
  const settings = trainSettings(first, file, options);
  const chosen = await prepareMachine(options);
  const dataset = await prepare(first, dirname(file), settings);
  tellSkipped(dataset, file);
  const machine = await tuneFor(chosen, requireObjective(first));
  const reference = (models.find(sharesAll) ?? first).variant;
  const seedName = options.seeds === undefined ? String(settings.seed) : `${options.seeds}-seeds`;
  const root = options.out ?? join("runs", `${first.name}-compare-${seedName}`);
  if (options.resume === true && !existsSync(root))
    throw new Failure(`there is no comparison in ${root}`, "leave out `--resume` to start one there");
  const warm = settleWarmStart(options.warmStart, options.resume === true ? runsIn(root) : []);
  const stop = stopSignal();
  const { signal } = stop;
  const race = { file, models, reference, settings, dataset, machine, options, warm, signal };
  try {
    const document =
      options.seeds === undefined
        ? (await compareSeed(race, root))?.document
        : await compareSeeds(race, root);
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

/** One seed after another. Rates are swept under the first; the others are trained at what was best there. */
async function compareSeeds(race: Race, root: string): Promise<object | undefined> {
  const compared: Compared[] = [];
  const { options, settings } = race;
  for (let i = 0; i < (options.seeds ?? 1); i += 1) {
    const seed = settings.seed + i;
    const swept = compared[0]?.swept;
    const models = race.models.map((model) => {
      const lr = swept?.get(model.variant)?.lr;
      return lr === undefined ? model : withRate(model, lr);
    });
    const next = { ...race, models, settings: { ...settings, seed } };
    const done = await compareSeed(next, join(root, `seed-${seed}`), swept);
    if (done === undefined) return undefined;
    compared.push(done);
  }
  const documents = compared.map(({ document }) => document);
  const all = { seeds: documents, summary: summarizeSeeds(documents) };
  writeAtomically(join(root, "compare.json"), `${JSON.stringify(all)}\n`);
  const report = await reportOn(
    race,
    root,
    documents,
    compared[0]?.runOf ?? ((variant) => join(root, variant)),
  );
  const text = seedTables(documents).map(
    ({ title, note, header, rows }) => `${title}: ${note}\n${table(header, rows)}`,
  );
  (options.json ? tell : say)([...text, join(root, "compare.json"), report].join("\n\n"));
  return all;
}

type Rates = ReadonlyMap<string, Swept>;

type Compared = {
  readonly document: CompareDocument;
  /** The folder of a variant's run. */
  readonly runOf: (variant: string) => string;
  readonly swept: Rates | undefined;
};

/** One seed; `undefined` if it was interrupted. `known`: the rates that a sweep under another seed chose. */
async function compareSeed(race: Race, root: string, known?: Rates): Promise<Compared | undefined> {
  const { options } = race;
  const isSwept = options.sweep !== undefined && known === undefined;
  const swept = isSwept ? await sweepRates(race, options.sweep ?? [], root) : undefined;
  if (isSwept && swept === undefined) return undefined;
  if (!isSwept && !(await runRace(race, root))) return undefined;
  const runOf = (variant: string): string => swept?.get(variant)?.folder ?? join(root, variant);
  const document = documentOf(race, runOf, swept, known);
  writeAtomically(join(root, "compare.json"), `${JSON.stringify(document)}\n`);
  const report = await reportOn(race, root, [document], runOf);
  (options.json ? tell : say)(`${compareTable(document)}\n\n${join(root, "compare.json")}\n${report}`);
  return { document, runOf, swept: swept ?? known };
}

function reportOn(
  { file, models, settings, dataset, machine }: Race,
  root: string,
  documents: readonly CompareDocument[],
  runOf: (variant: string) => string,
): Promise<string> {
  const spec = flatText(file);
  return writeReport(root, { documents, models, settings, dataset, machine, spec, runOf });
}

function documentOf(
  { models, reference, settings, dataset, machine }: Race,
  runOf: (variant: string) => string,
  swept: Rates | undefined,
  known: Rates | undefined,
): CompareDocument {
  const { batch, context, seed } = settings;
  return compareDocument({
    model: models[0]?.name ?? "",
    target: machine.kind,
    data: dataset.name,
    seed,
    reference,
    modalities: models[0]?.modalities.map(({ name }) => name) ?? [],
    continuous:
      models[0]?.modalities.flatMap(({ name, form }) => (form.kind === "patches" ? [name] : [])) ?? [],
    baselines: dataset.baselines,
    variants: models.map((model) => {
      const { params, activeParams, flopsPerToken, seesLater } = costOf(model, context);
      const sweep = swept?.get(model.variant)?.sweep;
      const lr = (swept ?? known)?.get(model.variant)?.lr;
      return {
        name: model.variant,
        record: readRecord(runOf(model.variant)),
        ...(lr === undefined ? {} : { lr }),
        ...(sweep === undefined ? {} : { sweep }),
        params,
        activeParams,
        flopsPerToken,
        tokensPerStep: batch * context,
        ...(seesLater && { seesLater }),
      };
    }),
  });
}
