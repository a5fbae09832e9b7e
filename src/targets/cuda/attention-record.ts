// attention-record.ts: what all forms of attention share: what their records hold, how their grids are cut, where arrays
// stand in shared memory, and how a text is put together.
// In: kernels. Out: words, names, blocks, lines of text; the text itself, of what a form has of its own.

import type { View } from "../render.ts";
import type { BodyOf, Element, GridSizes, KernelText } from "./context.ts";
import { everywhere, literal, recordLines } from "./context.ts";

export type Body = BodyOf<"attention"> | BodyOf<"attention_grad">;

export const forwardWords = (body: BodyOf<"attention">): readonly number[] => [
  ...[body.heads, body.kvHeads, body.context],
  ...[body.qStride, body.kStride, body.vStride, body.outStride, body.lseStride],
];

export const gradientWords = (body: BodyOf<"attention_grad">): readonly number[] => [
  ...[body.heads, body.kvHeads, body.context],
  ...[body.doutStride, body.qStride, body.kStride, body.vStride, body.outStride, body.lseStride],
  ...[body.dqStride, body.dkStride, body.dvStride],
];

const read = (name: string) => ({ name });
const written = (name: string) => ({ name, writes: true });

/** The lines that read a record; its last argument, the context, is a word already. */
export function recordOf({ kind }: Body, elements: readonly Element[]): readonly string[] {
  return kind === "attention"
    ? recordLines(
        ["heads", "kv_heads", "context", "q_stride", "k_stride", "v_stride", "out_stride", "lse_stride"],
        [
          ...["q", "k", "v"].map(read),
          ...["out", "lse"].map(written),
          ...["row_of", "first", "last"].map(read),
        ],
        elements,
      )
    : recordLines(
        [
          ...["heads", "kv_heads", "context"],
          ...["dout_stride", "q_stride", "k_stride", "v_stride", "out_stride", "lse_stride"],
          ...["dq_stride", "dk_stride", "dv_stride"],
        ],
        [
          ...["dout", "q", "k", "v", "out", "lse", "row_of", "first", "last"].map(read),
          ...["dq", "dk", "dv"].map(written),
        ],
        elements,
      );
}

/** Blocks of threads: each takes `ownRows` positions of a context, the gradient once for queries and once for keys. */
export function blocksOf(
  { kind, heads, context }: Body,
  { rows }: GridSizes,
  ownRows: number,
): readonly [x: number, y: number] {
  const blocks = Math.ceil(context / ownRows) * Math.ceil(rows / context);
  return [kind === "attention" ? blocks : 2 * blocks, heads];
}

/** An array in shared memory; `at` where it shares the place of another. */
export type SharedArray = {
  readonly name: string;
  readonly type: "float" | "int" | "int4" | "bf16";
  readonly count: number;
  readonly at?: string;
};

const bytesOf = { float: 4, int: 4, int4: 16, bf16: 2 };

/** Where arrays stand, one after another, each from a multiple of 16 bytes on. */
export function placeArrays(arrays: readonly SharedArray[]): {
  readonly places: readonly { readonly name: string; readonly type: string; readonly offset: number }[];
  readonly bytes: number;
} {
  const offsets = new Map<string, number>();
  let bytes = 0;
  for (const { name, type, count, at } of arrays) {
    offsets.set(name, at === undefined ? bytes : (offsets.get(at) ?? 0));
    if (at === undefined) bytes += Math.ceil((bytesOf[type] * count) / 16) * 16;
  }
  return { places: arrays.map(({ name, type }) => ({ name, type, offset: offsets.get(name) ?? 0 })), bytes };
}

/** As constants of a kernel's text, or as the members of a struct and what they are set to. */
export function memoryLines(arrays: readonly SharedArray[]) {
  const { places, bytes } = placeArrays(arrays);
  return {
    sharedBytes: bytes,
    fields: places.map(({ name, type }) => `shared<${type}> ${name};`),
    values: places.map(({ type, offset }) => `shared_at<${type}>(${offset})`),
    constants: places.map(
      ({ name, type, offset }) => `const shared<${type}> ${name} = shared_at<${type}>(${offset});`,
    ),
  };
}

/** What one form of attention has of its own. */
type Form = {
  readonly form: "simt" | "tensor";
  /** For the comment that opens the text. */
  readonly how: string;
  readonly threads: number;
  readonly arrays: readonly SharedArray[];
  readonly view: View;
};

/** The text of attention, which names its memory in constants, or of its gradient, which hands it on in a struct. */
export function attentionText(
  body: Body,
  elements: readonly Element[],
  { form, how, threads, arrays, view }: Form,
): KernelText {
  const { sharedBytes, fields, values, constants } = memoryLines(arrays);
  const { kind, headDim } = body;
  const isForward = kind === "attention";
  const comment = isForward
    ? `attention, heads of ${headDim}: softmax of scores, times values, ${how}`
    : `gradient of attention, heads of ${headDim}: scores made again, ${how}`;
  return {
    template: `cuda/attention_${form}${isForward ? "" : "_grad"}`,
    view: {
      ...view,
      record: recordOf(body, elements),
      ...{ comment, threads, headDim, sharedBytes },
      scale: literal(1 / Math.sqrt(headDim)),
      isVector: headDim % 4 === 0,
      ...(isForward ? { memory: constants } : { fields, memory: values }),
    },
    configurations: everywhere({ threads, sharedBytes }),
  };
}
