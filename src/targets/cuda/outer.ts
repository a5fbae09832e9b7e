// outer.ts: a weight's gradient: the sum over rows of the outer products of dy and x.
// In: such a sum. Out: its form: by ordinary cores (f32), by tensor cores (bf16). The rows are the segments of the
// modalities that share the weight; what stands behind a segment is somebody else's and may be no number.

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
  unread,
} from "./context.ts";
import {
  boxColumns,
  plainConfigurations,
  plainText,
  plainView,
  tensorConfigurations,
  tensorPart,
} from "./tile.ts";

type Outer = BodyOf<"outer">;

export const outerForm: CudaForm<"outer"> = {
  source: ({ inner }, elements, context) =>
    context.precision === "f32"
      ? plainSource(inner, elements, context)
      : {
          template: "cuda/outer",
          view: {
            ...viewOf(inner, elements, "bf16 on tensor cores"),
            mapWord: mapWord(wordNames.length, argumentNames.length),
            mappedRecord: recordOf(elements, ["out", "inner", "dw", "segments", "accumulate"]),
            segmentRecord: recordOf(elements, ["segments"]),
          },
          configurations: tensorConfigurations(true),
        },
  words: ({ out, inner, aStride, bStride }) => [out, inner, aStride, bStride],
  blocks: ({ out, inner }, _sizes, { precision, tile }) => {
    const [rows, columns] = precision === "f32" ? [tile.rows, tile.columns] : [tensorPart, tensorPart];
    return [Math.ceil(inner / columns), Math.ceil(out / rows)];
  },
  isPersistent: true,
  maps: (body, sizes, { precision }) => (precision === "bf16" ? mapsOf(body, sizes.rows) : []),
};

const wordNames = ["out", "inner", "a_stride", "b_stride"];

const argumentNames: readonly ArgumentName[] = [
  { name: "a" },
  { name: "b" },
  { name: "dw", writes: true },
  { name: "segments" },
  { name: "accumulate" },
];

/** The lines of the record that read so many of its names. */
const recordOf = (elements: readonly Element[], names: readonly string[]): readonly string[] => {
  const kept = (name: string): string => (names.includes(name) ? name : unread);
  return recordLines(
    wordNames.map(kept),
    argumentNames.map((argument) => ({ ...argument, name: kept(argument.name) })),
    elements,
  );
};

const viewOf = (inner: number, elements: readonly Element[], how: string) => ({
  comment: `dw[out, inner] = Σ over rows of aᵀ · b; ${how}`,
  record: recordLines(wordNames, argumentNames, elements),
  aligned: inner % 4 === 0,
});

function plainSource(inner: number, elements: readonly Element[], { tile }: CudaContext): KernelText {
  return {
    template: "cuda/outer_simt",
    view: { ...viewOf(inner, elements, plainText(tile)), ...plainView(tile) },
    configurations: plainConfigurations(tile),
  };
}

/** Rows of both factors, 64 at a time, 64 columns each. */
function mapsOf({ out, inner, aStride, bStride }: Outer, rows: number): readonly MapRequest[] {
  return [
    { argument: 0, rows, columns: out, stride: aStride, boxRows: 64, boxColumns },
    { argument: 1, rows, columns: inner, stride: bStride, boxRows: 64, boxColumns },
  ];
}
