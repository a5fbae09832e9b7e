// weights.ts: what is done with whole weights: the sum over rows of outer products (a weight's gradient), and packing.
// In: kernels. Out: forms. A workgroup stages runs of rows of both factors in its memory; a thread keeps its part of
// the gradient in registers.

import type { ProductTile } from "../../kernel/schedule.ts";
import type { View } from "../render.ts";
import { bindingLines } from "./bindings.ts";
import { recordLines, type WgslForms } from "./context.ts";
import { shapeOf, tileText, upTo } from "./tile.ts";

export const weightForms: WgslForms<"outer" | "pack"> = {
  outer: {
    shader: ({ inner }, context) => ({
      template: "wgsl/outer",
      view: {
        comment: `dw[outer, inner] = Σ over rows of aᵀ · b, ${tileText(context.tile)}`,
        bindings: bindingLines({ floats: isAligned(inner) ? "vector" : "scalar" }, context),
        record: recordLines([
          "outer",
          "inner",
          "a_stride",
          "b_stride",
          "a",
          "b",
          "dw",
          "segments",
          "accumulate",
        ]),
        ...outerView(context.tile, isAligned(inner)),
      },
    }),
    words: ({ out, inner, aStride, bStride }) => [out, inner, aStride, bStride],
    workgroups: ({ out, inner }, _sizes, { tile }) => [
      Math.ceil(inner / tile.columns),
      Math.ceil(out / tile.rows),
    ],
  },
  pack: {
    shader: (_body, context) => ({
      template: "wgsl/pack",
      view: {
        comment: `panels of ${context.panel} columns: packed[panel, k, column] = w[column · column_step + k · k_step]`,
        bindings: bindingLines({ floats: "scalar", weights: "write" }, context),
        record: recordLines(["n", "k", "column_step", "k_step", "w", "packed"]),
        panel: context.panel,
        panel4: context.panel / 4,
      },
    }),
    words: ({ out, inner, transposed }) => (transposed ? [out, inner, inner, 1] : [inner, out, 1, inner]),
    workgroups: ({ out, inner, transposed }, _sizes, { panel }) => {
      const [n, k] = transposed ? [out, inner] : [inner, out];
      // A thread packs four vectors: a weight is large, and there are many of them.
      return [Math.ceil((Math.ceil(n / panel) * panel * k) / 4 / 256 / 4), 1];
    },
  },
};

/** Whether rows of so many elements all start on whole vectors. */
const isAligned = (width: number): boolean => width % 4 === 0;

/** Starts of the loads with which `threads` threads bring in `vectors` vectors. */
const loads = (vectors: number, threads: number): readonly number[] =>
  upTo(Math.ceil(vectors / threads)).map((turn) => turn * threads);

function outerView(tile: ProductTile, aligned: boolean): View {
  const { threads, across, down } = shapeOf(tile);
  const { rows, columns, depth, threadRows, threadColumns } = tile;
  const [heights, quads] = [upTo(threadRows / 4), upTo(threadColumns / 4)];
  const parts = heights.flatMap((h) => upTo(4).map((c) => ({ h, c })));
  return {
    threads,
    rows,
    columns,
    depth,
    threadsAcross: across,
    aTileSize: (rows * depth) / 4,
    bTileSize: (depth * columns) / 4,
    sums: parts.flatMap(({ h, c }) => quads.map((j) => `sum${h}${c}_${j}`)),
    aLoads: loads((rows * depth) / 4, threads),
    bLoads: loads((depth * columns) / 4, threads),
    aReads: heights.map((h) => ({ name: `a${h}`, row: `thread_row + ${h * down}u` })),
    bReads: quads.map((j) => ({ name: `b${j}`, column: `thread_column + ${j * across}u` })),
    products: parts.flatMap(({ h, c }) => quads.map((j) => `sum${h}${c}_${j} += a${h}[${c}] * b${j};`)),
    stores: parts.flatMap(({ h, c }) =>
      quads.map((j) => ({
        sum: `sum${h}${c}_${j}`,
        row: `4u * thread_row + ${4 * h * down + c}u`,
        column: `4u * thread_column + ${4 * j * across}u`,
        aligned,
      })),
    ),
  };
}
