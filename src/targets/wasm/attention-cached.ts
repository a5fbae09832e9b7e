// attention-cached.ts: attention over keys and values that earlier runs kept, one task per sequence and key-value head.
// In: kernels. Out: views. A run has few queries, so nothing is copied into panels: a query meets the kept keys where
// they stand, four at a time, and the values are added up in the order of their places. A row's numbers depend on
// nothing but the row and what it sees, so a prompt gives the same bits however many of its rows a run takes.

import { type KernelViews, placeRegions, type WasmContext } from "./context.ts";
import { literal } from "./math.ts";

const floatBytes = 4;
const vectorBytes = 16;
/** Vectors of a sum of values that are kept in registers at a time. */
const panelVectors = 4;

export const cachedAttentionViews: KernelViews<"attention_cached"> = {
  attention_cached: ({ name, body }, context) => {
    const { heads, kvHeads, headDim } = body;
    const vectors = Math.ceil(headDim / 4);
    const cacheBytes = kvHeads * headDim * floatBytes;
    const { offsets, bytes } = placeRegions({
      query: vectors * 4,
      strip: body.context + 16,
      result: vectors * 4,
    });
    const meet = (key: number): ((vector: number) => string) => meetKey(context, headDim, key, cacheBytes);
    const each = Array.from({ length: vectors }, (_, vector) => vector);
    return {
      template: "wasm/attention_cached",
      view: {
        comment: `${heads} heads of ${headDim}, ${kvHeads} of keys, ${body.span} positions a run, ${body.context} kept`,
        ...{ name, kvHeads, cacheBytes, ...offsets },
        span: body.span,
        spanBytes: body.span * floatBytes,
        groupHeads: heads / kvHeads,
        headBytes: headDim * floatBytes,
        groupBytes: (heads / kvHeads) * headDim * floatBytes,
        queryBytes: vectors * vectorBytes,
        fourKeys: 4 * cacheBytes,
        qBytes: body.qStride * floatBytes,
        kBytes: body.kStride * floatBytes,
        vBytes: body.vStride * floatBytes,
        outBytes: body.outStride * floatBytes,
        scale: literal(1 / Math.sqrt(headDim)),
        sums: [0, 1, 2, 3].map((sum) => ({ sum, offset: sum * floatBytes })),
        four: each.flatMap((vector) => [
          loadQuery(offsets.query, vector),
          ...[0, 1, 2, 3].map((key) => meet(key)(vector)),
        ]),
        one: each.flatMap((vector) => [loadQuery(offsets.query, vector), meet(0)(vector)]),
        panels: panelsOf(context, vectors, offsets).map((panel) => ({
          ...panel,
          cacheBytes,
          strip: offsets.strip,
        })),
      },
      scratchBytes: bytes,
    };
  },
};

const loadQuery = (query: number, vector: number): string =>
  `(local.set $x (v128.load offset=${query + vector * vectorBytes} (global.get $scratch)))`;

/** Adds a vector of products to a key's sum; what stands behind the key's last component is kept out of it. */
function meetKey(
  { fma }: WasmContext,
  headDim: number,
  key: number,
  cacheBytes: number,
): (vector: number) => string {
  return (vector) => {
    const loaded = `(v128.load offset=${key * cacheBytes + vector * vectorBytes} (local.get $key))`;
    const lanes = [0, 1, 2, 3].map((lane) => (vector * 4 + lane < headDim ? -1 : 0));
    const component = lanes.includes(0)
      ? `(v128.and ${loaded} (v128.const i32x4 ${lanes.join(" ")}))`
      : loaded;
    return `(local.set $s${key} ${fma("(local.get $x)", component, `(local.get $s${key})`)})`;
  };
}

/** Up to four vectors of components each: shares times values, over all places. */
function panelsOf({ fma }: WasmContext, vectors: number, { result }: { readonly result: number }) {
  return Array.from({ length: Math.ceil(vectors / panelVectors) }, (_, panel) => {
    const first = panel * panelVectors;
    const sums = Array.from({ length: Math.min(panelVectors, vectors - first) }, (_sum, i) => i);
    const value = (i: number): string => `(v128.load offset=${i * vectorBytes} (local.get $at))`;
    return {
      offset: first * vectorBytes,
      zeros: sums.map((i) => `(local.set $s${i} (v128.const f32x4 0 0 0 0))`),
      lines: sums.map(
        (i) => `(local.set $s${i} ${fma("(local.get $share)", value(i), `(local.get $s${i})`)})`,
      ),
      stores: sums.map(
        (i) =>
          `(v128.store offset=${result + (first + i) * vectorBytes} (global.get $scratch) (local.get $s${i}))`,
      ),
    };
  });
}
