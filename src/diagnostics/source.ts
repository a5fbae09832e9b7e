// source.ts: a text with a name, and a place in it.
// In: file contents handed over by the caller. Out: spans, and offset → line and column.
// A span carries its source, so a diagnostic may point into several files (imports) without a file table.

export type Source = {
  /** As the user wrote it on the command line, or relative to the importing file. */
  readonly name: string;
  readonly text: string;
};

/** Half-open range of UTF-16 offsets in `source.text`. */
export type Span = {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
};

/** Line and column count from 1; the column counts UTF-16 units. */
export type Position = { readonly line: number; readonly column: number };

export function positionAt(source: Source, offset: number): Position {
  const before = source.text.slice(0, Math.max(0, offset));
  const lineStart = before.lastIndexOf("\n") + 1;
  let line = 1;
  for (let i = before.indexOf("\n"); i >= 0; i = before.indexOf("\n", i + 1)) line += 1;
  return { line, column: before.length - lineStart + 1 };
}

export function spanText(span: Span): string {
  return span.source.text.slice(span.start, span.end);
}

/** The smallest span that covers both; both must lie in one source. */
export function joinSpans(a: Span, b: Span): Span {
  return { source: a.source, start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}
