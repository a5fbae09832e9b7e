// case-file.ts: Markdown files that hold a small program and what the stages make of it.
// A case is a title (`# …`), lines `key: value`, and sections `## name` with one fenced block each:
//   ## source       the program                    ## diagnostics   what is printed about it
// `expectSection` compares one section; with MOTLEY_BLESS=1 it rewrites the file instead. Reviewers read the diff.
// A line `escapes: yes` means that \uXXXX in the source stands for that character (control characters, line ends).

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "vitest";

export type CaseFile = {
  readonly path: string;
  /** The file's name without `.md`. */
  readonly name: string;
  readonly title: string;
  readonly keys: ReadonlyMap<string, string>;
  /** Section name → content of its block, with a final newline unless empty. */
  readonly sections: ReadonlyMap<string, string>;
};

const isBlessing = process.env.MOTLEY_BLESS === "1";

/** Every `.md` file of a folder of test/cases, by name; `startsWith` keeps those whose name begins so. */
export function readCases(folder: string, startsWith = ""): readonly CaseFile[] {
  const root = join(import.meta.dirname, "..", "cases", folder);
  const names = readdirSync(root).filter((name) => name.endsWith(".md") && name.startsWith(startsWith));
  return names.sort().map((name) => readCase(join(root, name)));
}

export function readCase(path: string): CaseFile {
  const text = readFileSync(path, "utf8");
  const head = text.split(/^## /m)[0] ?? "";
  const title = /^# (.*)$/m.exec(head)?.[1] ?? "";
  const keys = new Map(
    [...head.matchAll(/^([a-z]+): (.*)$/gm)].map((match) => [match[1] ?? "", match[2] ?? ""]),
  );
  const sections = new Map<string, string>();
  for (const match of text.matchAll(sectionPattern)) sections.set(match[1] ?? "", match[3] ?? "");
  return { path, name: basename(path, ".md"), title, keys, sections };
}

/** The program of a case. */
export function sourceOf(entry: CaseFile): string {
  const source = entry.sections.get("source") ?? "";
  if (entry.keys.get("escapes") !== "yes") return source;
  return source.replace(/\\u([0-9a-fA-F]{4})/g, (_escape, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** Fails with a diff if the section says something else; with MOTLEY_BLESS=1 it makes the section say this. */
export function expectSection(entry: CaseFile, section: string, actual: string): void {
  const wanted = actual === "" || actual.endsWith("\n") ? actual : `${actual}\n`;
  if (isBlessing) bless(entry.path, section, wanted);
  else
    expect(wanted, `section "${section}" of ${entry.path}; to accept: npm run bless`).toBe(
      entry.sections.get(section),
    );
}

// A fence of three or more backticks, closed by the same fence.
const sectionPattern = /^## (\S+)\n\n?(`{3,})[a-z]*\n([\s\S]*?)^\2$/gm;

function bless(path: string, section: string, content: string): void {
  const text = readFileSync(path, "utf8");
  const longest = Math.max(2, ...[...content.matchAll(/`{3,}/g)].map((match) => match[0].length));
  const fence = "`".repeat(longest + 1);
  const block = `## ${section}\n\n${fence}\n${content}${fence}`;
  const old = [...text.matchAll(sectionPattern)].find((match) => match[1] === section);
  const blessed =
    old === undefined
      ? `${text.trimEnd()}\n\n${block}\n`
      : text.slice(0, old.index) + block + text.slice(old.index + old[0].length);
  if (blessed !== text) writeFileSync(path, blessed);
}
