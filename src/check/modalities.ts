// modalities.ts: `modality text = tokens(vocab: 1024)` and `modality image = patches(size: 4, channels: 3)`.
// In: the declarations and their constants. Out: a modality per declaration, nothing where one is faulty (reported).
// Tokens take ids of the joint vocabulary in declaration order; patches have none.

import { error } from "../diagnostics/diagnostic.ts";
import { didYouMean, enumeration } from "../diagnostics/suggest.ts";
import type { Argument, Call, Expression } from "../syntax/ast.ts";
import { type ConstantScope, evaluateConstant, reportNotInteger, wrongInteger } from "./constants.ts";
import type { Declarations } from "./declare.ts";
import type { Modality, PerModality } from "./model.ts";

/** What a kind of modality is called with: names, and the largest number that makes sense. */
type Kind = {
  readonly usage: string;
  readonly numbers: readonly (readonly [name: string, largest: number])[];
};

const kinds: { readonly [K in Modality["form"]["kind"]]: Kind } = {
  tokens: { usage: "modality text = tokens(vocab: 1024)", numbers: [["vocab", 10_000_000]] },
  patches: {
    usage: "modality image = patches(size: 4, channels: 3)",
    numbers: [
      ["size", 1024],
      ["channels", 1024],
    ],
  },
};

/** What an argument's number is, in messages. */
const meanings: Readonly<Record<string, string>> = {
  vocab: "a vocabulary",
  size: "the side of a patch",
  channels: "a number of channels",
};

export function evaluateModalities(declarations: Declarations, scope: ConstantScope): PerModality<Modality> {
  const { model } = declarations;
  if (model !== undefined && declarations.modalities.length === 0)
    scope.reporter.report(
      error("MOT2028", model.name.span, `model \`${model.name.text}\` has no modality`, {
        help: "declare at least one: `modality text = tokens(vocab: 1024)`",
      }),
    );
  let vocabStart = 0;
  return declarations.modalities.map(({ name, form, span }): Modality | undefined => {
    const read = readForm(form, scope);
    if (read === undefined) return undefined;
    const { kind, numbers } = read;
    if (kind === "patches") {
      const [size = 1, channels = 1] = numbers;
      return { name: name.text, span, form: { kind, size, channels } };
    }
    const [vocab = 0] = numbers;
    vocabStart += vocab;
    return { name: name.text, span, form: { kind, vocab, vocabStart: vocabStart - vocab } };
  });
}

type Read = { readonly kind: keyof typeof kinds; readonly numbers: readonly number[] };

function readForm(form: Expression, scope: ConstantScope): Read | undefined {
  if (form.kind === "missing") return undefined;
  const callee =
    form.kind === "call" ? form.callee.text : form.kind === "reference" ? form.name.text : undefined;
  const kind = callee === "tokens" || callee === "patches" ? callee : undefined;
  if (form.kind !== "call" || kind === undefined) {
    scope.reporter.report(
      error("MOT2029", form.span, "this is not a kind of modality", {
        note: usageOf(kind ?? "tokens"),
        help: callee === undefined || kind !== undefined ? undefined : didYouMean(callee, Object.keys(kinds)),
      }),
    );
    return undefined;
  }
  const places = placeArguments(form, kind, scope);
  if (places === undefined) return undefined;
  const numbers = places.map((argument, i) => readNumber(argument, kinds[kind].numbers[i], scope));
  return numbers.every((number) => number !== undefined) ? { kind, numbers } : undefined;
}

const usageOf = (kind: keyof typeof kinds): string => `it is written \`${kinds[kind].usage}\``;

/** The arguments in the order of their names; by position where they have none. */
function placeArguments(
  call: Call,
  kind: keyof typeof kinds,
  { reporter }: ConstantScope,
): readonly Argument[] | undefined {
  const names = kinds[kind].numbers.map(([name]) => name);
  const note = usageOf(kind);
  const wrong = call.arguments.find(({ name }) => name !== undefined && !names.includes(name.text));
  const extra = call.arguments[names.length];
  if (wrong !== undefined || extra !== undefined) {
    const takes = names.length === 1 ? "one argument" : "two arguments";
    const message = `\`${kind}\` takes ${takes}, ${names.map((name) => `\`${name}\``).join(" and ")}`;
    const help = wrong?.name && didYouMean(wrong.name.text, names);
    const at = wrong?.name?.span ?? extra?.span ?? call.span;
    reporter.report(error("MOT2029", at, message, { note, help }));
    return undefined;
  }
  const unnamed = call.arguments.filter(({ name }) => name === undefined);
  const placed = names.map(
    (name) => call.arguments.find((argument) => argument.name?.text === name) ?? unnamed.shift(),
  );
  const missing = names.filter((_, i) => placed[i] === undefined);
  if (missing.length === 0) return placed.filter((argument) => argument !== undefined);
  const lacks = enumeration(missing.map((name) => `\`${name}\``));
  reporter.report(error("MOT2029", call.span, `\`${kind}\` lacks its ${lacks}`, { note }));
  return undefined;
}

function readNumber(
  { value: written }: Argument,
  number: Kind["numbers"][number] | undefined,
  scope: ConstantScope,
): number | undefined {
  const [name = "", largest = 1] = number ?? [];
  const constant = evaluateConstant(written, scope);
  if (constant === undefined) return undefined;
  const { values } = constant;
  const what = meanings[name] ?? name;
  if (typeof values !== "number") {
    const message =
      name === "vocab"
        ? "a modality has one number of codes, and this differs by modality"
        : `${what} is one number, and this differs by modality`;
    scope.reporter.report(error("MOT2029", written.span, message, { also: constant.origin }));
    return undefined;
  }
  if (wrongInteger([values], 1, largest) === undefined) return values;
  reportNotInteger(scope.reporter, written.span, what, values, constant, { least: 1, most: largest });
  return undefined;
}
