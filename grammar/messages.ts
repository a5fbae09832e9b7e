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
  ["layer Name", "the layer's name"],
  ["layer RightParen", "`,` or `)`"],
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
  ["call RightParen", "`,` or `)`"],
  ["group RightParen", "an operator, `,` or `)`"],
  ["record RightBrace", "`,` or `}`"],
  ["block RightBrace", "a statement or `}`"],
  ["variant RightBrace", "`share …`, a constant's new value, or `}`"],
  ["train RightBrace", "a setting, such as `steps 1500`, or `}`"],
]);

/** Rules that choose between alternatives → what all of these are. */
const choiceOf = new Map<string, string>([
  ["item", "a statement"],
  ["binding", "`=` or `+=`"],
  ["value", "a value"],
  ["operand", "a value"],
  ["rule", "`share …` or a constant's new value"],
  ["pattern", "the label of a block, a parameter path, or `all`"],
  ["setting", "a setting, such as `steps 1500`"],
  ["experts", "`by expert_choice` or `top 2`"],
]);

export const messages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, ruleName }) => expectedPhrase(ruleName, expected),
  buildNotAllInputParsedMessage: () => expectedPhrase("file", EOF),
  buildNoViableAltMessage: ({ ruleName }) => choiceOf.get(ruleName) ?? "something else",
  buildEarlyExitMessage: ({ ruleName }) => choiceOf.get(ruleName) ?? "something else",
};

function expectedPhrase(ruleName: string, expected: TokenType): string {
  if (expected === EOF) return "a declaration, such as `model NAME { … }`,";
  return expectedIn.get(`${ruleName} ${expected.name}`) ?? tokenLabel(expected);
}

export type Description = {
  readonly token: IToken;
  readonly message: string;
  readonly label: string;
  readonly help?: string;
};

/** The whole message for an error, the token it is about, and advice; `next` is the token after the error's. */
export function describe(error: IRecognitionException, next: IToken): Description {
  const rules = error.context.ruleStack;
  const rule = rules.at(-1) ?? "file";
  // An alternative that was lost at its second token: the name before it was fine.
  const isAfterName = (rule === "item" || rule === "rule" || rule === "setting") && isName(error.token);
  const token = isAfterName ? next : error.token;
  const expected = isAfterName ? afterName(rule, error.token.image) : inContext(error.message, rules);
  const help = advice(rule, isAfterName, token);
  const message = `expected ${expected} here, found ${found(token)}`;
  return {
    token,
    message,
    label: `expected ${expected.replace(/,$/, "")}`,
    ...(help === undefined ? {} : { help }),
  };
}

/** `}`, "the end of the file"; long images are clipped. */
export function found(token: IToken): string {
  if (token.tokenType === EOF) return "the end of the file";
  const image = token.image.length > 40 ? `${token.image.slice(0, 39)}…` : token.image;
  return `\`${image}\``;
}

function afterName(rule: string, name: string): string {
  if (rule === "setting") return `the value of \`${name}\``;
  if (rule === "rule") return `\`=\` after \`${name}\``;
  return `\`=\` or \`+=\` after \`${name}\``;
}

/** "a value" is said more exactly where the rule around tells what it is for. */
function inContext(phrase: string, rules: readonly string[]): string {
  if (phrase !== "a value") return phrase;
  const around = rules.findLast((rule) => contexts.has(rule));
  return contexts.get(around ?? "") ?? phrase;
}

const contexts = new Map<string, string>([
  ["argument", "an argument"],
  ["field", "a value"],
  ["group", "a value"],
  ["constant", "a value"],
  ["binding", "a value"],
  ["repeat", "how many times to repeat"],
  ["modality", "what the modality is made of"],
  ["returnValue", "the value to return"],
  ["objective", "a loss"],
  ["setting", "the setting's value"],
  ["experts", "a number"],
]);

function advice(rule: string, isAfterName: boolean, token: IToken): string | undefined {
  if (isAfterName && rule === "item")
    return "a statement is `x = …`, `x += …`, `per modality …`, `repeat …` or `return …`";
  if (rule === "setting")
    return "a setting is a word and its value: `steps 1500`, `data icons`, `adamw(lr: 1e-3)`";
  if (rule === "rule") return "a variant holds `share …` and new values of constants: `dim = 128`";
  if (rule === "modality") return "for example `modality text = tokens(vocab: 1024)`";
  if (rule === "perModality") return "for example `per modality ffn { … }`";
  if (rule === "field") return "a constant that differs by modality is written `{ text: 344, image: 172 }`";
  if (rule === "importFile") return 'for example `import "blocks.mot"`';
  if (token.image === "->" || token.image === ":=") return "a value is bound with `=`";
  return undefined;
}
