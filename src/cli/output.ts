// output.ts: where words go: results to stdout, everything else to stderr.
// In: text. Out: text on a stream, coloured only for a terminal.
// With --json stdout carries one document and nothing else, so a command never writes to `process.stdout` itself.

import { styleText } from "node:util";
import { type Diagnostic, renderDiagnostics } from "../index.ts";

type Style = Parameters<typeof styleText>[0];

/** Writes a result; a newline is added. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Writes one JSON document. */
export function sayJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Writes a message about the work, not its result. */
export function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Shows diagnostics with their source lines. */
export function showDiagnostics(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length > 0)
    process.stderr.write(renderDiagnostics(diagnostics, { color: hasColor(process.stderr) }));
}

/** `error: …` and what to do about it. */
export function showError(message: string, help?: string): void {
  tell(`${style("red", "error")}: ${message}`);
  if (help !== undefined) tell(`${style("cyan", "help")}: ${help}`);
}

export function style(format: Style, text: string, stream: NodeJS.WriteStream = process.stderr): string {
  return hasColor(stream) ? styleText(format, text, { validateStream: false }) : text;
}

export function hasColor(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && stream.hasColors();
}

/** Whether a person watches: then there is a picture to redraw, else lines to read later. */
export function isWatched(): boolean {
  return process.stderr.isTTY === true && process.env.TERM !== "dumb";
}
