// row-phases.ts: row programs to try kernels with: every function there is, a sum over parts of a row, a column, and a value
// that a later phase reads again. In: nothing. Out: phases; the comments say what they compute.

import type { Expression, RowPhase } from "../../src/kernel/kernel.ts";

const load = (operand: number): Expression => ({ kind: "load", operand });
const local = (index: number): Expression => ({ kind: "local", index });
const scalar = (index: number): Expression => ({ kind: "row_scalar", index });
const constant = (value: number): Expression => ({ kind: "constant", value });
const unary = (fn: (Expression & { kind: "unary" })["fn"], x: Expression): Expression => ({
  kind: "unary",
  fn,
  x,
});
const binary = (fn: (Expression & { kind: "binary" })["fn"], a: Expression, b: Expression): Expression => ({
  kind: "binary",
  fn,
  a,
  b,
});

/** z = −x · e^x; y = silu(norm(x) · weight) − max(x, 0) ÷ (1 + step(x)) + z, norm per part; so z is read again. */
export const normPhases: readonly RowPhase[] = [
  {
    lets: [load(0)],
    sums: [
      {
        index: 0,
        value: binary("mul", local(0), local(0)),
        finish: unary(
          "rsqrt",
          binary("add", binary("mul", scalar(0), { kind: "per_column" }), constant(1e-5)),
        ),
      },
      { index: 1, value: unary("exp", local(0)), finish: binary("mul", scalar(1), scalar(0)) },
    ],
    stores: [{ operand: 3, value: binary("mul", unary("neg", local(0)), unary("exp", local(0))) }],
  },
  {
    lets: [
      load(0),
      binary("mul", binary("mul", local(0), scalar(0)), { kind: "column", operand: 1 }),
      load(3),
    ],
    sums: [],
    stores: [
      {
        operand: 2,
        value: binary(
          "sub",
          binary(
            "add",
            binary("mul", local(1), unary("sigmoid", local(1))),
            binary("add", local(2), scalar(1)),
          ),
          binary(
            "div",
            binary("max", local(0), constant(0)),
            binary("add", constant(1), unary("step", local(0))),
          ),
        ),
      },
    ],
  },
];

/** y = tanh(a) · max(a, b) + 1 ÷ (2 + sigmoid(b)), z = −y · column. */
export const plainPhase: RowPhase = {
  lets: [
    load(0),
    load(1),
    binary(
      "add",
      binary("mul", unary("tanh", local(0)), binary("max", local(0), local(1))),
      unary("reciprocal", binary("add", constant(2), unary("sigmoid", local(1)))),
    ),
  ],
  sums: [],
  stores: [
    { operand: 2, value: local(2) },
    { operand: 3, value: binary("mul", unary("neg", local(2)), { kind: "column", operand: 4 }) },
  ],
};
