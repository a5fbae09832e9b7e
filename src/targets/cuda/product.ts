// product.ts: rows times weights, summed over terms: x · wᵀ, or dy · w for the gradient.
// In: a product. Out: its form: by ordinary cores (f32), by tensor cores (bf16), where the tiles of rows, the runs of
// columns and the merged calls are work that the blocks walk through.
// A weight stands as it is, [out, in]: along k for x · wᵀ, across it for dy · w. Rows of it that do not begin at multiples
// of 16 bytes are loaded element by element, and not by Hopper's copy engine.

import { bug } from "../../diagnostics/bug.ts";
import type { ProductTerm } from "../../kernel/product-kernel.ts";
import type { View } from "../render.ts";
import {
  type ArgumentName,
  type BodyOf,
  type CudaContext,
  type CudaForm,
  type Element,
  type KernelText,
  type MapRequest,
  mapWord,
  recordLines,
} from "./context.ts";
import {
  boxColumns,
  plainConfigurations,
  plainText,
  plainView,
  tensorConfigurations,
  tensorPart,
} from "./tile.ts";

type Product = BodyOf<"product">;
type Weights = NonNullable<ProductTerm["weights"]>;

export const productForm: CudaForm<"product"> = {
  source: (body, elements, context) =>
    context.precision === "f32"
      ? plainSource(body, elements, context)
      : tensorSource(body, elements, context),
  words: ({ n, cStride, dStride, terms }) => [
    n,
    cStride,
    dStride,
    ...terms.flatMap((term) => [term.k, term.aStride, weightsOf(term).stride]),
  ],
  blocks: ({ n }, _sizes, { precision, tile }) => [
    0,
    Math.ceil(n / (precision === "f32" ? tile.columns : tensorPart)),
  ],
  isPersistent: true,
  maps: (body, sizes, { precision }) =>
    precision === "bf16" && isCopied(body) ? mapsOf(body, sizes.rows) : [],
};

function weightsOf({ weights }: ProductTerm): Weights {
  return weights ?? bug("cuda", "a product reads weights that stand as they are");
}

/** Whether every row of the weights begins at a multiple of 16 bytes of bf16. */
const isWide = (term: ProductTerm): boolean => weightsOf(term).stride % 8 === 0;

const isCopied = ({ terms }: Product): boolean => terms.every(isWide);

const wordNames = ({ terms }: Product): readonly string[] => [
  "n",
  "c_stride",
  "d_stride",
  ...terms.flatMap((_term, t) => [`k${t}`, `a${t}_stride`, `w${t}_stride`]),
];

const argumentNames = ({ terms }: Product): readonly ArgumentName[] => [
  { name: "c", writes: true },
  { name: "d" },
  ...terms.flatMap((_term, t) => [{ name: `a${t}` }, { name: `w${t}` }]),
];

const recordOf = (body: Product, elements: readonly Element[]): readonly string[] =>
  recordLines(wordNames(body), argumentNames(body), elements);

function comment({ residual, terms }: Product, how: string): string {
  const product = terms.map((term, t) => `a${t} · w${t}${weightsOf(term).transposed ? "ᵀ" : ""}`).join(" + ");
  return `c = ${residual ? "d + " : ""}${product}; ${how}`;
}

// ---- ordinary cores

function plainSource(body: Product, elements: readonly Element[], { tile }: CudaContext): KernelText {
  return {
    template: "cuda/product_simt",
    view: {
      comment: comment(body, plainText(tile)),
      ...plainView(tile),
      record: recordOf(body, elements),
      residual: body.residual,
      terms: body.terms.map((term, t) => plainTerm(term, t)),
    },
    configurations: plainConfigurations(tile),
  };
}

/** How four neighbours of the weights are found and loaded: `at` counts the vectors of a tile, line by line. */
function plainTerm(term: ProductTerm, t: number): View {
  const { transposed } = weightsOf(term);
  const width = transposed ? `k${t}` : "n";
  return {
    t,
    transposed,
    line: transposed ? "column0 + at / (depth / 4)" : "begin + at / (columns / 4)",
    column: transposed ? "begin + at % (depth / 4) * 4" : "column0 + at % (columns / 4) * 4",
    lines: transposed ? "n" : `k${t}`,
    width,
    load: isWide(term) ? "load4(from, column)" : `load_first(from, column, ${width} - column)`,
  };
}

// ---- tensor cores

function tensorSource(body: Product, elements: readonly Element[], context: CudaContext): KernelText {
  const copied = isCopied(body);
  if (context.tileRows > tensorPart) return bug("cuda", `tiles of ${context.tileRows} rows`);
  const [c, d] = elements;
  const words = wordNames(body).length;
  const view: View = {
    comment: comment(body, copied ? "bf16 on tensor cores" : "bf16 on tensor cores, weights by element"),
    record: recordOf(body, elements),
    residual: body.residual,
    // Eight bf16 of a row at once, where nothing is to be added to them first.
    octets: c === "bf16" && !body.residual,
    // Two blocks at once have 128 registers a thread, which the addresses of several terms do not fit into.
    blocks: body.terms.length === 1 ? 2 : 1,
    c: typeName(c),
    d: typeName(d),
    residualAt: body.residual ? ", d + (at * d_stride + column)" : "",
    mapWord: mapWord(words, argumentNames(body).length),
    mapCount: 2 * body.terms.length,
    runs: runsBefore(body.terms.length),
    multiplies: multipliesOf(body),
    terms: body.terms.map((term, t) => tensorTerm(term, t)),
  };
  return {
    template: copied ? "cuda/product" : "cuda/product_mma",
    view,
    configurations: tensorConfigurations(copied),
  };
}

const typeName = (element: Element | undefined): string => (element === "bf16" ? "bf16" : "float");

/** Runs of k of the terms before the given one. */
const runsBefore = (count: number): string =>
  count === 0 ? "0" : Array.from({ length: count }, (_, t) => `runs${t}`).join(" + ");

function tensorTerm(term: ProductTerm, t: number): View {
  const { transposed } = weightsOf(term);
  return {
    t,
    transposed,
    wide: isWide(term),
    runsBefore: runsBefore(t),
    isMine: isMine(t),
    kWord: 4 + 3 * t,
    aMap: 2 * t,
    wMap: 2 * t + 1,
    across: transposed ? 0 : 1,
    bTile: transposed ? "lines_along_k(b_tile + 16 * i)" : "lines_across_k(b_tile + 64 * 16 * i)",
    // The very first product is no sum yet.
    adds: t === 0 ? "k + i > 0" : "1",
  };
}

const isMine = (t: number): string =>
  t === 0 ? "at < runs0" : `at >= ${runsBefore(t)} && at < ${runsBefore(t + 1)}`;

/** One product of staged tiles serves all terms whose weights stand alike. */
function multipliesOf({ terms }: Product): readonly string[] {
  const alike = (term: ProductTerm): string =>
    `multiply<true, ${weightsOf(term).transposed}>(sum, a_tile, b_tile);`;
  const calls = terms.map(alike);
  return new Set(calls).size === 1 ? calls.slice(0, 1) : calls.map((call, t) => `if (${isMine(t)}) ${call}`);
}

/** Of each term its rows, 128 at a time, and its weights: 128 columns of the product along k, or 64 across it. */
function mapsOf({ n, terms }: Product, rows: number): readonly MapRequest[] {
  return terms.flatMap((term, t): readonly MapRequest[] => {
    const { transposed, stride } = weightsOf(term);
    const argument = 2 + 2 * t;
    return [
      { argument, rows, columns: term.k, stride: term.aStride, boxRows: tensorPart, boxColumns },
      transposed
        ? { argument: argument + 1, rows: n, columns: term.k, stride, boxRows: tensorPart, boxColumns }
        : { argument: argument + 1, rows: term.k, columns: n, stride, boxRows: 64, boxColumns },
    ];
  });
}
