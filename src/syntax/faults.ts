// faults.ts: what lexer and parser found wrong → diagnostics.
// In: refused text, broken tokens, parser errors. Out: diagnostics with spans.
// One mistake, one error: a parser error on a line where something else has been reported already is a consequence of
// it more often than not, and is left out.

import { describe, type ParserError } from "../../grammar/messages.ts";
import { isInserted } from "../../grammar/repair-state.ts";
import type { Lexed, Token } from "../../grammar/tokens.ts";
import { type Diagnostic, type DiagnosticParts, error } from "../diagnostics/diagnostic.ts";
import type { Source, Span } from "../diagnostics/source.ts";

const longestText = 1_000_000;

/** Why a file cannot be a spec at all: too large, or no text. */
export function unreadable(source: Source): Diagnostic | undefined {
  const { text } = source;
  if (text.length > longestText) {
    const size = `${(text.length / 1e6).toFixed(1)} million characters`;
    const span = { source, start: 0, end: 0 };
    return error("MOT1009", span, `this file is too large for a spec: ${size}`, {
      label: "at most 1 million",
    });
  }
  const first = text.search(/\0/);
  const odd = first >= 0 ? first : oddStart(text);
  if (odd < 0) return undefined;
  return error("MOT1008", { source, start: odd, end: odd + 1 }, "this is not a text file", {
    label: "no text has this byte",
    help: "a spec is a text file in UTF-8",
  });
}

/** Where a text begins that is mostly control characters or bytes that are no UTF-8; −1 for an ordinary text. */
function oddStart(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const odd = /[\u0001-\u0008\u000e-\u001f\ufffd]/g;
  const sample = text.slice(0, 4096);
  const count = sample.match(odd)?.length ?? 0;
  return count > 8 && count * 10 > sample.length ? sample.search(odd) : -1;
}

/** Text that is no token: one diagnostic per run. */
export function refusedText(source: Source, lexed: Lexed): readonly Diagnostic[] {
  const isReturn = (token: Token): boolean => token.tokenType.name === "LoneReturn";
  const firstReturn = lexed.refused.find(isReturn);
  // A file with such line ends has one at every line.
  const told = lexed.refused.filter((token) => !isReturn(token) || token === firstReturn);
  const found = told.map((token): Diagnostic => {
    const span = spanOf(source, token);
    const { message, ...parts } = refusal(token);
    return error("MOT1002", span, message, parts);
  });
  const bom = source.text.indexOf("\ufeff", 1);
  return bom < 0 ? found : found.filter((entry) => entry.at.span.end > entry.at.span.start);
}

function refusal(token: Token): DiagnosticParts & { readonly message: string } {
  const image = token.image;
  switch (token.tokenType.name) {
    case "BlockComment":
      return {
        message: "comments begin with `//` and end with the line",
        label: "not a comment",
        help: "begin every line of it with `//`",
      };
    case "HashComment":
      return {
        message: "comments begin with `//`, not with `#`",
        label: "not a comment",
        help: "write `//` instead of `#`",
      };
    case "SquareBrackets":
      return {
        message: "the language has no `[ ]`",
        label: "not read",
        help: "pairs and groups stand in `( )`, blocks and records in `{ }`",
      };
    case "LoneReturn":
      return {
        message: "a carriage return without a line feed",
        label: "here",
        help: "save the file with ordinary line ends",
      };
    default:
      return unknown(image);
  }
}

const advices: readonly (readonly [RegExp, string])[] = [
  [/^[\p{Z}\p{Cf}]/u, "it cannot be told from an ordinary space, or from nothing; remove it"],
  [/^;+$/, "statements need no separator; remove it"],
  [/^\[/, "pairs and groups stand in `( )`, blocks and records in `{ }`"],
  [/^\]/, "pairs and groups stand in `( )`, blocks and records in `{ }`"],
  [/^[\^@%]/, "the operators are `+`, `-`, `*` and `/`"],
  [/^[×·⋅∗]/, "multiply with `*`"],
  [/^[−–—]/, "the minus sign is `-`"],
  [/^[>!<&|]/, "there are no comparisons and no conditions in a spec"],
  [/^…|^\.+$/, "a name has no dots, and nothing can be left out"],
  [/^\p{L}/u, "names are made of the letters a to z and A to Z, digits and `_`"],
];

function unknown(image: string): DiagnosticParts & { readonly message: string } {
  const characters = [...image];
  const shown = clip(characters.map(visible).join(""));
  const plural = characters.length > 1 ? "these characters are" : "this character is";
  const help = advices.find(([pattern]) => pattern.test(image))?.[1];
  return { message: `${plural} not part of the language: \`${shown}\``, label: "unknown", help };
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return /[\p{C}\p{Z}]/u.test(character)
    ? `U+${code.toString(16).toUpperCase().padStart(4, "0")}`
    : character;
}

/** Numbers and texts that look like one and cannot be read. */
export function brokenTokens(source: Source, lexed: Lexed): readonly Diagnostic[] {
  return lexed.tokens.flatMap((token) => {
    const span = spanOf(source, token);
    switch (token.tokenType.name) {
      case "BadNumber":
        return [
          error("MOT1004", span, `\`${clip(token.image)}\` is not a number`, {
            label: "cannot be read",
            help: numberHelp(token.image),
          }),
        ];
      case "NumberLiteral":
        return Number.isFinite(Number(token.image.replaceAll("_", "")))
          ? []
          : [
              error("MOT1004", span, `\`${clip(token.image)}\` is too large for a number`, {
                label: "larger than 1.8e308",
              }),
            ];
      case "QuotedText": {
        const help = `write \`"${clip(token.image.slice(1, -1))}"\``;
        return [error("MOT1002", span, 'texts stand between `"` and `"`', { label: "other quotes", help })];
      }
      case "UnterminatedText":
        return [
          error("MOT1003", span, "this text has no end", {
            label: 'no `"` follows on this line',
            help: 'end it with `"`',
          }),
        ];
      case "Text":
        return badEscapes(source, token);
      default:
        return [];
    }
  });
}

function numberHelp(image: string): string {
  const letters = image.match(/^(\d[\d_]*(?:\.\d+)?)[A-Za-z_]+$/);
  if (letters?.[1] !== undefined) return `numbers have no unit: write \`${letters[1]}\``;
  const point = image.match(/^(\d*)\.(\d*)$/);
  if (point) return `write \`${point[1] || "0"}.${point[2] || "0"}\``;
  return "numbers are written `64`, `1_000`, `0.95` or `1e-3`";
}

function badEscapes(source: Source, token: Token): readonly Diagnostic[] {
  return [...token.image.matchAll(/\\(.)/gu)]
    .filter(([, letter]) => !'"\\nt'.includes(letter ?? ""))
    .map((match) => {
      const start = token.startOffset + match.index;
      const span = { source, start, end: start + match[0].length };
      return error("MOT1015", span, `a text has no escape \`${match[0]}\``, {
        label: "unknown escape",
        help: 'the escapes are `\\"`, `\\\\`, `\\n` and `\\t`; in a path write `/`',
      });
    });
}

/** The lines on which something has been reported already. */
export type Explained = { readonly has: (offset: number) => boolean; readonly add: (offset: number) => void };

export function explainedLines(source: Source, lexed: Lexed, early: readonly Diagnostic[]): Explained {
  const newlines = [...source.text.matchAll(/\n/g)].map((match) => match.index);
  const lineOf = (offset: number): number => {
    let [low, high] = [0, newlines.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((newlines[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const lines = new Set([
    ...early.map((diagnostic) => lineOf(diagnostic.at.span.start)),
    ...lexed.refused.map((token) => lineOf(token.startOffset)),
  ]);
  return { has: (offset) => lines.has(lineOf(offset)), add: (offset) => lines.add(lineOf(offset)) };
}

/** What the parser did not understand, at most once per line, and not where the line is explained already. */
export function parserErrors(
  source: Source,
  errors: readonly ParserError[],
  tokens: readonly Token[],
  explained: Explained,
): readonly Diagnostic[] {
  const indices = new Map(tokens.map((token, index) => [token, index]));
  const end = tokens.at(-1);
  return errors.flatMap((parserError) => {
    const { token } = parserError;
    if (isInserted(token)) return [];
    const index = indices.get(token);
    const span = index === undefined ? afterLast(source, end) : spanOf(source, token);
    if (explained.has(span.start)) return [];
    explained.add(span.start);
    const { message, label, help } = describe(parserError, index === undefined ? end : tokens[index - 1]);
    return [error("MOT1001", span, message, { label, help })];
  });
}

function afterLast(source: Source, last: Token | undefined): Span {
  const offset = last === undefined ? source.text.length : (last.endOffset ?? last.startOffset) + 1;
  return { source, start: offset, end: offset };
}

function spanOf(source: Source, token: Token): Span {
  return { source, start: token.startOffset, end: (token.endOffset ?? token.startOffset) + 1 };
}

function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
