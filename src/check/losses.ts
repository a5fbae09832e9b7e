// losses.ts: what a loss takes: `cross_entropy(logits, next_token, z_loss: c)` and `mean_square(prediction, noise)`.
// In: the call and the modalities whose targets it counts. Out: the values it compares, or a diagnostic.
// Idea: a loss counts only rows that have what it reads, so a name that some arms alone bind may stand here, as an
// argument by itself: in an expression with others it would have to say whose rows the result has.

import { error } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Call, Expression, Objective as Statement } from "../syntax/ast.ts";
import { lossUsage } from "./builtin-names.ts";
import { haveKind } from "./continuous.ts";
import { type Evaluation, evaluate, evaluateNumber } from "./expressions.ts";
import { findPartial } from "./lookup.ts";
import type { Objective } from "./model.ts";
import { restrictRows } from "./restrict.ts";
import { describeShape, distinctLabels, modalitiesOf, oneWidth, type Rows, shapesAgree } from "./values.ts";
import { numbersFor, reportDisagreement } from "./widths.ts";

/** What a loss compares. */
type LossOf<K extends Objective["kind"]> = Omit<
  Extract<Objective, { readonly kind: K }>,
  "modalities" | "weight" | "span"
>;

const usage =
  "it is written `cross_entropy(logits, next_token)`, perhaps with `z_loss: c`, perhaps times a number";

/** A number that is one for all modalities. */
export function singleNumber(context: Evaluation, expression: Expression): number | undefined {
  const constant = evaluateNumber(context, expression);
  if (constant === undefined) return undefined;
  const use = { span: expression.span, what: "a weight", isWidth: false };
  return numbersFor(context.state, context.scope, constant, use)?.find((number) => number !== undefined);
}

/** Predicts the next token of modalities that are tokens. */
export function crossEntropy(
  context: Evaluation,
  statement: Statement,
  call: Call,
): LossOf<"cross_entropy"> | undefined {
  const { state } = context;
  const areTokens = haveKind(state, statement.modalities, "tokens", (name) => ({
    message: `\`${name}\` has no next token to predict`,
    note: "a patch is predicted by its noise, as a whole, not as one of a vocabulary",
    help: `write \`objective ${name} = ${lossUsage.get("mean_square")}\``,
  }));
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
  if (!isFine || !areTokens || rows === undefined) return undefined;
  return { kind: "cross_entropy", logits: rows.operation, zLoss };
}

function isNextToken(expression: Expression): boolean {
  if (expression.kind === "parenthesized") return isNextToken(expression.value);
  return expression.kind === "reference" && expression.name.text === "next_token";
}

/** Logits must have one column per code of the joint vocabulary. */
function logitsOf(context: Evaluation, expression: Expression): Rows | undefined {
  const { state } = context;
  const value = rowsOf(context, expression);
  if (value === undefined) return undefined;
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

/** The rows of an expression; of a name that stands alone, those it has. */
function rowsOf(context: Evaluation, expression: Expression): Rows | undefined {
  const { state, scope } = context;
  if (expression.kind === "parenthesized") return rowsOf(context, expression.value);
  const partial = expression.kind === "reference" ? findPartial(scope, expression.name) : undefined;
  const value = partial ?? evaluate(context, expression);
  if (value.kind === "rows") return value;
  if (value.kind === "constant")
    state.reporter.report(
      error("MOT2007", expression.span, "rows are needed here, and this is a number", { also: value.origin }),
    );
  return undefined;
}

/** Compares rows of continuous modalities with their noise, or with other rows of the same widths. */
export function meanSquare(
  context: Evaluation,
  statement: Statement,
  call: Call,
  modalities: readonly number[],
): LossOf<"mean_square"> | undefined {
  const { state, scope } = context;
  const arePatches = haveKind(state, statement.modalities, "patches", (name) => ({
    message: `\`${name}\` is tokens, and \`mean_square\` is for patches`,
    note: "a token has no noise to predict; it is predicted as one of a vocabulary",
    help: `write \`objective ${name} = ${lossUsage.get("cross_entropy")}\``,
  }));
  const named = call.arguments.find((argument) => argument.name !== undefined);
  const [first, second, extra] = call.arguments;
  if (first === undefined || second === undefined || extra !== undefined || named !== undefined) {
    state.reporter.report(
      error("MOT2006", named?.span ?? extra?.span ?? call.span, "`mean_square` takes two values, in order", {
        note: `it is written \`${lossUsage.get("mean_square")}\`, perhaps times a number`,
      }),
    );
    return undefined;
  }
  if (!arePatches || modalities.length === 0) return undefined;
  const narrow = { ...context, scope: { ...scope, modalities, restricted: new Map() } };
  const [prediction, target] = [first, second].map(({ value }) => rowsWithin(narrow, value));
  if (prediction === undefined || target === undefined) return undefined;
  if (shapesAgree(prediction.shape, target.shape))
    return { kind: "mean_square", prediction: prediction.operation, target: target.operation };
  reportDisagreement(state, scope, call.span, "`mean_square` compares values of one width", [
    { span: first.span, value: prediction, what: "the prediction" },
    { span: second.span, value: target, what: "its target" },
  ]);
  return undefined;
}

/** Rows of exactly the scope's modalities; reports those it lacks. */
function rowsWithin(context: Evaluation, expression: Expression): Rows | undefined {
  const { state, scope } = context;
  const value = rowsOf(context, expression);
  if (value === undefined) return undefined;
  const missing = scope.modalities.filter((m) => !modalitiesOf(value.shape).includes(m));
  if (missing.length === 0) return restrictRows(state, scope, value, expression.span);
  const names = missing.map((m) => `\`${state.modalityNames[m]}\``).join(", ");
  state.reporter.report(
    error("MOT2018", expression.span, `this has no rows of ${names}`, {
      also: value.fixed,
      help: `bind it in the arm of ${names} as well, or list other modalities in the objective`,
    }),
  );
  return undefined;
}
