// product.ts: rows times packed weights, with a row program on the way in.
// In: a product. Out: its form. A workgroup stages a tile of both factors in its memory, in vectors of four along k or
// along the columns; a thread keeps its part of the result in registers.
// The text has one loop over k per term; the sums go on from term to term.

import type { RowPhase } from "../../kernel/kernel.ts";
import type { View } from "../render.ts";
import { bindingLines } from "./bindings.ts";
import { type BodyOf, recordLines, type WgslContext, type WgslForm } from "./context.ts";
import { calledFunctions, emitExpression, type Leaves } from "./expressions.ts";
import { lanesOf, shapeOf, tileText, upTo } from "./tile.ts";

type Product = BodyOf<"product">;
type Program = NonNullable<Product["program"]>;

export const productForm: WgslForm<"product"> = {
  shader: (body, context) => ({ template: "wgsl/product", view: productView(body, context) }),
  words: ({ n, cStride, dStride, terms, program }) => [
    n,
    cStride,
    dStride,
    ...terms.flatMap(({ k, aStride }) => [k, aStride]),
    ...(program === undefined
      ? []
      : [program.width, program.keeps ? 1 : 0, ...program.operands.map(({ stride }) => stride)]),
  ],
  workgroups: ({ n }, _sizes, { tile }) => [0, Math.ceil(n / tile.columns)],
};

function namesOf({ terms, program }: Product): readonly string[] {
  const operands = program?.operands ?? [];
  return [
    "n",
    "c_stride",
    "d_stride",
    ...terms.flatMap((_term, t) => [`k${t}`, `a${t}_stride`]),
    ...(program === undefined ? [] : ["width", "keeps", ...operands.map((_, i) => `stride${i}`)]),
    "c",
    "d",
    ...terms.flatMap((_term, t) => [`a${t}`, `packed${t}`]),
    ...operands.map((_, i) => `x${i}`),
  ];
}

function productView(body: Product, context: WgslContext): View {
  const { tile, panel } = context;
  const { threads, across, down } = shapeOf(tile);
  const { rows, columns, depth, threadRows, threadColumns } = tile;
  const quads = upTo(threadColumns / 4);
  const sumPhases = body.program === undefined ? [] : sumPhasesOf(body.program, tile);
  const terms = body.terms.map((_term, t) => termView(body, t, context));
  return {
    comment: commentOf(body, context),
    bindings: bindingLines({ floats: "vector", weights: "read" }, context),
    functions: calledFunctions(
      [...sumPhases, ...terms].flatMap(({ lines }) => lines),
      "vec4<f32>",
    ),
    record: recordLines(namesOf(body)),
    ...{ rows, columns, depth, panel, threads },
    threadsAcross: across,
    aTileSize: (rows * depth) / 4,
    bTileSize: (depth * columns) / 4,
    hasProgram: body.program !== undefined,
    sumPhases,
    rowScalarSize: rows * (body.program?.rowScalars ?? 0),
    rowPartSize: rows * lanesOf(tile) * (body.program?.rowScalars ?? 0),
    sums: upTo(threadRows).flatMap((i) => quads.map((j) => `sum${i}_${j}`)),
    terms,
    stores: upTo(threadRows).flatMap((i) =>
      quads.map((j) => ({
        sum: `sum${i}_${j}`,
        row: `thread_row + ${i * down}u`,
        column: `4u * thread_column + ${4 * j * across}u`,
        residual: body.residual,
      })),
    ),
  };
}

function commentOf({ residual, terms, program }: Product, { tile }: WgslContext): string {
  const sum = terms.length === 1 ? "x · packed" : `Σ of ${terms.length} x · packed`;
  const made = program === undefined ? "" : ", x computed while it is loaded";
  return `c = ${residual ? "d + " : ""}${sum}${made}; ${tileText(tile)}`;
}

type TermView = View & { readonly lines: readonly string[] };

/** How a term's rows are loaded, and the multiply-adds of four steps along k. */
function termView({ terms, program }: Product, t: number, { tile }: WgslContext): TermView {
  const { across, down } = shapeOf(tile);
  const value = terms[t]?.value;
  const phase = program?.phases.at(-1);
  const isMade = value !== undefined && program !== undefined && phase !== undefined;
  const rows = upTo(tile.threadRows);
  const quads = upTo(tile.threadColumns / 4);
  return {
    comment: isMade ? "Rows are computed." : "Rows come from memory.",
    k: `k${t}`,
    packed: `packed${t}`,
    lines: isMade ? madeLines(phase, `k${t}`, t === firstMade(terms)) : [],
    value: isMade ? emitExpression(value, leaves) : `load4((a${t} + row * a${t}_stride + column) / 4u)`,
    products: [
      ...rows.map((i) => `let x_${i} = a_tile[(thread_row + ${i * down}u) * (depth / 4u) + kk];`),
      ...upTo(4).flatMap((step) => [
        ...quads.map(
          (j) =>
            `let w${step}_${j} = b_tile[(4u * kk + ${step}u) * (columns / 4u) + thread_column + ${j * across}u];`,
        ),
        ...rows.flatMap((i) => quads.map((j) => `sum${i}_${j} += x_${i}[${step}] * w${step}_${j};`)),
      ]),
    ],
  };
}

const firstMade = (terms: Product["terms"]): number => terms.findIndex(({ value }) => value !== undefined);

/** Leaves of a program's expressions at row `row` and columns from `column`; row scalars stand in workgroup memory. */
const leaves: Leaves = {
  lanes: "vec4<f32>",
  load: (operand) => `load4((x${operand} + row * stride${operand} + column) / 4u)`,
  column: (operand) => `load4((x${operand} + column) / 4u)`,
  rowScalar: (index) => `vec4(row_scalars[${index}u * rows + row_in_tile])`,
};

/** The last phase's values; the first term that is computed stores what is to be kept. */
function madeLines(phase: RowPhase, k: string, stores: boolean): readonly string[] {
  const lets = phase.lets.map((value, i) => `let t${i} = ${emitExpression(value, leaves)};`);
  const kept = phase.stores.map(
    ({ operand, value }) =>
      `if (keeps_rows && row_in_tile < count && column < ${k}) { ${storeLine(operand, emitExpression(value, leaves))} }`,
  );
  return stores ? [...lets, ...kept] : lets;
}

const storeLine = (operand: number, value: string): string =>
  `store4((x${operand} + row * stride${operand} + column) / 4u, ${value});`;

type SumPhaseView = View & { readonly lines: readonly string[] };

/** Every phase but the last: sums over the columns, then their last steps, row by row. */
function sumPhasesOf(program: Program, tile: WgslContext["tile"]): readonly SumPhaseView[] {
  const lanes = lanesOf(tile);
  return program.phases.slice(0, -1).map((phase) => ({
    lanes,
    totals: phase.sums.map(({ index }) => `total${index}`),
    lines: [
      ...phase.lets.map((value, i) => `let t${i} = ${emitExpression(value, leaves)};`),
      ...phase.sums.map(
        ({ index, value }) =>
          `total${index} += select(vec4<f32>(), ${emitExpression(value, leaves)}, inside(column, width));`,
      ),
      ...phase.stores.map(
        ({ operand, value }) =>
          `if (keeps_rows && row_in_tile < count) { ${storeLine(operand, emitExpression(value, leaves))} }`,
      ),
    ],
    parts: phase.sums.map(
      ({ index }) =>
        `row_parts[${index * tile.rows * lanes}u + item] = (total${index}.x + total${index}.y) + (total${index}.z + total${index}.w);`,
    ),
    finish: phase.sums.flatMap((sum) => finishLines(sum, lanes, tile.rows)),
  }));
}

/** A sum's parts in order, and its own last step, which may read sums finished before. */
function finishLines(
  { index, finish }: RowPhase["sums"][number],
  lanes: number,
  rows: number,
): readonly string[] {
  const parts = upTo(lanes).map(
    (lane) => `row_parts[${index * rows * lanes}u + row_in_tile * ${lanes}u + ${lane}u]`,
  );
  const own: Leaves = {
    lanes: "f32",
    load: () => "",
    column: () => "",
    rowScalar: (other) => (other === index ? `whole${index}` : `row_scalars[${other}u * rows + row_in_tile]`),
  };
  return [
    `let whole${index} = ${parts.join(" + ")};`,
    `row_scalars[${index}u * rows + row_in_tile] = ${emitExpression(finish, own)};`,
  ];
}
