// expressions.ts: scalar expressions of a row program → CUDA.
// In: an expression and where its leaves are. Out: text. The compiler fuses multiply-adds itself.

import { scrambleRounds } from "../../ir/dropout.ts";
import type { Expression, RowPhase, ScalarBinary, ScalarUnary } from "../../kernel/kernel.ts";
import { literal } from "./context.ts";

export type Leaves = {
  /** An element of an operand, row or column. */
  readonly value: (operand: number) => string;
  readonly rowScalar: (index: number) => string;
};

const unary: { readonly [F in ScalarUnary]: (x: string) => string } = {
  neg: (x) => `(-${x})`,
  exp: (x) => `expf(${x})`,
  tanh: (x) => `tanhf(${x})`,
  sigmoid: (x) => `sigmoid(${x})`,
  reciprocal: (x) => `(1.0f / ${x})`,
  rsqrt: (x) => `rsqrtf(${x})`,
  step: (x) => `(${x} > 0.0f ? 1.0f : 0.0f)`,
};

const binary: { readonly [F in ScalarBinary]: (a: string, b: string) => string } = {
  add: (a, b) => `(${a} + ${b})`,
  sub: (a, b) => `(${a} - ${b})`,
  mul: (a, b) => `(${a} * ${b})`,
  div: (a, b) => `(${a} / ${b})`,
  max: (a, b) => `larger(${a}, ${b})`,
};

export function emitExpression(expression: Expression, leaves: Leaves): string {
  const emit = (part: Expression): string => emitExpression(part, leaves);
  switch (expression.kind) {
    case "load":
    case "column":
      return leaves.value(expression.operand);
    case "row_scalar":
      return leaves.rowScalar(expression.index);
    case "local":
      return `t${expression.index}`;
    case "constant":
      return literal(expression.value);
    case "per_column":
      return "per_column";
    case "unary":
      return unary[expression.fn](emit(expression.x));
    case "binary":
      return binary[expression.fn](emit(expression.a), emit(expression.b));
    default:
      return expression satisfies never;
  }
}

/** Operands that a phase reads. */
export function operandsRead({ lets, sums, stores }: RowPhase): ReadonlySet<number> {
  const found = new Set<number>();
  const visit = (expression: Expression): void => {
    if (expression.kind === "load" || expression.kind === "column") found.add(expression.operand);
    if (expression.kind === "unary") visit(expression.x);
    if (expression.kind === "binary") [expression.a, expression.b].forEach(visit);
  };
  for (const expression of [...lets, ...sums.map(({ value }) => value), ...stores.map(({ value }) => value)])
    visit(expression);
  return found;
}

/** Rounds one after another; the last gives its word back. */
const scramblingLines = scrambleRounds.map(({ shift, factor }, round) => {
  const [from = "", to = ""] = [round, round + 1].map((at) => (at === 0 ? "word" : "abcdefgh"[at - 1]));
  const mixed = `${from} ^ (${from} >> ${shift})`;
  const product = factor === 1 ? mixed : `(${mixed}) * 0x${factor.toString(16)}u`;
  return round === scrambleRounds.length - 1
    ? `  return ${product};`
    : `  const unsigned ${to} = ${product};`;
});

const functions = {
  /** Its exponential stays finite. */
  sigmoid: ["DEVICE float sigmoid(float x) { return 1.0f / (1.0f + expf(fminf(-x, 88.0f))); }"],
  /** Of a number and what is none: none, so that it is found. */
  larger: ["DEVICE float larger(float a, float b) { return a > b || a != a ? a : b; }"],
  /** Integers: `scramble` of ir/dropout.ts. */
  scrambled: ["DEVICE unsigned scrambled(unsigned word) {", ...scramblingLines, "}"],
} as const;

/** Lines of the functions that some text calls. */
export function calledFunctions(lines: readonly string[]): readonly string[] {
  return Object.entries(functions).flatMap(([name, text]) =>
    lines.some((line) => line.includes(`${name}(`)) ? text : [],
  );
}
