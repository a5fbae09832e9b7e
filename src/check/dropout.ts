// dropout.ts: `dropout(x, 0.1)`: in training each element is zero with that probability, and the others are scaled.
// In: a checked call. Out: an operation with a number of its own, or x itself where the rate is 0.
// The number counts the calls as they are expanded, so that every layer and round draws a mask of its own, and variants
// that share other tensors draw the same ones.

import { error } from "../diagnostics/diagnostic.ts";
import type { CallContext } from "./call-context.ts";
import { emit } from "./state.ts";
import { formatNumber, unknown, type Value } from "./values.ts";
import { numbersFor } from "./widths.ts";

export function dropout(context: CallContext): Value {
  const { state, scope, call } = context;
  const [x, rate] = context.arguments;
  if (rate?.constant === undefined) return x?.rows ?? unknown;
  const use = { span: rate.span, what: "a rate", isWidth: false };
  const rates = numbersFor(state, scope, rate.constant, use);
  const odd = rates?.find((each) => each !== undefined && !(each >= 0 && each < 1));
  if (odd !== undefined) {
    const message = `a rate of dropout is from 0 to below 1, this is ${formatNumber(odd)}`;
    state.reporter.report(error("MOT2046", rate.span, message, { also: rate.constant.origin }));
  }
  const number = state.draft.dropouts;
  state.draft.dropouts += 1;
  if (x?.rows.kind !== "rows" || rates === undefined || odd !== undefined) return x?.rows ?? unknown;
  if (rates.every((each) => each === undefined || each === 0)) return x.rows;
  const body = { kind: "dropout", x: x.rows.operation, rate: rates, number } as const;
  return emit(state, scope, body, x.rows.shape, call.span, x.rows.fixed);
}
