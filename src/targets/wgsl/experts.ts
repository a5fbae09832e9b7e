// experts.ts: choosing experts, and carrying rows between tokens and experts.
// In: kernels. Out: forms. What chooses is the only kernel that writes integers. Their binding is not read-only there,
// so nothing read from it counts as uniform, and what barriers depend on is in the text: experts, pools, ranges.

import { floatBits } from "../launches.ts";
import { bindingLines } from "./bindings.ts";
import {
  type BodyOf,
  recordLines,
  type ShaderView,
  type WgslContext,
  type WgslForm,
  type WgslForms,
} from "./context.ts";
import { reduction, reductionView } from "./reductions.ts";
import { elementwise, elementwiseParts } from "./rows.ts";

/** Of the workgroup that chooses, each on a stretch of a pool's tokens. */
const choiceThreads = 256;
/** Of the workgroup that multiplies a row with its experts' rows. */
const rowThreads = 64;
const balanceThreads = 256;

export const expertRowForms: WgslForms<"softmax" | "gather" | "combine" | "combine_dp" | "balance_dx"> = {
  softmax: {
    shader: (_body, context) =>
      elementwise(
        "softmax over the row",
        ["width", "x_stride", "y_stride", "x", "y"],
        [
          "let start = x + row * x_stride;",
          "var largest = load(start);",
          "for (var j = 1u; j < width; j++) { largest = max(largest, load(start + j)); }",
          "var total = 0f;",
          "for (var j = 0u; j < width; j++) { total += exp(load(start + j) - largest); }",
          "store(y + row * y_stride + column, exp(load(start + column) - largest) / total);",
        ],
        context,
      ),
    words: ({ width, xStride, yStride }) => [width, xStride, yStride],
    workgroups: ({ width }, _sizes, context) => [0, elementwiseParts(width, context)],
  },
  gather: {
    shader: ({ weighted }, context) =>
      elementwise(
        `y[r] = ${weighted ? "p[source[r]] · " : ""}x[source[r]]`,
        ["width", "x_stride", "y_stride", "p_stride", "source", "x", "y", "p"],
        [
          "let token = u32(host[source + row]);",
          `store(y + row * y_stride + column, ${weighted ? "load(p + token * p_stride) * " : ""}load(x + token * x_stride + column));`,
        ],
        context,
      ),
    words: ({ width, xStride, yStride, pStride }) => [width, xStride, yStride, pStride],
    workgroups: ({ width }, _sizes, context) => [0, elementwiseParts(width, context)],
  },
  combine: {
    shader: ({ weighted, residual }, context) =>
      elementwise(
        `z[r] = ${residual ? "d[r] + " : ""}Σ ${weighted ? "p[r, e] · " : ""}y[slots[r, e]]`,
        [
          ...["width", "experts", "y_stride", "z_stride", "p_stride", "d_stride"],
          ...["slots", "y", "z", "p", "d"],
        ],
        [
          `var sum = ${residual ? "load(d + row * d_stride + column)" : "0f"};`,
          "for (var e = 0u; e < experts; e++) {",
          "  let slot = host[slots + row * experts + e];",
          `  if (slot >= 0) { sum += ${weighted ? "load(p + row * p_stride + e) * " : ""}load(y + u32(slot) * y_stride + column); }`,
          "}",
          "store(z + row * z_stride + column, sum);",
        ],
        context,
      ),
    words: ({ width, experts, yStride, zStride, pStride, dStride }) => [
      ...[width, experts, yStride, zStride, pStride, dStride],
    ],
    workgroups: ({ width }, _sizes, context) => [0, elementwiseParts(width, context)],
  },
  combine_dp: {
    shader: (_body, context) => ({
      template: "wgsl/combine_dp",
      view: {
        comment: "dp[r, e] = dz[r] · y[slots[r, e]]",
        bindings: bindingLines({ floats: "scalar", sumThreads: rowThreads }, context),
        record: recordLines([
          ...["width", "experts", "y_stride", "z_stride", "p_stride"],
          ...["slots", "y", "dz", "dp"],
        ]),
        total: reduction("sum", "part", context),
        ...reductionView(["sum"], rowThreads, context),
      },
    }),
    words: ({ width, experts, yStride, zStride, pStride }) => [width, experts, yStride, zStride, pStride],
    workgroups: (_body, _sizes, { tileRows }) => [0, tileRows],
  },
  balance_dx: {
    shader: (_body, context) =>
      elementwise(
        "dp[r, e] = scale · rows of expert e ÷ (rows of all)²",
        ["width", "p_stride", "scale.", "starts", "dp"],
        [
          "let own = f32(host[starts + column + 1u] - host[starts + column]);",
          "let all = f32(host[starts + width] - host[starts]);",
          "store(dp + row * p_stride + column, scale * own / (all * all));",
        ],
        context,
      ),
    words: ({ experts, pStride, scale }) => [experts, pStride, floatBits(scale)],
    workgroups: ({ experts }, _sizes, context) => [0, elementwiseParts(experts, context)],
  },
};

/** Lists of row segments, word by word: a count, then where each range of groups begins and ends. */
function listWords({ segments }: BodyOf<"route">): readonly string[] {
  const words = segments.flatMap((ranges) => [
    String(ranges.length),
    ...ranges.flatMap(([first, end]) => [`i32(starts[${first}])`, `i32(starts[${end}])`]),
  ]);
  return words.map((value, i) => `host[lists + ${i}u] = ${value};`);
}

/** A record that ends in the segments of each pool: its words by name, and the index of the first pool's. */
function withPools(names: readonly string[]): {
  readonly record: readonly string[];
  readonly firstPool: number;
} {
  return { record: recordLines(names), firstPool: 1 + names.length };
}

function routeShader(body: BodyOf<"route">, context: WgslContext): ShaderView {
  const { experts, pools, top, tileRows } = body;
  return {
    template: "wgsl/route",
    view: {
      comment: `${experts} experts in ${pools} pools: ${top === 0 ? "each takes its tokens" : `each token takes ${top}`}`,
      bindings: bindingLines({ floats: "scalar", integers: "write" }, context),
      ...withPools([
        ...["p_stride", "p", "source", "slots"],
        ...["group_starts", "tiles", "tile_starts", "lists"],
      ]),
      byToken: top > 0,
      experts,
      pools,
      top,
      groups: experts * pools,
      tileRows,
      threads: choiceThreads,
      lists: listWords(body),
    },
  };
}

const route: WgslForm<"route"> = {
  writesIntegers: true,
  shader: routeShader,
  words: ({ pStride }) => [pStride],
  // An expert's choice depends on nothing but its own weights; where tokens choose, rows are handed out one after another.
  workgroups: ({ experts, pools, top }) => [top === 0 ? experts * pools : 1, 1],
};

export const expertTaskForms: WgslForms<"route" | "balance"> = {
  route,
  balance: {
    shader: (_body, context) => ({
      template: "wgsl/balance",
      view: {
        comment: "Σ over experts of their share of rows · their mean weight",
        bindings: bindingLines({ floats: "scalar", sumThreads: balanceThreads }, context),
        ...withPools([
          ...["experts", "pools", "modalities", "p_stride", "scale."],
          ...["p", "starts", "sums"],
        ]),
        total: reduction("sum", "part", context),
        ...reductionView(["sum"], balanceThreads, context),
      },
    }),
    // Rows of a pool ÷ top are its tokens.
    words: ({ experts, pools, modalities, pStride, scale, top }) => [
      ...[experts, pools, modalities, pStride, floatBits(scale * top)],
    ],
    workgroups: () => [1, 1],
  },
};
