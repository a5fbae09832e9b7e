// repair.ts: makes brackets balance and fills in what is plainly missing, before the parser sees the tokens.
// In: tokens as written. Out: tokens the parser understands better, and a diagnostic for every change.
// Why before: a parser meets a missing `}` hundreds of lines too late. Lines and indentation say where it belongs, and
// a `=` that ends its line says that a value is missing. What is right already is passed through untouched.
// Brackets are in brackets.ts; words, names and values are here.

import type { IToken, TokenType } from "chevrotain";
import type { Diagnostic } from "../src/diagnostics/diagnostic.ts";
import type { Source } from "../src/diagnostics/source.ts";
import { suggest } from "../src/diagnostics/suggest.ts";
import {
  beginBlock,
  close,
  countMinus,
  endBlocks,
  endOnlyLine,
  endParens,
  open,
  rightBrace,
  rightParen,
} from "./brackets.ts";
import { found } from "./messages.ts";
import {
  after,
  assignments,
  beforeRequiredNames,
  beginsStatement,
  inserted,
  isFirstOnLine,
  isInserted,
  lineOf,
  linesOf,
  report,
  retyped,
  type State,
  spanOf,
  statementWords,
} from "./repair-state.ts";
import * as t from "./tokens.ts";

export type Repaired = {
  readonly tokens: readonly IToken[];
  readonly diagnostics: readonly Diagnostic[];
  /** False where nesting is too deep to be parsed at all. */
  readonly canParse: boolean;
};

const operators = new Set<TokenType>([t.Plus, t.Minus, t.Star, t.Slash]);
const reserved = new Set<TokenType>(t.reservedWords);
/** After these, on one line, a reserved word must have been meant as a name. */
const beforeNames = new Set<TokenType>([
  ...[
    t.Const,
    t.Modality,
    t.Layer,
    t.Model,
    t.Variant,
    t.Train,
    t.Compare,
    t.As,
    t.Comma,
    t.Colon,
    t.LeftParen,
  ],
  ...assignments,
  ...operators,
]);
/** Before a `=` these lack a name rather than being one. */
const beforeNameAndEquals = new Set<TokenType>([t.Modality, t.Variant, t.Objective]);
/** After these a value must follow. */
const beforeValues = new Set<TokenType>([...assignments, ...operators, t.Colon, t.Return]);

/** What a word of the language may be followed by, other than a name. */
const wordOperands = new Set<TokenType>([t.NumberLiteral, t.Text]);
export function repair(source: Source, input: readonly IToken[]): Repaired {
  const count = (type: TokenType): number => input.filter((token) => token.tokenType === type).length;
  const state: State = {
    source,
    input,
    lines: linesOf(source.text, input),
    output: [],
    diagnostics: [],
    open: [],
    wordsReported: new Set(),
    surplus: count(t.LeftBrace) - count(t.RightBrace),
    minusCount: 0,
    head: undefined,
    settingLine: -1,
    isTooDeep: false,
  };
  for (let index = 0; index < input.length && !state.isTooDeep; index += 1) index += step(state, index);
  if (state.isTooDeep) return { tokens: [], diagnostics: state.diagnostics, canParse: false };
  const end = input.at(-1);
  if (end !== undefined) {
    fillName(state, input.length);
    fillValue(state, input.length);
  }
  endOnlyLine(state, input.length);
  while (state.open.length > 0) close(state, undefined);
  return { tokens: state.output, diagnostics: state.diagnostics, canParse: true };
}

/** Handles one token; gives the number of tokens after it that it has handled too. */
function step(state: State, index: number): number {
  const written = state.input[index];
  if (written === undefined) return 0;
  const token = misspelt(state, index, written) ?? nameForWord(state, index, written);
  const type = token.tokenType;
  endParens(state, index, token);
  endOnlyLine(state, index);
  endBlocks(state, index, token);
  fillPer(state, index, token);
  fillDeclaration(state, index, token);
  beginBlock(state, index, token);
  fillName(state, index, token);
  fillValue(state, index, token);
  if (type === t.LeftBrace || type === t.LeftParen) {
    open(state, index, token);
    return 0;
  }
  if (type === t.RightParen) return rightParen(state, token);
  if (type === t.RightBrace) return rightBrace(state, index, token);
  countMinus(state, token);
  state.output.push(beginsStatement(state, index, token) ? retyped(token, t.StatementName) : token);
  return t.isName(token) ? assignmentInside(state, index, token) : 0;
}

/** `modell m {`, `retrun x`: a name where only a word can begin what follows, and a word that is close. */
function misspelt(state: State, index: number, token: IToken): IToken | undefined {
  const next = state.input[index + 1];
  const isAfterPer = state.output.at(-1)?.tokenType === t.Per;
  const isBefore = next !== undefined && (t.isName(next) || wordOperands.has(next.tokenType));
  if (token.tokenType !== t.Name || (!isAfterPer && (!isBefore || isFirstOnLine(state, index + 1))))
    return undefined;
  if (!isAfterPer && (!isFirstOnLine(state, index) || (state.open.at(-1)?.kind ?? "block") !== "block"))
    return undefined;
  const previous = state.output.at(-1);
  if (previous !== undefined && (beforeNames.has(previous.tokenType) || beforeValues.has(previous.tokenType)))
    return undefined;
  const words = isAfterPer ? [t.Modality] : t.reservedWords;
  const [meant] = suggest(token.image, words.map(t.spelling));
  const word = words.find((entry) => t.spelling(entry) === meant);
  if (word === undefined) return undefined;
  report(state, "MOT1001", spanOf(state.source, token), `there is no word \`${token.image}\``, {
    label: "unknown word",
    help: `did you mean \`${meant}\`?`,
  });
  return retyped(token, word);
}

/** A reserved word in the place of a name becomes a name; each word is reported once. */
function nameForWord(state: State, index: number, token: IToken): IToken {
  if (!reserved.has(token.tokenType)) return token;
  const previous = state.output.at(-1);
  const next = state.input[index + 1];
  const isAssigned =
    next !== undefined && assignments.has(next.tokenType) && !beforeNameAndEquals.has(token.tokenType);
  const isOperand =
    previous !== undefined &&
    !isFirstOnLine(state, index) &&
    beforeNames.has(previous.tokenType) &&
    !(token.tokenType === t.Modality && previous.tokenType === t.Per);
  if (!isAssigned && !isOperand) return token;
  if (!state.wordsReported.has(token.image)) {
    state.wordsReported.add(token.image);
    report(
      state,
      "MOT1011",
      spanOf(state.source, token),
      `\`${token.image}\` is a word of the language and cannot be a name`,
      {
        label: "used as a name here",
        help: `pick another name, for example \`${token.image}_\``,
      },
    );
  }
  return retyped(token, t.Name);
}

/** `modality ffn {` cannot declare a modality, which would have a `=`. */
function fillPer(state: State, index: number, token: IToken): void {
  const last = state.output.at(-1);
  if (token.tokenType !== t.Modality || last?.tokenType === t.Per) return;
  const [next, afterNext] = [state.input[index + 1], state.input[index + 2]];
  const isBlock =
    next?.tokenType === t.LeftBrace || (next && t.isName(next) && afterNext?.tokenType === t.LeftBrace);
  if (!isBlock) return;
  state.output.push(inserted(t.Per, token.startOffset));
  report(state, "MOT1001", spanOf(state.source, token), "expected `per` before `modality`", {
    label: "neither a declaration nor a block",
    help: "a block is `per modality NAME { … }`, a declaration `modality NAME = tokens(vocab: …)`",
  });
}

/** `chameleon { … }` at the top level: a model, or, where words with values follow, its training. */
function fillDeclaration(state: State, index: number, token: IToken): void {
  const [brace, first, second] = state.input.slice(index + 1, index + 4);
  const last = state.output.at(-1)?.tokenType;
  if (state.open.length > 0 || !t.isName(token) || brace?.tokenType !== t.LeftBrace) return;
  if (!isFirstOnLine(state, index) || last === t.Equals || (last && beforeRequiredNames.has(last))) return;
  const isTrain =
    first !== undefined && t.isName(first) && second !== undefined && !assignments.has(second.tokenType);
  const word = inserted(isTrain ? t.Train : t.Model, token.startOffset);
  state.head = word;
  state.output.push(word);
  const label = "a name and a block, and no word before them";
  const spelling = t.spelling(word.tokenType);
  report(
    state,
    "MOT1001",
    spanOf(state.source, token),
    `expected a word such as \`${spelling}\` before \`${token.image}\``,
    {
      label,
      help: `write \`${spelling} ${token.image} { … }\``,
    },
  );
}

/** Puts in a name where one must stand and none does, so that the rest of the declaration is still read. */
function fillName(state: State, index: number, token?: IToken): void {
  const previous = state.output.at(-1);
  if (previous === undefined || isInserted(previous) || (token !== undefined && t.isName(token))) return;
  const expected = beforeRequiredNames.get(previous.tokenType);
  if (expected === undefined) return;
  if (previous.tokenType === t.Modality && state.output.at(-2)?.tokenType === t.Per) return;
  state.output.push(inserted(t.Name, after(previous)));
  // On the next line stands something else; what is missing is missing here.
  const isLineEnd = token === undefined || isFirstOnLine(state, index);
  const place = { source: state.source, start: after(previous), end: after(previous) };
  const span = isLineEnd ? place : spanOf(state.source, token);
  const rest = isLineEnd ? "" : `, found ${found(token)}`;
  report(state, "MOT1001", span, `expected ${expected} after \`${previous.image}\`${rest}`, {
    label: `expected ${expected}`,
  });
}

/** Puts in a value where one must stand and none does. */
function fillValue(state: State, index: number, token?: IToken): void {
  const previous = state.output.at(-1);
  if (previous === undefined || isInserted(previous)) return;
  const beforePrevious = state.output.at(-2)?.tokenType;
  // `share *`, `freeze *`
  const isList = beforePrevious === t.Share || beforePrevious === t.Freeze || beforePrevious === t.Comma;
  if (previous.tokenType === t.Star && isList) return;
  const inParens = state.open.at(-1)?.kind === "paren";
  const isHole = previous.tokenType === t.Comma || previous.tokenType === t.LeftParen;
  if (isHole ? !(inParens && token?.tokenType === t.Comma) : !beforeValues.has(previous.tokenType)) return;
  if (!isHole && token !== undefined && !cannotBeValue(state, index, token)) return;
  state.output.push(inserted(t.NumberLiteral, after(previous)));
  const place = { source: state.source, start: after(previous), end: after(previous) };
  const isLineEnd = token === undefined || isFirstOnLine(state, index);
  const rest = isLineEnd ? "" : `, found ${found(token)}`;
  report(state, "MOT1001", place, `expected a value after \`${previous.image}\`${rest}`, {
    label: "a value is missing here",
  });
}

function cannotBeValue(state: State, index: number, token: IToken): boolean {
  const type = token.tokenType;
  if (type === t.RightBrace || type === t.RightParen || type === t.Comma) return true;
  if (type === t.Plus || type === t.Star || type === t.Slash || assignments.has(type)) return true;
  if (statementWords.has(type)) return true;
  const next = state.input[index + 1];
  return (
    t.isName(token) && isFirstOnLine(state, index) && next !== undefined && assignments.has(next.tokenType)
  );
}

/** `=` where a name is followed by `:` (arguments, records) or by nothing (settings). */
function assignmentInside(state: State, index: number, name: IToken): number {
  const next = state.input[index + 1];
  const kind = state.open.at(-1)?.kind;
  if (next === undefined) return 0;
  const span = spanOf(state.source, next);
  if ((kind === "paren" || kind === "record") && next.tokenType === t.Equals) {
    const what = kind === "paren" ? "an argument is named" : "a modality's value is written";
    report(state, "MOT1001", span, `expected \`:\` after \`${name.image}\`, found \`=\``, {
      label: "this must be `:`",
      help: `${what} with \`:\`, as in \`${name.image}: …\``,
    });
    state.output.push(retyped(next, t.Colon));
    return 1;
  }
  if (kind === "train" && (next.tokenType === t.Equals || next.tokenType === t.Colon)) {
    const line = lineOf(state, index).number;
    if (line !== state.settingLine)
      report(state, "MOT1001", span, `expected the value of \`${name.image}\`, found \`${next.image}\``, {
        label: "settings have no sign here",
        help: `a setting is a word and its value: \`${name.image} …\``,
      });
    state.settingLine = line;
    return 1;
  }
  return 0;
}
