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
 * What becomes of a product's sums, element by element, before anything is stored: a phase without sums of its own, whose
 * operand 0 is the product (with the residual), operand 1 its twin where there is one, then `operands` in memory. What is
 * to be kept of the products themselves is among its stores.
 */
export type ProductEpilogue = {
  readonly operands: readonly RowOperand[];
  readonly phase: Omit<RowPhase, "sums">;
};

/** Components i and i + headDim/2 of every head turn by the row's position, as in `rope`; if not `turns`, they stay. */
export type ProductRotation = { readonly headDim: number; readonly turns: boolean };

/**
 * c[r] = (d[r] if `residual`) + Σ over terms of x[r, 0…k) · packed, where x is a[r], or `value` of the program's last
 * phase, computed while it is loaded. Where `keeps`, the program's stores happen too.
 * With an epilogue, c is a number; a twin is a second product of the same rows, as wide.
 * args: c, d, then a and packed per term (a: a number where x is computed), the twin's packed per term, then one address
 * per operand of the program or the epilogue; for a rotation: position, cosine table, sine table.
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
  readonly twin?: readonly Pick<ProductTerm, "weights">[];
  readonly epilogue?: ProductEpilogue;
  readonly rotation?: ProductRotation;
};
