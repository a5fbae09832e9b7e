// objectives.ts: `objective text, image = 0.5 * cross_entropy(logits, next_token, z_loss: 1e-4)`.
// In: the statement. Out: an objective in the draft. An objective is one loss times constant factors; several
// statements add, and a modality may be counted in more than one.

import { error } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Call, Expression, Objective } from "../syntax/ast.ts";
import { laterNames } from "./builtin-names.ts";
import { findModality } from "./constants.ts";
import { type Evaluation, evaluate, evaluateNumber } from "./expressions.ts";
import { reportLater } from "./lookup.ts";
import { describeShape, distinctLabels, oneWidth, type Rows } from "./values.ts";
import { numbersFor } from "./widths.ts";

const usage =
  "it is written `cross_entropy(logits, next_token)`, perhaps with `z_loss: c`, perhaps times a number";

/** Checks an objective and records it. */
export function addObjective(context: Evaluation, statement: Objective): void {
  const { state, scope } = context;
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
  const logits = lossArguments(context, call);
  if (logits === undefined || modalities === undefined) return;
  state.draft.objectives.push({
    kind: "cross_entropy",
    logits: logits.operation,
    modalities,
    weight: weight.value,
    zLoss: logits.zLoss,
    span: statement.span,
  });
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

/** The `cross_entropy` call in a product of constants; `weight` takes the factors. */
function findLoss(context: Evaluation, expression: Expression, weight: { value: number }): Call | undefined {
  const { state } = context;
  if (expression.kind === "parenthesized") return findLoss(context, expression.value, weight);
  if (expression.kind === "missing") return undefined;
  if (expression.kind === "call" && expression.callee.text === "cross_entropy") return expression;
  if (expression.kind === "call" && laterNames.has(expression.callee.text)) {
    reportLater(state, expression.callee);
    return undefined;
  }
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
      note: usage,
      help: callee === undefined ? undefined : didYouMean(callee, ["cross_entropy"]),
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
      return expression.callee.text === "cross_entropy" || laterNames.has(expression.callee.text);
    default:
      return false;
  }
}

function singleNumber(context: Evaluation, expression: Expression): number | undefined {
  const constant = evaluateNumber(context, expression);
  if (constant === undefined) return undefined;
  const use = { span: expression.span, what: "a weight", isWidth: false };
  return numbersFor(context.state, context.scope, constant, use)?.find((number) => number !== undefined);
}

function lossArguments(context: Evaluation, call: Call): { operation: number; zLoss: number } | undefined {
  const { state } = context;
  const positional = call.arguments.filter((argument) => argument.name === undefined);
  const [logits, target, extra] = positional;
  let zLoss = 0;
  let isFine = extra === undefined && logits !== undefined && target !== undefined;
  if (!isFine) {
    const message =
      extra === undefined
        ? "`cross_entropy` takes logits and `next_token`"
        : "`cross_entropy` has one argument too many";
    state.reporter.report(error("MOT2006", extra?.span ?? call.span, message, { note: usage }));
  }
  for (const { name, value, span } of call.arguments) {
    if (name === undefined) continue;
    if (name.text !== "z_loss") {
      isFine = false;
      state.reporter.report(
        error("MOT2006", name.span, `\`cross_entropy\` has no argument \`${name.text}\``, {
          note: usage,
          help: didYouMean(name.text, ["z_loss"]),
        }),
      );
      continue;
    }
    const number = singleNumber(context, value);
    if (number === undefined) isFine = false;
    else if (number < 0) {
      isFine = false;
      state.reporter.report(error("MOT2036", span, `\`z_loss\` must be at least 0, this is ${number}`));
    } else zLoss = number;
  }
  if (target !== undefined && !isNextToken(target.value)) {
    isFine = false;
    if (target.value.kind !== "missing")
      state.reporter.report(
        error("MOT2006", target.span, "the word `next_token` must stand here", { note: usage }),
      );
  }
  const rows = logits === undefined ? undefined : logitsOf(context, logits.value);
  return isFine && rows !== undefined ? { operation: rows.operation, zLoss } : undefined;
}

function isNextToken(expression: Expression): boolean {
  if (expression.kind === "parenthesized") return isNextToken(expression.value);
  return expression.kind === "reference" && expression.name.text === "next_token";
}

/** Logits must have one column per code of the joint vocabulary. */
function logitsOf(context: Evaluation, expression: Expression): Rows | undefined {
  const { state } = context;
  const value = evaluate(context, expression);
  if (value.kind === "unknown") return undefined;
  if (value.kind === "constant") {
    state.reporter.report(
      error("MOT2007", expression.span, "rows are needed here, and this is a number", { also: value.origin }),
    );
    return undefined;
  }
  const vocab = state.vocab();
  if (vocab === undefined || typeof vocab.values !== "number") return undefined;
  if (oneWidth(value.shape) === vocab.values && value.shape.heads === undefined) return value;
  state.reporter.report(
    error("MOT2036", expression.span, `logits must be \`vocab\` wide, that is ${vocab.values}`, {
      label: describeShape(value.shape, state.modalityNames),
      also: distinctLabels([...value.fixed, ...vocab.origin]),
      help: "`linear(x, vocab)` gives one logit per code",
    }),
  );
  return undefined;
}
