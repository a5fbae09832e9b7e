// product-kernel.ts: the matrix product that grids of workgroups are given.
// In: nothing. Out: its type, a part of `KernelBody`.

import type { Expression, RowOperand, RowPhase } from "./expression.ts";

/** `weights`: not packed; w[n][k] (`transposed`) or w[k][n], rows `stride` apart. */
export type StoredWeights = { readonly transposed: boolean; readonly stride: number };
export type ProductTerm = {
  readonly k: number;
  readonly aStride: number;
  readonly value?: Expression;
  readonly weights?: StoredWeights;
};

/**
 * c[r] = (d[r] if `residual`) + Σ over terms of x[r, 0…k) · packed, where x is a[r], or `value` of the program's last
 * phase, computed while it is loaded. Where `keeps`, the program's stores happen too.
 * args: c, d, then a and packed per term (a: a number where x is computed), then one address per operand.
 */
export type ProductBody = {
  readonly kind: "product";
  readonly n: number;
  readonly cStride: number;
  readonly residual: boolean;
  readonly dStride: number;
  readonly terms: readonly ProductTerm[];
  readonly program?: {
    readonly width: number;
    readonly operands: readonly RowOperand[];
    readonly phases: readonly RowPhase[];
    readonly rowScalars: number;
    readonly keeps: boolean;
  };
};
