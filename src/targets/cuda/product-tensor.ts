// product-tensor.ts: products on tensor cores, and what becomes of their sums while they are in registers.
// In: a product in bf16. Out: its text for warps (mma.sync) and, where the copy engine can read both factors, for groups of
// warps on Hopper (wgmma). A twin is a second product of the same rows: a block takes half as many columns of each, so
// that a thread has both sums of an element; just so it has both components of a pair that turns.

import { bug } from "../../diagnostics/bug.ts";
import type { ProductTerm } from "../../kernel/product-kernel.ts";
import type { View } from "../render.ts";
import type { CudaContext, Element, KernelText, MapRequest } from "./context.ts";
import { calledFunctions, emitExpression, type Leaves, operandsRead } from "./expressions.ts";
import {
  comment,
  firstOperand,
  isWide,
  kWord,
  mapWordOf,
  type Product,
  productsOf,
  recordOf,
  weightsOf,
  writtenBy,
} from "./product-record.ts";
import { boxColumns, tensorConfigurations, tensorPart } from "./tile.ts";

const isCopied = ({ terms, twin = [] }: Product): boolean => [...terms, ...twin].every(isWide);

export function tensorSource(
  body: Product,
  elements: readonly Element[],
  { tileRows }: CudaContext,
): KernelText {
  if (tileRows > tensorPart) return bug("cuda", `tiles of ${tileRows} rows`);
  if (body.rotation !== undefined && body.residual) return bug("cuda", "a sum with a residual turns");
  const copied = isCopied(body);
  const apart = apartOf(body);
  const view: View = {
    comment: comment(body, copied ? "bf16 on tensor cores" : "bf16 on tensor cores, weights by element"),
    record: recordOf(body, elements),
    mappedRecord: recordOf(body, elements, "mapped"),
    products: productsOf(body),
    apart,
    blocks: isSmall(body, elements) ? 2 : 1,
    mapWord: mapWordOf(body),
    mapCount: (1 + productsOf(body)) * body.terms.length,
    runs: runsBefore(body.terms.length),
    multiplies: multipliesOf(body, apart),
    terms: body.terms.map((term, t) => termView(body, term, t)),
    ...finishView(body, elements),
    ...rotationView(body),
  };
  return {
    template: copied ? "cuda/product" : "cuda/product_mma",
    view,
    configurations: tensorConfigurations(copied),
  };
}

/**
 * Whether two blocks fit into a multiprocessor at once: a thread then has 128 registers, which more addresses than a plain
 * product's do not fit into, nor a weight's elements one by one, nor sums in f32 of weights that are read across.
 */
function isSmall(body: Product, [result]: readonly Element[]): boolean {
  const { terms, twin, epilogue } = body;
  const isPlain = terms.length === 1 && twin === undefined && epilogue === undefined && isCopied(body);
  return isPlain && (result === "bf16" || terms.every((term) => weightsOf(term).transposed));
}

/** Columns between the two runs of 16 that a warp has: those of a twin, or half a head; else they are neighbours. */
function apartOf({ twin, rotation }: Product): number {
  if (twin !== undefined) return tensorPart / 2;
  return Math.max(16, (rotation?.headDim ?? 0) / 2);
}

/** Runs of k of the terms before the given one. */
const runsBefore = (count: number): string =>
  count === 0 ? "0" : Array.from({ length: count }, (_, t) => `runs${t}`).join(" + ");

const isMine = (t: number): string =>
  t === 0 ? "at < runs0" : `at >= ${runsBefore(t)} && at < ${runsBefore(t + 1)}`;

function termView(body: Product, term: ProductTerm, t: number): View {
  const { transposed } = weightsOf(term);
  const aMap = (1 + productsOf(body)) * t;
  return {
    t,
    transposed,
    runsBefore: runsBefore(t),
    isMine: isMine(t),
    kWord: kWord(t),
    aMap,
    wMap: aMap + 1,
    across: transposed ? 0 : 1,
    bTile: transposed ? "lines_along_k(b_tile + 16 * i)" : "lines_across_k(b_tile + 64 * 16 * i)",
    // The very first product is no sum yet.
    adds: t === 0 ? "k + i > 0" : "1",
    factors: factorsOf(body, term, t),
  };
}

/** How warps stage the weights of a term, and those of its twin behind them. */
function factorsOf({ twin }: Product, term: ProductTerm, t: number): readonly string[] {
  const weights = [
    { name: `w${t}`, term },
    ...(twin?.[t] === undefined ? [] : [{ name: `v${t}`, term: twin[t] }]),
  ];
  const columns = tensorPart / weights.length;
  return weights.map(({ name, term: own }, i) => {
    const wide = isWide(own);
    const behind = (elements: string): string => (i === 0 ? "b_tile" : `b_tile + ${columns} * ${elements}`);
    return weightsOf(own).transposed
      ? `stage_tile<${columns}, depth / 8, depth / 8, ${wide}>(${behind("depth")}, ${name} + (static_cast<long long>(column0) * ${name}_stride + k), ${name}_stride, n - column0, k${t} - k);`
      : `stage_tile<depth, ${columns / 8}, columns / 8, ${wide}>(${behind("1")}, ${name} + (static_cast<long long>(k) * ${name}_stride + column0), ${name}_stride, k${t} - k, n - column0);`;
  });
}

/** One product of staged tiles serves all terms whose weights stand alike. */
function multipliesOf({ terms }: Product, apart: number): readonly string[] {
  const calls = terms.map(
    (term) => `multiply<true, ${weightsOf(term).transposed}, ${apart}>(sum, a_tile, b_tile);`,
  );
  return new Set(calls).size === 1 ? calls.slice(0, 1) : calls.map((call, t) => `if (${isMine(t)}) ${call}`);
}

/** A value of the epilogue: its place in memory, or the sums that it is. */
const placed = (operand: number): string => `x${operand} + (at * stride${operand} + column)`;

/**
 * What becomes of a row's sums. Warps finish four neighbouring columns at a time, or eight where they are only stored, in
 * bf16; groups of warps do the latter with epilogues, too (pairs: what a lane has of 32 columns).
 */
function finishView(body: Product, elements: readonly Element[]): View {
  const { epilogue, residual, twin } = body;
  const octets = epilogue === undefined && !residual && elements[0] === "bf16";
  const sums = twin === undefined ? ["x"] : ["x", "y"];
  const common = {
    ...{ octets, residual, twin: twin !== undefined },
    sums: octets ? "uint4 x" : sums.map((sum) => `float4 ${sum}`).join(", "),
    quads: epilogue === undefined && !octets,
    epilogue: epilogue !== undefined,
    ...pairsView(body),
  };
  if (epilogue === undefined) return { ...common, functions: [], values: [], lines: [], stores: [] };
  const { loaded, written, lines } = epilogueOf(body, epilogue);
  const spread = (operand: number, from: string): string =>
    `const float v${operand}[4] = {${["x", "y", "z", "w"].map((part) => `${from}.${part}`).join(", ")}};`;
  return {
    ...common,
    functions: calledFunctions(lines),
    values: [
      ...sums.map((sum, operand) => spread(operand, sum)),
      ...loaded.flatMap((operand) => [
        `const float4 from${operand} = load4(${placed(operand)}, 0);`,
        spread(operand, `from${operand}`),
      ]),
      ...written.map((operand) => `float v${operand}[4];`),
    ],
    lines,
    stores: written.map(
      (operand) =>
        `store4(${placed(operand)}, 0, make_float4(v${operand}[0], v${operand}[1], v${operand}[2], v${operand}[3]));`,
    ),
  };
}

function pairsView(body: Product): View {
  const { epilogue, residual, twin } = body;
  const { loaded, written, lines } =
    epilogue === undefined ? { loaded: [], written: [], lines: [] } : epilogueOf(body, epilogue);
  const loading = (name: string, from: string): readonly string[] => [
    `float ${name}[8];`,
    `load_pairs(${name}, ${from}, there);`,
  ];
  return {
    pairLoads: [
      ...["float v0[8];", "take_pairs(v0, sum, j + 2 * h);"],
      ...(twin === undefined ? [] : ["float v1[8];", "take_pairs(v1, sum, j + width / 4 + 2 * h);"]),
      ...(residual ? loading("added", "d + (at * d_stride + column)") : []),
      ...loaded.flatMap((operand) => loading(`v${operand}`, placed(operand))),
      ...written.map((operand) => `float v${operand}[8];`),
    ],
    pairLines: [...(residual ? ["v0[lane] += added[lane];"] : []), ...lines],
    pairStores:
      epilogue === undefined
        ? ["store_pairs(c + (at * c_stride + column), v0, there);"]
        : written.map((operand) => `store_pairs(${placed(operand)}, v${operand}, there);`),
  };
}

type Epilogue = NonNullable<Product["epilogue"]>;

/** What an epilogue reads from memory, what it writes, and its lines for one element. */
function epilogueOf(body: Product, { phase: { lets, stores } }: Epilogue) {
  const leaves: Leaves = { value: (operand) => `v${operand}[lane]`, rowScalar: () => "0.0f" };
  const written = [...writtenBy(body)];
  const read = [...operandsRead({ lets, sums: [], stores })];
  return {
    written,
    loaded: read.filter((operand) => operand >= 2 && !written.includes(operand)),
    lines: [
      ...lets.map((value, i) => `const float t${i} = ${emitExpression(value, leaves)};`),
      ...stores.map(({ operand, value }) => `v${operand}[lane] = ${emitExpression(value, leaves)};`),
    ],
  };
}

/** Which of a warp's four pieces of eight columns turn together, and the pair that a piece's first column is. */
function rotationView({ rotation }: Product): View {
  if (rotation === undefined) return { rotates: false };
  const half = rotation.headDim / 2;
  return half === 8
    ? { rotates: true, half, low: "2 * j", high: "2 * j + 1", pair: "0" }
    : { rotates: true, half, low: "j", high: "j + 2", pair: `threadIdx.x / 32 % ${half / 16} * 16 + 8 * j` };
}

/** Of each term its rows, 128 at a time, and its weights and its twin's: 64 columns of the product at a time. */
export function mapsOf(body: Product, rows: number): readonly MapRequest[] {
  if (!isCopied(body)) return [];
  const { n, terms, twin = [] } = body;
  const weights = (term: Pick<ProductTerm, "weights">, k: number, argument: number): MapRequest => {
    const { transposed, stride } = weightsOf(term);
    const [high, wide] = transposed ? [n, k] : [k, n];
    return { argument, rows: high, columns: wide, stride, boxRows: 64, boxColumns };
  };
  return terms.flatMap((term, t): readonly MapRequest[] => {
    const { k, aStride } = term;
    const second = twin[t];
    return [
      { argument: 2 + 2 * t, rows, columns: k, stride: aStride, boxRows: tensorPart, boxColumns },
      weights(term, k, 3 + 2 * t),
      ...(second === undefined ? [] : [weights(second, k, firstOperand(body) - twin.length + t)]),
    ];
  });
}
