// rows.ts: kernels that work row by row: rotary positions, dropout, embeddings, copies, losses.
// In: kernels. Out: forms. What needs a sum over its row gets a group of threads per row; the rest spreads a tile's
// vectors over a few blocks. `row-programs.ts` has the chains of elementwise ops and norms.

import { goldenBits, siteBits } from "../../ir/dropout.ts";
import { floatBits } from "../launches.ts";
import {
  type BodyOf,
  type CudaContext,
  type CudaForms,
  type Element,
  everywhere,
  type KernelText,
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
import { rowProgramForm } from "./row-programs.ts";

/** Of a block whose rows are summed over. */
export const summingThreads = 256;
/** Logits are the widest rows there are: more threads leave fewer rows between the two passes, so that they stay near. */
const crossEntropyThreads = 512;
const keptLogits = 16;

const spread = (width: number, { tileRows }: CudaContext): readonly [number, number] => [
  0,
  elementwiseBlocks(tileRows * width),
];

export const rowForms: CudaForms<
  "row_program" | "rope" | "dropout" | "embed" | "cross_entropy" | "mean_square" | "zero_rows" | "copy_rows"
> = {
  row_program: rowProgramForm,
  rope: {
    source: rope,
    words: ({ heads, headDim, xStride, yStride, inverse }) => [
      ...[heads, headDim / 2, xStride, yStride],
      floatBits(inverse ? -1 : 1),
    ],
    blocks: ({ heads, headDim }, _sizes, context) => spread(heads * headDim, context),
  },
  dropout: {
    source: (_body, elements) =>
      elementwise(
        {
          name: "dropout",
          comment: "zero where the element's bits are below the threshold, else scaled",
          words: ["width", "x_stride", "y_stride", "site", "threshold", "scale."],
          args: [{ name: "x" }, { name: "y", writes: true }, { name: "sequence" }, { name: "key" }],
          wide: ["x_stride", "y_stride"],
          starts: [
            "const bool is_training = key[1] != 0;",
            "const unsigned place = scrambled(scrambled((unsigned)key[0] ^ (unsigned)site) + (unsigned)sequence[row]);",
          ],
          loads: [{ name: "value", argument: 0, start: "x + (long long)row * x_stride" }],
          lines: [
            `const unsigned bits = scrambled(place ^ ((unsigned)(column + lane) * 0x${goldenBits.toString(16)}u));`,
            "const bool is_dropped = is_training && bits < (unsigned)threshold;",
            "value[lane] = is_dropped ? 0.0f : value[lane] * (is_training ? scale : 1.0f);",
          ],
          stores: [{ name: "value", argument: 1, start: "y + (long long)row * y_stride" }],
        },
        elements,
      ),
    words: ({ width, xStride, yStride, number, threshold, scale }) => [
      ...[width, xStride, yStride, siteBits(number), threshold],
      floatBits(scale),
    ],
    blocks: ({ width }, _sizes, context) => spread(width, context),
  },
  embed: {
    source: (_body, elements) =>
      elementwise(
        {
          name: "embed",
          comment: "y[r] = table[token[r]]",
          words: ["width", "y_stride"],
          args: [{ name: "token" }, { name: "table" }, { name: "y", writes: true }],
          wide: ["width", "y_stride"],
          starts: [],
          loads: [{ name: "value", argument: 1, start: "table + (long long)token[row] * width" }],
          lines: [],
          stores: [{ name: "value", argument: 2, start: "y + (long long)row * y_stride" }],
        },
        elements,
      ),
    words: ({ width, yStride }) => [width, yStride],
    blocks: ({ width }, _sizes, context) => spread(width, context),
  },
  cross_entropy: {
    source: crossEntropy,
    words: ({ vocab, stride, gradientStride, zLoss }) => [vocab, stride, gradientStride, floatBits(zLoss)],
    blocks: ({ vocab }, _sizes, { tileRows }) => [
      0,
      groupBlocks(tileRows, vocab, crossEntropyThreads, keptLogits),
    ],
  },
  mean_square: {
    source: meanSquare,
    words: ({ width, stride, targetStride, gradientStride }) => [width, stride, targetStride, gradientStride],
    blocks: ({ width }, _sizes, { tileRows }) => [0, groupBlocks(tileRows, width, summingThreads)],
  },
  zero_rows: {
    source: (_body, elements) =>
      elementwise(
        {
          name: "zero_rows",
          comment: "y[r] = 0",
          words: ["width", "stride"],
          args: [{ name: "y", writes: true }],
          wide: ["stride"],
          starts: [],
          loads: [],
          lines: ["value[lane] = 0.0f;"],
          stores: [{ name: "value", argument: 0, start: "y + (long long)row * stride" }],
        },
        elements,
      ),
    words: ({ width, stride }) => [width, stride],
    blocks: ({ width }, _sizes, context) => spread(width, context),
  },
  copy_rows: {
    source: (_body, elements) =>
      elementwise(
        {
          name: "copy_rows",
          comment: "y[r] = x[r]",
          words: ["width", "x_stride", "y_stride"],
          args: [{ name: "x" }, { name: "y", writes: true }],
          wide: ["x_stride", "y_stride"],
          starts: [],
          loads: [{ name: "value", argument: 0, start: "x + (long long)row * x_stride" }],
          lines: [],
          stores: [{ name: "value", argument: 1, start: "y + (long long)row * y_stride" }],
        },
        elements,
      ),
    words: ({ width, xStride, yStride }) => [width, xStride, yStride],
    blocks: ({ width }, _sizes, context) => spread(width, context),
  },
};

function rope(_body: BodyOf<"rope">, elements: readonly Element[]): KernelText {
  return {
    template: "cuda/rope",
    view: {
      comment: "rotates components i and i + half of every head by the row's position",
      record: recordLines(
        ["heads", "half", "x_stride", "y_stride", "direction."],
        [
          { name: "x" },
          { name: "y", writes: true },
          ...["positions", "cosines", "sines"].map((name) => ({ name })),
        ],
        elements,
      ),
      lanes: lanesOf(elements.slice(0, 2)),
      wide: isWide(["half", "x_stride", "y_stride"]),
      xType: typeOf(elements[0]),
      yType: typeOf(elements[1]),
    },
    configurations: everywhere({ threads: elementwiseThreads, sharedBytes: 0 }),
  };
}

function crossEntropy({ gradient }: BodyOf<"cross_entropy">, elements: readonly Element[]): KernelText {
  return {
    template: "cuda/cross_entropy",
    view: {
      comment: `loss of a row of logits${gradient ? " and its gradient" : ""}`,
      record: recordLines(
        ["vocab", "stride", gradient ? "gradient_stride" : unread, "z_loss."],
        [
          { name: "logits" },
          { name: "target_ids" },
          { name: "loss", writes: true },
          { name: gradient ? "weights" : unread },
          { name: gradient ? "dlogits" : unread, writes: true },
        ],
        elements,
      ),
      gradient,
      wide: isWide(gradient ? ["stride", "gradient_stride"] : ["stride"]),
      logitsType: typeOf(elements[0]),
      gradientType: typeOf(elements[4]),
      ...groupView([elements[0], elements[4]], crossEntropyThreads, { kept: keptLogits }),
    },
    configurations: everywhere({
      threads: crossEntropyThreads,
      sharedBytes: partialBytes(crossEntropyThreads),
    }),
  };
}

function meanSquare({ gradient }: BodyOf<"mean_square">, elements: readonly Element[]): KernelText {
  return {
    template: "cuda/mean_square",
    view: {
      comment: `mean square of a row of differences${gradient ? " and its gradient" : ""}`,
      record: recordLines(
        ["width", "stride", "target_stride", gradient ? "gradient_stride" : unread],
        [
          { name: "x" },
          { name: "wanted" },
          { name: "loss", writes: true },
          { name: gradient ? "weights" : unread },
          { name: gradient ? "dx" : unread, writes: true },
        ],
        elements,
      ),
      gradient,
      wide: isWide(["stride", "target_stride", ...(gradient ? ["gradient_stride"] : [])]),
      xType: typeOf(elements[0]),
      wantedType: typeOf(elements[1]),
      gradientType: typeOf(elements[4]),
      ...groupView([elements[0], elements[1], elements[4]], summingThreads),
    },
    configurations: everywhere({ threads: summingThreads, sharedBytes: partialBytes(summingThreads) }),
  };
}
