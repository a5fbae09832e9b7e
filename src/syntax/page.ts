// page.ts: the text that format.ts writes, line by line, with the comments and blank lines of the source put back.
// In: lines in the order of the source, each with the span it stands for. Out: the whole text.
// A comment on a line of its own stays one, before the thing it stood before; a comment behind something stays behind
// it; a comment inside of a statement moves to a line before it. At most one blank line stays where one or more were.

import type { Source, Span } from "../diagnostics/source.ts";

type PageComment = { readonly text: string; readonly span: Span };
type Line = { readonly indent: number; readonly text: string; comment?: string; gap: number };

export type Page = {
  readonly source: Source;
  readonly comments: readonly PageComment[];
  readonly lines: Line[];
  nextComment: number;
  /** The end of what was written last, as an offset in the source. */
  end: number;
  /** True right after a `{`, where no blank line is kept. */
  isBlockStart: boolean;
};

const leastGap = 2;

export function startPage(source: Source, comments: readonly PageComment[]): Page {
  return { source, comments, lines: [], nextComment: 0, end: 0, isBlockStart: true };
}

/** Writes a text of one or more lines that stands for `span`; the comments before it and in it come first. */
export function write(page: Page, indent: number, text: string, span: Span): void {
  flush(page, indent, span.start, span.end);
  blank(page, span.start);
  const [first = "", ...rest] = text.split("\n");
  page.lines.push({ indent, text: first, gap: 0 });
  // Broken expressions bring their own indentation.
  for (const more of rest) page.lines.push({ indent: 0, text: more, gap: 0 });
  page.end = span.end;
  page.isBlockStart = false;
}

/** Writes `text {`; what follows is written deeper until `closeBlock`. */
export function openBlock(page: Page, indent: number, text: string, span: Span): void {
  write(page, indent, `${text} {`, span);
  page.isBlockStart = true;
}

/** Writes the `}` whose end is at `end`. */
export function closeBlock(page: Page, indent: number, end: number): void {
  flush(page, indent + 2, end - 1, end);
  page.lines.push({ indent, text: "}", gap: 0 });
  page.end = end;
  page.isBlockStart = false;
}

/** The finished text; ends with one newline, empty for an empty page. */
export function finishPage(page: Page): string {
  flush(page, 0, page.source.text.length, page.source.text.length);
  alignComments(page.lines);
  const lines = page.lines.map(({ indent, text, comment, gap }) => {
    const tail = comment === undefined ? "" : `${" ".repeat(gap)}${comment}`;
    return `${" ".repeat(text === "" ? 0 : indent)}${text}${tail}`;
  });
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

/** True if a blank line or a comment of its own lies between `start` and `end`, or any comment from there to `inside`. */
export function isInterrupted(page: Page, start: number, end: number, inside: number): boolean {
  const gap = page.source.text.slice(start, end);
  if (hasBlankLine(gap) || /\n\s*\/\//.test(gap)) return true;
  let [low, high] = [0, page.comments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((page.comments[middle]?.span.start ?? 0) < end) low = middle + 1;
    else high = middle;
  }
  return (page.comments[low]?.span.start ?? inside) < inside;
}

/** Writes the comments that begin before `end`; those between `start` and `end` stand inside of a statement. */
function flush(page: Page, indent: number, start: number, end: number): void {
  for (; page.nextComment < page.comments.length; page.nextComment += 1) {
    const comment = page.comments[page.nextComment];
    if (comment === undefined || comment.span.start >= end) return;
    const last = page.lines.at(-1);
    const gap = page.source.text.slice(page.end, comment.span.start);
    const isBehind = comment.span.start < start && last !== undefined && !gap.includes("\n");
    if (isBehind && last.comment === undefined && !last.text.startsWith("//")) {
      last.comment = comment.text.trimEnd();
      last.gap = Math.max(leastGap, /[ \t]*$/.exec(gap)?.[0].length ?? 0);
    } else {
      blank(page, Math.min(comment.span.start, start));
      page.lines.push({ indent, text: comment.text.trimEnd(), gap: 0 });
      page.isBlockStart = false;
    }
    page.end = Math.max(page.end, Math.min(comment.span.end, start));
  }
}

function blank(page: Page, start: number): void {
  const isWanted = hasBlankLine(page.source.text.slice(page.end, Math.max(page.end, start)));
  if (isWanted && !page.isBlockStart && page.lines.at(-1)?.text !== "") {
    page.lines.push({ indent: 0, text: "", gap: 0 });
  }
}

function hasBlankLine(text: string): boolean {
  return /\n[ \t\r\f\v]*\n/.test(text);
}

/** Comments behind consecutive lines of one block begin in one column, as far from the longest line as the nearest of them was. */
function alignComments(lines: readonly Line[]): void {
  let run: Line[] = [];
  const finish = (): void => {
    let gap = Number.POSITIVE_INFINITY;
    let widest = 0;
    for (const line of run) {
      gap = Math.min(gap, line.gap);
      widest = Math.max(widest, line.indent + line.text.length);
    }
    for (const line of run) line.gap = widest + gap - line.indent - line.text.length;
    run = [];
  };
  for (const line of lines) {
    if (run.length > 0 && (line.comment === undefined || line.indent !== run[0]?.indent)) finish();
    if (line.comment !== undefined) run.push(line);
  }
  if (run.length > 0) finish();
}
