// report.ts: where the checker's diagnostics go.
// In: diagnostics, in any order and as often as a layer is expanded. Out: each mistake once.
// Idea: a layer is checked at every call, so one mistake in it is found many times; the code and the place name it.

import type { Diagnostic } from "../diagnostics/diagnostic.ts";

export type Reporter = {
  readonly report: (diagnostic: Diagnostic) => void;
  /** How many were handed in, the same mistake as often as it was met. */
  readonly metCount: () => number;
  /** In the order they were found. */
  readonly diagnostics: () => readonly Diagnostic[];
};

/** A collector that keeps the first diagnostic of each code and place. */
export function createReporter(): Reporter {
  const kept = new Map<string, Diagnostic>();
  let met = 0;
  return {
    report: (diagnostic) => {
      met += 1;
      const key = diagnosticKey(diagnostic);
      if (!kept.has(key)) kept.set(key, diagnostic);
    },
    metCount: () => met,
    diagnostics: () => [...kept.values()],
  };
}

/** Each code and place once, first come first kept. */
function withoutRepeats(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const reporter = createReporter();
  for (const diagnostic of diagnostics) reporter.report(diagnostic);
  return reporter.diagnostics();
}

function diagnosticKey(diagnostic: Diagnostic): string {
  const { span } = diagnostic.at;
  return `${diagnostic.code} ${span.start} ${span.end} ${span.source.name}`;
}

/** Each once, file by file and from top to bottom. */
export function inTextOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const files = [...new Set(diagnostics.map(({ at }) => at.span.source.name))];
  const fileOf = ({ at }: Diagnostic): number => files.indexOf(at.span.source.name);
  return [...withoutRepeats(diagnostics)].sort(
    (a, b) => fileOf(a) - fileOf(b) || a.at.span.start - b.at.span.start,
  );
}
