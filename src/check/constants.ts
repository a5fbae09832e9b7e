// constants.ts: arithmetic on constants, one number or one per modality.
// In: an expression and a way to look names up. Out: a Constant, or nothing where a mistake was reported.
// Idea: records combine elementwise; a division that leaves a remainder is remembered, because only whoever asks for
// a width knows that it matters.

import { error, type Label } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/source.ts";
import { didYouMean, enumeration } from "../diagnostics/suggest.ts";
import type { Binary, Expression, Name, Record } from "../syntax/ast.ts";
import type { PerModality } from "./model.ts";
import type { Reporter } from "./report.ts";
import { type Constant, formatNumber } from "./values.ts";

export type ConstantScope = {
  readonly modalityNames: readonly string[];
  /** Reports what it cannot find. */
  readonly lookup: (name: Name) => Constant | undefined;
  readonly reporter: Reporter;
};

/** The value of a constant expression; a call, a text or a tuple in it is reported. */
export function evaluateConstant(expression: Expression, scope: ConstantScope): Constant | undefined {
  switch (expression.kind) {
    case "number":
      return { kind: "constant", values: expression.value, origin: [] };
    case "reference":
      return scope.lookup(expression.name);
    case "parenthesized":
      return evaluateConstant(expression.value, scope);
    case "unary": {
      const operand = evaluateConstant(expression.operand, scope);
      return operand === undefined ? undefined : negate(operand);
    }
    case "binary": {
      const left = evaluateConstant(expression.left, scope);
      const right = evaluateConstant(expression.right, scope);
      return left === undefined || right === undefined
        ? undefined
        : combineConstants(expression, left, right, scope.reporter);
    }
    case "record":
      return evaluateRecord(expression, scope);
    case "missing":
      return undefined;
    case "call":
    case "as":
    case "text":
    case "tuple":
      scope.reporter.report(
        error("MOT2007", expression.span, "a constant is needed here", {
          label: "this is not a number",
          note: "a constant is a number, the name of one, or arithmetic on them",
        }),
      );
      return undefined;
  }
}

function evaluateRecord(record: Record, scope: ConstantScope): Constant | undefined {
  const values: (number | undefined)[] = scope.modalityNames.map(() => undefined);
  const seen = new Map<string, Name>();
  let isWhole = true;
  for (const { name, value } of record.fields) {
    const modality = findModality(name, scope.modalityNames, scope.reporter);
    const earlier = seen.get(name.text);
    if (earlier !== undefined) {
      scope.reporter.report(
        error("MOT2004", name.span, `\`${name.text}\` is given twice in one record`, {
          also: [{ span: earlier.span, text: "first given here" }],
        }),
      );
    }
    seen.set(name.text, name);
    const evaluated = evaluateConstant(value, scope);
    if (modality === undefined || evaluated === undefined || earlier !== undefined) {
      isWhole = false;
      continue;
    }
    values[modality] = typeof evaluated.values === "number" ? evaluated.values : evaluated.values[modality];
  }
  return isWhole
    ? { kind: "constant", values, origin: [{ span: record.span, text: "differs by modality" }] }
    : undefined;
}

/** The index of a declared modality; an unknown one is reported with what exists. */
export function findModality(
  name: Name,
  modalityNames: readonly string[],
  reporter: Reporter,
): number | undefined {
  const index = modalityNames.indexOf(name.text);
  if (index >= 0) return index;
  const declared =
    modalityNames.length === 0
      ? "the model declares no modality"
      : `the model's modalities are ${enumeration(modalityNames.map((each) => `\`${each}\``))}`;
  reporter.report(
    error("MOT2019", name.span, `there is no modality \`${name.text}\``, {
      note: declared,
      help: didYouMean(name.text, modalityNames),
    }),
  );
  return undefined;
}

/** -c, elementwise. */
export function negate(constant: Constant): Constant {
  return { ...constant, values: mapValues(constant.values, (value) => -value) };
}

/** a ∘ b, elementwise; division by zero and results no double holds are reported. */
export function combineConstants(
  expression: Binary,
  left: Constant,
  right: Constant,
  reporter: Reporter,
): Constant | undefined {
  const values = zipValues(left.values, right.values, (a, b) => calculate(expression.operator, a, b));
  const results = typeof values === "number" ? [values] : values;
  if (results.some((value) => value !== undefined && !Number.isFinite(value))) {
    const isByZero = expression.operator === "/";
    reporter.report(
      error("MOT2024", expression.span, isByZero ? "a division by zero" : "this number is too large", {
        also: [...left.origin, ...right.origin],
      }),
    );
    return undefined;
  }
  const division = left.division ?? right.division ?? remainder(expression, left, right);
  const origin = [...left.origin, ...right.origin];
  return { kind: "constant", values, origin, ...(division === undefined ? {} : { division }) };
}

function remainder(expression: Binary, left: Constant, right: Constant): Constant["division"] {
  if (expression.operator !== "/") return undefined;
  const pairs = zipPairs(left.values, right.values);
  const inexact = pairs.find(([a, b]) => !Number.isInteger(a / b));
  if (inexact === undefined) return undefined;
  const [a, b] = inexact;
  const label: Label = {
    span: expression.span,
    text: `${formatNumber(a)} / ${formatNumber(b)} leaves a remainder`,
  };
  return { label, left: a, right: b };
}

function calculate(operator: Binary["operator"], a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
  }
}

type Values = number | PerModality<number>;

function mapValues(values: Values, change: (value: number) => number): Values {
  return typeof values === "number"
    ? change(values)
    : values.map((value) => (value === undefined ? undefined : change(value)));
}

function zipValues(a: Values, b: Values, combine: (a: number, b: number) => number): Values {
  if (typeof a === "number") return mapValues(b, (value) => combine(a, value));
  if (typeof b === "number") return mapValues(a, (value) => combine(value, b));
  return a.map((value, modality) => {
    const other = b[modality];
    return value === undefined || other === undefined ? undefined : combine(value, other);
  });
}

function zipPairs(a: Values, b: Values): readonly (readonly [number, number])[] {
  const count = Math.max(typeof a === "number" ? 1 : a.length, typeof b === "number" ? 1 : b.length);
  return Array.from({ length: count }, (_, index) => {
    const left = typeof a === "number" ? a : a[index];
    const right = typeof b === "number" ? b : b[index];
    return left === undefined || right === undefined ? [] : [[left, right] as const];
  }).flat();
}

/** The first value that is not an integer of at least `least` and at most `most`, or nothing. */
export function wrongInteger(
  values: readonly (number | undefined)[],
  least: number,
  most: number,
): number | undefined {
  return values.find(
    (value) => value !== undefined && !(Number.isInteger(value) && value >= least && value <= most),
  );
}

/** Reports a constant that had to be an integer from `least`; `what` is "a width", "a repeat count". */
export function reportNotInteger(
  reporter: Reporter,
  span: Span,
  what: string,
  value: number,
  constant: Constant,
  bounds: { readonly least: number; readonly most: number },
): void {
  const { division } = constant;
  const isDivision = division !== undefined && !Number.isInteger(value);
  const range =
    Number.isInteger(value) && value > bounds.most
      ? `at most ${formatNumber(bounds.most)}`
      : `a whole number from ${formatNumber(bounds.least)}`;
  reporter.report(
    error("MOT2008", span, `${what} must be ${range}, this is ${formatNumber(value)}`, {
      also: [...(isDivision ? [division.label] : []), ...constant.origin],
      ...(isDivision
        ? {
            note: `${formatNumber(division.left)} cannot be divided evenly by ${formatNumber(division.right)}`,
          }
        : {}),
    }),
  );
}
