// repair-state.ts: what the token repair knows while it walks the tokens, and the few things it does all the time.
// In: nothing of its own. Out: the state's type, the lines and indentation of tokens, new tokens, reports.
// brackets.ts and repair.ts work on it; nothing else does.

import type { IToken, TokenType } from "chevrotain";
import { type Diagnostic, error } from "../src/diagnostics/diagnostic.ts";
import type { Source, Span } from "../src/diagnostics/source.ts";
import * as t from "./tokens.ts";

export type Kind = "paren" | "record" | "train" | "variant" | "block";
export type Open = {
  readonly token: IToken;
  readonly kind: Kind;
  readonly line: Line;
  /** Indentation of the first line inside of it, once that is known. */
  inner?: number;
  /** The line at whose end a block ends that was written without braces. */
  onlyLine?: number;
};
export type Line = { readonly number: number; readonly indent: number };

export type State = {
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
  /** A `model`, `layer`, `per`, `repeat` or `train` whose `{` is still to come. */
  head: IToken | undefined;
  /** The line on which a setting with `=` or `:` was reported last. */
  settingLine: number;
  isTooDeep: boolean;
};

export const assignments = new Set<TokenType>([t.Equals, t.PlusEquals, t.OtherAssign]);
export const statementWords = new Set<TokenType>(t.reservedWords.filter((word) => word !== t.As));
/** After these a name must follow. */
export const beforeRequiredNames = new Map<TokenType, string>([
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

/** A name in a block that is assigned to, opens an arm, or stands first on its line. */
export function beginsStatement(state: State, index: number, token: IToken): boolean {
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

export function report(state: State, ...[code, span, message, parts]: Parameters<typeof error>): void {
  state.diagnostics.push(error(code, span, message, parts));
}

export function retyped(token: IToken, tokenType: TokenType): IToken {
  return { ...token, tokenType, tokenTypeIdx: tokenType.tokenTypeIdx ?? 0 };
}

export function inserted(type: TokenType, offset: number): IToken {
  return {
    image: "",
    startOffset: offset,
    endOffset: offset - 1,
    tokenType: type,
    tokenTypeIdx: type.tokenTypeIdx ?? 0,
  };
}

export function after(token: IToken): number {
  return (token.endOffset ?? token.startOffset) + 1;
}

export function spanOf(source: Source, token: IToken): Span {
  return { source, start: token.startOffset, end: after(token) };
}

export function isFirstOnLine(state: State, index: number): boolean {
  return index === 0 || state.lines[index]?.number !== state.lines[index - 1]?.number;
}

export function lineOf(state: State, index: number): Line {
  return state.lines[index] ?? { number: 0, indent: 0 };
}

/** For each token the line it begins on: a number that grows, and the indentation of the line's first token. */
export function linesOf(text: string, input: readonly IToken[]): readonly Line[] {
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
