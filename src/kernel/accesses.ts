// accesses.ts: which bytes a call may touch, and which of them it writes.
// In: a plan and a call. Out: byte ranges of the arena. The verifier's knowledge of kernels, one row per kind.
// Row operands count as the whole buffer they stand in: tiles of one launch never share rows.

import type { Argument, Call, KernelBody, KernelKind, Plan } from "./kernel.ts";

export type Access = {
  readonly buffer: number;
  /** Bytes from the start of the arena, half-open. */
  readonly start: number;
  readonly end: number;
  readonly isWrite: boolean;
};

/** How far an argument reaches: all of its buffer, this many bytes, nothing of it, or it is a number. */
type Extent = "buffer" | "nothing" | "number" | { readonly bytes: number };

type Footprint = { readonly extents: readonly Extent[]; readonly writes: readonly number[] };

type BodyOf<K extends KernelKind> = Extract<KernelBody, { readonly kind: K }>;

const floats = (count: number): Extent => ({ bytes: count * 4 });

/** In the order of the arguments that kernel.ts documents. */
const footprints: { readonly [K in KernelKind]: (body: BodyOf<K>, args: readonly Argument[]) => Footprint } =
  {
    matmul: ({ residual }) => ({
      extents: ["buffer", "buffer", "buffer", residual ? "buffer" : "number"],
      writes: [2],
    }),
    row_program: ({ operands, phases, width, segments }) => ({
      extents: operands.map(({ kind }) => (kind === "column" ? floats(width / segments) : "buffer")),
      writes: phases.flatMap(({ stores }) => stores.map(({ operand }) => operand)),
    }),
    rope: () => ({ extents: ["buffer", "buffer", "buffer", "buffer", "buffer"], writes: [1] }),
    dropout: () => ({ extents: ["buffer", "buffer", "buffer", "buffer"], writes: [1] }),
    embed: () => ({ extents: ["buffer", "buffer", "buffer"], writes: [2] }),
    cross_entropy: ({ gradient }) => ({
      extents: ["buffer", "buffer", "buffer", gradient ? "buffer" : "number", gradient ? "buffer" : "number"],
      writes: gradient ? [2, 4] : [2],
    }),
    softmax: () => ({ extents: ["buffer", "buffer"], writes: [1] }),
    gather: ({ weighted }) => ({
      extents: ["buffer", "buffer", "buffer", weighted ? "buffer" : "number"],
      writes: [2],
    }),
    combine: ({ weighted, residual }) => ({
      extents: ["buffer", "buffer", "buffer", weighted ? "buffer" : "number", residual ? "buffer" : "number"],
      writes: [2],
    }),
    combine_dp: () => ({ extents: ["buffer", "buffer", "buffer", "buffer"], writes: [3] }),
    balance_dx: ({ experts }) => ({ extents: [floats(experts + 1), "buffer"], writes: [1] }),
    route: ({ pools }) => ({
      extents: [...Array<Extent>(7).fill("buffer"), ...Array<Extent>(pools).fill("buffer")],
      writes: [1, 2, 3, 4, 5, 6],
    }),
    balance: ({ pools, modalities }) => ({
      extents: ["buffer", "buffer", floats(1 + modalities), ...Array<Extent>(pools).fill("buffer")],
      writes: [2],
    }),
    mean_square: ({ gradient }) => ({
      extents: ["buffer", "buffer", "buffer", gradient ? "buffer" : "number", gradient ? "buffer" : "number"],
      writes: gradient ? [2, 4] : [2],
    }),
    zero_rows: () => ({ extents: ["buffer"], writes: [0] }),
    copy_rows: () => ({ extents: ["buffer", "buffer"], writes: [1] }),
    outer: ({ out, inner }) => ({
      extents: ["buffer", "buffer", floats(out * inner), "buffer", "number"],
      writes: [2],
    }),
    rms_norm_dw: ({ width, heads }) => ({
      extents: ["buffer", "buffer", floats(width / heads), "buffer"],
      writes: [2],
    }),
    embed_dw: ({ vocab, width }) => ({
      extents: ["buffer", "buffer", floats(vocab * width), "buffer"],
      writes: [2],
    }),
    attention: ({ rotary }) => ({
      extents: [
        ...Array<Extent>(8).fill("buffer"),
        "number",
        ...Array<Extent>(rotary ? 3 : 0).fill("buffer"),
      ],
      writes: [3, 4],
    }),
    attention_grad: ({ rotary }) => ({
      extents: Array<Extent>(rotary ? 15 : 12).fill("buffer"),
      writes: [9, 10, 11],
    }),
    // Tasks write heads of sequences of their own, which overlap nowhere.
    attention_cached: () => ({ extents: Array<Extent>(10).fill("buffer"), writes: [3, 4, 5] }),
    loss_sums: ({ modalities }) => ({
      extents: ["buffer", "buffer", "buffer", floats(1 + modalities), "buffer"],
      writes: [3],
    }),
    array_add: ({ elements }) => ({
      extents: [floats(elements), floats(elements), floats(elements)],
      writes: [2],
    }),
    square_sum: ({ chunk }, args) => ({
      extents: [countedFloats(args[2]), countedFloats(args[2], chunk), "number"],
      writes: [1],
    }),
    adamw: (_body, args) => {
      const tensor = countedFloats(args[8]);
      const norm: Extent = args[7]?.kind === "buffer" ? floats(1) : "number";
      const mirror = args.slice(9).map(({ kind }) => (kind === "buffer" ? halves(args[8]) : "number"));
      const extents: readonly Extent[] = [
        ...[tensor, tensor, tensor, tensor],
        ...(["buffer", "number", "buffer", norm, "number"] as const),
        ...mirror,
      ];
      const writes = [0, 2, 3, 7, 9].filter((i) => extents[i] !== "number" && i < extents.length);
      return { extents, writes };
    },
    product: productFootprint,
    rms_norm_partials: () => ({ extents: ["buffer", "buffer", "buffer", "buffer"], writes: [2] }),
    sum_partials: ({ elements, count }) => ({
      extents: [floats(count * elements), floats(elements)],
      writes: [1],
    }),
    embed_dw_by_token: ({ vocab, width }) => ({
      extents: ["buffer", "buffer", "buffer", floats(vocab * width), "buffer"],
      writes: [3],
    }),
    mirror: (_body, args) => ({ extents: [countedFloats(args[2]), halves(args[2]), "number"], writes: [1] }),
    pack: ({ out, inner }) => ({ extents: [floats(out * inner), "buffer"], writes: [1] }),
  };

function productFootprint({
  residual,
  terms,
  program,
  twin,
  epilogue,
  rotation,
}: BodyOf<"product">): Footprint {
  const loaded = program?.operands ?? [];
  const first = 2 + 2 * terms.length + (twin?.length ?? 0);
  const stores = program?.phases.flatMap((phase) => phase.stores.map(({ operand }) => operand)) ?? [];
  const extentOf = ({ kind }: { readonly kind: string }, i: number): Extent => {
    if (kind === "column") return floats(program?.width ?? 0);
    return stores.includes(i) && program?.keeps !== true ? "nothing" : "buffer";
  };
  // Operands 0 and 1 of an epilogue are the sums.
  const kept = epilogue?.phase.stores.map(({ operand }) => first + operand - 2) ?? [];
  return {
    extents: [
      epilogue === undefined ? "buffer" : "number",
      residual ? "buffer" : "number",
      ...terms.flatMap(({ value }): readonly Extent[] => [
        value === undefined ? "buffer" : "number",
        "buffer",
      ]),
      ...(twin?.map((): Extent => "buffer") ?? []),
      ...loaded.map(extentOf),
      ...(epilogue?.operands.map((): Extent => "buffer") ?? []),
      ...Array<Extent>(rotation === undefined ? 0 : 3).fill("buffer"),
    ],
    writes: [...(epilogue === undefined ? [0] : []), ...stores.map((operand) => first + operand), ...kept],
  };
}

/** One for every so many of what an argument counts. */
function countedFloats(argument: Argument | undefined, every = 1): Extent {
  return argument?.kind === "number" ? floats(Math.ceil(argument.value / every)) : "buffer";
}

/** As many elements of two bytes. */
function halves(argument: Argument | undefined): Extent {
  return argument?.kind === "number" ? { bytes: argument.value * 2 } : "buffer";
}

/** Argument counts that do not fit the kind are the caller's to report: `undefined`. */
export function accessesOf(plan: Plan, call: Call): readonly Access[] | undefined {
  const body = plan.kernels[call.kernel]?.body;
  if (body === undefined) return undefined;
  // One cast: kind and row stem from the same key.
  const footprint = footprints[body.kind] as (body: KernelBody, args: readonly Argument[]) => Footprint;
  const { extents, writes } = footprint(body, call.args);
  if (extents.length !== call.args.length) return undefined;
  const accesses: Access[] = [];
  for (const [index, extent] of extents.entries()) {
    const argument = call.args[index];
    if (argument === undefined || (extent === "number") !== (argument.kind === "number")) return undefined;
    if (extent === "number" || extent === "nothing" || argument.kind === "number") continue;
    const buffer = plan.buffers[argument.buffer];
    if (buffer === undefined) return undefined;
    const whole = extent === "buffer";
    const start = buffer.byteOffset + (whole ? 0 : argument.offsetBytes);
    const end = whole ? buffer.byteOffset + buffer.byteLength : start + extent.bytes;
    accesses.push({ buffer: argument.buffer, start, end, isWrite: writes.includes(index) });
  }
  return accesses;
}
