// update.ts: gradients of norms and embeddings, sums of losses, the norm of all gradients, and AdamW.
// In: kernels. Out: forms. Everything here sums in an order that shapes alone decide.

import { floatBits } from "../launches.ts";
import { bindingLines } from "./bindings.ts";
import { type BodyOf, recordLines, type ShaderView, type WgslContext, type WgslForms } from "./context.ts";
import { reduction, reductionView } from "./reductions.ts";

const updateThreads = 256;
/** Columns of a norm's gradient that a workgroup sums, a thread each. */
const normThreads = 64;

/** So many pieces in rows of at most a device's limit. */
function folded(pieces: number, { limits }: WgslContext): readonly [number, number] {
  const across = Math.min(pieces, limits.maxComputeWorkgroupsPerDimension);
  return [across, Math.ceil(pieces / Math.max(1, across))];
}

export const gradientForms: WgslForms<"rms_norm_partials" | "sum_partials" | "embed_dw_by_token"> = {
  rms_norm_partials: {
    shader: normPartials,
    words: ({ width, heads, eps, dyStride, xStride, taskRows }) => [
      ...[width / heads, heads, floatBits(eps), dyStride, xStride, taskRows],
    ],
    workgroups: ({ width, heads }, { count }) => [count, Math.ceil(width / heads / normThreads)],
  },
  sum_partials: {
    shader: (_body, context) => ({
      template: "wgsl/sum_partials",
      view: {
        comment: "y[j] = Σ partials[i, j], i in order",
        bindings: bindingLines({ floats: "scalar" }, context),
        record: recordLines(["elements", "pieces", "partials", "y"]),
      },
    }),
    words: ({ elements, count }) => [elements, count],
    workgroups: ({ elements }) => [Math.ceil(elements / 64), 1],
  },
  embed_dw_by_token: {
    shader: (_body, context) => ({
      template: "wgsl/embed_dw_by_token",
      view: {
        comment: "dtable[token] = Σ dy over the rows that hold the token",
        bindings: bindingLines({ floats: "scalar" }, context),
        record: recordLines([
          "vocab",
          "width",
          "dy_stride",
          "dy",
          "rows_by_token",
          "token_starts",
          "table",
          "segments",
        ]),
      },
    }),
    words: ({ vocab, width, dyStride }) => [vocab, width, dyStride],
    workgroups: ({ vocab }, _sizes, context) => folded(vocab, context),
  },
};

function normPartials(_body: BodyOf<"rms_norm_partials">, context: WgslContext): ShaderView {
  return {
    template: "wgsl/rms_norm_partials",
    view: {
      comment: "Σ dy · x / √(mean x² + eps) over the rows of a piece",
      bindings: bindingLines({ floats: "scalar", sumThreads: normThreads }, context),
      record: recordLines([
        ...["width", "heads", "eps.", "dy_stride", "x_stride", "task_rows"],
        ...["dy", "x", "partials", "segments"],
      ]),
      total: reduction("sum", "squares", context),
      ...reductionView(["sum"], normThreads, context),
    },
  };
}

export const updateForms: WgslForms<"loss_sums" | "array_add" | "square_sum" | "adamw"> = {
  loss_sums: {
    shader: (_body, context) => ({
      template: "wgsl/loss_sums",
      view: {
        comment: "Σ weight · loss, then Σ loss by the target's modality",
        bindings: bindingLines({ floats: "scalar", sumThreads: updateThreads }, context),
        record: recordLines(["modalities", "loss", "weights", "target_modality", "sums", "segments"]),
        total: reduction("sum", "part", context),
        ...reductionView(["sum"], updateThreads, context),
      },
    }),
    words: ({ modalities }) => [modalities],
    workgroups: () => [1, 1],
  },
  array_add: {
    shader: (_body, context) => ({
      template: "wgsl/array_add",
      view: {
        comment: "y = a + b",
        bindings: bindingLines({ floats: "scalar" }, context),
        record: recordLines(["elements", "a", "b", "y"]),
      },
    }),
    words: ({ elements }) => [elements],
    workgroups: ({ elements }, _sizes, { limits }) => [
      Math.min(Math.ceil(elements / 1024), limits.maxComputeWorkgroupsPerDimension),
      1,
    ],
  },
  square_sum: {
    shader: (_body, context) => ({
      template: "wgsl/square_sum",
      view: {
        comment: "Σ g² of a piece",
        bindings: bindingLines({ floats: "scalar", sumThreads: updateThreads }, context),
        record: recordLines(["chunk", "g", "partials", "elements"]),
        total: reduction("sum", "squares", context),
        ...reductionView(["sum"], updateThreads, context),
      },
    }),
    words: ({ chunk }) => [chunk],
    workgroups: (_body, { count }, context) => folded(count, context),
  },
  adamw: {
    shader: ({ clip }, context) => ({
      template: "wgsl/adamw",
      view: {
        comment: `AdamW on a piece of the arenas${clip > 0 ? ", gradients clipped" : ""}`,
        bindings: bindingLines({ floats: "scalar", sumThreads: updateThreads }, context),
        record: recordLines(adamwNames),
        isClipped: clip > 0,
        total: reduction("sum", "squares", context),
        ...reductionView(["sum"], updateThreads, context),
      },
    }),
    words: ({ chunk, rate, beta1, beta2, eps, weightDecay, clip }) => [
      ...[chunk, rate],
      ...[beta1, 1 - beta1, beta2, 1 - beta2, eps, weightDecay, clip].map(floatBits),
    ],
    workgroups: (_body, { count }, context) => folded(count, context),
  },
};

const adamwNames = [
  ...["chunk", "rate_at"],
  ...["beta1.", "rest1.", "beta2.", "rest2.", "eps.", "weight_decay.", "clip."],
  ...["p", "g", "m", "v", "partials", "partial_count", "schedule", "norm_out", "elements", "address_mask"],
];
