// expressions.ts: scalar expressions of a row program → WGSL.
// In: an expression and where its leaves are. Out: text. Compilers of shaders fuse multiply-adds themselves.

import { scrambleRounds } from "../../ir/dropout.ts";
import type { Expression, ScalarBinary, ScalarUnary } from "../../kernel/kernel.ts";
import { literal } from "./context.ts";

export type Lanes = "f32" | "vec4<f32>";

export type Leaves = {
  /** One element, or four neighbouring columns. */
  readonly lanes: Lanes;
  readonly load: (operand: number) => string;
  readonly column: (operand: number) => string;
  readonly rowScalar: (index: number) => string;
};

const constant = (value: number, lanes: Lanes): string =>
  lanes === "f32" ? literal(value) : `vec4(${literal(value)})`;

const unary: { readonly [F in ScalarUnary]: (x: string, lanes: Lanes) => string } = {
  neg: (x) => `(-${x})`,
  exp: (x) => `exp(${x})`,
  tanh: (x) => `bounded_tanh(${x})`,
  sigmoid: (x) => `sigmoid(${x})`,
  reciprocal: (x, lanes) => `(${constant(1, lanes)} / ${x})`,
  rsqrt: (x) => `inverseSqrt(${x})`,
  step: (x, lanes) => `select(${constant(0, lanes)}, ${constant(1, lanes)}, ${x} > ${constant(0, lanes)})`,
};

const binary: { readonly [F in ScalarBinary]: (a: string, b: string) => string } = {
  add: (a, b) => `(${a} + ${b})`,
  sub: (a, b) => `(${a} - ${b})`,
  mul: (a, b) => `(${a} * ${b})`,
  div: (a, b) => `(${a} / ${b})`,
  max: (a, b) => `max(${a}, ${b})`,
};

export function emitExpression(expression: Expression, leaves: Leaves): string {
  const emit = (part: Expression): string => emitExpression(part, leaves);
  switch (expression.kind) {
    case "load":
      return leaves.load(expression.operand);
    case "column":
      return leaves.column(expression.operand);
    case "row_scalar":
      return leaves.rowScalar(expression.index);
    case "local":
      return `t${expression.index}`;
    case "constant":
      return constant(expression.value, leaves.lanes);
    case "per_column":
      return leaves.lanes === "f32" ? "per_column" : "vec4(per_column)";
    case "unary":
      return unary[expression.fn](emit(expression.x), leaves.lanes);
    case "binary":
      return binary[expression.fn](emit(expression.a), emit(expression.b));
    default:
      return expression satisfies never;
  }
}

/**
 * Functions that WGSL lacks, or leaves inaccurate: its exp may overflow to anything, and its tanh is derived from it.
 * Near zero tanh is its Taylor series, for 1 − e^(−2x) would cancel there.
 */
const functions = {
  sigmoid: (lanes: Lanes) => [
    `fn sigmoid(x: ${lanes}) -> ${lanes} { return 1f / (1f + exp(min(-x, ${lanes}(88f)))); }`,
  ],
  /** Integers: `scramble` of ir/dropout.ts. */
  scrambled: () => [
    "fn scrambled(word: u32) -> u32 {",
    "  var x = word;",
    ...scrambleRounds.map(
      ({ shift, factor }) =>
        `  x = (x ^ (x >> ${shift}u))${factor === 1 ? "" : ` * 0x${factor.toString(16)}u`};`,
    ),
    "  return x;",
    "}",
  ],
  bounded_tanh: (lanes: Lanes) => [
    `fn bounded_tanh(x: ${lanes}) -> ${lanes} {`,
    "  let square = x * x;",
    "  let series = x * (1f + square * (-0.33333334f + square * (0.13333334f + square * (-0.053968254f + square * 0.021869488f))));",
    `  let small = exp(-2f * min(abs(x), ${lanes}(44f)));`,
    `  return select(sign(x) * (1f - small) / (1f + small), series, abs(x) < ${lanes}(0.25f));`,
    "}",
  ],
} as const;

/** Lines of the functions that some text calls, for one element or four. */
export function calledFunctions(lines: readonly string[], lanes: Lanes): readonly string[] {
  return Object.entries(functions).flatMap(([name, text]) =>
    lines.some((line) => line.includes(`${name}(`)) ? text(lanes) : [],
  );
}
