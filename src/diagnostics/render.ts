// render.ts: diagnostics as text for a terminal, or as plain JSON.
// In: diagnostics. Out: a string with the source lines around every label, or the objects of `check --json`.
// The picture is built line by line: labels are cut into pieces that lie on one source line each (excerpt.ts), pieces
// are grouped by file, and each shown line is followed by one marker row per piece.

import type { Diagnostic, Label } from "./diagnostic.ts";
import { columnsOf, cut, type Piece, printable } from "./excerpt.ts";
import { type Position, positionAt, type Source } from "./source.ts";

export type RenderOptions = {
  /** ANSI colours; off by default. */
  readonly color?: boolean;
  /** How many are shown before "… and N more"; 20 by default. */
  readonly limit?: number;
};

const shownByDefault = 20;
const ansi = { bold: 1, red: 31, yellow: 33, blue: 34, cyan: 36 } as const;
type Paint = (style: keyof typeof ansi, text: string) => string;

/** All of them with the picture of each, then one line that counts them. Empty text for none. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions = {}): string {
  if (diagnostics.length === 0) return "";
  const limit = options.limit ?? shownByDefault;
  const shown = diagnostics.slice(0, limit).map((diagnostic) => `${renderDiagnostic(diagnostic, options)}\n`);
  const hiddenCount = diagnostics.length - shown.length;
  const hidden = hiddenCount > 0 ? `… and ${hiddenCount} more\n\n` : "";
  return `${shown.join("\n")}\n${hidden}${countLine(diagnostics)}\n`;
}

/** One diagnostic: header, source lines with labels, note, help, where to read more. No newline at the end. */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions = {}): string {
  const paint: Paint = options.color
    ? (style, text) => `\u001b[${ansi[style]}m${text}\u001b[0m`
    : (_style, text) => text;
  const tone = diagnostic.severity === "error" ? "red" : "yellow";
  const files = byFile(diagnostic);
  const numberWidth = String(
    Math.max(...files.flatMap((file) => file.pieces.map((piece) => piece.line))),
  ).length;
  const margin = " ".repeat(numberWidth + 1);
  const bar = margin + paint("blue", "│");
  const lines = [
    `${paint(tone, `${diagnostic.severity}[${diagnostic.code}]`)}${paint("bold", `: ${printable(diagnostic.message)}`)}`,
  ];
  files.forEach((file, index) => {
    const place = `${printable(file.source.name)}:${file.start.line}:${file.start.column}`;
    lines.push(`${margin}${paint("blue", index === 0 ? "┌─" : "├─")} ${place}`, bar);
    lines.push(...renderPieces(file, numberWidth, tone, paint), bar);
  });
  const footers = [
    ["note", diagnostic.note],
    ["help", diagnostic.help],
    ["more", `motley explain ${diagnostic.code}`],
  ] as const;
  for (const [word, text] of footers) {
    if (text !== undefined)
      lines.push(`${margin}${paint("blue", "=")} ${paint("bold", `${word}:`)} ${printable(text)}`);
  }
  return lines.join("\n");
}

export type JsonPlace = {
  readonly file: string;
  readonly start: Position;
  readonly end: Position;
};
export type JsonDiagnostic = JsonPlace & {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  /** The primary label first, then the others. */
  readonly labels: readonly (JsonPlace & {
    readonly primary: boolean;
    readonly text: string;
  })[];
  readonly note: string | null;
  readonly help: string | null;
};

/** One entry of `check --json`; lines and columns count from 1, ends are exclusive. */
export function toJson(diagnostic: Diagnostic): JsonDiagnostic {
  const labels = [diagnostic.at, ...diagnostic.also];
  return {
    code: diagnostic.code,
    severity: diagnostic.severity,
    message: diagnostic.message,
    ...placeOf(diagnostic.at),
    labels: labels.map((label, index) => ({
      ...placeOf(label),
      primary: index === 0,
      text: label.text ?? "",
    })),
    note: diagnostic.note ?? null,
    help: diagnostic.help ?? null,
  };
}

/** "1 error", "2 errors and 1 warning". */
export function countLine(diagnostics: readonly Diagnostic[]): string {
  const errorCount = diagnostics.filter((diagnostic) => diagnostic.severity === "error").length;
  const counts = [
    [errorCount, "error"],
    [diagnostics.length - errorCount, "warning"],
  ] as const;
  return counts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}${count === 1 ? "" : "s"}`)
    .join(" and ");
}

type FilePieces = {
  readonly source: Source;
  readonly start: Position;
  readonly pieces: readonly Piece[];
};

/** The primary label's file first; inside a file by line, on a line by column, the primary label last of equals. */
function byFile(diagnostic: Diagnostic): readonly FilePieces[] {
  const sources = new Map<Source, { readonly start: Position; readonly pieces: Piece[] }>();
  const labels: readonly Label[] = [diagnostic.at, ...diagnostic.also];
  labels.forEach((label, index) => {
    const { source, start } = label.span;
    const entry = sources.get(source) ?? {
      start: positionAt(source, start),
      pieces: [],
    };
    entry.pieces.push(...cut(label, index === 0));
    sources.set(source, entry);
  });
  return [...sources].map(([source, { start, pieces }]) => ({
    source,
    start,
    pieces: pieces.sort(
      (a, b) => a.line - b.line || a.from - b.from || Number(a.isPrimary) - Number(b.isPrimary),
    ),
  }));
}

function renderPieces(file: FilePieces, numberWidth: number, tone: "red" | "yellow", paint: Paint): string[] {
  const margin = " ".repeat(numberWidth + 1);
  const bar = margin + paint("blue", "│");
  const lines: string[] = [];
  let shownLine: number | undefined;
  let shownText: string | undefined;
  for (const piece of file.pieces) {
    const { text, indent, width } = columnsOf(piece);
    if (shownLine !== undefined && piece.line > shownLine + 1) lines.push(margin + paint("blue", "·"));
    // A clipped line is shown again for a label that lies outside the part already shown.
    if (piece.line !== shownLine || text !== shownText) {
      lines.push(`${paint("blue", `${String(piece.line).padStart(numberWidth)} │`)} ${text}`.trimEnd());
    }
    shownLine = piece.line;
    shownText = text;
    const marks = (piece.isPrimary ? "^" : "─").repeat(width);
    const label = piece.text === undefined ? "" : ` ${printable(piece.text)}`;
    lines.push(`${bar} ${" ".repeat(indent)}${paint(piece.isPrimary ? tone : "cyan", `${marks}${label}`)}`);
  }
  return lines;
}

function placeOf(label: Label): JsonPlace {
  const { source, start, end } = label.span;
  return {
    file: source.name,
    start: positionAt(source, start),
    end: positionAt(source, end),
  };
}
