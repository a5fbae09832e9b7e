// repair.ts: makes brackets balance and fills in what is plainly missing, before the parser sees the tokens.
// In: tokens as written. Out: tokens the parser understands better, and a diagnostic for every change.
// Why before: a parser meets a missing `}` hundreds of lines too late. Lines and indentation say where it belongs, and
// a `=` that ends its line says that a value is missing. What is right already is passed through untouched.
// Nesting is limited here too, on tokens, because every later stage is recursive.

import type { IToken, TokenType } from "chevrotain";
import { type Diagnostic, error } from "../src/diagnostics/diagnostic.ts";
import type { Source, Span } from "../src/diagnostics/source.ts";
import { found } from "./messages.ts";
import * as t from "./tokens.ts";

export type Repaired = {
  readonly tokens: readonly IToken[];
  readonly diagnostics: readonly Diagnostic[];
  /** False where nesting is too deep to be parsed at all. */
  readonly canParse: boolean;
};

export const deepestNesting = 100;

type Kind = "paren" | "record" | "train" | "variant" | "block";
type Open = { readonly token: IToken; readonly kind: Kind; readonly line: Line };
type Line = { readonly number: number; readonly indent: number };

type State = {
  readonly source: Source;
  readonly input: readonly IToken[];
  readonly lines: readonly Line[];
  readonly output: IToken[];
  readonly diagnostics: Diagnostic[];
  readonly open: Open[];
  readonly wordsReported: Set<string>;
  /** How many more `{` than `}` are still to come to terms with; negative where there are too many `}`. */
  surplus: number;
  minusCount: number;
  isTooDeep: boolean;
};

const assignments = new Set<TokenType>([t.Equals, t.PlusEquals, t.OtherAssign]);
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
const statementWords = new Set<TokenType>([...reserved].filter((word) => word !== t.As));
const fileWords = new Set<TokenType>([t.Import, t.Model, t.Variant, t.Train, t.Compare]);
/** Before a `=` these lack a name rather than being one. */
const beforeNameAndEquals = new Set<TokenType>([t.Modality, t.Variant, t.Objective]);
/** After these a value must follow. */
const beforeValues = new Set<TokenType>([...assignments, ...operators, t.Colon, t.Return]);

/** After these a name must follow. */
const beforeRequiredNames = new Map<TokenType, string>([
  [t.Model, "the model's name"],
  [t.Layer, "the layer's name"],
  [t.Variant, "the variant's name"],
  [t.Train, "the name of a model"],
  [t.Const, "the constant's name"],
  [t.Modality, "the modality's name"],
  [t.Objective, "the modalities it is for"],
  [t.Compare, "the names of variants"],
  [t.As, "the parameter's name"],
]);

/** True for a token that stands for one that is missing from the text; its image is empty. */
export function isInserted(token: IToken): boolean {
  return token.endOffset !== undefined && token.endOffset < token.startOffset;
}

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
    isTooDeep: false,
  };
  for (let index = 0; index < input.length; index += 1) index += step(state, index);
  const end = input.at(-1);
  if (end !== undefined) {
    fillName(state);
    fillValue(state, input.length);
  }
  while (state.open.length > 0) close(state, undefined);
  return { tokens: state.output, diagnostics: state.diagnostics, canParse: !state.isTooDeep };
}

/** Handles one token; gives the number of tokens after it that it has handled too. */
function step(state: State, index: number): number {
  const token = retag(state, index);
  if (token === undefined) return 0;
  const type = token.tokenType;
  endParens(state, index, token);
  if (fileWords.has(type)) endBlocks(state, index, token);
  fillName(state, token);
  fillValue(state, index, token);
  if (type === t.LeftBrace || type === t.LeftParen) open(state, index, token);
  else if (type === t.RightParen) return rightParen(state, token);
  else if (type === t.RightBrace) return rightBrace(state, index, token);
  countMinus(state, token);
  state.output.push(beginsStatement(state, index, token) ? retyped(token, t.StatementName) : token);
  return t.isName(token) ? assignmentInside(state, index, token) : 0;
}

/** A reserved word in the place of a name becomes a name; each word is reported once. */
function retag(state: State, index: number): IToken | undefined {
  const token = state.input[index];
  if (token === undefined || !reserved.has(token.tokenType)) return token;
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

/** A name in a block that is assigned to, opens an arm, or stands first on its line. */
function beginsStatement(state: State, index: number, token: IToken): boolean {
  if (!t.isName(token) || (state.open.at(-1)?.kind ?? "block") !== "block") return false;
  const previous = state.output.at(-1);
  if (previous !== undefined && beforeRequiredNames.has(previous.tokenType)) return false;
  const next = state.input[index + 1]?.tokenType;
  // `const a = 1` and what follows a comma of it
  if (previous?.tokenType === t.Comma) return false;
  if (next !== undefined && assignments.has(next)) return true;
  if (isFirstOnLine(state, index)) return true;
  const isAfterBrace = previous?.tokenType === t.LeftBrace || previous?.tokenType === t.RightBrace;
  return isAfterBrace && (next === t.LeftBrace || next === t.LeftParen);
}

/** `(` cannot stay open where a line begins with a statement that stands no deeper than the line of the `(`. */
function endParens(state: State, index: number, token: IToken): void {
  if (!isFirstOnLine(state, index)) return;
  const next = state.input[index + 1];
  const isBinding = t.isName(token) && next !== undefined && assignments.has(next.tokenType);
  const isStatement = statementWords.has(token.tokenType) || isBinding;
  for (let top = state.open.at(-1); top !== undefined && isStatement; top = state.open.at(-1)) {
    if (top.kind !== "paren" && top.kind !== "record") return;
    if (isBinding && lineOf(state, index).indent > top.line.indent) return;
    close(state, token);
  }
}

/** A `model`, `train`, … at the left edge ends every block that is still open, where a `}` is missing somewhere. */
function endBlocks(state: State, index: number, token: IToken): void {
  const outermost = state.open[0];
  if (outermost === undefined || state.surplus <= 0 || !isFirstOnLine(state, index)) return;
  if (lineOf(state, index).indent > outermost.line.indent) return;
  while (state.open.length > 0) close(state, token);
}

/** Puts in a name where one must stand and none does, so that the rest of the declaration is still read. */
function fillName(state: State, token?: IToken): void {
  const previous = state.output.at(-1);
  if (previous === undefined || isInserted(previous) || (token !== undefined && t.isName(token))) return;
  const expected = beforeRequiredNames.get(previous.tokenType);
  if (expected === undefined) return;
  if (previous.tokenType === t.Modality && state.output.at(-2)?.tokenType === t.Per) return;
  state.output.push(inserted(t.Name, after(previous)));
  const span =
    token === undefined
      ? { source: state.source, start: after(previous), end: after(previous) }
      : spanOf(state.source, token);
  const rest = token === undefined ? "the end of the file" : found(token);
  report(state, "MOT1001", span, `expected ${expected} after \`${previous.image}\`, found ${rest}`, {
    label: `expected ${expected}`,
  });
}

/** Puts in a value where one must stand and none does. */
function fillValue(state: State, index: number, token?: IToken): void {
  const previous = state.output.at(-1);
  if (previous === undefined || isInserted(previous)) return;
  const beforePrevious = state.output.at(-2)?.tokenType;
  // `share *`
  if (previous.tokenType === t.Star && (beforePrevious === t.Share || beforePrevious === t.Comma)) return;
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

function open(state: State, index: number, token: IToken): void {
  state.open.push({ token, kind: kindOf(state, token), line: lineOf(state, index) });
  if (state.open.length > deepestNesting) tooDeep(state, token);
}

function kindOf(state: State, token: IToken): Kind {
  if (token.tokenType === t.LeftParen) return "paren";
  const before = state.output.at(-1)?.tokenType;
  if (before === t.Equals || before === t.Colon || before === t.Comma || before === t.LeftParen)
    return "record";
  if (state.output.at(-4)?.tokenType === t.Variant) return "variant";
  return state.output.at(-2)?.tokenType === t.Train ? "train" : "block";
}

function rightParen(state: State, token: IToken): number {
  // A record may have been left open inside the parentheses.
  if (state.open.at(-1)?.kind === "record" && state.open.at(-2)?.kind === "paren") close(state, token);
  if (state.open.at(-1)?.kind === "paren") {
    state.open.pop();
    state.output.push(token);
  } else closesNothing(state, token);
  return 0;
}

function rightBrace(state: State, index: number, token: IToken): number {
  while (state.open.at(-1)?.kind === "paren") close(state, token);
  const line = lineOf(state, index);
  const isFirst = isFirstOnLine(state, index);
  // Too few `}`: one that stands further left than the line of its `{` belongs to a `{` further out.
  for (let top = state.open.at(-1); top !== undefined; top = state.open.at(-1)) {
    const isOuter = state.surplus > 0 && isFirst && state.open.length > 1 && line.indent < top.line.indent;
    if (!isOuter) break;
    close(state, token);
  }
  const top = state.open.at(-1);
  // Too many `}`: one that stands further right than the line of its `{` is the one too many.
  const isStray = top !== undefined && state.surplus < 0 && isFirst && line.indent > top.line.indent;
  if (top === undefined || isStray) {
    state.surplus += 1;
    closesNothing(state, token);
  } else {
    state.open.pop();
    state.output.push(token);
  }
  return 0;
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
    report(state, "MOT1001", span, `expected the value of \`${name.image}\`, found \`${next.image}\``, {
      label: "settings have no sign here",
      help: `a setting is a word and its value: \`${name.image} …\``,
    });
    return 1;
  }
  return 0;
}

/** Signs in a row nest as brackets do. */
function countMinus(state: State, token: IToken): void {
  state.minusCount = token.tokenType === t.Minus ? state.minusCount + 1 : 0;
  if (state.minusCount > deepestNesting) tooDeep(state, token);
}

function tooDeep(state: State, token: IToken): void {
  if (state.isTooDeep) return;
  state.isTooDeep = true;
  report(state, "MOT1006", spanOf(state.source, token), `this is nested more than ${deepestNesting} deep`, {
    label: `level ${deepestNesting + 1}`,
    help: "give parts of it names, or move them into a layer",
  });
}

/** Inserts the partner of the innermost open bracket, before `found` or at the end. */
function close(state: State, before: IToken | undefined): void {
  const top = state.open.pop();
  if (top === undefined) return;
  const last = state.output.at(-1) ?? top.token;
  const isParen = top.kind === "paren";
  if (!isParen) state.surplus -= 1;
  state.output.push(inserted(isParen ? t.RightParen : t.RightBrace, after(last)));
  const [left, right] = isParen ? ["(", ")"] : ["{", "}"];
  const place =
    before === undefined
      ? { source: state.source, start: after(last), end: after(last) }
      : spanOf(state.source, before);
  report(state, "MOT1005", spanOf(state.source, top.token), `this \`${left}\` is never closed`, {
    label: `\`${left}\` without \`${right}\``,
    also: [
      {
        span: place,
        text: `a \`${right}\` is missing ${before === undefined ? "at the end" : "before this"}`,
      },
    ],
  });
}

function closesNothing(state: State, token: IToken): void {
  const left = token.tokenType === t.RightParen ? "(" : "{";
  report(state, "MOT1005", spanOf(state.source, token), `this \`${token.image}\` closes nothing`, {
    label: `there is no open \`${left}\` for it`,
    help: `remove it, or add the \`${left}\` it belongs to`,
  });
}

function report(state: State, ...[code, span, message, parts]: Parameters<typeof error>): void {
  state.diagnostics.push(error(code, span, message, parts));
}

function retyped(token: IToken, tokenType: TokenType): IToken {
  return { ...token, tokenType, tokenTypeIdx: tokenType.tokenTypeIdx ?? 0 };
}

function inserted(type: TokenType, offset: number): IToken {
  return {
    image: "",
    startOffset: offset,
    endOffset: offset - 1,
    tokenType: type,
    tokenTypeIdx: type.tokenTypeIdx ?? 0,
  };
}

function after(token: IToken): number {
  return (token.endOffset ?? token.startOffset) + 1;
}

export function spanOf(source: Source, token: IToken): Span {
  return { source, start: token.startOffset, end: after(token) };
}

function isFirstOnLine(state: State, index: number): boolean {
  return index === 0 || state.lines[index]?.number !== state.lines[index - 1]?.number;
}

function lineOf(state: State, index: number): Line {
  return state.lines[index] ?? { number: 0, indent: 0 };
}

/** For each token the line it begins on: a number that grows, and the indentation of the line's first token. */
function linesOf(text: string, input: readonly IToken[]): readonly Line[] {
  let line: Line = { number: 0, indent: 0 };
  let lineStart = 0;
  // Where the line ends; searched for once per line, so that one line of a megabyte costs nothing.
  let newline = -1;
  return input.map((token) => {
    if (token.startOffset <= newline) return line;
    while (newline < token.startOffset) {
      lineStart = newline + 1;
      newline = text.indexOf("\n", lineStart);
      if (newline < 0) newline = text.length;
    }
    line = { number: line.number + 1, indent: token.startOffset - lineStart };
    return line;
  });
}
