// message-style.ts: the style every diagnostic keeps: lower case, one line, no full stop, plain words.
// In: a diagnostic. Out: a failed expectation with the sentence that breaks the style.

import { expect } from "vitest";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";

export function expectStyle(diagnostic: Diagnostic): void {
  const sentences = [diagnostic.message, diagnostic.note, diagnostic.help, diagnostic.at.text];
  for (const text of [...sentences, ...diagnostic.also.map((label) => label.text)]) {
    if (text === undefined) continue;
    expect(text).not.toMatch(/^[A-Z]|\n|[^.]\.$|illegal|invalid|unexpected/);
    expect(text).not.toBe("");
  }
}
