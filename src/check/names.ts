// names.ts: which parameter-making call of a statement gets which name.
// In: a statement. Out: a name per call, and diagnostics for calls that have none. Purely syntactic.
// The rules: `as NAME` names the call before it. Otherwise the one nameless call of a `=` statement takes the name
// that the statement binds. Two nameless calls, or one where nothing is bound with `=`, must use `as`.

import { type Diagnostic, error } from "../diagnostics/diagnostic.ts";
import type { As, Call, Expression, Name, Statement } from "../syntax/ast.ts";
import { builtins, parameterCalls } from "./builtin-names.ts";

export type ParameterNames = {
  /** For parameter-making calls and, where they have an `as`, for layer calls. */
  readonly names: ReadonlyMap<Call, Name>;
  readonly diagnostics: readonly Diagnostic[];
};

/** The names of the calls in one statement's own expression; blocks inside it are statements of their own. */
export function nameParameters(statement: Statement, isLayer: (name: string) => boolean): ParameterNames {
  const names = new Map<Call, Name>();
  const diagnostics: Diagnostic[] = [];
  const nameless: Call[] = [];
  visit(expressionOf(statement), (expression, as) => {
    if (expression.kind === "as") {
      const call = namedCall(expression);
      const takesName =
        call !== undefined && (parameterCalls.has(call.callee.text) || isLayer(call.callee.text));
      // An unknown function is reported as such, not for the name it was given.
      const isUnknown = call !== undefined && !takesName && !builtins.has(call.callee.text);
      if (call === undefined || as !== undefined || (!takesName && !isUnknown))
        diagnostics.push(misplacedAs(expression, call));
      else if (takesName) names.set(call, expression.name);
    } else if (
      expression.kind === "call" &&
      parameterCalls.has(expression.callee.text) &&
      !names.has(expression)
    ) {
      nameless.push(expression);
    }
  });
  const target = statement.kind === "binding" && statement.operator === "=" ? statement.target : undefined;
  const [first, second] = nameless;
  if (first === undefined) return { names, diagnostics };
  if (second === undefined && target !== undefined) names.set(first, target);
  else diagnostics.push(namelessCall(statement, first, second));
  return { names, diagnostics };
}

function expressionOf(statement: Statement): Expression | undefined {
  switch (statement.kind) {
    case "binding":
    case "return":
    case "objective":
      return statement.value;
    case "repeat":
      return statement.count;
    case "per_modality":
      return undefined;
  }
}

/** Visits outside in, so an `as` is seen before its call. */
function visit(
  expression: Expression | undefined,
  see: (expression: Expression, outerAs: As | undefined) => void,
  outerAs?: As,
): void {
  if (expression === undefined) return;
  see(expression, outerAs);
  switch (expression.kind) {
    case "call":
      for (const argument of expression.arguments) visit(argument.value, see);
      return;
    case "unary":
      visit(expression.operand, see);
      return;
    case "binary":
      visit(expression.left, see);
      visit(expression.right, see);
      return;
    case "as":
      visit(expression.value, see, expression);
      return;
    case "parenthesized":
      visit(expression.value, see, outerAs);
      return;
    case "tuple":
      for (const element of expression.elements) visit(element, see);
      return;
    case "record":
      for (const field of expression.fields) visit(field.value, see);
      return;
    case "number":
    case "text":
    case "reference":
    case "missing":
      return;
  }
}

function namedCall(as: As): Call | undefined {
  let inner = as.value;
  while (inner.kind === "parenthesized") inner = inner.value;
  return inner.kind === "call" ? inner : undefined;
}

function misplacedAs(as: As, call: Call | undefined): Diagnostic {
  const what = call === undefined ? "this is no call" : `\`${call.callee.text}\` has no parameters`;
  return error("MOT2013", as.name.span, `\`as ${as.name.text}\` has nothing to name`, {
    also: [{ span: as.value.span, text: what }],
    note: "`as` names the parameters of `linear`, `rms_norm`, `embed` or of a layer call",
    help: "write `as` directly behind the call it names, or bind the value with `=`",
  });
}

function namelessCall(statement: Statement, first: Call, second: Call | undefined): Diagnostic {
  const callee = first.callee.text;
  const help = `write \`${callee}(…) as NAME\``;
  if (second === undefined) {
    const where = statement.kind === "binding" ? "`+=` adds to a name, it does not give one" : undefined;
    return error("MOT2011", first.span, `this \`${callee}\` has a parameter without a name`, {
      note: where ?? "only a binding with `=` gives its name to the parameter",
      help,
    });
  }
  const target =
    statement.kind === "binding" && statement.operator === "=" ? statement.target.text : undefined;
  return error("MOT2011", first.span, "two parameters in one statement, and neither has a name", {
    label: "one parameter",
    also: [{ span: second.span, text: "another" }],
    ...(target === undefined ? {} : { note: `only one of them could be called \`${target}\`` }),
    help,
  });
}
