// messages.ts: what the parser expected, in words.
// In: Chevrotain's account of an error (rule, expected token, tokens found). Out: phrases for diagnostics.
// Chevrotain asks for whole messages; it is given only the expected half, because the found half and the advice depend
// on the rules around, which it passes along with the error. `describe` puts the halves together.

import {
  EOF,
  type IParserErrorMessageProvider,
  type IRecognitionException,
  type IToken,
  type TokenType,
  tokenLabel,
} from "chevrotain";

import { isName } from "./tokens.ts";

export type ParserError = IRecognitionException;

/** Rule and expected token → what should stand there. */
const expectedIn = new Map<string, string>([
  ["importFile Text", 'a file name in `"…"`'],
  ["model Name", "the model's name"],
  ["layerHead Name", "the layer's name"],
  ["layerHead RightParen", "`,` or `)`"],
  ["constant Name", "a constant's name"],
  ["constant Equals", "`=` and a value"],
  ["modality Name", "the modality's name"],
  ["modality Equals", "`=` and what the modality is made of"],
  ["alias Name", "a name for the parameter"],
  ["field Name", "a modality's name"],
  ["variant Name", "a name"],
  ["train Name", "the name of a model"],
  ["experts Name", "the label of a `per modality` block"],
  ["experts Colon", "`:` and how many experts"],
  ["callArguments RightParen", "`,` or `)`"],
  ["group RightParen", "an operator, `,` or `)`"],
  ["record RightBrace", "`,` or `}`"],
  ["block RightBrace", "a statement or `}`"],
  ["variant RightBrace", "`share …`, a constant's new value, or `}`"],
  ["freeze Comma", "`,` or a setting"],
  ["train RightBrace", "a setting or `}`"],
]);

/** Rules that choose between alternatives → what all of these are. */
const choiceOf = new Map<string, string>([
  ["item", "a statement"],
  ["named", "`=` or `+=`"],
  ["value", "a value"],
  ["operand", "a value"],
  ["share", "labels, parameter paths or `all`"],
  ["names", "a name"],
  ["constants", "a constant's name"],
  ["group", "a value"],
  ["rule", "`share …` or a constant's new value"],
  ["pattern", "the label of a block, a parameter path, or `all`"],
  ["setting", "a value"],
  ["experts", "`by expert_choice` or `top 2`"],
]);

/** Thrown to end a parse after so many errors: recovery inside of a repetition is recursive. */
export class TooManyErrors extends Error {}

const mostErrors = 50;
let errorCount = 0;

/** Begins a new text: its errors are counted from nothing. */
export function resetErrorCount(): void {
  errorCount = 0;
}

function counted(phrase: string): string {
  errorCount += 1;
  if (errorCount > mostErrors) throw new TooManyErrors();
  return phrase;
}

export const messages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, ruleName }) => counted(expectedPhrase(ruleName, expected)),
  buildNotAllInputParsedMessage: () => expectedPhrase("file", EOF),
  buildNoViableAltMessage: ({ ruleName }) => counted(choiceOf.get(ruleName) ?? "something else"),
  buildEarlyExitMessage: ({ ruleName }) => counted(choiceOf.get(ruleName) ?? "something else"),
};

function expectedPhrase(ruleName: string, expected: TokenType): string {
  if (expected === EOF) return "a declaration";
  return expectedIn.get(`${ruleName} ${expected.name}`) ?? tokenLabel(expected);
}

export type Description = { readonly message: string; readonly label: string; readonly help?: string };

/** The whole message for an error at `token`, and advice; `previous` is the token before it. */
export function describe(parserError: ParserError, previous: IToken | undefined): Description {
  const rules = parserError.context.ruleStack;
  const rule = rules.at(-1) ?? "file";
  const place = afterName.has(rule) && previous !== undefined ? `after \`${previous.image}\`` : "here";
  const expected = inContext(parserError.message, rules);
  const help = advise(rules, parserError, previous);
  return {
    message: `expected ${expected} ${place}, found ${found(parserError.token)}`,
    label: `expected ${expected}`,
    ...(help === undefined ? {} : { help }),
  };
}

/** Rules whose first token is a name that says more than "here". */
const afterName = new Set(["named", "constant", "setting", "share"]);

/** `}`, "the end of the file"; long images are clipped. */
export function found(token: IToken): string {
  if (token.tokenType === EOF) return "the end of the file";
  const image = token.image.length > 40 ? `${token.image.slice(0, 39)}…` : token.image;
  return `\`${image}\``;
}

/** "a value" is said more exactly where the rule around tells what it is for. */
function inContext(phrase: string, rules: readonly string[]): string {
  if (phrase === choiceOf.get("pattern") && rules.includes("freeze"))
    return "what to freeze: a label, a modality or a parameter path";
  if (phrase !== "a value") return phrase;
  const around = rules.findLast((rule) => contexts.has(rule));
  return contexts.get(around ?? "") ?? phrase;
}

const contexts = new Map<string, string>([
  ["argument", "an argument"],
  ["field", "a value"],
  ["group", "a value"],
  ["constant", "a value"],
  ["assignment", "a value"],
  ["repeatHead", "the number of repeats"],
  ["modality", "what the modality is made of"],
  ["returnValue", "the value to return"],
  ["objective", "a loss"],
  ["setting", "a value"],
  ["experts", "a number"],
]);

function advise(
  rules: readonly string[],
  { token, message }: ParserError,
  previous: IToken | undefined,
): string | undefined {
  const rule = rules.at(-1) ?? "file";
  const follows =
    previous !== undefined && (isName(previous) || previous.image === ")" || /^\d/.test(previous.image));
  const isBetween = rule === "file" || message.includes("statement");
  if (isBetween && follows && (isName(token) || /^[\d"(]/.test(token.image))) {
    return `a \`,\` or an operator may be missing before ${found(token)}`;
  }
  return advices.get(rule) ?? (rules.includes("freeze") ? advices.get("freeze") : undefined);
}

const advices = new Map<string, string>([
  ["named", "a statement is `x = …`, `x += …`, `per modality …`, `repeat …` or `return …`"],
  ["setting", "a setting is a word and its value: `steps 1500`, `data icons`, `adamw(lr: 1e-3)`"],
  ["freeze", "for example `freeze text, block.*.norm`"],
  ["rule", "a variant holds `share …` and new values of constants: `dim = 128`"],
  ["modality", "for example `modality text = tokens(vocab: 1024)`"],
  ["perModalityHead", "for example `per modality ffn { … }`"],
  ["field", "a constant that differs by modality is written `{ text: 344, image: 172 }`"],
  ["repeatHead", "for example `repeat 6 { x = block(x) }`"],
  ["file", "a file holds `import`, `model`, `layer`, `variant`, `train` and `compare`"],
  ["importFile", 'for example `import "blocks.mot"`'],
]);
