// attention.ts: attention and its gradient, in blocks of 32 queries by 32 keys.
// In: kernels. Out: forms. A workgroup stages queries and keys in its memory, makes a block of scores of them, four by
// four to a thread, turns it into weights there, and multiplies these with values; scores never reach the GPU's memory.
// The gradient has two kinds of workgroups in one launch, for dq and for dk and dv: each makes the scores again, so that
// nobody adds to what another writes, and every sum has one order.
// Components of wide heads are staged in parts, so any head fits the 16 KiB that every device has.

import type { View } from "../render.ts";
import { bindingLines, type FloatView } from "./bindings.ts";
import { type BodyOf, literal, recordLines, type WgslContext, type WgslForms } from "./context.ts";

/** Queries and keys of a block; a thread takes four of each. */
const block = 32;
const threads = (block * block) / 16;

/** What every device has; more for a workgroup would leave room for fewer of them. */
const workgroupBytes = 16384;
/** Vectors of a head that are staged at a time, at most: with four rows to a thread, all threads own sums of so many. */
const widestPart = 8;

type Body = BodyOf<"attention"> | BodyOf<"attention_grad">;

export const attentionForms: WgslForms<"attention" | "attention_grad"> = {
  attention: {
    shader: (body, context) => ({ template: "wgsl/attention", view: forwardView(body, context) }),
    words: ({ heads, kvHeads, qStride, kStride, vStride, outStride, lseStride }) => [
      ...[heads, kvHeads, qStride, kStride, vStride, outStride, lseStride],
    ],
    workgroups: ({ heads, context }, { rows }) => [blocksOf(context, rows), heads],
  },
  attention_grad: {
    shader: (body, context) => ({ template: "wgsl/attention_grad", view: gradientView(body, context) }),
    words: (body) => [
      ...[body.heads, body.kvHeads, body.context],
      ...[body.doutStride, body.qStride, body.kStride, body.vStride, body.outStride, body.lseStride],
      ...[body.dqStride, body.dkStride, body.dvStride],
    ],
    workgroups: ({ heads, context }, { rows }) => [2 * blocksOf(context, rows), heads],
  },
};

/** What the record's words hold, then its arguments. */
const forwardNames = [
  ...["heads", "kv_heads", "q_stride", "k_stride", "v_stride", "out_stride", "lse_stride"],
  ...["q", "k", "v", "out", "lse", "row_of", "first", "last", "context"],
];
const gradientNames = [
  ...["heads", "kv_heads", "context"],
  ...["dout_stride", "q_stride", "k_stride", "v_stride", "out_stride", "lse_stride"],
  ...["dq_stride", "dk_stride", "dv_stride"],
  ...["dout", "q", "k", "v", "out", "lse", "row_of", "first", "last", "dq", "dk", "dv"],
];
const rotaryNames = ["position", "cosine", "sine"];

/** Blocks of all contexts. */
const blocksOf = (context: number, rows: number): number =>
  Math.ceil(context / block) * Math.ceil(rows / context);

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

/** How the components of a head are cut into vectors and parts, and which of a block's sums a thread owns. */
type Shape = {
  readonly vectors: number;
  readonly parts: number;
  /** Vectors of a part. */
  readonly columns: number;
  /** Rows or keys of one column whose sums a thread owns. */
  readonly threadRows: number;
  readonly units: number;
};

function shapeOf({ kind, headDim }: Pick<Body, "kind" | "headDim">): Shape {
  const vectors = Math.ceil(headDim / 4);
  const cut = (parts: number) => ({ vectors, parts, columns: Math.ceil(vectors / parts) });
  const shape =
    upTo(vectors)
      .map((i) => cut(i + 1))
      .find((each) => each.columns <= widestPart && bytesOf(kind, each, 2) <= workgroupBytes) ?? cut(vectors);
  const { columns } = shape;
  // As many rows as it takes to give every column of the sums a thread.
  const threadRows = [1, 2, 4].find((rows) => (block / rows) * columns <= threads) ?? 4;
  return { ...shape, threadRows, units: (block / threadRows) * columns };
}

type Cut = Pick<Shape, "vectors" | "parts" | "columns">;

/** Workgroup memory, with so many tiles. */
function bytesOf(kind: Body["kind"], cut: Cut, tiles: number): number {
  const positions = 4 * 4 * block + 4 * 4;
  const weightsAndParts = 16 * (block * (block / 4) + threads);
  const own = kind === "attention" ? 16 * centerSize(cut) + 4 * block : 2 * 16 * centerSize(cut);
  return positions + weightsAndParts + own + 16 * tiles * block * oddFrom(cut.columns);
}

/** A center is found eight vectors at a time, and 0 past the end of a head. */
const centerSize = ({ parts, columns }: Cut): number => 8 * Math.ceil((parts * columns) / 8);

/** Rows that are read at once begin in different banks where they are an odd number of vectors apart. */
const oddFrom = (vectors: number): number => vectors + 1 - (vectors % 2);

/** Vectors of four are read and written whole where heads, and the halves that turn together, are made of them. */
function floatsOf({ kind, headDim, rotary }: Body): FloatView {
  // A row's lse is one number between those of other heads, which other workgroups write.
  if (kind === "attention") return "scalar";
  return headDim % (rotary ? 8 : 4) === 0 ? "vector" : "scalar";
}

/** Sizes, declarations, and names of the sums that a thread owns. */
function commonView(body: Body, names: readonly string[], context: WgslContext): View {
  const { vectors, columns, threadRows, units } = shapeOf(body);
  const floats = floatsOf(body);
  const isRotary = body.rotary === true;
  return {
    bindings: bindingLines({ floats }, context),
    record: recordLines([...names, ...(isRotary ? rotaryNames : [])]),
    ...{ block, threads, vectors, columns, threadRows, units },
    headDim: body.headDim,
    scale: literal(1 / Math.sqrt(body.headDim)),
    tileStride: oddFrom(columns),
    isVector: floats === "vector",
    rotary: isRotary,
    tables: tablesOf(body),
    four: upTo(4),
  };
}

/** The argument that says where positions, cosines and sines are, for functions that take it. */
const tablesOf = ({ rotary }: Body): string => (rotary ? "vec3(position, cosine, sine), " : "");

/** How rows are read that may have to be turned, and what a function needs for it. */
function rotation({ rotary }: Body) {
  const plain = "load_head(at + u32(row) * stride, column)";
  return {
    plain,
    turned: rotary ? "load_turned(at + u32(row) * stride, column, u32(row), tables)" : plain,
    parameters: rotary ? "tables: vec3<u32>, " : "",
  };
}

function forwardView(body: BodyOf<"attention">, context: WgslContext): View {
  const shape = shapeOf(body);
  const { plain, turned, parameters } = rotation(body);
  const sums = sumsOf("sum", shape);
  return {
    ...commonView(body, forwardNames, context),
    comment: `attention, heads of ${body.headDim}: softmax of scores, times values, block by block`,
    isWhole: shape.parts === 1,
    tiles: ["query_tile", "key_tile"],
    stages: [
      {
        name: "stage_queries",
        tile: "query_tile",
        rows: "query_rows",
        value: `scale * ${turned}`,
        parameters,
      },
      { name: "stage_keys", tile: "key_tile", rows: "key_rows", value: turned, parameters },
      {
        name: "stage_values",
        tile: "key_tile",
        rows: "key_rows",
        value: `${plain} - value_center[column]`,
        parameters: "",
      },
    ],
    products: [{ name: "add_scores", rows: "query_tile", keys: "key_tile" }],
    partArrays: ["row_parts"],
    centers: [centerOf("value", "row_parts", body, shape)],
    rounds: roundsOf(body, shape),
    sums: sums.map(({ name }) => name),
    walks: walksOf(sums, { tile: "key_tile", restages: true, tables: "" }),
    stores: sums,
  };
}

function gradientView(body: BodyOf<"attention_grad">, context: WgslContext): View {
  const shape = shapeOf(body);
  // Queries and their gradients, keys and values stay side by side where heads are narrow.
  const isWhole = shape.parts === 1 && bytesOf(body.kind, shape, 4) <= workgroupBytes;
  const tiles = isWhole
    ? { query: "query_tile", gradient: "gradient_tile", key: "key_tile", value: "value_tile" }
    : { query: "row_tile", gradient: "row_tile", key: "key_tile", value: "key_tile" };
  const sums = sumsOf("sum", shape);
  const valueSums = sumsOf("value_sum", shape);
  const { plain, turned, parameters } = rotation(body);
  const staging = { restages: !isWhole, tables: tablesOf(body) };
  return {
    ...commonView(body, gradientNames, context),
    comment: `gradient of attention, heads of ${body.headDim}: scores made again, block by block`,
    isWhole,
    tiles: [...new Set(Object.values(tiles))],
    stages: [
      {
        name: "stage_queries",
        tile: tiles.query,
        rows: "query_rows",
        value: `scale * ${turned}`,
        parameters,
      },
      { name: "stage_gradients", tile: tiles.gradient, rows: "query_rows", value: plain, parameters: "" },
      {
        name: "stage_keys",
        tile: tiles.key,
        rows: "key_rows",
        value: `${turned} - key_center[column]`,
        parameters,
      },
      {
        name: "stage_values",
        tile: tiles.value,
        rows: "key_rows",
        value: `${plain} - value_center[column]`,
        parameters: "",
      },
    ],
    products: [
      { name: "add_scores", rows: tiles.query, keys: tiles.key },
      { name: "add_slopes", rows: tiles.gradient, keys: tiles.value },
    ],
    partArrays: ["row_parts", "weights"],
    centers: [centerOf("key", "row_parts", body, shape), centerOf("value", "weights", body, shape)],
    rounds: roundsOf(body, shape),
    centerScores: { value: turned, parameters },
    sums: [...sums, ...valueSums].map(({ name }) => name),
    walks: walksOf(sums, { ...staging, tile: tiles.key }),
    stores: sums,
    turns: turnsOf(body),
    valueWalks: walksOf(valueSums, { ...staging, tile: tiles.gradient }),
    keyWalks: walksOf(sums, { ...staging, tile: tiles.query }),
    keyStores: [
      ...sums.map((sum) => ({ ...sum, to: "dk", stride: "dk_stride" })),
      ...valueSums.map((sum) => ({ ...sum, to: "dv", stride: "dv_stride" })),
    ],
  };
}

/** A thread's sums: of a part of a head, and of a row of a tile, or of a key, which is a lane of the weights. */
function sumsOf(name: string, { parts, threadRows, columns }: Shape) {
  return upTo(parts).flatMap((part) =>
    upTo(threadRows).map((i) => ({
      name: `${name}${part}_${i}`,
      part,
      first: part * columns,
      row: `unit_row + ${(i * block) / threadRows}u`,
      lane: threadRows === 4 ? `${i}u` : `unit_lane + ${i}u`,
      key: `unit_key + 8u * (unit_lane + ${i}u)`,
    })),
  );
}

/** One trip over a block's weights per part of a head; `restages`: the part has to be brought into the tile first. */
function walksOf(
  sums: ReturnType<typeof sumsOf>,
  how: { readonly tile: string; readonly restages: boolean; readonly tables: string },
): readonly View[] {
  return [...new Set(sums.map(({ part }) => part))].map((part) => ({
    ...how,
    isLater: part > 0,
    first: sums.find((sum) => sum.part === part)?.first ?? 0,
    sums: sums.filter((sum) => sum.part === part),
  }));
}

/** How the center of keys or values is found: `parts` holds the sums of a workgroup's threads. */
function centerOf(what: "key" | "value", parts: string, body: Body, shape: Shape): View {
  const { plain, turned, parameters } = rotation(body);
  return {
    name: `${what}_center`,
    size: centerSize(shape),
    sum: `sum_${what}s`,
    mean: `mean_${what}`,
    parts,
    ...(what === "key" ? { value: turned, parameters } : { value: plain, parameters: "" }),
  };
}

const roundsOf = (body: Body, shape: Shape): readonly View[] =>
  upTo(centerSize(shape) / 8).map((round) => ({
    first: 8 * round,
    isLater: round > 0,
    tables: tablesOf(body),
  }));

/** How gradients of queries and keys are turned back: pairs of vectors, or of single numbers. */
function turnsOf(body: Body): readonly View[] {
  if (body.rotary !== true) return [];
  const isVector = floatsOf(body) === "vector";
  const how = {
    pairs: body.headDim / (isVector ? 8 : 2),
    unit: isVector ? " / 4u" : "",
    load: isVector ? "load4" : "load",
    store: isVector ? "store4" : "store",
  };
  return [
    { name: "turn_queries_back", rows: "query_rows", ...how },
    { name: "turn_keys_back", rows: "key_rows", ...how },
  ];
}
