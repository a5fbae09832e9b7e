// diagnostic.ts: what every stage says about a user's mistake, as data.
// In: spans and sentences. Out: Diagnostic values; render.ts turns them into text or JSON.
// One mistake is one diagnostic. The message and the labels state facts, only `help` proposes what to write.
// Lower case, no full stop, one line each; the style is kept by a test.

import type { Code } from "./codes.ts";
import type { Span } from "./source.ts";

/** A place and what is true about it. */
export type Label = { readonly span: Span; readonly text?: string };

export type Diagnostic = {
  readonly code: Code;
  readonly severity: "error" | "warning";
  /** One line that stands alone. */
  readonly message: string;
  /** The primary place. */
  readonly at: Label;
  /** Where the other half of the fact is. */
  readonly also: readonly Label[];
  /** Why. */
  readonly note?: string;
  /** What to write instead. */
  readonly help?: string;
};

/** The parts of a diagnostic that may be left out; `label` is the text of the primary label. */
export type DiagnosticParts = {
  readonly label?: string | undefined;
  readonly also?: readonly Label[] | undefined;
  readonly note?: string | undefined;
  readonly help?: string | undefined;
};

export function error(code: Code, span: Span, message: string, parts: DiagnosticParts = {}): Diagnostic {
  return make("error", code, span, message, parts);
}

export function warning(code: Code, span: Span, message: string, parts: DiagnosticParts = {}): Diagnostic {
  return make("warning", code, span, message, parts);
}

/** True if one of them is an error; warnings alone do not stop a stage. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "error");
}

function make(
  severity: Diagnostic["severity"],
  code: Code,
  span: Span,
  message: string,
  parts: DiagnosticParts,
): Diagnostic {
  return {
    code,
    severity,
    message,
    at: parts.label === undefined ? { span } : { span, text: parts.label },
    also: parts.also ?? [],
    ...(parts.note === undefined ? {} : { note: parts.note }),
    ...(parts.help === undefined ? {} : { help: parts.help }),
  };
}
