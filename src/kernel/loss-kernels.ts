// loss-kernels.ts: kernels that compare a row with what it should be; bodies of kernel.ts.
// In: nothing. Out: types. They are row stages, called as (args, first row, row count).

export type LossBody =
  /**
   * loss[r] = lse(logits[r]) − logits[r, target] + zLoss·lse², 0 where target < 0; if `gradient`, dlogits[r] =
   * weight[r] · d loss[r] / d logits, may be the logits' own buffer. args: logits, target, loss, weight, dlogits.
   * loss, target, weight have stride 1.
   */
  | {
      readonly kind: "cross_entropy";
      readonly vocab: number;
      readonly stride: number;
      readonly gradientStride: number;
      readonly zLoss: number;
      readonly gradient: boolean;
    }
  /** loss[r] = mean of (x[r] − target[r])²; if `gradient`, dx[r] = weight[r] · d loss[r] / dx[r]. args: x, target, loss, weight, dx. */
  | {
      readonly kind: "mean_square";
      readonly width: number;
      readonly stride: number;
      readonly targetStride: number;
      readonly gradientStride: number;
      readonly gradient: boolean;
    };
