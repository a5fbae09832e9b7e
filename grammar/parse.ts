// parse.ts: runs the parser of parser.ts.
// In: tokens. Out: a concrete syntax tree and the places where the text left the grammar. Nothing fails here.

import type { CstNode, IRecognitionException, IToken } from "chevrotain";
import { resetErrorCount, TooManyErrors } from "./messages.ts";
import { MotParser } from "./parser.ts";

export type Parsed = { readonly cst: CstNode; readonly errors: readonly IRecognitionException[] };

// Built once: analysing the grammar costs more than parsing a spec. A test builds one that validates itself.
const parser = new MotParser(true);

/** Always gives a tree; nodes the parser had to leave early lack children, and after 50 errors the tree is empty. */
export function parseTokens(tokens: readonly IToken[]): Parsed {
  resetErrorCount();
  parser.input = [...tokens];
  try {
    return { cst: parser.file(), errors: parser.errors };
  } catch (reason) {
    if (!(reason instanceof TooManyErrors)) throw reason;
    return { cst: { name: "file", children: {} }, errors: parser.errors };
  }
}
