// matmul.ts: the products of linear layers: rows times a packed matrix, the sum over rows of outer products (the
// gradient of a weight), and the packing itself.
// In: kernels. Out: views. All three are thin loops around panel functions, which hold the arithmetic.
// Sums run over k in order, whatever the tile: the same bits for every micro-kernel that multiplies and adds alike.

import type { View } from "../render.ts";
import type { KernelText, KernelViews, WasmContext } from "./context.ts";

const floatBytes = 4;

/** Longest run of k before the sums go to memory: one packed panel of it should fill half of the first-level cache. */
function longestRun(columns: number): number {
  return columns > 8 ? 384 : 512;
}

/** Rows of one pass of `outer`: the rows of a task and one panel of b should stay in the first-level cache. */
const outerChunkRows = 128;

export const matmulViews: KernelViews<"matmul" | "outer" | "pack"> = {
  matmul: ({ name, body }, context) => {
    const { k, n, aStride, cStride, dStride, residual } = body;
    const { columns } = context.tile;
    const form = { form: "rows", aStride, bStride: columns, cStride } as const;
    const first = context.panel({ ...form, initial: residual ? "load" : "zero", dStride });
    const chunks = cut(k, longestRun(columns)).map(({ begin, length }, index) => ({
      panel: index === 0 ? first : context.panel({ ...form, initial: "load", dStride: cStride }),
      k: length,
      aOffset: rowOffset(aStride, begin),
      cOffset: rowOffset(cStride, 0),
      dOffset: rowOffset(index === 0 && residual ? dStride : cStride, 0),
      dArgument: index === 0 && residual ? 12 : 8,
      packedOffset: begin * columns * floatBytes,
      panelBytes: k * columns * floatBytes,
      columnBytes: columns * floatBytes,
      panels: Math.ceil(n / columns),
    }));
    const comment = `c[r, 0…${n}) = ${residual ? "d[r] + " : ""}a[r, 0…${k}) · packed`;
    return { template: "wasm/matmul", view: { comment, name, chunks }, scratchBytes: 0 };
  },

  outer: ({ name, body }, context) => {
    const { out, inner, aStride, bStride, taskRows } = body;
    const { columns } = context.tile;
    const whole = Math.floor(inner / columns) * columns;
    const panel = (stride: number): string =>
      context.panel({
        form: "columns",
        aStride,
        bStride,
        cStride: stride,
        initial: "load",
        dStride: stride,
      });
    const view: View = {
      comment: `dw[${out}, ${inner}] = sum over rows of aᵀ · b, ${taskRows} rows of dw per task`,
      name,
      out,
      taskRows,
      chunkRows: outerChunkRows,
      hasTail: whole < inner,
      panel: whole > 0 ? panel(inner) : panel(columns),
      tailPanel: panel(columns),
      aStep: aStride * floatBytes,
      bStep: bStride * floatBytes,
      dwStep: inner * floatBytes,
      tailStep: columns * floatBytes,
      tailOffset: whole * floatBytes,
      tailBytes: (inner - whole) * floatBytes,
    };
    const scratchBytes = whole < inner ? taskRows * columns * floatBytes : 0;
    return { template: "wasm/outer", view, scratchBytes };
  },

  pack: ({ name, body }, context) => {
    const { out, inner, transposed } = body;
    const panel = context.tile.columns;
    const [n, k] = transposed ? [out, inner] : [inner, out];
    const laneStep = (transposed ? inner : 1) * floatBytes;
    const kStep = (transposed ? 1 : inner) * floatBytes;
    const wholeK = Math.floor(k / 4) * 4;
    const view: View = {
      comment: `panels of ${panel} columns of ${transposed ? "wᵀ" : "w"}, w is ${out} × ${inner}`,
      name,
      n,
      k,
      panel,
      transposed,
      laneStep,
      kStep,
      panelStep: panel * laneStep,
      packedStep: k * panel * floatBytes,
      panelBytes: panel * floatBytes,
      wholeK,
      restK: k - wholeK,
      wholeSource: wholeK * kStep,
      wholePacked: wholeK * panel * floatBytes,
    };
    return { template: "wasm/pack", view, scratchBytes: 0 };
  },
};

/** `$min`, `$copy_columns` and the packers. */
export function matrixLibrary({ tile }: WasmContext): Omit<KernelText, "scratchBytes"> {
  const row = tile.columns * floatBytes;
  const blocks = Array.from({ length: tile.columns / 4 }, (_, block) => ({
    k0: block * 16,
    k1: row + block * 16,
    k2: 2 * row + block * 16,
    k3: 3 * row + block * 16,
  }));
  return { template: "wasm/matrix", view: { panel: tile.columns, blocks, blockBytes: 4 * row } };
}

/** Cuts 0…total into runs of at most `longest`, as equal as can be. */
function cut(total: number, longest: number): readonly { readonly begin: number; readonly length: number }[] {
  const length = Math.ceil(total / Math.ceil(total / longest));
  return Array.from({ length: Math.ceil(total / length) }, (_, index) => ({
    begin: index * length,
    length: Math.min(length, total - index * length),
  }));
}

/** Byte offset of column `column` in row `$first`. */
function rowOffset(stride: number, column: number): string {
  const row = `(i32.mul (local.get $first) (i32.const ${stride * floatBytes}))`;
  return column === 0 ? row : `(i32.add ${row} (i32.const ${column * floatBytes}))`;
}
