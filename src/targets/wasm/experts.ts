// experts.ts: choosing experts, and carrying rows between tokens and experts.
// In: kernels. Out: views. The choice is one task on one thread: it is a pass over E numbers a token for each bit of a
// threshold, nothing beside the experts' products, and its order is the same on any number of threads.
// Rows are moved whole, as vectors; a gather leaves the rows of a tile in cache for the products that read them.

import type { KernelViews } from "./context.ts";
import { get } from "./lanes.ts";
import { literal } from "./math.ts";

/** Lists of row segments as words, one list after another: a count, then where each range of groups begins and ends. */
function listWords(
  lists: readonly (readonly (readonly [first: number, end: number])[])[],
): readonly { readonly offset: number; readonly value: string }[] {
  const start = (group: number): string => `(i32.load offset=${group * 4} ${get("starts")})`;
  const words = lists.flatMap((ranges) => [
    `(i32.const ${ranges.length})`,
    ...ranges.flatMap(([first, end]) => [start(first), start(end)]),
  ]);
  return words.map((value, i) => ({ offset: i * 4, value }));
}

const floatBytes = 4;

export const expertViews: KernelViews<
  "softmax" | "gather" | "combine" | "combine_dp" | "balance_dx" | "route" | "balance"
> = {
  softmax: ({ name, body }) => ({
    template: "wasm/softmax",
    view: {
      comment: `softmax of ${body.width} columns`,
      name,
      bytes: body.width * floatBytes,
      xBytes: body.xStride * floatBytes,
      yBytes: body.yStride * floatBytes,
    },
    scratchBytes: 0,
  }),
  gather: ({ name, body }) => ({
    template: "wasm/gather",
    view: {
      comment: `y[r, 0…${body.width}) = ${body.weighted ? "p[source[r]] · " : ""}x[source[r]]`,
      name,
      weighted: body.weighted,
      bytes: body.width * floatBytes,
      xBytes: body.xStride * floatBytes,
      yBytes: body.yStride * floatBytes,
      pBytes: body.pStride * floatBytes,
    },
    scratchBytes: 0,
  }),
  combine: ({ name, body }, { fma }) => {
    const { width, experts, weighted, residual } = body;
    const sum = `sum over ${experts} experts of ${weighted ? "p[r, e] · " : ""}y[slots[r, e]]`;
    return {
      template: "wasm/combine",
      view: {
        comment: `z[r, 0…${width}) = ${residual ? "d[r] + " : ""}${sum}`,
        name,
        weighted,
        residual,
        bytes: width * floatBytes,
        slotBytes: experts * floatBytes,
        yBytes: body.yStride * floatBytes,
        zBytes: body.zStride * floatBytes,
        pBytes: body.pStride * floatBytes,
        dBytes: body.dStride * floatBytes,
        sum: fma("(v128.load (local.get $y))", get("factor"), "(v128.load (local.get $from))"),
      },
      scratchBytes: 0,
    };
  },
  combine_dp: ({ name, body }) => ({
    template: "wasm/combine_dp",
    view: {
      comment: `dp[r, e] = dz[r, 0…${body.width}) · y[slots[r, e]] for ${body.experts} experts`,
      name,
      bytes: body.width * floatBytes,
      slotBytes: body.experts * floatBytes,
      yBytes: body.yStride * floatBytes,
      zBytes: body.zStride * floatBytes,
      pBytes: body.pStride * floatBytes,
    },
    scratchBytes: 0,
  }),
  balance_dx: ({ name, body }) => ({
    template: "wasm/balance_dx",
    view: {
      comment: `dp[r, e] = ${body.scale} · rows of expert e ÷ (rows of all ${body.experts})²`,
      name,
      bytes: body.experts * floatBytes,
      pBytes: body.pStride * floatBytes,
      scale: literal(body.scale),
    },
    // Copies of rows read whole vectors.
    scratchBytes: body.experts * floatBytes + 16,
  }),
  route: ({ name, body }) => {
    const { experts, pools, top, pStride, tileRows, segments } = body;
    const choice = top === 0 ? "each takes its tokens" : `each token takes ${top}`;
    return {
      template: "wasm/route",
      view: {
        comment: `${experts} experts in ${pools} pools: ${choice}`,
        name,
        byToken: top > 0,
        experts,
        lessOne: experts - 1,
        top,
        lastBytes: (experts - 1) * floatBytes,
        groups: experts * pools,
        endBytes: experts * pools * floatBytes,
        pBytes: pStride * floatBytes,
        slotBytes: experts * floatBytes,
        tileRows,
        pools: Array.from({ length: pools }, (_, pool) => ({
          function: `$${name}_pool`,
          segments: (7 + pool) * floatBytes,
          startsBytes: pool * experts * floatBytes,
        })),
        words: listWords(segments),
      },
      scratchBytes: 0,
    };
  },
  balance: ({ name, body }) => {
    const { experts, pools, top, scale, modalities, pStride } = body;
    return {
      template: "wasm/balance",
      view: {
        comment: `${scale} · sum over ${experts} experts of their share of rows · their mean weight`,
        name,
        experts,
        top,
        slotBytes: experts * floatBytes,
        // rows of a pool ÷ top are its tokens
        scale: String(scale * top),
        pBytes: pStride * floatBytes,
        zeroBytes: (1 + modalities) * floatBytes,
        pools: Array.from({ length: pools }, (_, pool) => ({
          function: `$${name}_pool`,
          segments: (3 + pool) * floatBytes,
          startsBytes: pool * experts * floatBytes,
        })),
      },
      scratchBytes: 0,
    };
  },
};
