// brackets.ts: makes parentheses and braces balance.
// In: brackets and statement beginnings, in order. Out: brackets put in or left out, each with a diagnostic.
// A parser meets a missing `}` hundreds of lines too late; here, lines and indentation say where it belongs. They are
// asked only where the counts of `{` and `}` differ, so that an odd layout of a right text is never touched.
// Nesting is limited here too, on tokens, because every later stage is recursive.

import type { IToken } from "chevrotain";
import {
  after,
  assignments,
  beginsStatement,
  inserted,
  isFirstOnLine,
  type Kind,
  lineOf,
  report,
  type State,
  spanOf,
  statementWords,
} from "./repair-state.ts";
import * as t from "./tokens.ts";

export const deepestNesting = 100;

const fileWords = new Set<unknown>([t.Import, t.Model, t.Variant, t.Train, t.Compare]);

/** Ends a block without braces at the end of its line; at the end of the file where `index` is behind all tokens. */
export function endOnlyLine(state: State, index: number): void {
  const top = state.open.at(-1);
  if (top?.onlyLine === undefined) return;
  const isBrace = state.input[index]?.tokenType === t.RightBrace;
  if (!isBrace && lineOf(state, index).number === top.onlyLine) return;
  state.open.pop();
  const last = state.output.at(-1) ?? top.token;
  state.output.push(inserted(t.RightBrace, after(last)));
}

/** `(` cannot stay open where a line begins with a statement that stands no deeper than the line of the `(`. */
export function endParens(state: State, index: number, token: IToken): void {
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

/**
 * Where a `}` is missing somewhere, a statement that stands further left than the lines of its block ends the block;
 * and a `model`, `train`, … at the left edge ends all.
 */
export function endBlocks(state: State, index: number, token: IToken): void {
  if (!isFirstOnLine(state, index)) return;
  const { indent } = lineOf(state, index);
  const innermost = state.open.at(-1);
  if (innermost !== undefined && innermost.inner === undefined) innermost.inner = indent;
  const isStatement = statementWords.has(token.tokenType) || beginsStatement(state, index, token);
  for (let top = state.open.at(-1); top !== undefined && isStatement; top = state.open.at(-1)) {
    const isLeft = indent <= top.line.indent && (top.inner ?? 0) > top.line.indent;
    const isOutermost = fileWords.has(token.tokenType) && indent <= (state.open[0]?.line.indent ?? 0);
    if (state.surplus <= 0 || !(isLeft || isOutermost)) return;
    close(state, token);
  }
}

const heads = new Set<unknown>([t.Model, t.Layer, t.Per, t.Repeat, t.Train]);

/**
 * Puts in the `{` of a block where statements begin without it: if a `}` is left over, to go with that; else for the one
 * statement on the line (`repeat 3 x = f(x)`).
 */
export function beginBlock(state: State, index: number, token: IToken): void {
  const last = state.output.at(-1);
  const isStatement =
    (statementWords.has(token.tokenType) && token.tokenType !== t.Modality) ||
    beginsStatement(state, index, token);
  const next = state.input[index + 1];
  const isAssigned = next !== undefined && assignments.has(next.tokenType) && !isFirstOnLine(state, index);
  const isMissing =
    isStatement && last !== undefined && last !== state.head && (state.surplus < 0 || isAssigned);
  if (state.head !== undefined && isMissing) {
    const place = { source: state.source, start: after(last), end: after(last) };
    const label = "a `{` is missing here";
    report(state, "MOT1005", place, `\`${state.head.image} …\` lacks its \`{\``, { label });
    const isLeftOver = state.surplus < 0;
    open(state, Math.max(0, index - 1), inserted(t.LeftBrace, after(last)));
    const opened = state.open.at(-1);
    if (isLeftOver) state.surplus += 1;
    else if (opened !== undefined) opened.onlyLine = lineOf(state, index).number;
  }
  if (heads.has(token.tokenType)) state.head = token;
}

export function open(state: State, index: number, token: IToken): void {
  const last = state.output.at(-1);
  if (token.tokenType === t.LeftBrace && last?.tokenType === t.LeftBrace) {
    state.surplus -= 1;
    report(state, "MOT1005", spanOf(state.source, token), "this `{` opens nothing", {
      label: "right after another `{`",
      help: "remove it",
    });
    return;
  }
  state.open.push({ token, kind: kindOf(state, token), line: lineOf(state, index) });
  if (token.tokenType === t.LeftBrace) state.head = undefined;
  if (state.open.length > deepestNesting) tooDeep(state, token);
  countMinus(state, token);
  state.output.push(token);
}

function kindOf(state: State, token: IToken): Kind {
  if (token.tokenType === t.LeftParen) return "paren";
  const before = state.output.at(-1)?.tokenType;
  if (before === t.Equals || before === t.Colon || before === t.Comma || before === t.LeftParen)
    return "record";
  if (state.output.at(-4)?.tokenType === t.Variant) return "variant";
  return state.head?.tokenType === t.Train ? "train" : "block";
}

export function rightParen(state: State, token: IToken): number {
  // A record may have been left open inside the parentheses.
  if (state.open.at(-1)?.kind === "record" && state.open.at(-2)?.kind === "paren") close(state, token);
  if (state.open.at(-1)?.kind === "paren") {
    state.open.pop();
    state.output.push(token);
  } else closesNothing(state, token);
  return 0;
}

export function rightBrace(state: State, index: number, token: IToken): number {
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

/** Signs in a row nest as brackets do. */
export function countMinus(state: State, token: IToken): void {
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
export function close(state: State, before: IToken | undefined): void {
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
