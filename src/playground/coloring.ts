// coloring.ts: which parts of a text are shown in which colour.
// In: a spec, or a line of what the compiler prints. Out: pieces of it by kind, in order; what is in none stays plain.
// Specs are cut by the language's own lexer, so that the colours never tell another story than the parser does.

import { lex } from "../browser.ts";

/** Named after what they are in a spec; style.css gives each a colour. */
export type Kind = "comment" | "keyword" | "name" | "call" | "number" | "text" | "path";

export type Piece = { readonly start: number; readonly end: number; readonly kind: Kind };

const keywords = new Set([
  ...["Import", "Model", "Layer", "Const", "Modality", "Per", "Repeat", "Return", "Objective", "Variant"],
  ...["Train", "Compare", "As", "Share", "Between", "Experts", "For", "By", "Top", "Balance", "Freeze"],
]);
/** What follows them is being named. */
const naming = new Set(["Model", "Layer", "Const", "Modality", "Variant", "As"]);
const literals: Readonly<Record<string, Kind>> = {
  NumberLiteral: "number",
  BadNumber: "number",
  Text: "text",
  UnterminatedText: "text",
  QuotedText: "text",
  Path: "path",
};

export function colorSpec(text: string): readonly Piece[] {
  const { tokens, comments } = lex(text);
  const pieces = tokens.flatMap((token, i): readonly Piece[] => {
    const kind = kindOf(
      token.tokenType.name,
      tokens[i - 1]?.tokenType.name ?? "",
      tokens[i + 1]?.tokenType.name ?? "",
    );
    return kind === undefined ? [] : [{ ...rangeOf(token), kind }];
  });
  const remarks = comments.map((comment): Piece => ({ ...rangeOf(comment), kind: "comment" }));
  return [...pieces, ...remarks].sort((a, b) => a.start - b.start);
}

function rangeOf({ startOffset, image }: { readonly startOffset: number; readonly image: string }) {
  return { start: startOffset, end: startOffset + image.length };
}

function kindOf(name: string, before: string, after: string): Kind | undefined {
  if (keywords.has(name)) return "keyword";
  if (name !== "Name") return literals[name];
  if (naming.has(before)) return "name";
  return after === "LeftParen" ? "call" : undefined;
}

export type Language = "wgsl" | "wat" | "stage";

/** By kind, in the order they are tried at each place; no groups inside. */
const patterns: Readonly<Record<Language, readonly (readonly [Kind, RegExp])[]>> = {
  wgsl: [
    ["comment", /\/\/.*/],
    ["name", /@\w+/],
    [
      "keyword",
      /\b(?:fn|let|var|const|if|else|for|while|loop|return|break|continue|struct|alias|enable|switch|case|default)\b/,
    ],
    [
      "path",
      /\b(?:f32|f16|i32|u32|bool|vec[234][fhiu]?|array|ptr|workgroup|storage|uniform|function|private|read_write|read)\b/,
    ],
    ["call", /\b[A-Za-z_]\w*(?=\()/],
    ["number", /\b(?:0x[\da-f]+|\d+(?:\.\d*)?(?:e[+-]?\d+)?)[fhiu]?\b/],
  ],
  wat: [
    ["comment", /;;.*|\(;.*?;\)/],
    ["text", /"[^"]*"/],
    ["name", /\$[\w.$]+/],
    ["path", /\b(?:i32|i64|f32|f64|v128|i8x16|i16x8|i32x4|f32x4)(?![.\w])/],
    [
      "keyword",
      /\b(?:func|param|result|local|global|block|loop|if|then|else|end|module|import|export|memory|table|elem|type|mut)\b/,
    ],
    ["call", /\b[a-z]\w*\.[\w.]+|\b(?:call|br|br_if|return|drop|select|call_indirect)\b/],
    ["number", /(?<![\w.])[+-]?(?:0x[\da-f.]+(?:p[+-]?\d+)?|\d+(?:\.\d*)?(?:e[+-]?\d+)?|inf|nan)\b/],
  ],
  stage: [
    ["comment", /#.*|\bstops at .*/],
    ["number", /@\d+(?::\d+)?/],
    ["path", /\b(?:f32|i32)\[[^\]]*\]|\{[^}]*\}/],
    ["name", /[%$][\w.+]+|\bk\d\d_\w+|\bb\d+(?:\+\d+)?\b/],
    [
      "keyword",
      /^\s*(?:param|input|group|kernel|launch|buffer|rows|tasks|forward|backward|update|prepare|return|model|modality|const|objective|train|graph)\b/,
    ],
    ["call", /(?<== )[a-z_]+/],
  ],
};

const compiled = new Map<Language, RegExp>();

function patternOf(language: Language): RegExp {
  const known = compiled.get(language);
  if (known !== undefined) return known;
  const made = new RegExp(patterns[language].map(([, { source }]) => `(${source})`).join("|"), "g");
  compiled.set(language, made);
  return made;
}

/** One line of code or of a stage's text. */
export function colorLine(line: string, language: Language): readonly Piece[] {
  return [...line.matchAll(patternOf(language))].flatMap((match): readonly Piece[] => {
    const index = match.slice(1).findIndex((group) => group !== undefined);
    const kind = patterns[language][index]?.[0];
    return kind === undefined ? [] : [{ start: match.index, end: match.index + match[0].length, kind }];
  });
}

/** The nodes of one line, coloured; pieces are relative to the line. */
export function coloredLine(line: string, pieces: readonly Piece[]): readonly (Node | string)[] {
  const nodes: (Node | string)[] = [];
  let at = 0;
  for (const { start, end, kind } of pieces) {
    if (start > at) nodes.push(line.slice(at, start));
    const span = document.createElement("span");
    span.className = `c-${kind}`;
    span.textContent = line.slice(Math.max(at, start), end);
    nodes.push(span);
    at = end;
  }
  if (at < line.length) nodes.push(line.slice(at));
  return nodes;
}
