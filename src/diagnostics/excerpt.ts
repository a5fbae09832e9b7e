// excerpt.ts: which part of which source line a label marks, and how that line looks on a terminal.
// In: a label. Out: pieces that lie on one line each, and for a piece the text shown with the marker's columns.
// Offsets count UTF-16 units and terminals count cells, so tabs, wide and unprintable characters are turned into cells
// here and nowhere else; long lines are clipped around the piece.

import type { Label } from "./diagnostic.ts";
import { positionAt, type Source } from "./source.ts";

/** The part of a label that lies on one line: `from` and `to` are offsets within `lineText`. */
export type Piece = {
  /** Counts from 1. */
  readonly line: number;
  readonly lineText: string;
  readonly from: number;
  readonly to: number;
  readonly isPrimary: boolean;
  readonly text?: string;
};

const tabWidth = 4;
const widestLine = 120;
const contextBefore = 40;
const widestMarker = 80;

/** A label on one line gives one piece; on several lines, its first and its last, which carries the text. */
export function cut(label: Label, isPrimary: boolean): readonly Piece[] {
  const { source, start, end } = label.span;
  const first = positionAt(source, start);
  const last = positionAt(source, Math.max(start, end));
  const firstText = lineAt(source, start, first.column);
  const words = label.text === undefined ? {} : { text: label.text };
  const from = first.column - 1;
  const lastText = lineAt(source, Math.max(start, end), last.column);
  const lastStart = lastText.length - lastText.trimStart().length;
  if (last.line === first.line || (last.line === first.line + 1 && last.column - 1 <= lastStart)) {
    const to = last.line === first.line ? last.column - 1 : firstText.length;
    return [{ line: first.line, lineText: firstText, from, to, isPrimary, ...words }];
  }
  return [
    {
      line: first.line,
      lineText: firstText,
      from,
      to: firstText.length,
      isPrimary,
    },
    {
      line: last.line,
      lineText: lastText,
      from: Math.min(lastStart, last.column - 1),
      to: last.column - 1,
      isPrimary,
      ...words,
    },
  ];
}

/** The line as shown, the cells before the marker and the marker's cells (at least one). */
export function columnsOf(piece: Piece): {
  readonly text: string;
  readonly indent: number;
  readonly width: number;
} {
  const cells: string[] = [];
  let from = 0;
  let to = 0;
  let offset = 0;
  for (const character of piece.lineText) {
    if (offset < piece.from) from = cells.length + cellsOf(character, cells.length).length;
    if (offset < piece.to) to = cells.length + cellsOf(character, cells.length).length;
    cells.push(...cellsOf(character, cells.length));
    offset += character.length;
  }
  // Past the end of the line (an empty span at the end, or at the end of file).
  if (piece.from > offset) from = cells.length;
  const width = Math.max(1, Math.min(to - from, widestMarker));
  if (cells.length <= widestLine) return { text: cells.join(""), indent: from, width };
  const begin = Math.max(0, Math.min(from - contextBefore, cells.length - widestLine));
  const end = Math.min(cells.length, begin + widestLine);
  const text = `${begin > 0 ? "… " : ""}${cells.slice(begin, end).join("")}${end < cells.length ? " …" : ""}`;
  return { text, indent: from - begin + (begin > 0 ? 2 : 0), width };
}

/** Control characters become visible signs, so that a file cannot steer the terminal it is shown on. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, visible);
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "␡" : "�";
}

/** One entry per terminal cell; the second cell of a wide character is empty text. */
function cellsOf(character: string, column: number): readonly string[] {
  if (character === "\t") return Array.from({ length: tabWidth - (column % tabWidth) }, () => " ");
  if (/\p{Mn}/u.test(character)) return ["�"];
  const isWide =
    /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uff60]/u;
  return isWide.test(character) ? [character, ""] : [printable(character)];
}

/** Clipped first to a few thousand characters around the column, so that a one-line file of megabytes costs nothing. */
function lineAt(source: Source, offset: number, column: number): string {
  const start = Math.min(source.text.length, Math.max(0, offset)) - (column - 1);
  const newline = source.text.indexOf("\n", start);
  const end = newline < 0 ? source.text.length : newline;
  return source.text.slice(start, end).replace(/\r$/, "");
}
