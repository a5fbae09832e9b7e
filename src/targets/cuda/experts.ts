// experts.ts: choosing experts, and carrying rows between tokens and experts.
// In: kernels. Out: forms. What chooses is the only kernel that writes integers.

import { floatBits } from "../launches.ts";
import {
  type BodyOf,
  type CudaForm,
  type CudaForms,
  type Element,
  everywhere,
  type KernelText,
  mapWord,
  recordLines,
  unread,
} from "./context.ts";
import { elementwise } from "./elementwise.ts";
import {
  elementwiseBlocks,
  elementwiseThreads,
  groupBlocks,
  groupView,
  isWide,
  lanesOf,
  partialBytes,
  typeOf,
} from "./lanes.ts";

/** Of a block whose rows are summed over. */
const rowThreads = 256;
/** Of the block that chooses, each on a stretch of a pool's tokens. */
const choiceThreads = 1024;
const balanceThreads = 1024;
/** Tokens whose weights at an expert are kept in shared memory; those of larger pools are read again. */
const keptKeys = 8192;

export const expertRowForms: CudaForms<"softmax" | "gather" | "combine" | "combine_dp" | "balance_dx"> = {
  softmax: {
    source: (_body, elements) => ({
      template: "cuda/softmax",
      view: {
        comment: "softmax over the row",
        record: recordLines(
          ["width", "x_stride", "y_stride"],
          [{ name: "x" }, { name: "y", writes: true }],
          elements,
        ),
        wide: isWide(["x_stride", "y_stride"]),
        xType: typeOf(elements[0]),
        yType: typeOf(elements[1]),
        ...groupView(elements.slice(0, 2), rowThreads),
      },
      configurations: everywhere({ threads: rowThreads, sharedBytes: partialBytes(rowThreads) }),
    }),
    words: ({ width, xStride, yStride }) => [width, xStride, yStride],
    blocks: ({ width }, _sizes, { tileRows }) => [0, groupBlocks(tileRows, width, rowThreads)],
  },
  gather: {
    source: ({ weighted }, elements) =>
      elementwise(
        {
          name: "gather",
          comment: `y[r] = ${weighted ? "p[source[r]] · " : ""}x[source[r]]`,
          words: ["width", "x_stride", "y_stride", weighted ? "p_stride" : unread],
          args: [
            ...["source", "x"].map((name) => ({ name })),
            ...[{ name: "y", writes: true }, { name: weighted ? "p" : unread }],
          ],
          wide: ["x_stride", "y_stride"],
          starts: [
            "const int token = source[row];",
            ...(weighted ? ["const float weight = load(p, (long long)token * p_stride);"] : []),
          ],
          loads: [{ name: "value", argument: 1, start: "x + (long long)token * x_stride" }],
          lines: weighted ? ["value[lane] *= weight;"] : [],
          stores: [{ name: "value", argument: 2, start: "y + (long long)row * y_stride" }],
        },
        elements,
      ),
    words: ({ width, xStride, yStride, pStride }) => [width, xStride, yStride, pStride],
    blocks: ({ width }, _sizes, { tileRows }) => [0, elementwiseBlocks(tileRows * width)],
  },
  combine: {
    source: combine,
    words: ({ width, experts, yStride, zStride, pStride, dStride }) => [
      ...[width, experts, yStride, zStride, pStride, dStride],
    ],
    blocks: ({ width }, _sizes, { tileRows }) => [0, elementwiseBlocks(tileRows * width)],
  },
  combine_dp: {
    source: (_body, elements) => ({
      template: "cuda/combine_dp",
      view: {
        comment: "dp[r, e] = dz[r] · y[slots[r, e]]",
        record: recordLines(
          ["width", "experts", "y_stride", "z_stride", "p_stride"],
          [{ name: "slots" }, { name: "y" }, { name: "dz" }, { name: "dp", writes: true }],
          elements,
        ),
        wide: isWide(["y_stride", "z_stride"]),
        yType: typeOf(elements[1]),
        dzType: typeOf(elements[2]),
        ...groupView(elements.slice(1, 3), rowThreads),
      },
      configurations: everywhere({ threads: rowThreads, sharedBytes: partialBytes(rowThreads) }),
    }),
    words: ({ width, experts, yStride, zStride, pStride }) => [width, experts, yStride, zStride, pStride],
    blocks: ({ width }, _sizes, { tileRows }) => [0, groupBlocks(tileRows, width, rowThreads)],
  },
  balance_dx: {
    source: (_body, elements) => ({
      template: "cuda/balance_dx",
      view: {
        comment: "dp[r, e] = scale · rows of expert e ÷ (rows of all)²",
        record: recordLines(
          ["experts", "p_stride", "scale."],
          [{ name: "starts" }, { name: "dp", writes: true }],
          elements,
        ),
      },
      configurations: everywhere({ threads: elementwiseThreads, sharedBytes: 0 }),
    }),
    words: ({ experts, pStride, scale }) => [experts, pStride, floatBits(scale)],
    blocks: ({ experts }, _sizes, { tileRows }) => [0, elementwiseBlocks(tileRows * experts)],
  },
};

function combine({ weighted, residual }: BodyOf<"combine">, elements: readonly Element[]): KernelText {
  const optional = ([p, d]: readonly [string, string]): readonly string[] => [
    weighted ? p : unread,
    residual ? d : unread,
  ];
  const strides = ["y_stride", "z_stride", ...(residual ? ["d_stride"] : [])];
  return {
    template: "cuda/combine",
    view: {
      comment: `z[r] = ${residual ? "d[r] + " : ""}Σ ${weighted ? "p[r, e] · " : ""}y[slots[r, e]]`,
      record: recordLines(
        ["width", "experts", "y_stride", "z_stride", ...optional(["p_stride", "d_stride"])],
        [
          ...[{ name: "slots" }, { name: "y" }, { name: "z", writes: true }],
          ...optional(["p", "d"]).map((name) => ({ name })),
        ],
        elements,
      ),
      lanes: lanesOf([elements[1], elements[2], elements[4]]),
      wide: isWide(strides),
      residual,
      weight: weighted ? "load(p, (long long)row * p_stride + e)" : "1.0f",
      yType: typeOf(elements[1]),
      zType: typeOf(elements[2]),
      dType: typeOf(elements[4]),
    },
    configurations: everywhere({ threads: elementwiseThreads, sharedBytes: 0 }),
  };
}

/** Lists of row segments, word by word: a count, then where each range of groups begins and ends. */
function listLines({ segments }: BodyOf<"route">): readonly string[] {
  const words = segments.flatMap((ranges) => [
    String(ranges.length),
    ...ranges.flatMap(([first, end]) => [`starts[${first}]`, `starts[${end}]`]),
  ]);
  return words.map((value, i) => `lists[${i}] = ${value};`);
}

const routeWords = ["p_stride"];
const routeArguments = [
  { name: "p" },
  ...["source", "slots", "group_starts", "tiles", "tile_starts", "lists"].map((name) => ({
    name,
    writes: true,
  })),
];

function routeText(body: BodyOf<"route">, elements: readonly Element[]): KernelText {
  const { experts, pools, top, tileRows } = body;
  const groups = experts * pools;
  const warps = choiceThreads / 32;
  const sumsAt = 4 * (groups + 1);
  const reachAt = sumsAt + 4 * warps;
  const keysAt = reachAt + 4 * 32;
  const sharedBytes = top > 0 ? reachAt : keysAt + 4 * keptKeys;
  return {
    template: "cuda/route",
    view: {
      comment: `${experts} experts in ${pools} pools: ${top === 0 ? "each takes its tokens" : `each token takes ${top}`}`,
      record: recordLines(routeWords, routeArguments, elements),
      byToken: top > 0,
      ...{ experts, pools, top, groups, tileRows, warps, sumsAt, reachAt, keysAt, sharedBytes },
      keys: keptKeys,
      threads: choiceThreads,
      firstPool: mapWord(routeWords.length, routeArguments.length),
      lists: listLines(body),
    },
    configurations: everywhere({ threads: choiceThreads, sharedBytes }),
  };
}

const route: CudaForm<"route"> = {
  source: routeText,
  words: ({ pStride }) => [pStride],
  // An expert's choice depends on nothing but its own weights; where tokens choose, rows are handed out one after another.
  blocks: ({ experts, pools, top }) => [top === 0 ? experts * pools : 1, 1],
};

const balanceWords = ["experts", "pools", "modalities", "p_stride", "scale."];
const balanceArguments = [{ name: "p" }, { name: "starts" }, { name: "sums", writes: true }];

export const expertTaskForms: CudaForms<"route" | "balance"> = {
  route,
  balance: {
    source: (_body, elements) => ({
      template: "cuda/balance",
      view: {
        comment: "Σ over experts of their share of rows · their mean weight",
        record: recordLines(balanceWords, balanceArguments, elements),
        firstPool: mapWord(balanceWords.length, balanceArguments.length),
        threads: balanceThreads,
        warps: balanceThreads / 32,
        sharedBytes: partialBytes(balanceThreads),
      },
      configurations: everywhere({ threads: balanceThreads, sharedBytes: partialBytes(balanceThreads) }),
    }),
    // Rows of a pool ÷ top are its tokens.
    words: ({ experts, pools, modalities, pStride, scale, top }) => [
      ...[experts, pools, modalities, pStride, floatBits(scale * top)],
    ],
    blocks: () => [1, 1],
  },
};
