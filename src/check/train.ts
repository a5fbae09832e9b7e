// train.ts: the `train` block: which words it knows, what each takes, and what is missing.
// In: the block. Out: settings, or diagnostics; every setting is looked at, so several mistakes show at once.

import { error } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/source.ts";
import { alternatives, didYouMean, enumeration } from "../diagnostics/suggest.ts";
import type { Expression, Name, Record as RecordExpression, Setting, Train } from "../syntax/ast.ts";
import { evaluateConstant, findModality, wrongInteger } from "./constants.ts";
import type { AdamW, TrainSettings } from "./model.ts";
import type { Reporter } from "./report.ts";
import { type Constant, formatNumber } from "./values.ts";

/** Finds constants of the model by name; reports unknown ones. */
export type FindConstant = (name: Name) => Constant | undefined;

type Range = {
  readonly least: number;
  readonly most: number;
  /** `least` itself is not allowed. */
  readonly isOpen?: boolean;
  /** `most` itself is not allowed. */
  readonly isOpenAbove?: boolean;
  readonly isInteger?: boolean;
};

const counts: ReadonlyMap<string, Range> = new Map([
  ["context", { least: 2, most: 1_000_000, isInteger: true }],
  ["batch", { least: 1, most: 1_000_000, isInteger: true }],
  ["steps", { least: 1, most: 1e12, isInteger: true }],
  ["seed", { least: 0, most: 4_294_967_295, isInteger: true }],
]);
/** The grammar has them too: they end a list of names. A test compares the two. */
export const settingWords: readonly string[] = ["data", ...counts.keys(), "captions", "adamw", "freeze"];
const requiredWords = ["data", "context", "batch", "steps", "adamw"];
const defaultSeed = 1;

/** Above this and below its inverse, the update overflows in float32. */
const largest = 1e38;
const positive: Range = { least: 0, most: largest, isOpen: true };
const notNegative: Range = { least: 0, most: largest };
const optimizerNumbers: ReadonlyMap<string, Range> = new Map([
  ["lr", positive],
  ["warmup", { least: 0, most: 1e12, isInteger: true }],
  ["end", notNegative],
  ["eps", { least: 1 / largest, most: largest }],
  ["weight_decay", notNegative],
  ["clip", positive],
]);
const optimizerWords = [...optimizerNumbers.keys(), "decay", "betas"];
const decays = ["cosine", "linear", "constant"] as const;
const betaRange: Range = { least: 0, most: 1, isOpenAbove: true };

type Context = {
  readonly find: FindConstant;
  readonly modalityNames: readonly string[];
  readonly reporter: Reporter;
};

/** The settings of a `train` block, or nothing where one is wrong or missing. */
export function checkTrain(
  train: Train,
  find: FindConstant,
  modalityNames: readonly string[],
  reporter: Reporter,
): TrainSettings | undefined {
  const context = { find, modalityNames, reporter };
  const seen = new Map<string, Setting>();
  const numbers = new Map<string, number>();
  let data: TrainSettings["data"] | undefined;
  let optimizer: AdamW | undefined;
  let captions: TrainSettings["captions"];
  for (const [index, setting] of train.settings.entries()) {
    const word = setting.word.text;
    // What it names is looked for once the parameters are known: freeze.ts.
    if (setting.patterns !== undefined) continue;
    const earlier = seen.get(word);
    if (earlier !== undefined) {
      reportTwice(context, setting.word, earlier.word);
      continue;
    }
    const range = counts.get(word);
    if (!settingWords.includes(word)) {
      const before = train.settings[index - 1];
      const list =
        before?.patterns === undefined ? undefined : "`freeze` takes names with commas between them";
      reportUnknownWord(context, setting.word, "`train` has no setting", settingWords, list);
      continue;
    }
    seen.set(word, setting);
    if (range !== undefined) {
      const number = numberIn(context, setting.value, `\`${word}\``, range);
      if (number !== undefined) numbers.set(word, number);
    } else if (word === "data") data = dataOf(context, setting);
    else if (word === "captions") captions = captionsOf(context, setting);
    else optimizer = optimizerOf(context, setting);
  }
  const missing = requiredWords.filter((word) => !seen.has(word));
  if (missing.length > 0) {
    const listed = enumeration(missing.map((word) => `\`${word}\``));
    reporter.report(
      error("MOT3002", train.model.span, `\`train\` lacks ${listed}`, {
        help: `write for example \`${missing.map((word) => examples.get(word)).join(" ")}\``,
      }),
    );
  }
  const [context_, batch, steps] = ["context", "batch", "steps"].map((word) => numbers.get(word));
  if (data === undefined || optimizer === undefined) return undefined;
  if (context_ === undefined || batch === undefined || steps === undefined) return undefined;
  if (seen.has("seed") && !numbers.has("seed")) return undefined;
  if (seen.has("captions") && captions === undefined) return undefined;
  const seed = numbers.get("seed") ?? defaultSeed;
  const freezes = train.settings.some(({ patterns }) => patterns !== undefined);
  const optional = { ...(captions === undefined ? {} : { captions }), ...(freezes ? { freezes } : {}) };
  return { data, context: context_, batch, steps, seed, optimizer, ...optional };
}

const examples: ReadonlyMap<string, string> = new Map([
  ["data", "data icons"],
  ["context", "context 160"],
  ["batch", "batch 8"],
  ["steps", "steps 1500"],
  ["adamw", "adamw(lr: 1e-3)"],
]);

function dataOf(context: Context, setting: Setting): TrainSettings["data"] | undefined {
  const { value } = setting;
  if (value.kind === "text" && value.value.trim() !== "") return { kind: "folder", path: value.value };
  if (value.kind === "reference") return { kind: "builtin", name: value.name.text };
  reportKind(context, value, "`data`", 'a name such as `icons` or a folder such as `"pictures"`');
  return undefined;
}

/** `captions(first: 0.8, drop: 0.1)`: shares of the documents that hold a text and something else. */
function captionsOf(context: Context, { value }: Setting): TrainSettings["captions"] {
  if (value.kind !== "call" || value.callee.text !== "captions") {
    reportKind(context, value, "`captions`", "its shares in brackets: `captions(first: 0.8, drop: 0.1)`");
    return undefined;
  }
  const shares = new Map<string, number>();
  const seen = new Map<string, Name>();
  let isFine = true;
  for (const { name, value: written } of value.arguments) {
    if (name === undefined || (name.text !== "first" && name.text !== "drop")) {
      isFine = false;
      if (name === undefined) reportKind(context, written, "a share", "named: `first: 0.8` or `drop: 0.1`");
      else reportUnknownWord(context, name, "`captions` has no setting", ["first", "drop"]);
      continue;
    }
    const earlier = seen.get(name.text);
    if (earlier !== undefined) reportTwice(context, name, earlier);
    seen.set(name.text, name);
    const share = numberIn(context, written, `\`${name.text}\``, { least: 0, most: 1 });
    if (share === undefined || earlier !== undefined) isFine = false;
    else shares.set(name.text, share);
  }
  return isFine ? { first: shares.get("first") ?? 0.5, drop: shares.get("drop") ?? 0 } : undefined;
}

// ---- optimizer -------------------------------------------------------------------------------------------------

function optimizerOf(context: Context, setting: Setting): AdamW | undefined {
  const { value } = setting;
  if (value.kind !== "call") {
    reportKind(context, value, "`adamw`", "its settings in brackets: `adamw(lr: 1e-3)`");
    return undefined;
  }
  const numbers = new Map<string, number>();
  const seen = new Map<string, Name>();
  const before = context.reporter.diagnostics().length;
  let decay: AdamW["decay"] = "constant";
  let betas: readonly number[] = [0.9, 0.95];
  let rates: readonly number[] | undefined;
  for (const argument of value.arguments) {
    const { name } = argument;
    if (name === undefined) {
      const help = "write for example `lr: 1e-3`";
      context.reporter.report(
        error("MOT3003", argument.span, "a setting of `adamw` without its name", { help }),
      );
      continue;
    }
    const earlier = seen.get(name.text);
    if (earlier !== undefined) {
      reportTwice(context, name, earlier);
      continue;
    }
    seen.set(name.text, name);
    const range = optimizerNumbers.get(name.text);
    if (name.text === "lr" && argument.value.kind === "record") {
      rates = ratesOf(context, argument.value);
      if (rates !== undefined) numbers.set("lr", Math.max(...rates));
    } else if (range !== undefined) {
      const number = numberIn(context, argument.value, `\`${name.text}\``, range);
      if (number !== undefined) numbers.set(name.text, number);
    } else if (name.text === "decay") decay = decayOf(context, argument.value) ?? decay;
    else if (name.text === "betas") betas = betasOf(context, argument.value) ?? betas;
    else reportUnknownWord(context, name, "`adamw` has no setting", optimizerWords);
  }
  if (!seen.has("lr"))
    context.reporter.report(
      error("MOT3002", value.callee.span, "`adamw` lacks its learning rate", { help: "add `lr: 1e-3`" }),
    );
  const lr = numbers.get("lr");
  if (lr === undefined || context.reporter.diagnostics().length > before) return undefined;
  const clip = numbers.get("clip");
  const [beta1 = 0.9, beta2 = 0.95] = betas;
  return {
    lr,
    ...(rates === undefined ? {} : { lrByModality: rates }),
    warmup: numbers.get("warmup") ?? 0,
    decay,
    end: numbers.get("end") ?? 0,
    beta1,
    beta2,
    eps: numbers.get("eps") ?? 1e-8,
    weightDecay: numbers.get("weight_decay") ?? 0,
    ...(clip === undefined ? {} : { clip }),
  };
}

/** `{ text: 1e-3, image: 3e-4 }`: a rate for every modality. */
function ratesOf(context: Context, value: RecordExpression): readonly number[] | undefined {
  const { modalityNames, reporter } = context;
  const rates = new Map<string, number>();
  const seen = new Map<string, Name>();
  const before = reporter.diagnostics().length;
  for (const { name, value: rate } of value.fields) {
    const earlier = seen.get(name.text);
    if (earlier !== undefined) reportTwice(context, name, earlier);
    else if (findModality(name, modalityNames, reporter) !== undefined) {
      const number = numberIn(context, rate, `the rate of \`${name.text}\``, positive);
      if (number !== undefined) rates.set(name.text, number);
    }
    seen.set(name.text, name);
  }
  const missing = modalityNames.filter((name) => !seen.has(name)).map((name) => `\`${name}\``);
  if (missing.length > 0)
    reporter.report(
      error("MOT3003", value.span, `\`lr\` has no rate for ${enumeration(missing)}`, {
        help: "give every modality one, or one number for all; `freeze` keeps a modality's parameters as they are",
      }),
    );
  if (reporter.diagnostics().length > before) return undefined;
  return modalityNames.map((name) => rates.get(name) ?? 0);
}

function decayOf(context: Context, value: Expression): AdamW["decay"] | undefined {
  const word = value.kind === "reference" ? value.name.text : undefined;
  const found = decays.find((each) => each === word);
  if (found !== undefined) return found;
  if (value.kind !== "missing")
    context.reporter.report(
      error("MOT3003", value.span, `\`decay\` must be ${alternatives(decays.map((each) => `\`${each}\``))}`, {
        help: word === undefined ? undefined : didYouMean(word, decays),
      }),
    );
  return undefined;
}

function betasOf(context: Context, value: Expression): readonly number[] | undefined {
  if (value.kind !== "tuple" || value.elements.length !== 2) {
    reportKind(context, value, "`betas`", "two numbers: `(0.9, 0.95)`");
    return undefined;
  }
  const numbers = value.elements.map((element) => numberIn(context, element, "a beta", betaRange));
  return numbers.some((number) => number === undefined)
    ? undefined
    : numbers.flatMap((number) => number ?? []);
}

// ---- values ----------------------------------------------------------------------------------------------------

function numberIn(context: Context, value: Expression, what: string, range: Range): number | undefined {
  if (value.kind === "missing") return undefined;
  if (value.kind === "text" || value.kind === "tuple" || value.kind === "record" || value.kind === "call") {
    reportKind(context, value, what, "a number");
    return undefined;
  }
  const constant = evaluateConstant(value, {
    modalityNames: [],
    lookup: context.find,
    reporter: context.reporter,
  });
  if (constant === undefined) return undefined;
  const number = constant.values;
  if (typeof number !== "number") {
    reportKind(context, value, what, "one number for all modalities");
    return undefined;
  }
  const isIn =
    (range.isOpen === true ? number > range.least : number >= range.least) &&
    (range.isOpenAbove === true ? number < range.most : number <= range.most) &&
    (range.isInteger !== true || wrongInteger([number], range.least, range.most) === undefined);
  if (isIn) return number;
  const isTooLarge = range.most === largest && number > largest;
  const wanted = isTooLarge ? `at most ${formatNumber(largest)}` : describeRange(range);
  const message = `${what} must be ${wanted}, this is ${formatNumber(number)}`;
  context.reporter.report(error("MOT3003", value.span, message, { also: constant.origin }));
  return undefined;
}

function describeRange(range: Range): string {
  const noun = range.isInteger === true ? "a whole number " : "";
  const above =
    range.isOpen === true ? `above ${formatNumber(range.least)}` : `from ${formatNumber(range.least)}`;
  if (range.most === largest) return `${noun}${above}`;
  return `${noun}${above} ${range.isOpenAbove === true ? "to below" : "to"} ${formatNumber(range.most)}`;
}

function reportKind(context: Context, value: Expression, what: string, wanted: string): void {
  if (value.kind === "missing") return;
  context.reporter.report(error("MOT3003", value.span, `${what} must be ${wanted}`));
}

function reportUnknownWord(
  context: Context,
  name: Name,
  message: string,
  words: readonly string[],
  help?: string,
): void {
  context.reporter.report(
    error("MOT3001", name.span, `${message} \`${name.text}\``, {
      note: `its settings are ${enumeration(words.map((word) => `\`${word}\``))}`,
      help: help ?? didYouMean(name.text, words),
    }),
  );
}

function reportTwice(context: Context, name: Name, earlier: { readonly span: Span }): void {
  context.reporter.report(
    error("MOT3004", name.span, `\`${name.text}\` is set twice`, {
      also: [{ span: earlier.span, text: "first set here" }],
    }),
  );
}
