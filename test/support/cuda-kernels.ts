// cuda-kernels.ts: runs single kernels of the CUDA target in emulation, without a plan or a device.
// In: kernels, registered before any of them runs, so that all are one translation unit. Out: an arena to fill, `run`, and
// what came out. Memory starts as NaN, and so does what stands between rows.

import type { KernelBody, KernelKind } from "../../src/kernel/kernel.ts";
import type { CudaContext, CudaForm, Element } from "../../src/targets/cuda/context.ts";
import { formOf } from "../../src/targets/cuda/forms.ts";
import { cudaEngine } from "../../src/targets/cuda.ts";
import { isRowKind } from "../../src/targets/launches.ts";
import { render } from "../../src/targets/render.ts";
import { type Architecture, type CudaText, compileForEmulator } from "./cuda-compile.ts";
import { alignedBytes, type EmulatedLibrary, openEmulatedLibrary } from "./cuda-library.ts";
import { get, type Matrix, matrix } from "./plain-kernels.ts";

type Stored = Exclude<Element, "number">;

/** A kernel for arguments of certain elements. */
export type CudaKernelCase = { readonly body: KernelBody; readonly elements: readonly Element[] };

/** Rows of the highest tile: odd, so that tiles are cut at odd places. */
const tileRows = 5;
const context: CudaContext = { ...cudaEngine("bf16"), tileRows };

const sourceOf = ({ body, elements }: CudaKernelCase) => {
  const { template, view, configurations } = formOf(body).source(body, elements, context);
  return { source: render(template, view), configurations };
};

export type CudaBench = {
  /** Arena bytes where these numbers now stand, at a multiple of 64. */
  readonly put: (numbers: ArrayLike<number>, element?: Stored) => number;
  readonly numbers: (at: number, count: number, element?: Stored) => Float64Array;
  /** Calls of one text beside one another; row kernels run over `rows`, tasks in `count` pieces. */
  readonly run: (
    kernel: CudaKernelCase,
    args: readonly number[],
    over: {
      readonly rows?: readonly [first: number, count: number];
      readonly count?: number;
      /** More calls of the launch: kernels of the same text. */
      readonly besides?: readonly { readonly kernel: CudaKernelCase; readonly args: readonly number[] }[];
    },
  ) => void;
  /** Forgets what was put. */
  readonly clear: () => void;
};

const bytesOf = (element: Stored): number => (element === "bf16" ? 2 : 4);

export const toBf16 = (x: number): number => {
  const [bits = 0] = new Uint32Array(Float32Array.of(x).buffer);
  const rounded = Number.isNaN(x) ? 0x7fc0 : ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
  return fromBits(rounded);
};

const fromBits = (bits: number): number => new Float32Array(Uint32Array.of(bits << 16).buffer)[0] ?? 0;

/** Numbers as an element holds them. */
export const rounded = (m: Matrix, element: Element): Matrix =>
  matrix(m.numbers.length / m.width, m.width, (r, c) =>
    element === "bf16" ? toBf16(get(m, r, c)) : Math.fround(get(m, r, c)),
  );

/** All kernels must have been registered with `cases` when this is called. */
export async function openCudaKernels(
  cases: readonly CudaKernelCase[],
  architecture: Architecture = "sm_80",
  megabytes = 8,
): Promise<CudaBench> {
  const names = new Map<string, string>();
  for (const one of cases) {
    const { source } = sourceOf(one);
    if (!names.has(source)) names.set(source, `${one.body.kind}_${names.size}`);
  }
  const source = oneUnit(names);
  const texts: readonly CudaText[] = [...names.values()].map((name) => ({ name, entry: name, source }));
  const library = openEmulatedLibrary(await compileForEmulator(texts, architecture));
  const arena = alignedBytes(megabytes << 20);
  const clear = (): void => {
    new Float32Array(arena.buffer, arena.byteOffset, arena.byteLength / 4).fill(Number.NaN);
    free = firstByte;
  };
  const firstByte = 4096;
  let free = firstByte;
  clear();
  const put: CudaBench["put"] = (numbers, element = "f32") => {
    const at = free;
    const bytes = numbers.length * bytesOf(element);
    free = Math.ceil((at + bytes + 64) / 64) * 64;
    if (free > arena.byteLength) throw new Error("the test's arena is too small");
    const to = arena.byteOffset + at;
    if (element === "f32") new Float32Array(arena.buffer, to, numbers.length).set(numbers);
    else if (element === "i32") new Int32Array(arena.buffer, to, numbers.length).set(numbers);
    else
      new Uint16Array(arena.buffer, to, numbers.length).set(
        Array.from(numbers, (x) => (new Uint32Array(Float32Array.of(toBf16(x)).buffer)[0] ?? 0) >>> 16),
      );
    return at;
  };
  const numbers: CudaBench["numbers"] = (at, count, element = "f32") => {
    const from = arena.byteOffset + at;
    if (element === "f32") return Float64Array.from(new Float32Array(arena.buffer, from, count));
    if (element === "i32") return Float64Array.from(new Int32Array(arena.buffer, from, count));
    return Float64Array.from(new Uint16Array(arena.buffer, from, count), fromBits);
  };
  const run: CudaBench["run"] = (
    kernel,
    args,
    { rows: [first, count] = [0, 0], count: pieces = 1, besides = [] },
  ) => {
    const text = sourceOf(kernel);
    const name = names.get(text.source);
    if (name === undefined) throw new Error(`${kernel.body.kind} was not registered`);
    const tiles = tilesOver(first, count);
    new Int32Array(arena.buffer, arena.byteOffset, firstByte / 4).set([0, tiles.length, ...tiles.flat()]);
    launch(
      library,
      arena,
      name,
      text.configurations[architecture],
      [{ kernel, args }, ...besides],
      tiles.length,
      pieces,
    );
  };
  return { put, numbers, run, clear };
}

/** All texts in one, each kernel by a name of its own: much of a text is the same in all, and compiles once. */
function oneUnit(names: ReadonlyMap<string, string>): string {
  return [...names]
    .map(([source, name]) =>
      [
        `namespace of_${name} {`,
        `#line 1 "${name}.cu"`,
        source.replace(/^KERNEL\(\w+/m, `KERNEL(${name}`),
        "}",
        `using of_${name}::${name};`,
        `using of_${name}::${name}_bounds;`,
      ].join("\n"),
    )
    .join("\n");
}

/** (first row, rows, modality) of each tile. */
function tilesOver(first: number, count: number): readonly (readonly number[])[] {
  return Array.from({ length: Math.ceil(count / tileRows) }, (_, i) => [
    first + i * tileRows,
    Math.min(tileRows, count - i * tileRows),
    0,
  ]);
}

function launch(
  library: EmulatedLibrary,
  arena: Uint8Array,
  name: string,
  { threads, sharedBytes }: { readonly threads: number; readonly sharedBytes: number },
  calls: readonly { readonly kernel: CudaKernelCase; readonly args: readonly number[] }[],
  tiles: number,
  pieces: number,
): void {
  const formed = calls.map(({ kernel, args }) => {
    const form: CudaForm<KernelKind> = formOf(kernel.body);
    const words = [
      1,
      ...form.words(kernel.body, context),
      ...args.flatMap((at) => [at | 0, at < 0 ? -1 : 0]),
      0,
    ];
    return { form, words, blocks: form.blocks(kernel.body, { rows: 1 << 10, count: pieces }, context) };
  });
  const isRows = calls.every(({ kernel }) => isRowKind(kernel.body));
  const [x, y] = [0, 1].map((axis) => Math.max(...formed.map(({ blocks }) => blocks[axis] ?? 1))) as [
    number,
    number,
  ];
  const across = isRows ? tiles : x;
  const words = Math.max(...formed.map((one) => one.words.length));
  const isPersistent = formed[0]?.form.isPersistent === true;
  library.launch({
    kernel: name,
    blocks: isPersistent ? [Math.min(3, across * y * calls.length), 1, 1] : [across, y, calls.length],
    threads,
    sharedBytes,
    arena,
    records: Int32Array.from(
      formed.flatMap((one) => [...one.words, ...new Array<number>(words - one.words.length).fill(0)]),
    ),
    job: Uint32Array.of(0, words, 1, 2, 0, 1, y, calls.length),
  });
}

/** A matrix as rows of `stride` elements; NaN between them. */
export function putCudaRows(bench: CudaBench, m: Matrix, stride: number, element: Stored): number {
  const rows = m.numbers.length / m.width;
  return bench.put(
    Float64Array.from({ length: rows * stride }, (_, i) =>
      i % stride < m.width ? get(m, Math.floor(i / stride), i % stride) : Number.NaN,
    ),
    element,
  );
}

export function takeCudaRows(
  bench: CudaBench,
  at: number,
  [rows, width]: readonly [rows: number, width: number],
  stride: number,
  element: Stored,
): Matrix {
  const numbers = bench.numbers(at, rows * stride, element);
  return matrix(rows, width, (r, c) => numbers[r * stride + c] ?? Number.NaN);
}

/**
 * Every number within `bound` of the largest wanted one; where it was stored in bf16, also within one unit of its own
 * last place, for a number between two of them may be rounded either way.
 */
export function expectStored(
  actual: Matrix,
  wanted: Matrix,
  element: Stored,
  bound: number,
  what: string,
): void {
  const size = wanted.numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3);
  for (const [i, x] of wanted.numbers.entries()) {
    const error = Math.abs((actual.numbers[i] ?? Number.NaN) - x);
    if (error <= bound * size + (element === "bf16" ? Math.abs(x) * 2 ** -8 : 0)) continue;
    const place = `row ${Math.floor(i / wanted.width)}, column ${i % wanted.width}`;
    throw new Error(`${what}: ${place} is ${actual.numbers[i]}, not ${x}`);
  }
}
