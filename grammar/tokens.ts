// tokens.ts: every token of the language, in the order the lexer tries them, and `lex`.
// In: text. Out: tokens with offsets, comments, and the stretches of text that are no token.
// Nothing fails here: what the language does not use becomes a `refused` token, a number or text that is broken
// becomes a token of its own kind that still counts as a number or text, so that the parser can go on.
// Labels are how messages and mot.ebnf name a token.

import { type CustomPatternMatcherReturn, createToken, type IToken, Lexer, type TokenType } from "chevrotain";

/** So that the stages after the parser need not know Chevrotain. */
export type Token = IToken;

/** Letters, digits and _; ASCII, because names become tensor names, file names and identifiers of other languages. */
export const Name = createToken({ name: "Name", pattern: /[A-Za-z_][A-Za-z0-9_]*/, label: "a name" });

/**
 * A name that begins a statement: `repair` sorts these out, the lexer never makes one. Without it the parser could
 * not tell, after a mistake, where the next statement begins.
 */
export const StatementName = createToken({
  name: "StatementName",
  pattern: Lexer.NA,
  categories: [Name],
  label: "a statement",
});

/** Words that cannot be names: each begins a statement, or (`as`) ends an operand. */
const reserved = (word: string, name: string): TokenType =>
  createToken({ name, pattern: new RegExp(word), longer_alt: Name, label: `\`${word}\`` });
export const Import = reserved("import", "Import");
export const Model = reserved("model", "Model");
export const Layer = reserved("layer", "Layer");
export const Const = reserved("const", "Const");
export const Modality = reserved("modality", "Modality");
export const Per = reserved("per", "Per");
export const Repeat = reserved("repeat", "Repeat");
export const Return = reserved("return", "Return");
export const Objective = reserved("objective", "Objective");
export const Variant = reserved("variant", "Variant");
export const Train = reserved("train", "Train");
export const Compare = reserved("compare", "Compare");
export const As = reserved("as", "As");

/** Words that mean something in one place only and are names everywhere: their category is Name. */
const contextual = (word: string, name: string): TokenType =>
  createToken({
    name,
    pattern: new RegExp(word),
    longer_alt: Name,
    categories: [Name],
    label: `\`${word}\``,
  });
export const Share = contextual("share", "Share");
export const Between = contextual("between", "Between");
export const Experts = contextual("experts", "Experts");
export const For = contextual("for", "For");
export const By = contextual("by", "By");
export const Top = contextual("top", "Top");
export const Balance = contextual("balance", "Balance");
export const Freeze = contextual("freeze", "Freeze");

/** `block.*.ffn.image+speech.gate`: a parameter path, the only place where a dot follows a name. */
export const Path = createToken({
  name: "Path",
  pattern: /(?:[A-Za-z_*][A-Za-z0-9_*]*)(?:\.[A-Za-z0-9_*+]+)+/,
  label: "a parameter path",
  line_breaks: false,
});

const hyphenated = /[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z_][A-Za-z0-9_]*)+/y;
/** `spoken-icons` after the word `data`, the only place where a `-` belongs to a name; anywhere else it subtracts. */
export const DataName = createToken({
  name: "DataName",
  pattern: (text: string, offset: number, before: readonly IToken[]) => {
    if (before.at(-1)?.image !== "data") return null;
    hyphenated.lastIndex = offset;
    return hyphenated.exec(text) as CustomPatternMatcherReturn | null;
  },
  label: "a name of data",
  line_breaks: false,
});

export const NumberLiteral = createToken({
  name: "NumberLiteral",
  pattern: /\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?(?:[eE][+-]?\d+)?(?![A-Za-z0-9_.])/,
  label: "a number",
});
/** Begins like a number and is none: `64px`, `1.`, `.5`, `0x10`, `1__0`. */
export const BadNumber = createToken({
  name: "BadNumber",
  pattern: /\.?\d(?:[A-Za-z0-9_.]|(?<=\d[eE])[+-])*/,
  categories: [NumberLiteral],
  line_breaks: false,
});

export const Text = createToken({
  name: "Text",
  pattern: /"(?:[^"\\\r\n]|\\[^\r\n])*"/,
  label: 'a text in `"…"`',
});
export const UnterminatedText = createToken({
  name: "UnterminatedText",
  pattern: /"(?:[^"\\\r\n]|\\[^\r\n])*\\?/,
  categories: [Text],
});
/** A text in other quotes than the language's. */
export const QuotedText = createToken({
  name: "QuotedText",
  pattern: /['`‘’“”«»][^'`‘’“”«»"\r\n]*['`‘’“”«»]/,
  categories: [Text],
});

const sign = (name: string, spelling: string): TokenType =>
  createToken({ name, pattern: spelling, label: `\`${spelling}\`` });
export const LeftBrace = sign("LeftBrace", "{");
export const RightBrace = sign("RightBrace", "}");
export const LeftParen = sign("LeftParen", "(");
export const RightParen = sign("RightParen", ")");
export const Comma = sign("Comma", ",");
export const Colon = sign("Colon", ":");
export const PlusEquals = sign("PlusEquals", "+=");
/** Not in the language; read as one sign so that the message can say what to write. */
export const OtherAssign = createToken({ name: "OtherAssign", pattern: /[-*/]=/ });
export const Equals = sign("Equals", "=");
export const Plus = sign("Plus", "+");
export const Minus = sign("Minus", "-");
export const Star = sign("Star", "*");
export const Slash = sign("Slash", "/");

/** A byte order mark counts as whitespace at the start of the text only; `lex` sees to that. */
const Whitespace = createToken({
  name: "Whitespace",
  pattern: /(?:[ \t\f\v\n]|\r\n)+/,
  group: Lexer.SKIPPED,
  line_breaks: true,
});
export const Comment = createToken({ name: "Comment", pattern: /\/\/[^\r\n]*/, group: "comments" });

/** Text that is no token, in runs as long as possible; the kind picks the message. */
const refused = (name: string, pattern: RegExp): TokenType =>
  createToken({ name, pattern, group: "refused", line_breaks: true });
export const BlockComment = refused("BlockComment", /\/\*(?:[\s\S]*?\*\/|[^\r\n]*)/);
export const HashComment = refused("HashComment", /#[^\r\n]*/);
export const SquareBrackets = refused("SquareBrackets", /\[[^\]\r\n]*\]/);
export const LoneReturn = refused("LoneReturn", /\r(?:(?!\r\n)\r)*/);
export const Unknown = refused("Unknown", /(?:[^\sA-Za-z0-9_"#={}()+\-*/:,.\r]|\.(?!\d)|[^\S \t\f\v\n\r])+/);

export const reservedWords = [
  Import,
  Model,
  Layer,
  Const,
  Modality,
  Per,
  Repeat,
  Return,
  Objective,
  Variant,
  Train,
  Compare,
  As,
] as const;
const contextualWords = [Share, Between, Experts, For, By, Top, Balance, Freeze] as const;

/** In lexer order. */
export const tokens: readonly TokenType[] = [
  Whitespace,
  // Comments before `/`.
  Comment,
  BlockComment,
  HashComment,
  // A path begins like a name or like `*`; so does the name of a data set.
  DataName,
  Path,
  // Words before names: `longer_alt` keeps `repeated` a name.
  ...reservedWords,
  ...contextualWords,
  Name,
  StatementName,
  // Whole numbers before broken ones, whole texts before open ones.
  NumberLiteral,
  BadNumber,
  Text,
  UnterminatedText,
  QuotedText,
  // Two-character signs before their first characters.
  PlusEquals,
  OtherAssign,
  Equals,
  LeftBrace,
  RightBrace,
  LeftParen,
  RightParen,
  Comma,
  Colon,
  Plus,
  Minus,
  Star,
  Slash,
  SquareBrackets,
  LoneReturn,
  Unknown,
];

// The patterns use lookbehind, which the first-character optimisation cannot read; specs are small.
const lexer = new Lexer([...tokens], { positionTracking: "onlyOffset", ensureOptimizations: false });

export type Lexed = {
  readonly tokens: readonly IToken[];
  /** Offsets and the text with its `//`, in order. */
  readonly comments: readonly IToken[];
  readonly refused: readonly IToken[];
};

/** Cuts text into tokens; never fails, and every character that is not whitespace is in one of the three lists. */
export function lex(text: string): Lexed {
  // Replaced, not removed: offsets must stay those of the source.
  const { tokens, groups } = lexer.tokenize(text.startsWith("\ufeff") ? ` ${text.slice(1)}` : text);
  const { comments = [], refused = [] } = groups;
  for (const list of [tokens, comments, refused]) {
    // Chevrotain gives ends only together with lines and columns, which would be computed for every token.
    for (const token of list) token.endOffset = token.startOffset + token.image.length - 1;
  }
  return { tokens: tokens.flatMap(givesBackBrackets), comments, refused };
}

/** An open text runs to the end of its line; brackets at the very end were hardly meant to be in it. */
function givesBackBrackets(token: IToken): readonly IToken[] {
  if (token.tokenType !== UnterminatedText) return [token];
  const { image, startOffset } = token;
  let length = image.length;
  while (length > 1 && " \t)}".includes(image[length - 1] ?? "")) length -= 1;
  const brackets = [...image.slice(length)].flatMap((character, index): readonly IToken[] => {
    const type = character === ")" ? RightParen : character === "}" ? RightBrace : undefined;
    const offset = startOffset + length + index;
    const place = { startOffset: offset, endOffset: offset };
    return type
      ? [{ ...place, image: character, tokenType: type, tokenTypeIdx: type.tokenTypeIdx ?? 0 }]
      : [];
  });
  return [{ ...token, image: image.slice(0, length), endOffset: startOffset + length - 1 }, ...brackets];
}

/** How a word or sign is written. */
export function spelling(type: TokenType): string {
  return type.PATTERN instanceof RegExp ? type.PATTERN.source : String(type.PATTERN);
}

/** Also true for the contextual words. */
export function isName(token: IToken): boolean {
  return token.tokenType === Name || (token.tokenType.CATEGORIES ?? []).includes(Name);
}

/** What `train` may set, as src/check/train.ts knows it; a test compares the two. */
export const settingWords: ReadonlySet<string> = new Set([
  "data",
  "context",
  "batch",
  "steps",
  "seed",
  "captions",
  "adamw",
  "freeze",
]);
const valueStarts: readonly TokenType[] = [NumberLiteral, BadNumber, Text, LeftParen, Minus];

/**
 * Whether a word behind a comma begins the next setting of `train`, rather than going on with a list of names: commas
 * between settings are optional.
 */
export function startsSetting(word: IToken, after: IToken): boolean {
  return isName(word) && (settingWords.has(word.image) || valueStarts.includes(after.tokenType));
}
