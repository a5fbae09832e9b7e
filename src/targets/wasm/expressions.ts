// expressions.ts: scalar expressions of a row program → folded WebAssembly, for any number of lanes.
// In: an expression and where its leaves are. Out: text; what takes several steps is written before it.
// A sum whose term is a product becomes one multiply-add; nothing else is rearranged.

import type { Expression } from "../../kernel/kernel.ts";
import type { Lanes } from "./lanes.ts";
import type { Writer } from "./math.ts";

/** Where the leaves of an expression are. */
export type Leaves = {
  readonly load: (operand: number) => string;
  readonly column: (operand: number) => string;
  readonly rowScalar: (index: number) => string;
  readonly local: (index: number) => string;
  /** 1 ÷ columns of a part. */
  readonly perColumn: number;
};

export function emitExpression(expression: Expression, lanes: Lanes, leaves: Leaves, writer: Writer): string {
  const emit = (part: Expression): string => emitExpression(part, lanes, leaves, writer);
  switch (expression.kind) {
    case "load":
      return leaves.load(expression.operand);
    case "column":
      return leaves.column(expression.operand);
    case "row_scalar":
      return leaves.rowScalar(expression.index);
    case "local":
      return leaves.local(expression.index);
    case "constant":
      return lanes.constant(expression.value);
    case "per_column":
      return lanes.constant(leaves.perColumn);
    case "unary":
      return lanes.unary(expression.fn, emit(expression.x), writer);
    case "binary": {
      const { fn, a, b } = expression;
      if (fn === "add" && isProduct(a)) return lanes.fma(emit(a.a), emit(a.b), emit(b));
      if (fn === "add" && isProduct(b)) return lanes.fma(emit(b.a), emit(b.b), emit(a));
      return lanes.binary(fn, emit(a), emit(b));
    }
    default:
      return expression satisfies never;
  }
}

/** Adds a value to a running sum. */
export function addTo(sum: string, value: Expression, lanes: Lanes, leaves: Leaves, writer: Writer): string {
  if (isProduct(value))
    return lanes.fma(
      emitExpression(value.a, lanes, leaves, writer),
      emitExpression(value.b, lanes, leaves, writer),
      sum,
    );
  return lanes.binary("add", sum, emitExpression(value, lanes, leaves, writer));
}

type Product = Extract<Expression, { readonly kind: "binary" }>;

function isProduct(expression: Expression): expression is Product {
  return expression.kind === "binary" && expression.fn === "mul";
}
