// widths.ts: widths asked of constants, and what is said when two widths disagree.
// In: constants and shapes with the places that fixed them. Out: a width per modality, or a diagnostic with both sides.
// Idea: outside `per modality` there is one weight for all rows, so one width; inside there may be one per modality.

import { error, type Label } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/source.ts";
import { enumeration } from "../diagnostics/suggest.ts";
import { reportNotInteger, wrongInteger } from "./constants.ts";
import type { PerModality } from "./model.ts";
import { overModalities, type Scope, type State } from "./state.ts";
import { type Constant, describeShape, distinctLabels, formatNumber, oneWidth, type Rows } from "./values.ts";

/** Wider rows than this are a typing mistake, and would overflow sizes further down. */
const widestRow = 10_000_000;

/**
 * The constant's number for each modality of the scope, whole numbers from 1 where `isWidth`.
 * Reports a number that differs by modality outside `per modality`, one that is missing, one that is no width.
 */
export function numbersFor(
  state: State,
  scope: Scope,
  constant: Constant,
  use: { readonly span: Span; readonly what: string; readonly isWidth: boolean },
): PerModality<number> | undefined {
  const numbers = overModalities(state, scope.modalities, (modality) =>
    typeof constant.values === "number" ? constant.values : constant.values[modality],
  );
  const missing = scope.modalities.filter((modality) => numbers[modality] === undefined);
  if (missing.length > 0) {
    const names = missing.map((modality) => `\`${state.modalityNames[modality]}\``);
    state.reporter.report(
      error("MOT2021", use.span, `there is no number for ${enumeration(names)} here`, {
        also: constant.origin,
        help: `add ${enumeration(names)} to the record`,
      }),
    );
    return undefined;
  }
  const present = scope.modalities.map((modality) => numbers[modality]);
  const isOneNumber = present.every((value) => value === present[0]);
  if (!isOneNumber && scope.routing === undefined) {
    if (state.draft.isDiscarded) return undefined;
    const each = scope.modalities.map((m) => `${state.modalityNames[m]} ${formatNumber(numbers[m] ?? 0)}`);
    state.reporter.report(
      error("MOT2021", use.span, `this number differs by modality: ${enumeration(each)}`, {
        also: constant.origin,
        note: "outside `per modality` one number must serve all rows",
        help: "move the statement into `per modality`, or use a constant with one value",
      }),
    );
    return undefined;
  }
  if (!use.isWidth) return numbers;
  const wrong = wrongInteger(present, 1, widestRow);
  if (wrong === undefined) return numbers;
  reportNotInteger(state.reporter, use.span, use.what, wrong, constant, { least: 1, most: widestRow });
  return undefined;
}

/** One width for all rows of the scope; reports a value whose rows differ by modality. */
export function uniformWidth(state: State, value: Rows, span: Span, why: string): number | undefined {
  const width = oneWidth(value.shape);
  if (width === undefined) {
    state.reporter.report(
      error(
        "MOT2021",
        span,
        `these rows differ by modality: ${describeShape(value.shape, state.modalityNames)}`,
        {
          also: value.fixed,
          note: why,
        },
      ),
    );
  }
  return width;
}

export type Side = { readonly span: Span; readonly value: Rows; readonly what?: string };

/** Two values that should have had one shape. */
export function reportDisagreement(
  state: State,
  scope: Scope,
  at: Span,
  message: string,
  sides: readonly [Side, Side],
): void {
  const describe = (side: Side): string => describeShape(side.value.shape, state.modalityNames);
  const [a, b] = sides;
  const isHeads = a.value.shape.heads !== b.value.shape.heads;
  const own: Label[] = sides.map((side) => ({
    span: side.span,
    text: side.what === undefined ? describe(side) : `${side.what} is ${describe(side)}`,
  }));
  const primary = own.find((label) => label.span === at);
  const also = distinctLabels([
    ...(primary === undefined ? [] : [primary]),
    ...own,
    ...a.value.fixed,
    ...b.value.fixed,
    ...callLabels(scope),
  ]).filter((label) => label !== primary);
  const isSplitMissing = isHeads && (a.value.shape.heads === undefined || b.value.shape.heads === undefined);
  state.reporter.report(
    error("MOT2003", at, `${message}: ${describe(a)} against ${describe(b)}`, {
      label: primary?.text,
      also,
      ...(isSplitMissing ? { help: "`merge(…)` turns heads back into one row" } : {}),
    }),
  );
}

/** Where the innermost layer was called: widths inside it depend on the call. */
export function callLabels(scope: Scope): readonly Label[] {
  const frame = scope.frames.at(-1);
  return frame === undefined
    ? []
    : [{ span: frame.span, text: `in this call of \`${frame.layer.name.text}\`` }];
}
