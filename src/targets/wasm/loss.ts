// loss.ts: cross-entropy and mean square with their gradients in one visit of a row, and the sums of losses.
// In: kernels. Out: views; the passes over a row are functions of templates/wasm/rows.wat.hbs.
// A row's logits are read twice (largest, exponentials); with a gradient the exponentials stay in its place and are
// scaled there, so nothing is computed twice.

import type { KernelViews } from "./context.ts";
import { literal } from "./math.ts";

const floatBytes = 4;

export const lossViews: KernelViews<"cross_entropy" | "mean_square" | "loss_sums"> = {
  cross_entropy: ({ name, body }) => {
    const { vocab, stride, gradientStride, zLoss, gradient } = body;
    return {
      template: "wasm/cross_entropy",
      view: {
        comment: `loss of ${vocab} logits${gradient ? " and its gradient" : ""}`,
        name,
        bytes: vocab * floatBytes,
        strideBytes: stride * floatBytes,
        gradientBytes: gradientStride * floatBytes,
        zLoss: literal(zLoss),
        zSlope: literal(2 * zLoss),
        gradient,
      },
      scratchBytes: 0,
    };
  },
  mean_square: ({ name, body }) => {
    const { width, stride, targetStride, gradientStride, gradient } = body;
    return {
      template: "wasm/mean_square",
      view: {
        comment: `mean square of ${width} differences${gradient ? " and its gradient" : ""}`,
        name,
        bytes: width * floatBytes,
        wholeBytes: Math.floor(width / 4) * 4 * floatBytes,
        strideBytes: stride * floatBytes,
        targetBytes: targetStride * floatBytes,
        gradientBytes: gradientStride * floatBytes,
        share: literal(1 / width),
        slope: literal(2 / width),
        gradient,
      },
      scratchBytes: 0,
    };
  },
  loss_sums: ({ name, body }) => ({
    template: "wasm/loss_sums",
    view: {
      comment: `Σ weight · loss, then Σ loss by the target's modality, in row order`,
      name,
      totals: 1 + body.modalities,
      totalBytes: (1 + body.modalities) * 8,
    },
    scratchBytes: (1 + body.modalities) * 8,
  }),
};
