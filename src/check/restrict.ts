// restrict.ts: a value's rows as the code of an arm sees them.
// In: a value and a scope. Out: the rows of the scope's modalities, one operation per value and arm.

import type { Span } from "../diagnostics/source.ts";
import { emit, overModalities, type Scope, type State } from "./state.ts";
import type { Rows } from "./values.ts";

/** The rows of the scope's modalities only; the value itself where that is all of its rows. */
export function restrictRows(state: State, scope: Scope, value: Rows, span: Span): Rows {
  const isWhole = value.shape.widths.every(
    (width, modality) => width === undefined || scope.modalities.includes(modality),
  );
  if (isWhole) return value;
  const known = scope.restricted.get(value.operation);
  if (known !== undefined) return known;
  const shape = {
    ...value.shape,
    widths: overModalities(state, scope.modalities, (modality) => value.shape.widths[modality]),
  };
  const body = { kind: "restrict", x: value.operation, modalities: scope.modalities } as const;
  const restricted = emit(state, scope, body, shape, span, value.fixed);
  scope.restricted.set(value.operation, restricted);
  return restricted;
}
