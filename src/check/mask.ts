// mask.ts: `causal`, `causal + within(image)`: which keys a row of attention sees.
// In: the expression behind `mask:`. Out: the modalities that see their own span in both directions, ascending.
// A row sees its document up to itself, or, in a span of such a modality, up to the end of that span: so a mask is one
// interval of keys per row, and which one is data.

import { error } from "../diagnostics/diagnostic.ts";
import { enumeration } from "../diagnostics/suggest.ts";
import type { Call, Expression } from "../syntax/ast.ts";
import { findModality } from "./constants.ts";
import { describeKind } from "./continuous.ts";
import type { State } from "./state.ts";

const usage = "a mask is `causal`, or `causal + within(image)`";

/** Reports whatever is no mask; what remains is still useful. */
export function readMask(state: State, expression: Expression): readonly number[] {
  const within = new Set<number>();
  let isCausal = false;
  for (const term of termsOf(expression)) {
    if (term.kind === "missing") isCausal = true;
    else if (term.kind === "reference" && term.name.text === "causal") isCausal = true;
    else if (term.kind === "call" && term.callee.text === "within") readWithin(state, term, within);
    else {
      isCausal = true;
      state.reporter.report(error("MOT2006", term.span, "this is not a mask", { note: usage }));
    }
  }
  if (!isCausal)
    state.reporter.report(
      error("MOT2006", expression.span, "the word `causal` must stand here too", {
        note: `${usage}: outside of its own span every row sees what comes before it`,
        help: "write `causal + within(…)`",
      }),
    );
  return [...within].sort((a, b) => a - b);
}

function termsOf(expression: Expression): readonly Expression[] {
  if (expression.kind === "parenthesized") return termsOf(expression.value);
  if (expression.kind === "binary" && expression.operator === "+")
    return [...termsOf(expression.left), ...termsOf(expression.right)];
  return [expression];
}

function readWithin(state: State, call: Call, within: Set<number>): void {
  if (call.arguments.length === 0)
    state.reporter.report(error("MOT2006", call.span, "`within` takes a modality", { note: usage }));
  for (const { name, value } of call.arguments) {
    if (name !== undefined)
      state.reporter.report(
        error("MOT2006", name.span, `\`within\` has no argument \`${name.text}\``, {
          note: usage,
          help: "its modalities stand without names",
        }),
      );
    if (value.kind !== "reference") {
      if (value.kind !== "missing")
        state.reporter.report(error("MOT2006", value.span, "`within` takes a modality", { note: usage }));
      continue;
    }
    if (state.isLibrary) continue;
    const index = findModality(value.name, state.modalityNames, state.reporter);
    const modality = index === undefined ? undefined : state.modalities[index];
    if (index === undefined || modality === undefined) continue;
    if (modality.form.kind === "patches") within.add(index);
    else {
      const continuous = state.modalities.flatMap((each) =>
        each?.form.kind === "patches" ? [`\`within(${each.name})\``] : [],
      );
      state.reporter.report(
        error(
          "MOT2062",
          value.span,
          `\`within(${value.name.text})\` would show tokens what they have to predict`,
          {
            also: [describeKind(modality)],
            note: "a token is predicted from what comes before it; only patches are seen whole",
            help: continuous.length === 0 ? "write `mask: causal`" : `write ${enumeration(continuous)}`,
          },
        ),
      );
    }
  }
}
