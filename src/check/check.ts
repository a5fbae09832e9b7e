// check.ts: files → models: declare, run the statements, apply a variant, check training.
// In: trees, imports first. Out: a Model per variant, or diagnostics. load.ts has the front that starts from a source.
// Idea: the statements are run once per set of constants; a variant then only decides which tensors are one.

import { type Diagnostic, error, hasErrors } from "../diagnostics/diagnostic.ts";
import type { File, Name, Train } from "../syntax/ast.ts";
import { collectDeclarations, type Declarations } from "./declare.ts";
import { type ExpertsContext, expertsRules } from "./experts.ts";
import { finishOperations } from "./finish.ts";
import { frozenBy } from "./freeze.ts";
import type { Model, TrainSettings } from "./model.ts";
import { checkPools, poolRoutings } from "./pools.ts";
import { createReporter, type Reporter } from "./report.ts";
import { routeDraft } from "./route.ts";
import { placeParameters } from "./share.ts";
import { checkTrain } from "./train.ts";
import type { Constant } from "./values.ts";
import { checkVariants, type Plan } from "./variants.ts";
import { type Run, runModel } from "./world.ts";

export type CheckOptions = {
  /** A declared variant; without it the first one, or the model itself where none is declared. */
  readonly variant?: string;
};

export type Checked = {
  /** Missing where there are errors, and for files without a model. */
  readonly model?: Model;
  /** Declared variants in order, or the model's own name where there are none. */
  readonly variants: readonly string[];
  /** The names of the `compare` line; empty where there is none. */
  readonly compare: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
};

export type CheckedAll = Omit<Checked, "model"> & {
  /** By variant, in the order of `variants`; empty where there are errors. */
  readonly models: ReadonlyMap<string, Model>;
};

/** Checks one variant of the model that `files` (imports first, the main file last) declare. */
export function check(files: readonly File[], options: CheckOptions = {}): Checked {
  const session = open(files);
  const { plans, reporter, variants, compare } = session;
  const wanted = options.variant ?? variants[0];
  const plan = plans.find((each) => each.name === wanted);
  if (plan === undefined && options.variant !== undefined) {
    const known = variants.map((name) => `\`${name}\``).join(", ");
    const at = session.declarations.model?.name.span ?? files.at(-1)?.span;
    if (at !== undefined)
      reporter.report(
        error("MOT2037", at, `there is no variant \`${options.variant}\``, {
          note: `declared: ${known || "none"}`,
        }),
      );
  }
  const model = session.modelOf(plan);
  const diagnostics = reporter.diagnostics();
  return {
    ...(model === undefined || hasErrors(diagnostics) ? {} : { model }),
    variants,
    compare,
    diagnostics,
  };
}

/** Checks the model under every variant; variants with the same constants share the work. */
export function checkAll(files: readonly File[]): CheckedAll {
  const session = open(files);
  const { plans, reporter, variants, compare } = session;
  session.modelOf(undefined);
  const models = new Map<string, Model>();
  for (const plan of plans) {
    const model = session.modelOf(plan);
    if (model !== undefined) models.set(plan.name, model);
  }
  const diagnostics = reporter.diagnostics();
  return { models: hasErrors(diagnostics) ? new Map() : models, variants, compare, diagnostics };
}

type Session = {
  readonly declarations: Declarations;
  readonly reporter: Reporter;
  readonly plans: readonly Plan[];
  readonly variants: readonly string[];
  readonly compare: readonly string[];
  /** The model under a plan; without one, the model itself, checked for its diagnostics. */
  readonly modelOf: (plan: Plan | undefined) => Model | undefined;
};

function open(files: readonly File[]): Session {
  const reporter = createReporter();
  const declarations = collectDeclarations(files, reporter);
  const { plans, compare } = checkVariants(declarations, reporter);
  const runs = new Map<string, Run>();
  const runOf = (plan: Plan | undefined): Run => {
    const key = plan?.overridesKey ?? "";
    const known = runs.get(key);
    if (known !== undefined) return known;
    const own = createReporter();
    const run = runModel(declarations, plan?.overrides ?? new Map(), own);
    for (const diagnostic of own.diagnostics()) reporter.report(inVariant(diagnostic, plan));
    runs.set(key, run);
    return run;
  };
  const modelOf = (plan: Plan | undefined): Model | undefined =>
    buildModel(declarations, plan, runOf(plan), reporter);
  return { declarations, reporter, plans, compare, variants: plans.map((plan) => plan.name), modelOf };
}

/** What only happens under a variant's constants says so. */
function inVariant(diagnostic: Diagnostic, plan: Plan | undefined): Diagnostic {
  const span = plan === undefined || plan.overrides.size === 0 ? undefined : plan.variant?.name.span;
  if (span === undefined) return diagnostic;
  const label = { span, text: `with the constants of variant \`${plan?.name}\`` };
  return { ...diagnostic, also: [...diagnostic.also, label] };
}

function buildModel(
  declarations: Declarations,
  plan: Plan | undefined,
  run: Run,
  reporter: Reporter,
): Model | undefined {
  const { model } = declarations;
  if (model === undefined) return undefined;
  const names = declarations.modalities.map((modality) => modality.name.text);
  const isSound = !hasErrors(reporter.diagnostics());
  const train = trainOf(declarations, run, reporter);
  const metCount = reporter.metCount();
  const rules = expertsRules(plan?.variant, {
    labels: declarations.labels,
    modalityNames: names,
    lookup: (name) => findConstant(declarations, run, name, reporter),
    batch: train && declarations.train && batchOf(train, declarations.train),
    reporter,
  });
  const draft = routeDraft(run.draft, run.isSound ? rules : [], names, reporter);
  const areSitesComplete = isSound && reporter.metCount() === metCount;
  const known = { labels: declarations.labels, areSitesComplete };
  const placement = placeParameters(draft.sites, plan?.variant, known, names, reporter);
  const routings = poolRoutings(draft.routings, placement, names.length);
  checkPools(draft, routings, names, reporter);
  if (hasErrors(reporter.diagnostics())) return undefined;
  const finished = finishOperations(draft, placement, routings, names.length);
  const frozen = frozenBy({ declarations, placement, ...finished, variant: plan?.variant }, reporter);
  if (hasErrors(reporter.diagnostics())) return undefined;
  const constants = new Map([...run.constants].map(([name, constant]) => [name, constant.values]));
  return {
    name: model.name.text,
    variant: plan?.name ?? model.name.text,
    span: model.span,
    modalities: run.modalities,
    vocab: run.vocab,
    constants,
    parameters: placement.parameters.map((parameter, index) =>
      frozen.has(index) ? { ...parameter, isFrozen: true } : parameter,
    ),
    routings: routings.map(({ members: _members, ...routing }) => routing),
    ...finished,
    ...(train === undefined ? {} : { train }),
  };
}

function trainOf(declarations: Declarations, run: Run, reporter: Reporter): Model["train"] {
  const { train, statements } = declarations;
  if (train === undefined) return undefined;
  if (!statements.some((statement) => statement.kind === "objective"))
    reporter.report(
      error("MOT3005", train.model.span, `\`${train.model.text}\` has no objective to train for`, {
        help: "add `objective MODALITY = cross_entropy(logits, next_token)` to the model",
      }),
    );
  const names = declarations.modalities.map((modality) => modality.name.text);
  return checkTrain(train, (name) => findConstant(declarations, run, name, reporter), names, reporter);
}

function findConstant(
  declarations: Declarations,
  run: Run,
  name: Name,
  reporter: Reporter,
): Constant | undefined {
  const constant = run.constants.get(name.text);
  if (constant === undefined && !declarations.constants.has(name.text))
    reporter.report(error("MOT2001", name.span, `there is no constant \`${name.text}\``));
  return constant;
}

function batchOf(settings: TrainSettings, train: Train): ExpertsContext["batch"] {
  const written = train.settings.find(({ word }) => word.text === "batch");
  return { tokens: settings.context * settings.batch, span: written?.span ?? train.model.span };
}
