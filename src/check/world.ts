// world.ts: a model's constants and modalities under a variant's overrides, and the run of its statements in them.
// In: declarations and overrides. Out: the drafts that share.ts turns into a Model.
// Idea: constants are evaluated when they are asked for, so their order does not matter and an override reaches
// everything derived from it.

import { error, hasErrors } from "../diagnostics/diagnostic.ts";
import { didYouMean, enumeration } from "../diagnostics/suggest.ts";
import type { Expression, Name } from "../syntax/ast.ts";
import { evaluateConstant } from "./constants.ts";
import type { Declarations } from "./declare.ts";
import { inspectLayer, runStatements } from "./elaborate.ts";
import { evaluateModalities } from "./modalities.ts";
import type { Modality } from "./model.ts";
import type { Reporter } from "./report.ts";
import { createDraft, type Draft, type Scope, type State } from "./state.ts";
import { type Constant, formatNumber } from "./values.ts";

export type Override = { readonly name: Name; readonly value: Expression };

export type Run = {
  readonly modalities: readonly Modality[];
  readonly vocab: number;
  readonly constants: ReadonlyMap<string, Constant>;
  readonly draft: Draft;
  /** Nothing was wrong, so every operand is there. */
  readonly isSound: boolean;
};

const constantDepthLimit = 500;

/** Expands the model once; layers that nothing calls are looked at too. */
export function runModel(
  declarations: Declarations,
  overrides: ReadonlyMap<string, Override>,
  reporter: Reporter,
): Run {
  const isLibrary = declarations.model === undefined;
  const names = isLibrary ? ["any"] : declarations.modalities.map((modality) => modality.name.text);
  const constants = createConstants(declarations, overrides, names, reporter);
  const declared = evaluateModalities(declarations, {
    modalityNames: names,
    lookup: constants.find,
    reporter,
  });
  const modalities = declared.filter((modality) => modality !== undefined);
  const vocab = modalities.reduce((sum, { form }) => sum + (form.kind === "tokens" ? form.vocab : 0), 0);
  const state: State = {
    reporter,
    modalityNames: names,
    modalities: declared,
    findConstant: constants.find,
    hasConstant: (name) => constants.has(name),
    constantNames: [...declarations.constants.keys()],
    vocab: () =>
      modalities.length < declarations.modalities.length ? undefined : vocabConstant(modalities, vocab),
    layers: declarations.layers,
    isLibrary,
    calledLayers: new Set(),
    parameterNames: new Map(),
    draft: createDraft(false),
    stepCount: 0,
    operationCount: 0,
    isExhausted: false,
  };
  constants.setVocab(state.vocab);
  const evaluated = new Map<string, Constant>();
  for (const binding of declarations.constants.values()) {
    const value = constants.find(binding.name);
    if (value !== undefined) evaluated.set(binding.name.text, value);
  }
  const scope: Scope = {
    before: "",
    after: "",
    pending: [],
    modalities: names.map((_, modality) => modality),
    depth: 0,
    frames: [],
    values: new Map(),
    restricted: new Map(),
    level: "model",
  };
  runStatements(state, scope, declarations.statements);
  for (const layer of declarations.layers.values())
    if (!state.calledLayers.has(layer) && !state.isExhausted) inspectLayer(state, scope, layer);
  const isSound = !hasErrors(reporter.diagnostics());
  return { modalities, vocab, constants: evaluated, draft: state.draft, isSound };
}

function vocabConstant(modalities: readonly Modality[], vocab: number): Constant {
  const origin = modalities.flatMap(({ name, span, form }) =>
    form.kind === "tokens" ? [{ span, text: `${formatNumber(form.vocab)} codes of ${name}` }] : [],
  );
  return { kind: "constant", values: vocab, origin };
}

// ---- constants -------------------------------------------------------------------------------------------------

type Constants = {
  readonly find: (name: Name) => Constant | undefined;
  readonly has: (name: string) => boolean;
  /** `vocab` depends on the modalities, which depend on constants. */
  readonly setVocab: (vocab: () => Constant | undefined) => void;
};

function createConstants(
  declarations: Declarations,
  overrides: ReadonlyMap<string, Override>,
  modalityNames: readonly string[],
  reporter: Reporter,
): Constants {
  const known = new Map<string, Constant | undefined>();
  const open: Name[] = [];
  let isTooDeep = false;
  let vocab: (() => Constant | undefined) | undefined;
  const find = (name: Name): Constant | undefined => {
    const { text } = name;
    if (text === "vocab") {
      if (vocab === undefined) reportCycle(name, [name], reporter);
      return vocab?.();
    }
    if (known.has(text)) return known.get(text);
    const binding = declarations.constants.get(text);
    if (binding === undefined) {
      if (declarations.model === undefined) return undefined;
      const names = [...declarations.constants.keys(), "vocab"];
      reporter.report(
        error("MOT2001", name.span, `there is no constant \`${text}\``, { help: didYouMean(text, names) }),
      );
      return undefined;
    }
    const start = open.findIndex((each) => each.text === text);
    if (start >= 0 || open.length >= constantDepthLimit) {
      if (start >= 0) reportCycle(binding.name, open.slice(start), reporter);
      else if (!isTooDeep)
        reporter.report(
          error("MOT2015", name.span, `constants depend on each other more than ${constantDepthLimit} deep`),
        );
      isTooDeep ||= start < 0;
      return undefined;
    }
    open.push(binding.name);
    const { name: declared, value: written } = overrides.get(text) ?? binding;
    const value = evaluateConstant(written, { modalityNames, lookup: find, reporter });
    open.pop();
    const named = value === undefined ? undefined : withOrigin(value, declared, modalityNames);
    known.set(text, named);
    return named;
  };
  return {
    find,
    has: (name) => name === "vocab" || declarations.constants.has(name),
    setVocab: (given) => {
      vocab = given;
    },
  };
}

/** Whoever uses a constant is shown its declaration, with the value it has there. */
function withOrigin(constant: Constant, name: Name, modalityNames: readonly string[]): Constant {
  const { values } = constant;
  const shown =
    typeof values === "number"
      ? formatNumber(values)
      : enumeration(
          values.flatMap((value, m) =>
            value === undefined ? [] : [`${formatNumber(value)} for ${modalityNames[m]}`],
          ),
        );
  return { ...constant, origin: [{ span: name.span, text: `\`${name.text}\` is ${shown}` }] };
}

function reportCycle(at: Name, open: readonly Name[], reporter: Reporter): void {
  const isVocab = at.text === "vocab";
  const others = open.filter((name) => name.span !== at.span);
  reporter.report(
    error("MOT2023", at.span, `\`${at.text}\` depends on itself`, {
      also: others.map((name) => ({ span: name.span, text: `through \`${name.text}\`` })),
      ...(isVocab
        ? { note: "`vocab` is the sum of the modalities' codes, so no modality's codes can depend on it" }
        : {}),
    }),
  );
}
