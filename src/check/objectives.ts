// objectives.ts: `objective text = 0.5 * cross_entropy(logits, next_token, z_loss: 1e-4)`, and
// `objective image = 5 * mean_square(prediction, noise)`.
// In: the statement. Out: an objective in the draft. An objective is one loss times constant factors; several
// statements add, and a modality may be counted in more than one.
// What each loss takes is in losses.ts.

import { error } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Call, Expression, Objective } from "../syntax/ast.ts";
import { lossUsage } from "./builtin-names.ts";
import { findModality } from "./constants.ts";
import type { Evaluation } from "./expressions.ts";
import { crossEntropy, meanSquare, singleNumber } from "./losses.ts";

/** Checks an objective and records it. */
export function addObjective(at: Evaluation, statement: Objective): void {
  const { state, scope } = at;
  const context: Evaluation = { ...at, scope: { ...scope, level: "objective" } };
  if (scope.level !== "model") {
    state.reporter.report(
      error("MOT2035", statement.span, "an objective stands at the model's own level", {
        label: scope.frames.length > 0 ? "this is inside a layer" : "this is inside a block",
        help: "move it to the end of the model",
      }),
    );
    return;
  }
  const modalities = objectiveModalities(context, statement);
  const weight = { value: 1 };
  const call = findLoss(context, statement.value, weight);
  if (call === undefined) return;
  const rule = call.callee.text === "mean_square" ? meanSquare : crossEntropy;
  const loss = rule(context, statement, call, modalities ?? []);
  if (loss === undefined || modalities === undefined) return;
  state.draft.objectives.push({ ...loss, modalities, weight: weight.value, span: statement.span });
}

function objectiveModalities(context: Evaluation, statement: Objective): readonly number[] | undefined {
  const { state } = context;
  const found = new Set<number>();
  let isWhole = true;
  for (const name of statement.modalities) {
    const modality = findModality(name, state.modalityNames, state.reporter);
    if (modality === undefined) isWhole = false;
    else if (found.has(modality)) {
      isWhole = false;
      const first = statement.modalities.find((each) => each.text === name.text) ?? name;
      state.reporter.report(
        error("MOT2004", name.span, `\`${name.text}\` is listed twice in one objective`, {
          also: [{ span: first.span, text: "first listed here" }],
        }),
      );
    } else found.add(modality);
  }
  return isWhole && found.size > 0 ? [...found].sort((a, b) => a - b) : undefined;
}

/** The loss's call in a product of constants; `weight` takes the factors. */
function findLoss(context: Evaluation, expression: Expression, weight: { value: number }): Call | undefined {
  const { state } = context;
  if (expression.kind === "parenthesized") return findLoss(context, expression.value, weight);
  if (expression.kind === "missing") return undefined;
  if (expression.kind === "call" && lossUsage.has(expression.callee.text)) return expression;
  const isProduct =
    expression.kind === "binary" && (expression.operator === "*" || expression.operator === "/");
  if (isProduct) {
    const isLeft = holdsLoss(expression.left);
    if (isLeft || (expression.operator === "*" && holdsLoss(expression.right))) {
      const [loss, factor] = isLeft
        ? [expression.left, expression.right]
        : [expression.right, expression.left];
      const number = singleNumber(context, factor);
      if (number !== undefined) weight.value *= expression.operator === "*" ? number : 1 / number;
      if (!Number.isFinite(Math.fround(weight.value))) {
        const isDivision = expression.operator === "/" && number === 0;
        const message = isDivision ? "a division by zero" : "this weight is too large for float32";
        state.reporter.report(error("MOT2024", expression.span, message));
        weight.value = 1;
      }
      return findLoss(context, loss, weight);
    }
  }
  const callee = expression.kind === "call" ? expression.callee.text : undefined;
  state.reporter.report(
    error("MOT2036", expression.span, "this is not an objective", {
      note: `it is written ${[...lossUsage.values()].map((use) => `\`${use}\``).join(" or ")}, perhaps times a number`,
      help: callee === undefined ? undefined : didYouMean(callee, lossUsage.keys()),
    }),
  );
  return undefined;
}

function holdsLoss(expression: Expression): boolean {
  switch (expression.kind) {
    case "parenthesized":
      return holdsLoss(expression.value);
    case "binary":
      return holdsLoss(expression.left) || holdsLoss(expression.right);
    case "call":
      return lossUsage.has(expression.callee.text);
    default:
      return false;
  }
}
