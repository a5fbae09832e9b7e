// sources.ts: the sources as the architecture test sees them.
// In: the repository. Out: per file its path, imports, comments, strings and bare code, each with its line.
// A small scanner splits text into code, comments, strings and patterns; that is all the rules need, and no
// compiler's programming interface has to be depended on.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** `code` keeps the text's length and lines, with blanks in place of comments, and of what stands inside quotes. */
export type SourceFile = {
  readonly path: string;
  readonly text: string;
  readonly code: string;
  readonly comments: string;
  readonly strings: string;
  /** Files as paths from the root, packages as written. */
  readonly imports: readonly string[];
};

/** The files below `folder` whose names end in `ending`, sorted, as paths from the root; installed packages are not ours. */
export function listFiles(folder: string, ending: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name).replaceAll("\\", "/"))
    .filter((path) => path.endsWith(ending) && !path.includes("/node_modules/"))
    .sort();
}

export function readText(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

export function readSource(path: string): SourceFile {
  return describeSource(path, readText(path));
}

/** The same for a text that is in no file, so that the rules themselves can be tested. */
export function describeSource(path: string, text: string): SourceFile {
  const { code, comments, strings } = split(text);
  return { path, text, code, comments, strings, imports: findImports(path, code, text) };
}

function findImports(path: string, code: string, text: string): readonly string[] {
  const found: string[] = [];
  // Quotes are still in `code`, what they hold is not: so a match's place says where to read in `text`.
  for (const match of code.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*(["'])\s*\1/g)) {
    const open = match.index + match[0].indexOf(match[1] ?? '"');
    const target = text.slice(open + 1, match.index + match[0].length - 1);
    found.push(
      target.startsWith(".") ? normalize(join(dirname(path), target)).replaceAll("\\", "/") : target,
    );
  }
  return found;
}

type Kind = "code" | "comment" | "string";

/** Splits a text by kind. Each result has the text's length: other kinds' characters are blanks, lines stay. */
function split(text: string): { code: string; comments: string; strings: string } {
  const kinds = classify(text);
  const only = (kind: Kind) =>
    Array.from(kinds, (each, i) => (each === kind || text[i] === "\n" ? text[i] : " ")).join("");
  return { code: only("code"), comments: only("comment"), strings: only("string") };
}

/** One kind per UTF-16 unit of `text`; quotes and the delimiters of patterns count as code. */
function classify(text: string): readonly Kind[] {
  const kinds: Kind[] = [];
  const take = (end: number, kind: Kind) => {
    while (kinds.length < Math.min(end, text.length)) kinds.push(kind);
  };
  // How many braces are open inside each `${` of a template that we are inside of.
  const templates: number[] = [];
  const template = () => {
    const end = scan(text, kinds.length, (at) => text[at] === "`" || text.startsWith("${", at));
    take(end, "string");
    if (text[end] === "$") templates.push(0);
    take(end + (text[end] === "$" ? 2 : 1), "code");
  };

  while (kinds.length < text.length) {
    const at = kinds.length;
    const two = text.slice(at, at + 2);
    const one = two[0] ?? "";
    if (two === "//") take(endOf(text, "\n", at), "comment");
    else if (two === "/*") take(endOf(text, "*/", at + 2) + 2, "comment");
    else if (one === '"' || one === "'") quoted(text, one, take, at);
    else if (one === "/" && startsPattern(text, kinds, at)) pattern(text, take, at);
    else {
      take(at + 1, "code");
      const inner = templates.length - 1;
      if (one === "`") template();
      else if (inner >= 0 && one === "{") templates[inner] = (templates[inner] ?? 0) + 1;
      else if (inner >= 0 && one === "}") {
        if (templates[inner] === 0) {
          templates.pop();
          template();
        } else templates[inner] = (templates[inner] ?? 0) - 1;
      }
    }
  }
  return kinds;
}

type Take = (end: number, kind: Kind) => void;

function quoted(text: string, quote: string, take: Take, at: number): void {
  const end = scan(text, at + 1, (i) => text[i] === quote || text[i] === "\n");
  take(at + 1, "code");
  take(end, "string");
  take(end + 1, "code");
}

function pattern(text: string, take: Take, at: number): void {
  let isInClass = false;
  const end = scan(text, at + 1, (i) => {
    if (text[i] === "[") isInClass = true;
    if (text[i] === "]") isInClass = false;
    return (text[i] === "/" && !isInClass) || text[i] === "\n";
  });
  take(at + 1, "code");
  take(end, "string");
  take(end + 1, "code");
}

/** A slash divides after a value; anywhere else it opens a pattern. */
function startsPattern(text: string, kinds: readonly Kind[], at: number): boolean {
  let i = at - 1;
  while (i >= 0 && (kinds[i] === "comment" || /\s/.test(text[i] ?? ""))) i -= 1;
  const before = text.slice(0, i + 1);
  return !/[\w$)\]}"'`]$/.test(before.slice(-1)) || /\b(?:return|typeof|case|of|in)$/.test(before.slice(-8));
}

/** The first place from `at` on, escaped characters skipped, where `isEnd` holds; else the end of the text. */
function scan(text: string, at: number, isEnd: (at: number) => boolean): number {
  let i = at;
  while (i < text.length && !isEnd(i)) i += text[i] === "\\" ? 2 : 1;
  return Math.min(i, text.length);
}

function endOf(text: string, word: string, at: number): number {
  const found = text.indexOf(word, at);
  return found < 0 ? text.length : found;
}
