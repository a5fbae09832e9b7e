// expert-kernels.ts: the kernels that choose experts and carry rows between tokens and experts; a part of kernel.ts.
// In: nothing. Out: types. Row stages run over the rows they write: routed rows for `gather`, tokens for all others.

export type ExpertBody =
  // ---- row stages --------------------------------------------------------------------------------------------------
  /** y[r] = softmax of x[r]; args: x, y. */
  | { readonly kind: "softmax"; readonly width: number; readonly xStride: number; readonly yStride: number }
  /** y[r] = x[source[r]], times p[source[r]] if `weighted`; args: source, x, y, p (at the expert's column). */
  | {
      readonly kind: "gather";
      readonly width: number;
      readonly xStride: number;
      readonly yStride: number;
      readonly weighted: boolean;
      readonly pStride: number;
    }
  /**
   * z[r] = (d[r] if `residual`) + Σ over experts e with s = slots[r, e] ≥ 0, in order, of y[s], times p[r, e] if
   * `weighted`. args: slots, y, z, p, d. slots has stride `experts`.
   */
  | {
      readonly kind: "combine";
      readonly width: number;
      readonly experts: number;
      readonly yStride: number;
      readonly zStride: number;
      readonly weighted: boolean;
      readonly pStride: number;
      readonly residual: boolean;
      readonly dStride: number;
    }
  /** dp[r, e] = dz[r] · y[slots[r, e]], 0 where the slot is −1; args: slots, y, dz, dp. */
  | {
      readonly kind: "combine_dp";
      readonly width: number;
      readonly experts: number;
      readonly yStride: number;
      readonly zStride: number;
      readonly pStride: number;
    }
  /**
   * dp[r, e] = scale · rows of group e ÷ (rows of all)², groups being those of the rows' pool; args: where the pool's
   * groups begin (experts + 1 integers), dp.
   */
  | {
      readonly kind: "balance_dx";
      readonly experts: number;
      readonly scale: number;
      readonly pStride: number;
    }

  // ---- tasks -------------------------------------------------------------------------------------------------------
  /**
   * Chooses experts, and opens the space: `top` experts a token, or ⌈tokens ÷ experts⌉ tokens an expert where it is 0.
   * Writes source and slots (see ir/ops.ts), where each group begins (and an end), the space's tiles (as the host does
   * for the batch's), 0 and their number, and per entry of `segments` a list of row segments: its count, then the rows
   * of each range of groups. One task. args: p, source, slots, group starts, tiles, tile starts, segments, then the row
   * segments of each pool's tokens.
   */
  | {
      readonly kind: "route";
      readonly experts: number;
      readonly pools: number;
      readonly top: number;
      readonly pStride: number;
      readonly tileRows: number;
      /** Half-open ranges of groups. */
      readonly segments: readonly (readonly (readonly [first: number, end: number])[])[];
    }
  /**
   * sums[0] = Σ over pools and their experts e of scale · (share of the pool's routed rows that are e's) · mean of
   * p[., e]; sums[1…modalities] = 0. A pool of n tokens has n · `top` routed rows. One task. args: p, group starts,
   * sums, then the row segments of each pool's tokens.
   */
  | {
      readonly kind: "balance";
      readonly experts: number;
      readonly pools: number;
      readonly top: number;
      readonly scale: number;
      readonly modalities: number;
      readonly pStride: number;
    };
