// codes.ts: every diagnostic code with a title, an explanation and a failing example: the table behind
// `motley explain`. 1xxx syntax, 2xxx names and widths, 3xxx training setup and data, 4xxx target limits,
// 5xxx command line. In: nothing. Out: plain data. Each example yields exactly its own code; a test makes sure.

import { checkCodes } from "./codes-check.ts";
import { commandCodes } from "./codes-command.ts";
import { syntaxCodes } from "./codes-syntax.ts";

export type CodeEntry = {
  readonly title: string;
  readonly explanation: string;
  /** A small spec that fails with this code; empty for codes that no text can show. */
  readonly example: string;
};

export type Code = keyof typeof syntaxCodes | keyof typeof checkCodes | keyof typeof commandCodes;

export const codes: ReadonlyMap<string, CodeEntry> = new Map<string, CodeEntry>([
  ...Object.entries(syntaxCodes),
  ...Object.entries(checkCodes),
  ...Object.entries(commandCodes),
]);

/** The page that `motley explain CODE` prints, or nothing where there is no such code (case does not matter). */
export function explain(code: string): string | undefined {
  const wanted = code.trim().toUpperCase();
  const name = /^\d+$/.test(wanted) ? `MOT${wanted}` : wanted;
  const entry = codes.get(name);
  if (entry === undefined) return undefined;
  const heading = `${name}: ${entry.title}`;
  const example = entry.example.trimEnd().split("\n");
  const shown =
    entry.example === ""
      ? ""
      : `\nThis fails with it:\n\n${example.map((line) => `    ${line}`.trimEnd()).join("\n")}\n`;
  return `${heading}\n\n${wrap(entry.explanation, 90)}\n${shown}`;
}

function wrap(text: string, columns: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}
