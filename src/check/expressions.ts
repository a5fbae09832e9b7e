// expressions.ts: runs an expression on values: names, arithmetic, built-in and layer calls.
// In: an expression, the scope, the names of the statement's parameter calls. Out: a value; operations in the draft.
// Idea: the same expression may be a constant (2 * dim) or rows (silu(gate) * up); what its parts are decides.

import { error, type Label } from "../diagnostics/diagnostic.ts";
import { alternatives, didYouMean } from "../diagnostics/suggest.ts";
import type { Argument as AstArgument, Binary, Call, Expression, Name } from "../syntax/ast.ts";
import { type Builtin, builtins, lossUsage, type ParameterKind } from "./builtin-names.ts";
import type { Argument } from "./call-context.ts";
import { callRules } from "./calls.ts";
import { combineConstants, evaluateConstant, negate } from "./constants.ts";
import { findNumber, findValue, reportSpecial } from "./lookup.ts";
import { readMask } from "./mask.ts";
import { emit, type Scope, type State } from "./state.ts";
import { type Constant, formatNumber, type Rows, shapesAgree, unknown, type Value } from "./values.ts";
import { numbersFor, reportDisagreement } from "./widths.ts";

export type Evaluation = {
  readonly state: State;
  readonly scope: Scope;
  /** The names of the parameter-making and layer calls of the statement. */
  readonly names: ReadonlyMap<Call, Name>;
  /** Expands a layer; handed in, because a layer's body is made of statements. */
  readonly callLayer: (call: Call, values: readonly Value[], as: Name | undefined) => Value;
};

/** The value of an expression. */
export function evaluate(context: Evaluation, expression: Expression): Value {
  const { state, scope } = context;
  switch (expression.kind) {
    case "number":
    case "record":
      return evaluateNumber(context, expression) ?? unknown;
    case "reference":
      return findValue(state, scope, expression.name);
    case "parenthesized":
    case "as":
      return evaluate(context, expression.value);
    case "call":
      return evaluateCall(context, expression);
    case "unary": {
      const operand = evaluate(context, expression.operand);
      if (operand.kind === "constant") return negate(operand);
      if (operand.kind === "unknown") return unknown;
      const body = { kind: "unary", fn: "neg", x: operand.operation } as const;
      return emit(state, scope, body, operand.shape, expression.span, operand.fixed);
    }
    case "binary":
      return evaluateBinary(context, expression);
    case "text":
    case "tuple":
      state.reporter.report(
        error("MOT2007", expression.span, "a value is needed here", {
          label: expression.kind === "text" ? "this is a text" : "this is a list of numbers",
        }),
      );
      return unknown;
    case "missing":
      return unknown;
  }
}

/** The value of an expression where a number is needed. */
export function evaluateNumber(context: Evaluation, expression: Expression): Constant | undefined {
  const { state, scope } = context;
  return evaluateConstant(expression, {
    modalityNames: state.modalityNames,
    reporter: state.reporter,
    lookup: (name) => findNumber(state, scope, name),
  });
}

function evaluateBinary(context: Evaluation, expression: Binary): Value {
  const left = evaluate(context, expression.left);
  const right = evaluate(context, expression.right);
  if (left.kind === "unknown" || right.kind === "unknown") return unknown;
  if (left.kind === "rows")
    return right.kind === "rows"
      ? combineRows(context, expression, left, right)
      : combineWithConstant(context, expression, left, right, false);
  if (right.kind === "rows") return combineWithConstant(context, expression, right, left, true);
  return combineConstants(expression, left, right, context.state.reporter) ?? unknown;
}

const functionOf = { "+": "add", "-": "sub", "*": "mul", "/": "div" } as const;

function combineRows(context: Evaluation, expression: Binary, left: Rows, right: Rows): Value {
  const { state, scope } = context;
  if (!shapesAgree(left.shape, right.shape)) {
    reportDisagreement(state, scope, expression.span, `the two sides of \`${expression.operator}\` differ`, [
      { span: expression.left.span, value: left },
      { span: expression.right.span, value: right },
    ]);
    return unknown;
  }
  const fn = functionOf[expression.operator];
  const body = { kind: "binary", fn, a: left.operation, b: right.operation } as const;
  return emit(state, scope, body, left.shape, expression.span, left.fixed);
}

function combineWithConstant(
  context: Evaluation,
  expression: Binary,
  rows: Rows,
  constant: Constant,
  constantFirst: boolean,
): Value {
  const { state, scope } = context;
  const { span } = constantFirst ? expression.left : expression.right;
  const numbers = numbersFor(state, scope, constant, { span, what: "a number", isWidth: false });
  if (numbers === undefined) return unknown;
  if (expression.operator === "/" && !constantFirst && numbers.includes(0)) {
    state.reporter.report(error("MOT2024", expression.span, "a division by zero", { also: constant.origin }));
    return unknown;
  }
  const tooLarge = numbers.find((number) => number !== undefined && !Number.isFinite(Math.fround(number)));
  if (tooLarge !== undefined) {
    state.reporter.report(
      error("MOT2024", span, `this number is too large to compute with: ${formatNumber(tooLarge)}`, {
        label: "rows are float32, at most 3.4e38",
        also: constant.origin,
      }),
    );
    return unknown;
  }
  const fn = functionOf[expression.operator];
  const body = { kind: "constant_binary", fn, x: rows.operation, constant: numbers, constantFirst } as const;
  return emit(state, scope, body, rows.shape, expression.span, rows.fixed);
}

function evaluateCall(context: Evaluation, call: Call): Value {
  const { state, scope } = context;
  const name = call.callee.text;
  const builtin = builtins.get(name);
  if (builtin !== undefined) {
    const matched = matchArguments(context, call, builtin);
    const rule = callRules.get(name);
    if (matched === undefined || rule === undefined) return unknown;
    return rule({ state, scope, call, arguments: matched, name: context.names.get(call) });
  }
  const loss = lossUsage.get(name);
  if (loss !== undefined) {
    state.reporter.report(
      error("MOT2035", call.span, `\`${name}\` is an objective, not a value`, {
        help: `write \`objective MODALITY = ${loss}\` at the end of the model`,
      }),
    );
    return unknown;
  }
  if (reportSpecial(state, call.callee)) return unknown;
  const layer = state.layers.get(name);
  if (layer === undefined) {
    reportUnknownFunction(context, call);
    return unknown;
  }
  const named = call.arguments.find((argument) => argument.name !== undefined);
  const wanted = layer.parameters.length;
  if (named?.name !== undefined || call.arguments.length !== wanted) {
    const count = `${wanted} ${wanted === 1 ? "argument" : "arguments"}`;
    state.reporter.report(
      error("MOT2006", named?.span ?? call.span, `\`${name}\` takes ${count}, in order`, {
        label: named === undefined ? `${call.arguments.length} given` : "layers take no names here",
        also: [
          { span: layer.name.span, text: `\`${name}(${layer.parameters.map((p) => p.text).join(", ")})\`` },
        ],
      }),
    );
    return unknown;
  }
  const values = call.arguments.map((argument) => evaluate(context, argument.value));
  return context.callLayer(call, values, context.names.get(call));
}

function reportUnknownFunction(context: Evaluation, call: Call): void {
  const { state, scope } = context;
  const name = call.callee.text;
  const candidates = [...builtins.keys(), ...state.layers.keys()];
  const isValue = scope.values.has(name) || state.hasConstant(name);
  state.reporter.report(
    error("MOT2002", call.callee.span, `there is no layer or function \`${name}\``, {
      note: isValue ? `\`${name}\` is a value, and values cannot be called` : undefined,
      help: didYouMean(name, candidates),
    }),
  );
}

/** The arguments in the order of the built-in's parameters: by position first, then by name. */
function matchArguments(context: Evaluation, call: Call, builtin: Builtin): readonly Argument[] | undefined {
  const { state } = context;
  const places: (AstArgument | undefined)[] = builtin.parameters.map(() => undefined);
  const problem = (span: AstArgument["span"], message: string, label?: string, help?: string): void =>
    state.reporter.report(
      error("MOT2006", span, message, { label, note: `it is written \`${builtin.usage}\``, help }),
    );
  let position = 0;
  let isMatched = true;
  for (const argument of call.arguments) {
    const { name } = argument;
    const index = name === undefined ? position++ : builtin.parameters.findIndex((p) => p.name === name.text);
    if (index < 0 || index >= places.length) {
      isMatched = false;
      if (name === undefined) problem(argument.span, `\`${call.callee.text}\` has one argument too many`);
      else {
        const names = builtin.parameters.map((parameter) => parameter.name);
        const message = `\`${call.callee.text}\` has no argument \`${name.text}\``;
        problem(name.span, message, undefined, didYouMean(name.text, names));
      }
    } else if (places[index] !== undefined) {
      isMatched = false;
      problem(argument.span, `\`${call.callee.text}\` is given \`${builtin.parameters[index]?.name}\` twice`);
    } else places[index] = argument;
  }
  const missing = builtin.parameters.filter((_, index) => places[index] === undefined);
  if (isMatched && missing.length > 0) {
    const names = alternatives(missing.map((parameter) => `\`${parameter.name}\``));
    problem(call.span, `\`${call.callee.text}\` lacks its argument ${names}`);
  }
  const evaluated = places.map((argument, index) => {
    const kind = builtin.parameters[index]?.kind ?? "rows";
    return argument === undefined
      ? { span: call.span, rows: unknown }
      : evaluateArgument(context, argument, kind);
  });
  return isMatched && missing.length === 0 ? evaluated : undefined;
}

function evaluateArgument(context: Evaluation, argument: AstArgument, kind: ParameterKind): Argument {
  const { span } = argument.value;
  switch (kind) {
    case "rows":
      return { span, rows: evaluateRows(context, argument.value) };
    case "width":
    case "rate": {
      const constant = evaluateNumber(context, argument.value);
      return { span, rows: unknown, ...(constant === undefined ? {} : { constant }) };
    }
    case "table": {
      const name = nameIn(argument.value);
      if (name === undefined && argument.value.kind !== "missing")
        context.state.reporter.report(
          error("MOT2006", span, "the name of an embedding must stand here", {
            note: "`unembed(x, embedding)` multiplies by the table that `embed(tokens, d) as embedding` made",
          }),
        );
      return { span, rows: unknown, ...(name === undefined ? {} : { table: name }) };
    }
    case "tokens":
    case "timestep":
      if (!isWord(argument.value, kind) && argument.value.kind !== "missing") {
        const what = kind === "tokens" ? "an embedding reads the ids" : "a sinusoid reads the timesteps";
        context.state.reporter.report(
          error("MOT2006", span, `the word \`${kind}\` must stand here`, { note: `${what} of the batch` }),
        );
      }
      return { span, rows: unknown };
    case "mask":
      return { span, rows: unknown, within: readMask(context.state, argument.value) };
  }
}

function evaluateRows(context: Evaluation, expression: Expression): Argument["rows"] {
  const value =
    expression.kind === "reference"
      ? findValue(context.state, context.scope, expression.name, true)
      : evaluate(context, expression);
  if (value.kind !== "constant") return value;
  const also: readonly Label[] = value.origin;
  context.state.reporter.report(
    error("MOT2007", expression.span, "rows are needed here, and this is a number", { also }),
  );
  return unknown;
}

/** The bare name an expression is. */
function nameIn(expression: Expression): Name | undefined {
  if (expression.kind === "parenthesized") return nameIn(expression.value);
  return expression.kind === "reference" ? expression.name : undefined;
}

function isWord(expression: Expression, word: string): boolean {
  if (expression.kind === "parenthesized") return isWord(expression.value, word);
  return expression.kind === "reference" && expression.name.text === word;
}
