// check.ts: `motley check`, `motley fmt` and `motley explain`: what concerns the text of a spec and nothing else.
// In: files. Out: diagnostics, formatted files, explanations.

import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { codes, explain, format, hasErrors, suggest, toJson } from "../index.ts";
import { exitCodes, Failure } from "./failure.ts";
import { say, sayJson, showDiagnostics, showError } from "./output.ts";
import { checkFile, readSource } from "./spec.ts";

/** Checks every file; all are looked at, whatever is wrong with the first. */
export function checkCommand(files: readonly string[], options: { readonly json?: boolean }): number {
  const all = [];
  let failed = false;
  for (const file of files) {
    try {
      const { diagnostics, variants, models } = checkFile(file);
      all.push(...diagnostics.map(toJson));
      failed ||= hasErrors(diagnostics);
      if (options.json) continue;
      showDiagnostics(diagnostics);
      if (!hasErrors(diagnostics)) say(`${file}: ${summary([...models.keys()], variants)}`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failed = true;
      all.push(unreadable(file, error));
      if (!options.json) showError(error.message, error.help);
    }
  }
  if (options.json) sayJson({ diagnostics: all });
  return failed ? exitCodes.failed : exitCodes.fine;
}

function summary(models: readonly string[], variants: readonly string[]): string {
  if (models.length === 0) return "fine, layers only";
  return variants.length > 1 ? `fine, variants ${variants.join(", ")}` : "fine";
}

/** A file that cannot be read has no text to point into; its code belongs to the command line (5xxx). */
function unreadable(file: string, { message, help }: Failure): ReturnType<typeof toJson> {
  const start = { line: 1, column: 1 };
  return {
    code: "MOT5001",
    severity: "error",
    message,
    file,
    start,
    end: start,
    labels: [],
    note: null,
    help: help ?? null,
  };
}

/** Formats files in place, or says which would change. Files with syntax errors stay as they are. */
export function fmtCommand(files: readonly string[], options: { readonly check?: boolean }): number {
  let failed = false;
  for (const file of files) {
    const source = readSource(file);
    const { text, diagnostics } = format(source);
    if (hasErrors(diagnostics)) {
      showDiagnostics(diagnostics);
      failed = true;
    } else if (text !== source.text) {
      if (options.check) failed = true;
      else replaceFile(file, text);
      say(options.check ? `${file} is not formatted` : `${file} formatted`);
    }
  }
  return failed ? exitCodes.failed : exitCodes.fine;
}

/** A reader sees the old file or the new one, and its mode stays. */
function replaceFile(file: string, text: string): void {
  const { mode } = statSync(file);
  const partial = `${file}.partial`;
  try {
    writeFileSync(partial, text, { mode });
    renameSync(partial, file);
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Prints the page of a code. */
export function explainCommand(code: string): number {
  const page = explain(code);
  if (page === undefined) {
    const near = suggest(code.toUpperCase(), codes.keys());
    const known = [...codes.keys()];
    const help =
      near.length > 0 ? `did you mean ${near.join(", ")}?` : `codes run from ${known[0]} to ${known.at(-1)}`;
    throw new Failure(`there is no code \`${code}\``, help);
  }
  say(page.trimEnd());
  return exitCodes.fine;
}
