// cuda-attention.ts: attention's CUDA kernels run alone, in emulation: numbers in, numbers out.
// In: problems of one head width, a precision. Out: what stands in memory after the forward and the backward launch.
// Every problem is a call of the same two launches, as layers' calls are of a program's.

import type { KernelBody } from "../../src/kernel/kernel.ts";
import { rowStride } from "../../src/kernel/schedule.ts";
import { attentionForms } from "../../src/targets/cuda/attention.ts";
import type { CudaContext, CudaForm, Element, KernelText } from "../../src/targets/cuda/context.ts";
import { render } from "../../src/targets/render.ts";
import type { AttentionProblem, AttentionResults } from "./attention-problems.ts";
import { type Architecture, compileForEmulator } from "./cuda-compile.ts";
import { rounded } from "./cuda-kernels.ts";
import { alignedBytes, openEmulatedLibrary } from "./cuda-library.ts";
import { get, type Matrix, matrix } from "./plain-kernels.ts";

type AttentionBody = Extract<KernelBody, { readonly kind: "attention" | "attention_grad" }>;

export type Precision = CudaContext["precision"];

/** What rows are stored as: keys and values may be too narrow to be bf16. */
export type Elements = { readonly rows: "f32" | "bf16"; readonly keys: "f32" | "bf16" };

const elementsOf = (precision: Precision): Elements => ({ rows: precision, keys: precision });

export const contextOf = (precision: Precision): CudaContext => ({
  ...{ target: "cuda", precision, tileRows: 64 },
  tile: { rows: 64, columns: 64, depth: 16, threadRows: 4, threadColumns: 4 },
});

/** A problem whose numbers a precision holds exactly. */
export function heldBy(precision: Precision, problem: AttentionProblem): AttentionProblem {
  if (precision === "f32") return problem;
  const { q, k, v, dout } = problem.inputs;
  const held = (m: Matrix): Matrix => rounded(m, "bf16");
  return { ...problem, inputs: { q: held(q), k: held(k), v: held(v), dout: held(dout) } };
}

const formOf = ({ kind }: AttentionBody): CudaForm<AttentionBody["kind"]> =>
  attentionForms[kind] as CudaForm<AttentionBody["kind"]>;

type Call = {
  readonly body: AttentionBody;
  readonly elements: readonly Element[];
  readonly args: readonly number[];
};

export function kernelOf({ body, elements }: Omit<Call, "args">, context: CudaContext): KernelText {
  return formOf(body).source(body, elements, context);
}

/** The two bodies of a problem, and the elements of their arguments. */
export function bodiesOf({ sizes }: Pick<AttentionProblem, "sizes">, { rows, keys }: Elements) {
  const wide = rowStride(sizes.heads * sizes.headDim);
  const narrow = rowStride(sizes.kvHeads * sizes.headDim) + 16;
  const common = {
    ...sizes,
    ...{ qStride: wide, kStride: narrow, vStride: narrow, outStride: wide + 32 },
    lseStride: rowStride(sizes.heads),
  };
  const forward: AttentionBody = { kind: "attention", ...common };
  const backward: AttentionBody = {
    ...{ kind: "attention_grad", ...common },
    ...{ doutStride: wide, dqStride: wide, dkStride: narrow, dvStride: narrow },
  };
  const tables: readonly Element[] = ["i32", "i32", "i32"];
  return {
    forward: { body: forward, elements: [rows, keys, keys, rows, "f32", ...tables, "number"] as const },
    backward: {
      body: backward,
      elements: [rows, rows, keys, keys, rows, "f32", ...tables, rows, keys, keys] as const,
    },
  };
}

/** Arrays one after another, each from a multiple of 64 bytes on; nothing stands at 0, which is no address. */
function createArena() {
  const pieces: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  let end = 64;
  const put = (values: Int32Array | Float32Array | Uint16Array): number => {
    const at = end;
    pieces.push({ at, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) });
    end = Math.ceil((at + values.byteLength) / 64) * 64;
    return at;
  };
  const make = (): Uint8Array => {
    const arena = alignedBytes(end);
    for (const { at, bytes } of pieces) arena.set(bytes, at);
    return arena;
  };
  return { put, make };
}

type Arena = ReturnType<typeof createArena>;

/** Rows of `stride` elements, NaN between and behind their numbers. */
function putRows({ put }: Arena, m: Matrix, stride: number, element: "f32" | "bf16"): number {
  const numbers = Float32Array.from({ length: (m.numbers.length / m.width) * stride }, (_, i) =>
    i % stride < m.width ? get(m, Math.floor(i / stride), i % stride) : Number.NaN,
  );
  if (element === "f32") return put(numbers);
  return put(new Uint16Array(numbers.buffer).filter((_, i) => i % 2 === 1));
}

type Placed = {
  readonly at: number;
  readonly width: number;
  readonly stride: number;
  readonly element: "f32" | "bf16";
};

/** Puts a problem's numbers into an arena; results begin as NaN, and so does everything between and behind. */
function place(arena: Arena, problem: AttentionProblem, elements: Elements) {
  const { sizes, sight, inputs } = problem;
  const { heads, kvHeads, headDim, context } = sizes;
  const { forward, backward } = bodiesOf(problem, elements);
  const { body } = backward;
  if (body.kind !== "attention_grad") throw new Error("the gradient comes second");
  const { rows, keys } = elements;
  const [q, k, v, dout] = [
    putRows(arena, inputs.q, body.qStride, rows),
    putRows(arena, inputs.k, body.kStride, keys),
    putRows(arena, inputs.v, body.vStride, keys),
    putRows(arena, inputs.dout, body.doutStride, rows),
  ];
  const room = (width: number, stride: number, element: "f32" | "bf16"): Placed => {
    const nothing = matrix(sight.first.length, width, () => Number.NaN);
    return { at: putRows(arena, nothing, stride, element), width, stride, element };
  };
  const results = {
    out: room(heads * headDim, body.outStride, rows),
    lse: room(heads, body.lseStride, "f32"),
    dq: room(heads * headDim, body.dqStride, rows),
    dk: room(kvHeads * headDim, body.dkStride, keys),
    dv: room(kvHeads * headDim, body.dvStride, keys),
  };
  const { out, lse, dq, dk, dv } = results;
  const seen = [sight.rowOf, sight.first, sight.last].map((numbers) => arena.put(Int32Array.from(numbers)));
  const calls: readonly Call[] = [
    { ...forward, args: [q, k, v, out.at, lse.at, ...seen, context] },
    { ...backward, args: [dout, q, k, v, out.at, lse.at, ...seen, dq.at, dk.at, dv.at] },
  ];
  return { calls, results };
}

function read(arena: Uint8Array, { at, width, stride, element }: Placed, rows: number): Matrix {
  const size = element === "f32" ? 4 : 2;
  const bytes = arena.slice(at, at + rows * stride * size).buffer;
  const numbers =
    element === "f32"
      ? new Float32Array(bytes)
      : new Float32Array(Uint32Array.from(new Uint16Array(bytes), (bits) => bits << 16).buffer);
  return matrix(rows, width, (r, c) => numbers[r * stride + c] ?? Number.NaN);
}

export type AttentionRun = {
  readonly precision: Precision;
  readonly elements?: Elements;
  readonly architecture?: Architecture;
  /** In which order blocks and threads come. */
  readonly order?: number;
};

/** Runs problems of one head width beside one another, forward and backward. */
export async function runAttention(
  problems: readonly AttentionProblem[],
  { precision, elements = elementsOf(precision), architecture = "sm_80", order = 0 }: AttentionRun,
): Promise<readonly AttentionResults[]> {
  const context = contextOf(precision);
  const room = createArena();
  const placed = problems.map((problem) => place(room, problem, elements));
  const arena = room.make();
  const [first] = placed;
  const texts = (first?.calls ?? []).map((call) => ({ call, text: kernelOf(call, context) }));
  const path = await compileForEmulator(
    texts.map(({ call: { body }, text }) => ({
      ...{ name: body.kind, entry: body.kind },
      source: render(text.template, text.view),
    })),
    architecture,
  );
  const library = openEmulatedLibrary(path);
  library.setOrder(order);
  const rows = problems[0]?.sight.rowOf.length ?? 0;
  for (const [index, { call, text }] of texts.entries()) {
    const calls = placed.map((each) => each.calls[index] ?? call);
    const records = calls.map(({ body, args }) => [
      ...[1, ...formOf(body).words(body, context)],
      ...args.flatMap((argument) => [argument, 0]),
    ]);
    const sizes = calls.map(({ body }) => formOf(body).blocks(body, { rows, count: 1 }, context));
    const blocks = [
      Math.max(...sizes.map(([x]) => x)),
      Math.max(...sizes.map(([, y]) => y)),
      calls.length,
    ] as const;
    library.launch({
      ...{ kernel: call.body.kind, blocks, ...text.configurations[architecture], arena },
      records: Int32Array.from(records.flat()),
      job: Uint32Array.of(0, records[0]?.length ?? 0, 1, 0, 0, 0, blocks[1], blocks[2]),
    });
  }
  return placed.map(({ results }, i) => {
    const count = problems[i]?.sight.first.length ?? 0;
    return Object.fromEntries(
      Object.entries(results).map(([name, result]) => [name, read(arena, result, count)]),
    ) as AttentionResults;
  });
}
