// attention-rows.ts: attention and its gradient with a thread per query, or per key.
// In: kernels. Out: forms. A thread keeps the query (or key) of one head in registers, with what it sums; the other side
// is staged in workgroup memory, where all threads read the same vector at once. Few barriers and little to compile: for
// narrow heads, and for devices whose threads take turns on one processor. `attention.ts` is the other form.

import type { View } from "../render.ts";
import { bindingLines } from "./bindings.ts";
import { literal, recordLines, type ShaderView, type WgslContext, type WgslForms } from "./context.ts";
import { upTo } from "./tile.ts";

/** Queries or keys of a workgroup. */
const threads = 64;
/** Workgroup memory that staged rows and their scores may take; the least that devices have is 16384 bytes. */
const stagedBytes = 15000;
const mostStaged = 32;

type Head = { readonly headDim: number; readonly rotary?: true };

export const attentionRowsForms: WgslForms<"attention" | "attention_grad"> = {
  attention: {
    shader: attentionShader,
    words: (body) => [
      ...[body.heads, body.kvHeads, body.qStride, body.kStride, body.vStride, body.outStride, body.lseStride],
    ],
    workgroups: ({ heads, context }, { rows }) => [(rows / context) * Math.ceil(context / threads), heads],
  },
  attention_grad: {
    shader: gradientShader,
    words: (body) => [
      ...[body.heads, body.kvHeads, body.context],
      ...[body.doutStride, body.qStride, body.kStride, body.vStride, body.outStride, body.lseStride],
      ...[body.dqStride, body.dkStride, body.dvStride],
    ],
    workgroups: ({ heads, kvHeads, context }, { rows }) => [
      (rows / context) * Math.ceil(context / threads),
      heads + kvHeads,
    ],
  },
};

const rotaryNames = ["positions", "cosines", "sines"] as const;

/** Rows staged at a time: as many as fit, in whole eights where there is room for eight. */
function stagedRows({ headDim }: Head, scoresPerRow: number): number {
  const bytes = 2 * Math.ceil(headDim / 4) * 16 + 4 * scoresPerRow;
  const fitting = Math.min(mostStaged, Math.floor(stagedBytes / bytes));
  return fitting >= 8 ? fitting - (fitting % 8) : Math.max(1, fitting);
}

const quadsOf = ({ headDim }: Head): readonly number[] => upTo(Math.ceil(headDim / 4));

function headView(head: Head, keys: number): View {
  const { headDim, rotary } = head;
  return {
    headDim,
    keys,
    quads: quadsOf(head).length,
    quadNames: quadsOf(head),
    tileSize: keys * quadsOf(head).length,
    scale: literal(1 / Math.sqrt(headDim)),
    isWhole: headDim % 4 === 0,
    rotary: rotary === true,
    half: Math.max(1, Math.floor(headDim / 2)),
    threads,
  };
}

/** A quad of a query or key at `place`, rotated if attention rotates; `row` names its row. */
function loadOf({ rotary }: Head, row: string, quad: string): string {
  if (rotary !== true) return `head_quad(place, ${quad})`;
  const angle = `u32(host[positions + u32(${row})]) * half`;
  return `turned_quad(place, ${quad}, cosines + ${angle}, sines + ${angle})`;
}

const component = (name: string, c: number): string => `${name}${Math.floor(c / 4)}[${c % 4}]`;

function attentionShader(body: Head, context: WgslContext): ShaderView {
  const keys = stagedRows(body, threads);
  const quads = quadsOf(body);
  const view: View = {
    comment: `attention, heads of ${body.headDim}: a thread per query`,
    bindings: bindingLines({ floats: "scalar" }, context),
    record: recordLines([
      ...["heads", "kv_heads", "q_stride", "k_stride", "v_stride", "out_stride", "lse_stride"],
      ...["q", "k", "v", "out", "lse", "row_of", "firsts", "lasts", "context"],
      ...(body.rotary === true ? rotaryNames : []),
    ]),
    ...headView(body, keys),
    scoreSize: keys * threads,
    queryLoads: quads.map((c) => `query${c} = scale * ${loadOf(body, "row", `${c}u`)};`),
    keyLoad: `key = ${loadOf(body, "key_row", "i % quads")};`,
    scoreLines: quads.map((c) => `score += dot(query${c}, key_tile[key * quads + ${c}u]);`),
    mixLines: quads.map((c) => `sum${c} += p * value_tile[key * quads + ${c}u];`),
    stores: upTo(body.headDim).map((c) => `store(place + ${c}u, share * ${component("sum", c)});`),
  };
  return { template: "wgsl/attention_rows", view };
}

function gradientShader(body: Head, context: WgslContext): ShaderView {
  const quads = quadsOf(body);
  const view: View = {
    comment: `attention's gradient, heads of ${body.headDim}: a thread per query for dq, per key for dk and dv`,
    bindings: bindingLines({ floats: "scalar" }, context),
    record: recordLines([
      ...["heads", "kv_heads", "context", "dout_stride", "q_stride", "k_stride", "v_stride", "out_stride"],
      ...["lse_stride", "dq_stride", "dk_stride", "dv_stride"],
      ...["dout", "q", "k", "v", "out", "lse", "row_of", "firsts", "lasts", "dq", "dk", "dv"],
      ...(body.rotary === true ? rotaryNames : []),
    ]),
    ...headView(body, stagedRows(body, 4)),
    ...ownLoads(body),
    keptLines: quads.map((c) => `kept += dot(own_b${c}, head_quad(out_place, ${c}u));`),
    keyLoad: `a = ${loadOf(body, "key_row", "i % quads")};`,
    queryLoad: `a = ${loadOf(body, "staged_row", "i % quads")};`,
    scoreLines: quads.flatMap((c) => [
      `score += dot(own_a${c}, tile_a[j * quads + ${c}u]);`,
      `slope += dot(own_b${c}, tile_b[j * quads + ${c}u]);`,
    ]),
    querySums: quads.map((c) => `sum_a${c} += ds * tile_a[j * quads + ${c}u];`),
    keySums: quads.flatMap((c) => [
      `sum_a${c} += ds * tile_a[j * quads + ${c}u];`,
      `sum_b${c} += p * tile_b[j * quads + ${c}u];`,
    ]),
    turnedStores: turnedStores(body),
    valueStores: upTo(body.headDim).map((c) => `store(v_place + ${c}u, ${component("sum_b", c)});`),
  };
  return { template: "wgsl/attention_rows_grad", view };
}

/** A thread's own query with its gradient of the result, or its own key and value. */
function ownLoads(body: Head): {
  readonly queryLoads: readonly string[];
  readonly keyLoads: readonly string[];
} {
  const own = (other: string): readonly string[] =>
    quadsOf(body).flatMap((c) => [
      `own_a${c} = ${loadOf(body, "row", `${c}u`)};`,
      `own_b${c} = head_quad(${other}, ${c}u);`,
    ]);
  return { queryLoads: own("dout_place"), keyLoads: own("v_place") };
}

/** Stores what was summed for a query or key, turned back by the row's angles where these were rotated. */
function turnedStores({ headDim, rotary }: Head): readonly string[] {
  if (rotary !== true) return upTo(headDim).map((c) => `store(place + ${c}u, ${component("sum_a", c)});`);
  const half = headDim / 2;
  return [
    "let angle = u32(host[positions + u32(row)]) * half;",
    ...upTo(half).map((pair) => {
      const [low, high] = [component("sum_a", pair), component("sum_a", pair + half)];
      const at = `cosines + angle + ${pair}u, sines + angle + ${pair}u`;
      return `store_turned_back(place + ${pair}u, ${low}, ${high}, ${at});`;
    }),
  ];
}
