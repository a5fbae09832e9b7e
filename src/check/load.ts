// load.ts: a source with its imports → checked models: the front of the checker.
// In: the main source and a callback that reads paths (reading is the caller's business). Out: models, diagnostics.
// Idea: a path is resolved relative to the importing file, and its name is its identity: each file is read once.

import { type Diagnostic, error, hasErrors } from "../diagnostics/diagnostic.ts";
import type { Source, Span } from "../diagnostics/source.ts";
import type { File } from "../syntax/ast.ts";
import { parse } from "../syntax/build.ts";
import { type Checked, type CheckedAll, type CheckOptions, check, checkAll } from "./check.ts";
import { inTextOrder } from "./report.ts";

/** The text of a path relative to the main file's folder or absolute; nothing where it cannot be read. */
export type Read = (path: string) => Source | undefined;

export type Loaded = { readonly files: readonly File[]; readonly diagnostics: readonly Diagnostic[] };

/** Parses a file with its imports and checks one variant of its model. */
export function checkSource(main: Source, read: Read, options: CheckOptions = {}): Checked {
  const { files, diagnostics } = load(main, read);
  return behindSyntax(diagnostics, check(files, options), ({ model: _, ...rest }) => rest);
}

/** Parses a file with its imports and checks its model under every variant. */
export function checkAllSource(main: Source, read: Read): CheckedAll {
  const { files, diagnostics } = load(main, read);
  return behindSyntax(diagnostics, checkAll(files), (all) => ({ ...all, models: new Map() }));
}

const importLimit = 200;
/** Nobody reads more; finding the line of each in a file of nothing but mistakes would take minutes. */
const mostDiagnostics = 200;

/** Parses the main file and, depth first, what it imports. */
export function load(main: Source, read: Read): Loaded {
  const files: File[] = [];
  const diagnostics: Diagnostic[] = [];
  const done = new Set<string>();
  const open: { readonly name: string; readonly by: Span | undefined }[] = [];

  const visit = (source: Source, by: Span | undefined): void => {
    open.push({ name: normalizePath(source.name), by });
    const { file, diagnostics: found } = parse(source);
    diagnostics.push(...found);
    for (const item of file.items)
      if (item.kind === "import") follow(source, item.path.value, item.path.span);
    open.pop();
    done.add(normalizePath(source.name));
    files.push(file);
  };

  const follow = (importer: Source, written: string, span: Span): void => {
    const path = resolvePath(importer.name, written);
    const start = open.findIndex((each) => each.name === path);
    if (start >= 0) {
      const chain = open.slice(start + 1).flatMap(({ by }) => (by === undefined ? [] : [by]));
      const message =
        start === open.length - 1 ? `"${written}" imports itself` : `"${written}" is already being imported`;
      const also = chain.map((each) => ({ span: each, text: "through this import" }));
      diagnostics.push(
        error("MOT2026", span, message, { also, note: "imports cannot go round in a circle" }),
      );
      return;
    }
    if (done.has(path)) return;
    const isTooMany = done.size + open.length >= importLimit;
    const source = isTooMany ? undefined : read(path);
    if (source !== undefined) {
      visit({ ...source, name: path }, span);
      return;
    }
    const message = isTooMany ? `more than ${importLimit} files are imported` : `"${written}" cannot be read`;
    done.add(path);
    diagnostics.push(
      error("MOT2025", span, message, {
        ...(isTooMany
          ? {}
          : {
              label: `looked for ${path === "" ? "." : path}`,
              note: "a path is relative to the file that imports it",
            }),
      }),
    );
  };

  visit(main, undefined);
  return { files, diagnostics };
}

/** `resolvePath("models/main.mot", "../blocks.mot")` is `"blocks.mot"`. Paths are written with `/`. */
export function resolvePath(importer: string, written: string): string {
  if (isAbsolute(written)) return normalizePath(written);
  const folder = normalizePath(importer).split("/").slice(0, -1).join("/");
  if (folder === "") return normalizePath(importer.startsWith("/") ? `/${written}` : written);
  return normalizePath(`${folder}/${written}`);
}

function isAbsolute(path: string): boolean {
  return path.startsWith("/") || path.startsWith("\\") || /^[A-Za-z]:[\\/]/.test(path);
}

function normalizePath(path: string): string {
  const slashed = path.replaceAll("\\", "/");
  const root = slashed.startsWith("/") ? "/" : "";
  const parts: string[] = [];
  for (const part of slashed.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== ".." || root === "") parts.push(part);
  }
  return root + parts.join("/");
}

/** Codes that a statement left out by the parser would cause; they are not reported beside syntax errors. */
const consequences: ReadonlySet<string> = new Set([
  ...["MOT2001", "MOT2002", "MOT2016", "MOT2018", "MOT2019", "MOT2021", "MOT2028", "MOT2030", "MOT2031"],
  ...["MOT2033", "MOT2037", "MOT3002", "MOT3005", "MOT3006"],
]);

function behindSyntax<T extends { readonly diagnostics: readonly Diagnostic[] }>(
  syntax: readonly Diagnostic[],
  checked: T,
  withoutModel: (checked: T) => T,
): T {
  const isBroken = hasErrors(syntax);
  const own = isBroken
    ? checked.diagnostics.filter(({ code }) => !consequences.has(code))
    : checked.diagnostics;
  const diagnostics = inTextOrder([...syntax, ...own]).slice(0, mostDiagnostics);
  return { ...(isBroken ? withoutModel(checked) : checked), diagnostics };
}
