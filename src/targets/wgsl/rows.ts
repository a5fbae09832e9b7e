// rows.ts: kernels that work row by row: row programs, rotary positions, embeddings, copies.
// In: kernels. Out: forms. What needs a sum over its row gets a workgroup per row; the rest spreads a tile's elements
// over a few workgroups.

import { goldenBits, siteBits } from "../../ir/dropout.ts";
import type { RowPhase } from "../../kernel/kernel.ts";
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
import { calledFunctions, emitExpression, type Leaves } from "./expressions.ts";
import { reduction, reductionView } from "./reductions.ts";

/** Elements that a thread of an elementwise kernel takes, about: launching threads costs, and rows differ. */
const elementsPerThread = 4;
const elementwiseThreads = 256;

type Program = BodyOf<"row_program">;

const hasSums = ({ phases }: Program): boolean => phases.some(({ sums }) => sums.length > 0);

export const elementwiseParts = (width: number, { tileRows }: WgslContext): number =>
  Math.max(1, Math.ceil((tileRows * width) / (elementwiseThreads * elementsPerThread)));

/** The shader of a kernel whose elements are independent: its record's words, and the lines for one element. */
export function elementwise(
  comment: string,
  names: readonly string[],
  lines: readonly string[],
  context: WgslContext,
): ShaderView {
  return {
    template: "wgsl/elementwise",
    view: {
      comment,
      bindings: bindingLines({ floats: "scalar" }, context),
      functions: calledFunctions(lines, "f32"),
      record: recordLines(names),
      lines,
    },
  };
}

const rowProgram: WgslForm<"row_program"> = {
  shader: (body, context) => (hasSums(body) ? summingProgram(body, context) : plainProgram(body, context)),
  words: (body) => {
    const strides = body.operands.map(({ stride }) => stride);
    return hasSums(body) ? [body.width / body.segments, body.segments, ...strides] : [body.width, ...strides];
  },
  workgroups: (body, _sizes, context) => [
    0,
    hasSums(body) ? context.tileRows : elementwiseParts(body.width, context),
  ],
};

const programNames = ({ operands }: Program): readonly string[] => [
  "width",
  ...operands.map((_, i) => `stride${i}`),
  ...operands.map((_, i) => `x${i}`),
];

function plainProgram(body: Program, context: WgslContext): ShaderView {
  const leaves: Leaves = {
    lanes: "f32",
    load: (operand) => `load(x${operand} + row * stride${operand} + column)`,
    column: (operand) => `load(x${operand} + column)`,
    rowScalar: (index) => `r${index}`,
  };
  const lines = body.phases.flatMap((phase) => phaseLines(phase, leaves, (i) => `x${i} + row * stride${i}`));
  return elementwise("element by element", programNames(body), lines, context);
}

function phaseLines(phase: RowPhase, leaves: Leaves, place: (operand: number) => string): readonly string[] {
  return [
    ...phase.lets.map((value, i) => `let t${i} = ${emitExpression(value, leaves)};`),
    ...phase.sums.map(({ index, value }) => `total${index} += ${emitExpression(value, leaves)};`),
    ...phase.stores.map(
      ({ operand, value }) => `store(${place(operand)} + column, ${emitExpression(value, leaves)});`,
    ),
  ];
}

function summingProgram(body: Program, context: WgslContext): ShaderView {
  const threads = summingThreads;
  const leaves: Leaves = {
    lanes: "f32",
    load: (operand) => `load(p${operand} + column)`,
    column: (operand) => `load(x${operand} + column)`,
    rowScalar: (index) => `r${index}`,
  };
  /** A sum's last step reads the sum itself where other sums are finished. */
  const finished = (own: number): Leaves => ({
    ...leaves,
    rowScalar: (index) => (index === own ? `s${index}` : `r${index}`),
  });
  const rows = body.operands.flatMap(({ kind }, operand) => (kind === "rows" ? [operand] : []));
  const phases = body.phases.map((phase) => ({
    threads,
    totals: phase.sums.map((sum) => `total${sum.index}`),
    lines: phaseLines(phase, leaves, (operand) => `p${operand}`),
    finish: phase.sums.flatMap(({ index: at, finish }) => [
      `let s${at} = ${reduction("sum", `total${at}`, context)};`,
      `let r${at} = ${emitExpression(finish, finished(at))};`,
    ]),
  }));
  const lines = phases.flatMap((phase) => [...phase.lines, ...phase.finish]);
  return {
    template: "wgsl/row_program",
    view: {
      comment: "row by row, with sums over each",
      bindings: bindingLines({ floats: "scalar", sumThreads: threads }, context),
      functions: calledFunctions(lines, "f32"),
      record: recordLines(["width", "parts", ...programNames(body).slice(1)]),
      places: rows.map((operand) => `let p${operand} = x${operand} + row * stride${operand} + part * width;`),
      phases,
      ...reductionView(["sum"], threads, context),
    },
  };
}

/** Of the workgroup that sums over a row: few barriers for narrow rows, enough threads for wide ones. */
const summingThreads = 64;

const crossEntropyThreads = 128;

export const rowForms: WgslForms<
  "row_program" | "rope" | "dropout" | "embed" | "cross_entropy" | "mean_square" | "zero_rows" | "copy_rows"
> = {
  row_program: rowProgram,
  rope: {
    shader: (_body, context) =>
      elementwise(
        "rotates components i and i + half of every head by the row's position",
        ["width", "half", "x_stride", "y_stride", "direction.", "x", "y", "positions", "cosines", "sines"],
        [
          "let pair = column % half;",
          "let angle = u32(host[positions + row]) * half + pair;",
          "let at = 2u * (column - pair) + pair;",
          "let cosine = load(cosines + angle);",
          "let sine = direction * load(sines + angle);",
          "let low = load(x + row * x_stride + at);",
          "let high = load(x + row * x_stride + at + half);",
          "store(y + row * y_stride + at, low * cosine - high * sine);",
          "store(y + row * y_stride + at + half, high * cosine + low * sine);",
        ],
        context,
      ),
    words: ({ heads, headDim, xStride, yStride, inverse }) => [
      (heads * headDim) / 2,
      headDim / 2,
      xStride,
      yStride,
      floatBits(inverse ? -1 : 1),
    ],
    workgroups: ({ heads, headDim }, _sizes, context) => [
      0,
      elementwiseParts((heads * headDim) / 2, context),
    ],
  },
  dropout: {
    shader: (_body, context) =>
      elementwise(
        "zero where the element's bits are below the threshold, else scaled",
        ["width", "x_stride", "y_stride", "site", "threshold", "scale.", "x", "y", "sequence", "key"],
        [
          "let place = u32(host[sequence + row]);",
          `let bits = scrambled(scrambled(scrambled(u32(host[key]) ^ site) + place) ^ (column * ${goldenBits}u));`,
          "let is_training = host[key + 1u] != 0;",
          "let kept = load(x + row * x_stride + column) * select(1f, scale, is_training);",
          "store(y + row * y_stride + column, select(kept, 0f, is_training && bits < threshold));",
        ],
        context,
      ),
    words: ({ width, xStride, yStride, number, threshold, scale }) => [
      ...[width, xStride, yStride, siteBits(number), threshold],
      floatBits(scale),
    ],
    workgroups: ({ width }, _sizes, context) => [0, elementwiseParts(width, context)],
  },
  embed: {
    shader: (_body, context) =>
      elementwise(
        "y[r] = table[token[r]]",
        ["width", "y_stride", "token", "table", "y"],
        ["store(y + row * y_stride + column, load(table + u32(host[token + row]) * width + column));"],
        context,
      ),
    words: ({ width, yStride }) => [width, yStride],
    workgroups: ({ width }, _sizes, context) => [0, elementwiseParts(width, context)],
  },
  cross_entropy: {
    shader: ({ gradient }, context) => ({
      template: "wgsl/cross_entropy",
      view: {
        comment: `loss of a row of logits${gradient ? " and its gradient" : ""}`,
        bindings: bindingLines({ floats: "scalar", sumThreads: crossEntropyThreads }, context),
        record: recordLines([
          "vocab",
          "stride",
          "gradient_stride",
          "z_loss.",
          "logits",
          "target_ids",
          "loss",
          "weights",
          "dlogits",
        ]),
        gradient,
        largest: reduction("max", "high", context),
        total: reduction("sum", "low", context),
        ...reductionView(["max", "sum"], crossEntropyThreads, context),
      },
    }),
    words: ({ vocab, stride, gradientStride, zLoss }) => [vocab, stride, gradientStride, floatBits(zLoss)],
    workgroups: (_body, _sizes, { tileRows }) => [0, tileRows],
  },
  mean_square: {
    shader: ({ gradient }, context) => ({
      template: "wgsl/mean_square",
      view: {
        comment: `mean square of a row of differences${gradient ? " and its gradient" : ""}`,
        bindings: bindingLines({ floats: "scalar", sumThreads: summingThreads }, context),
        record: recordLines([
          "width",
          "stride",
          "target_stride",
          "gradient_stride",
          "x",
          "wanted",
          "loss",
          "weights",
          "dx",
        ]),
        gradient,
        total: reduction("sum", "part", context),
        ...reductionView(["sum"], summingThreads, context),
      },
    }),
    words: ({ width, stride, targetStride, gradientStride }) => [width, stride, targetStride, gradientStride],
    workgroups: (_body, _sizes, { tileRows }) => [0, tileRows],
  },
  zero_rows: {
    shader: (_body, context) =>
      elementwise("y[r] = 0", ["width", "stride", "y"], ["store(y + row * stride + column, 0f);"], context),
    words: ({ width, stride }) => [width, stride],
    workgroups: ({ width }, _sizes, context) => [0, elementwiseParts(width, context)],
  },
  copy_rows: {
    shader: (_body, context) =>
      elementwise(
        "y[r] = x[r]",
        ["width", "x_stride", "y_stride", "x", "y"],
        ["store(y + row * y_stride + column, load(x + row * x_stride + column));"],
        context,
      ),
    words: ({ width, xStride, yStride }) => [width, xStride, yStride],
    workgroups: ({ width }, _sizes, context) => [0, elementwiseParts(width, context)],
  },
};
