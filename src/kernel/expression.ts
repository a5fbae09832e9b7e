// expression.ts: what row programs compute, as data.
// In: nothing. Out: types, parts of the bodies of kernel.ts; and the same expressions over other operands.

/** A scalar expression, evaluated per element of a row; lanes are the target's business. */
export type Expression =
  | { readonly kind: "load"; readonly operand: number }
  /** A vector over columns: the modality's norm weight. */
  | { readonly kind: "column"; readonly operand: number }
  /** A result of an earlier phase's reduction, after its `finish`. */
  | { readonly kind: "row_scalar"; readonly index: number }
  | { readonly kind: "constant"; readonly value: number }
  /** 1 ÷ columns of a part of the row: what turns a sum into a mean. */
  | { readonly kind: "per_column" }
  | { readonly kind: "unary"; readonly fn: ScalarUnary; readonly x: Expression }
  | { readonly kind: "binary"; readonly fn: ScalarBinary; readonly a: Expression; readonly b: Expression }
  /** A value computed by an earlier `let` of the same phase. */
  | { readonly kind: "local"; readonly index: number };

export type ScalarUnary = "neg" | "exp" | "tanh" | "sigmoid" | "reciprocal" | "rsqrt" | "step";
export type ScalarBinary = "add" | "sub" | "mul" | "div" | "max";

/** One trip over the columns of a row: locals in order, then sums into row scalars, then stores. */
export type RowPhase = {
  readonly lets: readonly Expression[];
  /** row_scalar[index] = finish(Σ over columns of value); `finish` reads the sum as `row_scalar index`. */
  readonly sums: readonly {
    readonly index: number;
    readonly value: Expression;
    readonly finish: Expression;
  }[];
  readonly stores: readonly { readonly operand: number; readonly value: Expression }[];
};

/** An operand of a row program; its address is argument number `operand` of the call. */
export type RowOperand = {
  readonly kind: "rows" | "column";
  /** Elements between rows; 0 for a column vector. */
  readonly stride: number;
};

/** The same lets and stores with other numbers for operands. */
export function renumber(
  { lets, stores }: Pick<RowPhase, "lets" | "stores">,
  to: (operand: number) => number,
): Pick<RowPhase, "lets" | "stores"> {
  const visit = (expression: Expression): Expression => {
    switch (expression.kind) {
      case "load":
      case "column":
        return { ...expression, operand: to(expression.operand) };
      case "unary":
        return { ...expression, x: visit(expression.x) };
      case "binary":
        return { ...expression, a: visit(expression.a), b: visit(expression.b) };
      default:
        return expression;
    }
  };
  return {
    lets: lets.map(visit),
    stores: stores.map(({ operand, value }) => ({ operand: to(operand), value: visit(value) })),
  };
}
