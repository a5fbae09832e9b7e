// attention.ts: attention and its gradient, one task per context and key-value head.
// In: kernels. Out: views. A task copies its head's keys and values once, from rows in modality order to panels in
// sequence order; that copy is the whole cost of routing. Then it walks blocks of queries: scores of the keys that any
// query of the block sees, softmax row by row, products. Scores live in a strip of scratch, never in the arena.
// Products are the panel functions of linear layers; the gradient recomputes the scores instead of keeping them, and
// takes the mean off keys and values first: what all of them share cancels exactly, but not in f32.

import type { View } from "../render.ts";
import { type KernelText, type KernelViews, placeRegions, type WasmContext } from "./context.ts";
import { literal } from "./math.ts";
import { exponentials } from "./rows.ts";

const floatBytes = 4;

/** Queries per block: a multiple of every micro-kernel's rows; more would read more keys that most queries do not see. */
const blockRows = 12;

type Sizes = {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly context: number;
};

/** What forward and backward share: sizes of panels and of the strip of scores. */
function shapeOf({ heads, kvHeads, headDim, context }: Sizes, columns: number) {
  const positions = Math.ceil(context / columns) * columns;
  const components = Math.ceil(headDim / columns) * columns;
  // Rows of scores at a multiple of 64 floats would share a few sets of the first-level cache.
  const stripStride = positions % 64 === 0 ? positions + 16 : positions;
  return {
    regions: {
      /** [positions / columns][headDim][columns], and what the last vectors write behind it */
      turned: positions * headDim + 4 * columns,
      /** [components / columns][context][columns] */
      panels: components * context,
      block: blockRows * components,
      strip: blockRows * stripStride,
      zeros: components + 16,
      /** per query of a block: what its results are multiplied by */
      factors: blockRows,
    },
    components,
    stripStride,
    view: {
      heads,
      kvHeads,
      context,
      blockRows,
      rowOfBytes: blockRows * floatBytes,
      groupHeads: heads / kvHeads,
      headDim,
      headBytes: headDim * floatBytes,
      blockBytes: components * floatBytes,
      stripBytes: stripStride * floatBytes,
      columns,
      panelBytes: columns * floatBytes,
      turnedBytes: headDim * columns * floatBytes,
      contextBytes: context * columns * floatBytes,
      componentPanels: components / columns,
      scale: literal(1 / Math.sqrt(headDim)),
    },
  };
}

export const attentionViews: KernelViews<"attention" | "attention_grad"> = {
  attention: ({ name, body }, context) => {
    const { regions, components, stripStride, view } = shapeOf(body, context.tile.columns);
    const { turned, panels, block, strip, zeros, factors } = regions;
    const { offsets, bytes } = placeRegions({
      turned,
      panels,
      queries: block,
      strip,
      results: block,
      zeros,
      factors,
    });
    const zero = { initial: "zero", dStride: 0, form: "rows", bStride: context.tile.columns } as const;
    const strides: View = {
      qBytes: body.qStride * floatBytes,
      kBytes: body.kStride * floatBytes,
      vBytes: body.vStride * floatBytes,
      outBytes: body.outStride * floatBytes,
      lseBytes: body.lseStride * floatBytes,
    };
    return {
      template: "wasm/attention",
      view: {
        comment: `${body.heads} heads of ${body.headDim}, ${body.kvHeads} of keys, contexts of ${body.context}`,
        name,
        ...view,
        ...offsets,
        ...strides,
        zeroBytes: zeros * floatBytes,
        scores: context.panel({ ...zero, aStride: components, cStride: stripStride }),
        mix: context.panel({ ...zero, aStride: stripStride, cStride: components }),
      },
      scratchBytes: bytes,
    };
  },

  attention_grad: ({ name, body }, context) => {
    const { regions, components, stripStride, view } = shapeOf(body, context.tile.columns);
    const { turned, panels, block, strip, zeros, factors } = regions;
    const sums = components * body.context;
    const { offsets, bytes } = placeRegions({
      turnedKeys: turned,
      turnedValues: turned,
      panels,
      queries: block,
      gradients: block,
      results: block,
      strip,
      slopes: strip,
      keySums: sums,
      valueSums: sums,
      zeros,
      factors,
    });
    const zero = { initial: "zero", dStride: 0, form: "rows", bStride: context.tile.columns } as const;
    const add = { initial: "load", form: "columns", aStride: stripStride, bStride: components } as const;
    const strides: View = {
      doutBytes: body.doutStride * floatBytes,
      qBytes: body.qStride * floatBytes,
      kBytes: body.kStride * floatBytes,
      vBytes: body.vStride * floatBytes,
      outBytes: body.outStride * floatBytes,
      lseBytes: body.lseStride * floatBytes,
      dqBytes: body.dqStride * floatBytes,
      dkBytes: body.dkStride * floatBytes,
      dvBytes: body.dvStride * floatBytes,
    };
    return {
      template: "wasm/attention_grad",
      view: {
        comment: `gradient of ${body.heads} heads of ${body.headDim}, ${body.kvHeads} of keys, contexts of ${body.context}`,
        name,
        ...view,
        ...offsets,
        ...strides,
        zeroBytes: zeros * floatBytes,
        sumBytes: sums * floatBytes,
        turnedValuesEnd:
          offsets.turnedValues + Math.ceil(body.context / context.tile.columns) * view.turnedBytes,
        toSlopes: offsets.slopes - offsets.strip,
        ones: offsets.factors + floatBytes,
        scores: context.panel({ ...zero, aStride: components, cStride: stripStride }),
        mix: context.panel({ ...zero, aStride: stripStride, cStride: components }),
        gather: context.panel({ ...add, cStride: components, dStride: components }),
      },
      scratchBytes: bytes,
    };
  },
};

/** The functions on one head, for panels of this many columns. */
export function headsLibrary({ tile, fma }: WasmContext): Omit<KernelText, "scratchBytes"> {
  const row = tile.columns * floatBytes;
  return {
    template: "wasm/heads",
    view: {
      ...exponentials(fma),
      columns: tile.columns,
      row1: row,
      row2: 2 * row,
      row3: 3 * row,
      row4: 4 * row,
      vectors: Array.from({ length: tile.columns / 4 }, (_, vector) => vector * 16),
      vectorsOfRow: Array.from({ length: tile.columns / 4 }, (_, vector) => ({ offset: vector * 16, row })),
    },
  };
}
