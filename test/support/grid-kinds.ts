// grid-kinds.ts: the kinds of kernels that grids run, for suites that must meet all of them. `tsc` lists what is missing.

import type { ExpertBody } from "../../src/kernel/expert-kernels.ts";
import type { KernelKind, MirrorOnlyKind, PanelOnlyKind, TileOnlyKind } from "../../src/kernel/kernel.ts";

/** Of every grid, experts apart. */
export const gridKinds: {
  readonly [K in Exclude<
    KernelKind,
    TileOnlyKind | PanelOnlyKind | MirrorOnlyKind | ExpertBody["kind"]
  >]: true;
} = {
  product: true,
  row_program: true,
  rope: true,
  dropout: true,
  embed: true,
  cross_entropy: true,
  mean_square: true,
  zero_rows: true,
  copy_rows: true,
  outer: true,
  rms_norm_partials: true,
  sum_partials: true,
  embed_dw_by_token: true,
  attention: true,
  attention_grad: true,
  loss_sums: true,
  array_add: true,
  square_sum: true,
  adamw: true,
};

export const expertKinds: { readonly [K in ExpertBody["kind"]]: true } = {
  softmax: true,
  route: true,
  gather: true,
  combine: true,
  combine_dp: true,
  balance: true,
  balance_dx: true,
};
