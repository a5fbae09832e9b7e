// elaborate.ts: runs a model's statements: layers are expanded where they are called, repeats are run round by round.
// In: statements and a scope. Out: operations, parameter sites and objectives in the state's draft.
// Idea: widths depend on the call site, so the checker visits every call; what it visits is the model.
// It decides nothing about sharing and never looks at a variant.

import { error } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/source.ts";
import type {
  Binding as BindingStatement,
  Call,
  Layer,
  Name,
  Repeat,
  Return,
  Statement,
} from "../syntax/ast.ts";
import { runPerModality } from "./arms.ts";
import { isBuiltinName } from "./builtin-names.ts";
import { reportNotInteger, wrongInteger } from "./constants.ts";
import { type Evaluation, evaluate, evaluateNumber } from "./expressions.ts";
import { findValue } from "./lookup.ts";
import { nameParameters, type ParameterNames } from "./names.ts";
import { addObjective } from "./objectives.ts";
import { markResidual } from "./sites.ts";
import {
  type Binding,
  callDepthLimit,
  countStep,
  emit,
  extendPath,
  runDiscarded,
  type Scope,
  type State,
} from "./state.ts";
import { describeShape, distinctLabels, modalitiesOf, shapesAgree, unknown, type Value } from "./values.ts";
import { callLabels, numbersFor, reportDisagreement } from "./widths.ts";

/** Runs statements in order; gives what a `return` among them returned. */
export function runStatements(
  state: State,
  scope: Scope,
  statements: readonly Statement[],
): Value | undefined {
  let returned: Value | undefined;
  for (const [index, statement] of statements.entries()) {
    countStep(state, statement.span);
    if (state.isExhausted) return returned;
    switch (statement.kind) {
      case "binding":
        runBinding(state, scope, statement);
        break;
      case "per_modality":
        runPerModality(state, scope, statement, (inner, body) => void runStatements(state, inner, body));
        break;
      case "repeat":
        runRepeat(state, scope, statement);
        break;
      case "return":
        returned = runReturn(state, scope, statement, statements[index + 1]);
        break;
      case "objective":
        addObjective(evaluationOf(state, scope, statement), statement);
        break;
    }
  }
  return returned;
}

/** Looks at a layer that nobody calls: its parameters may be anything. */
export function inspectLayer(state: State, scope: Scope, layer: Layer): void {
  runDiscarded(state, scope, (inner) => {
    expandLayer(
      state,
      { ...inner, values: new Map() },
      layer,
      layer.name.span,
      layer.parameters.map(() => unknown),
    );
  });
}

function evaluationOf(state: State, scope: Scope, statement: Statement): Evaluation {
  const { names } = namesOf(state, statement);
  return { state, scope, names, callLayer: (call, values, as) => callLayer(state, scope, call, values, as) };
}

function namesOf(state: State, statement: Statement): ParameterNames {
  const known = state.parameterNames.get(statement);
  if (known !== undefined) return known;
  const named = nameParameters(statement, (name) => state.layers.has(name));
  for (const diagnostic of named.diagnostics) state.reporter.report(diagnostic);
  state.parameterNames.set(statement, named);
  return named;
}

// ---- bindings --------------------------------------------------------------------------------------------------

function runBinding(state: State, scope: Scope, statement: BindingStatement): void {
  const firstNew = state.draft.operations.length;
  const value = evaluate(evaluationOf(state, scope, statement), statement.value);
  if (reportBuiltinName(state, statement.target)) return;
  const bound = statement.operator === "=" ? value : addTo(state, scope, statement, value);
  if (bound.kind === "rows" && bound.operation >= firstNew)
    nameOperation(state, bound.operation, statement.target);
  scope.values.set(statement.target.text, { value: bound, span: statement.target.span });
}

/** True where the name belongs to the language; reported. */
export function reportBuiltinName(state: Pick<State, "reporter">, name: Name): boolean {
  if (!isBuiltinName(name.text)) return false;
  state.reporter.report(
    error("MOT2005", name.span, `\`${name.text}\` is a name of the language and cannot be bound`, {
      help: "choose another name",
    }),
  );
  return true;
}

function nameOperation(state: State, index: number, name: Name): void {
  const operation = state.draft.operations[index];
  if (operation !== undefined && operation.name === undefined)
    state.draft.operations[index] = { ...operation, name: name.text };
}

function addTo(state: State, scope: Scope, statement: BindingStatement, value: Value): Value {
  const target = findValue(state, scope, statement.target, true);
  if (target.kind === "unknown" || value.kind === "unknown") return unknown;
  const { span } = statement;
  if (target.kind === "constant") {
    state.reporter.report(
      error(
        "MOT2007",
        statement.target.span,
        `\`${statement.target.text}\` is a number, and \`+=\` adds to rows`,
        {
          also: target.origin,
        },
      ),
    );
    return unknown;
  }
  if (value.kind === "constant") {
    const use = { span: statement.value.span, what: "a number", isWidth: false };
    const constant = numbersFor(state, scope, value, use);
    if (constant === undefined) return unknown;
    const body = {
      kind: "constant_binary",
      fn: "add",
      x: target.operation,
      constant,
      constantFirst: false,
    } as const;
    return emit(state, scope, body, target.shape, span, target.fixed);
  }
  if (!shapesAgree(target.shape, value.shape)) {
    const name = `\`${statement.target.text}\``;
    reportDisagreement(state, scope, statement.value.span, `this cannot be added to ${name}`, [
      { span: statement.target.span, value: target, what: name },
      { span: statement.value.span, value, what: "this" },
    ]);
    return target;
  }
  markResidual(state, value.operation, scope.modalities);
  const body = { kind: "binary", fn: "add", a: target.operation, b: value.operation } as const;
  const sum = emit(state, scope, body, target.shape, span, target.fixed);
  state.draft.additions.add(sum.operation);
  return sum;
}

// ---- repeats ---------------------------------------------------------------------------------------------------

function runRepeat(state: State, scope: Scope, statement: Repeat): void {
  const count = repeatCount(state, scope, statement);
  const rounds = count ?? 1;
  const body = (index: number): Scope => ({
    ...scope,
    level: "block",
    pending: [...scope.pending, index],
    depth: Math.max(1, scope.depth) * Math.max(1, rounds),
  });
  if (rounds === 0) {
    const first = body(0);
    runDiscarded(state, first, (inner) => void runStatements(state, inner, statement.body));
    return;
  }
  const before = new Map(scope.values);
  const metCount = state.reporter.metCount();
  for (let index = 0; index < rounds && !state.isExhausted; index += 1) {
    countStep(state, statement.span);
    runStatements(state, body(index), statement.body);
    if (!keepsWidths(state, scope, before)) return;
    // A faulty round is faulty every time.
    if (state.reporter.metCount() > metCount) break;
    if (index + 1 < rounds)
      for (const name of scope.values.keys()) if (!before.has(name)) scope.values.delete(name);
  }
  for (const [name, binding] of scope.values) {
    if (before.has(name)) continue;
    const note = `\`${name}\` is bound inside the repeat only, anew in every round`;
    const also = [{ span: binding.span, text: "bound here" }];
    scope.values.set(name, { ...binding, gone: { note, also } });
  }
}

function repeatCount(state: State, scope: Scope, statement: Repeat): number | undefined {
  const constant = evaluateNumber(evaluationOf(state, scope, statement), statement.count);
  if (constant === undefined) return undefined;
  const { span } = statement.count;
  const numbers = numbersFor(state, scope, constant, { span, what: "a repeat count", isWidth: false });
  const counts = new Set(numbers?.filter((number) => number !== undefined) ?? []);
  const [count] = counts;
  if (counts.size > 1) {
    state.reporter.report(
      error("MOT2021", span, "this repeat count differs by modality", {
        also: constant.origin,
        help: "repeat in an arm per modality, or use one count",
      }),
    );
    return undefined;
  }
  if (count === undefined) return undefined;
  const most = Number.MAX_SAFE_INTEGER;
  if (wrongInteger([count], 0, most) === undefined) return count;
  reportNotInteger(state.reporter, span, "a repeat count", count, constant, { least: 0, most });
  return undefined;
}

/** A name bound before the loop must come out of a round as it went in. */
function keepsWidths(state: State, scope: Scope, before: ReadonlyMap<string, Binding>): boolean {
  let isKept = true;
  for (const [name, entered] of before) {
    const left = scope.values.get(name);
    if (left === undefined || left === entered) continue;
    const [a, b] = [entered.value, left.value];
    if (a.kind === "unknown" || b.kind === "unknown" || entered.gone !== undefined || left.gone !== undefined)
      continue;
    if (a.kind === "constant" && b.kind === "constant") continue;
    if (a.kind === "rows" && b.kind === "rows") {
      const sameModalities = String(modalitiesOf(a.shape)) === String(modalitiesOf(b.shape));
      if (shapesAgree(a.shape, b.shape) && sameModalities) continue;
      reportCarried(state, scope, name, { value: a, span: entered.span }, { value: b, span: left.span });
    } else {
      state.reporter.report(
        error("MOT2022", left.span, `\`${name}\` changes from ${kindName(a)} to ${kindName(b)} in the loop`, {
          also: [{ span: entered.span, text: `${kindName(a)} before the loop` }],
        }),
      );
    }
    scope.values.set(name, { value: unknown, span: left.span });
    isKept = false;
  }
  return isKept;
}

type RowsBinding = { readonly value: Extract<Value, { kind: "rows" }>; readonly span: Span };

function reportCarried(
  state: State,
  scope: Scope,
  name: string,
  entered: RowsBinding,
  left: RowsBinding,
): void {
  const describe = (side: RowsBinding): string => describeShape(side.value.shape, state.modalityNames);
  state.reporter.report(
    error(
      "MOT2022",
      left.span,
      `\`${name}\` changes its width in the loop: ${describe(entered)} to ${describe(left)}`,
      {
        label: `${describe(left)} after the first round`,
        also: distinctLabels([
          { span: entered.span, text: `${describe(entered)} before the loop` },
          ...left.value.fixed,
          ...entered.value.fixed,
          ...callLabels(scope),
        ]),
        note: "a value carried around a loop keeps its width, or the second round could not be the first",
      },
    ),
  );
}

function kindName(value: Value): string {
  return value.kind === "constant" ? "a number" : "rows";
}

// ---- layers ----------------------------------------------------------------------------------------------------

function callLayer(
  state: State,
  scope: Scope,
  call: Call,
  values: readonly Value[],
  as: Name | undefined,
): Value {
  const layer = state.layers.get(call.callee.text);
  if (layer === undefined) return unknown;
  state.calledLayers.add(layer);
  if (scope.frames.some((frame) => frame.layer === layer)) {
    const chain = [...scope.frames.map((frame) => frame.layer.name.text), layer.name.text];
    const loop = chain.slice(chain.indexOf(layer.name.text)).map((name) => `\`${name}\``);
    state.reporter.report(
      error("MOT2014", call.callee.span, `\`${layer.name.text}\` calls itself: ${loop.join(" calls ")}`, {
        also: [{ span: layer.name.span, text: "declared here" }],
        note: "layers are expanded where they are called, which would never end",
        help: "`repeat` runs a layer several times",
      }),
    );
    return unknown;
  }
  if (scope.frames.length >= callDepthLimit) {
    state.reporter.report(
      error("MOT2015", call.span, `layers call each other more than ${callDepthLimit} deep`, {
        help: "call some of them one after another",
      }),
    );
    state.isExhausted = true;
    return unknown;
  }
  const path = extendPath(scope, (as ?? layer.name).text);
  return expandLayer(state, { ...scope, ...path }, layer, call.span, values);
}

function expandLayer(state: State, scope: Scope, layer: Layer, span: Span, values: readonly Value[]): Value {
  const bound = new Map<string, Binding>();
  for (const [index, parameter] of layer.parameters.entries())
    bound.set(parameter.text, { value: values[index] ?? unknown, span: parameter.span });
  const frames = [...scope.frames, { layer, span }];
  const returned = runStatements(state, { ...scope, values: bound, frames, level: "layer" }, layer.body);
  if (returned === undefined && !state.isExhausted) {
    const hasReturn = layer.body.some((statement) => statement.kind === "return");
    if (!hasReturn)
      state.reporter.report(
        error("MOT2016", layer.name.span, `layer \`${layer.name.text}\` returns nothing`, {
          help: "end it with `return` and the value its callers get",
        }),
      );
  }
  return returned ?? unknown;
}

function runReturn(
  state: State,
  scope: Scope,
  statement: Return,
  next: Statement | undefined,
): Value | undefined {
  const value = evaluate(evaluationOf(state, scope, statement), statement.value);
  if (scope.level === "layer" && next === undefined) return value;
  const message =
    scope.level === "model"
      ? "a model returns nothing"
      : scope.level === "block"
        ? "`return` inside a block"
        : "`return` must be the last statement of its layer";
  state.reporter.report(
    error("MOT2016", statement.span, message, {
      also:
        next === undefined || scope.level !== "layer"
          ? []
          : [{ span: next.span, text: "this would never run" }],
      ...(scope.level === "model" ? { help: "an `objective` says what the model is trained for" } : {}),
      ...(scope.level === "block"
        ? { help: "bind the value to a name and return it at the end of the layer" }
        : {}),
    }),
  );
  return value;
}
