// update.ts: gradients of norms and embeddings, sums of losses, the norm of all gradients, AdamW, and the weights' copy.
// In: kernels. Out: forms. Everything here sums in an order that shapes alone decide.

import { floatBits } from "../launches.ts";
import {
  type ArgumentName,
  type BodyOf,
  type CudaForms,
  type Element,
  everywhere,
  type KernelText,
  mapWord,
  recordLines,
  unread,
} from "./context.ts";
import { groupSize, groupView, isWide, lanesOf, partialBytes, typeOf } from "./lanes.ts";

const updateThreads = 256;
const lossThreads = 1024;
/** Columns of a norm's gradient that a thread sums. */
const normColumns = 16;

const warpsOf = (threads: number): number => threads / 32;

export const gradientForms: CudaForms<"rms_norm_partials" | "sum_partials" | "embed_dw_by_token"> = {
  rms_norm_partials: {
    source: normPartials,
    words: ({ width, heads, eps, dyStride, xStride, taskRows }) => [
      ...[width / heads, heads, floatBits(eps), dyStride, xStride, taskRows],
    ],
    blocks: ({ width, heads }, { count }) => [count, Math.ceil(width / heads / windowOf(width / heads))],
  },
  sum_partials: {
    source: (_body, elements) => ({
      template: "cuda/sum_partials",
      view: {
        comment: "y[j] = Σ partials[i, j], in an order that only depends on how many there are",
        record: recordLines(
          ["elements", "pieces"],
          [{ name: "partials" }, { name: "y", writes: true }],
          elements,
        ),
      },
      configurations: everywhere({ threads: 256, sharedBytes: 1024 }),
    }),
    words: ({ elements, count }) => [elements, count],
    blocks: ({ elements }) => [Math.ceil(elements / 32), 1],
  },
  embed_dw_by_token: {
    source: (_body, elements) => {
      const sharedBytes = 4 * updateThreads * lanesOf(elements.slice(0, 1));
      return {
        template: "cuda/embed_dw_by_token",
        view: {
          comment: "dtable[token] = Σ dy over the rows that hold the token",
          record: recordLines(
            ["width", "dy_stride"],
            [
              ...["dy", "rows_by_token", "token_starts"].map((name) => ({ name })),
              { name: "table", writes: true },
              { name: "segments" },
            ],
            elements,
          ),
          lanes: lanesOf(elements.slice(0, 1)),
          dyType: typeOf(elements[0]),
          sharedBytes,
        },
        configurations: everywhere({ threads: updateThreads, sharedBytes }),
      };
    },
    words: ({ width, dyStride }) => [width, dyStride],
    blocks: ({ vocab }) => [vocab, 1],
  },
};

/** Columns of a norm's gradient that a block sums. */
const windowOf = (width: number): number => normColumns * Math.min(32, groupSize(width, 32, normColumns));

function normPartials(_body: BodyOf<"rms_norm_partials">, elements: readonly Element[]): KernelText {
  const sharedBytes = 4 * updateThreads * normColumns;
  return {
    template: "cuda/rms_norm_partials",
    view: {
      comment: "Σ dy · x / √(mean x² + eps) over the rows of a piece",
      record: recordLines(
        ["width", "heads", "eps.", "dy_stride", "x_stride", "task_rows"],
        [{ name: "dy" }, { name: "x" }, { name: "partials", writes: true }, { name: "segments" }],
        elements,
      ),
      wide: isWide(["dy_stride", "x_stride", "(heads == 1 ? 0 : width)"]),
      dyType: typeOf(elements[0]),
      xType: typeOf(elements[1]),
      ...groupView(elements.slice(0, 2), updateThreads, { kept: normColumns }),
      sharedBytes,
    },
    configurations: everywhere({ threads: updateThreads, sharedBytes }),
  };
}

export const updateForms: CudaForms<"loss_sums" | "array_add" | "square_sum" | "adamw" | "mirror"> = {
  loss_sums: {
    source: (_body, elements) => ({
      template: "cuda/loss_sums",
      view: {
        comment: "Σ weight · loss, then Σ loss by the target's modality",
        record: recordLines(
          ["modalities"],
          [
            ...["loss", "weights", "target_modality"].map((name) => ({ name })),
            { name: "sums", writes: true },
            { name: "segments" },
          ],
          elements,
        ),
        threads: lossThreads,
        warps: warpsOf(lossThreads),
        sharedBytes: partialBytes(lossThreads),
      },
      configurations: everywhere({ threads: lossThreads, sharedBytes: partialBytes(lossThreads) }),
    }),
    words: ({ modalities }) => [modalities],
    blocks: () => [1, 1],
  },
  array_add: {
    source: (_body, elements) => ({
      template: "cuda/array_add",
      view: {
        comment: "y = a + b",
        record: recordLines(
          ["elements"],
          [{ name: "a" }, { name: "b" }, { name: "y", writes: true }],
          elements,
        ),
        lanes: 4,
      },
      configurations: everywhere({ threads: updateThreads, sharedBytes: 0 }),
    }),
    words: ({ elements }) => [elements],
    blocks: ({ elements }) => [Math.min(Math.ceil(elements / (16 * updateThreads)), 4096), 1],
  },
  square_sum: {
    source: (_body, elements) => ({
      template: "cuda/square_sum",
      view: {
        comment: "Σ g² of a piece",
        record: recordLines(
          ["chunk"],
          [{ name: "g" }, { name: "partials", writes: true }, { name: "elements" }],
          elements,
        ),
        lanes: 4,
        warps: warpsOf(updateThreads),
        sharedBytes: partialBytes(updateThreads),
      },
      configurations: everywhere({ threads: updateThreads, sharedBytes: partialBytes(updateThreads) }),
    }),
    words: ({ chunk }) => [chunk],
    blocks: (_body, { count }) => [count, 1],
  },
  adamw: {
    source: adamw,
    words: ({ chunk, rate, beta1, beta2, eps, weightDecay, clip }) => [
      ...[chunk, rate],
      ...[beta1, 1 - beta1, beta2, 1 - beta2, eps, weightDecay, clip].map(floatBits),
    ],
    blocks: (_body, { count }) => [count, 1],
    isPersistent: true,
  },
  mirror: {
    source: (_body, elements) => ({
      template: "cuda/mirror",
      view: {
        comment: "the weights in bf16",
        record: recordLines(
          ["chunk"],
          [{ name: "p" }, { name: "copy", writes: true }, { name: "elements" }],
          elements,
        ),
        lanes: 4,
      },
      configurations: everywhere({ threads: updateThreads, sharedBytes: 0 }),
    }),
    words: ({ chunk }) => [chunk],
    blocks: (_body, { count }) => [count, 1],
  },
};

const adamwWords = ["chunk", "rate_at", "beta1.", "rest1.", "beta2.", "rest2.", "eps.", "weight_decay."];
const adamwArguments: readonly ArgumentName[] = [
  ...[{ name: "p", writes: true }, { name: "g" }],
  ...["m", "v"].map((name) => ({ name, writes: true })),
  ...["partials", "partial_count", "schedule"].map((name) => ({ name })),
  // A number where another call of this launch writes the norm.
  { name: "norm_out", writes: true, element: "f32" },
  { name: "elements" },
];

function adamw({ clip }: BodyOf<"adamw">, elements: readonly Element[]): KernelText {
  const hasMirror = elements[9] === "bf16";
  return {
    template: "cuda/adamw",
    view: {
      comment: `AdamW on a piece of the arenas${clip > 0 ? ", gradients clipped" : ""}${hasMirror ? ", and the copy in bf16" : ""}`,
      record: recordLines(
        [...adamwWords, clip > 0 ? "clip." : unread],
        hasMirror ? [...adamwArguments, { name: "copy", writes: true }] : adamwArguments,
        elements,
      ),
      normOut: mapWord(
        adamwWords.length + 1,
        adamwArguments.findIndex(({ name }) => name === "norm_out"),
      ),
      isClipped: clip > 0,
      hasMirror,
      // Eight would need more registers than let four blocks stay beside one another.
      lanes: 4,
      warps: warpsOf(updateThreads),
      sharedBytes: partialBytes(updateThreads),
    },
    configurations: everywhere({ threads: updateThreads, sharedBytes: partialBytes(updateThreads) }),
  };
}
