// cuda-bench.ts: single launches of the CUDA target in emulation: an arena filled by hand, calls as plans have them.
// In: matrices, kernel bodies and their arguments. Out: a program's texts compiled once, launches run, matrices read back.
// The arena is all ones at first: NaN in f32 and in bf16, so whoever reads what is not his spoils his result.

import type { KernelBody } from "../../src/kernel/kernel.ts";
import type { CudaTensorMap } from "../../src/targets/artifact.ts";
import type { CudaContext, CudaForm, Element } from "../../src/targets/cuda/context.ts";
import { render } from "../../src/targets/render.ts";
import { type Architecture, type CudaText, compileForEmulator } from "./cuda-compile.ts";
import { alignedBytes, type EmulatedLibrary, openEmulatedLibrary, tensorMaps } from "./cuda-library.ts";

/** Rows in memory; `offset` is where row 0 would stand, `first` the first row that is there. */
export type Stored = {
  readonly offset: number;
  readonly stride: number;
  readonly element: "f32" | "bf16";
  /** What it holds as its element has it, rows × width. */
  readonly values: Float64Array;
  readonly width: number;
};

/** A call of a launch; arguments are addresses in bytes, or numbers. */
export type BenchCall<Body extends KernelBody> = {
  readonly body: Body;
  readonly turn: number;
  readonly modality: number;
  readonly args: readonly { readonly value: number; readonly element: Element }[];
};

export type BenchLaunch<Body extends KernelBody> = {
  readonly form: CudaForm<Body["kind"]>;
  readonly context: CudaContext;
  readonly calls: readonly BenchCall<Body>[];
  /** Modalities of a launch on rows; 1 for tasks. */
  readonly modalities: number;
  /** Tiles of a launch on rows: first row, rows, modality. The first `skipped` are another chunk's. */
  readonly tiles?: readonly (readonly [number, number, number])[];
  readonly skipped?: number;
  readonly rows: number;
  /** Blocks at once, of kernels that walk through their work. */
  readonly processors: number;
};

const toBits = new Uint32Array(1);
const toFloat = new Float32Array(toBits.buffer);

/** The upper half of a float's bits, rounded to nearest even. */
export function bf16Bits(x: number): number {
  toFloat[0] = x;
  const bits = toBits[0] ?? 0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

export function bf16Value(bits: number): number {
  toBits[0] = bits << 16;
  return toFloat[0] ?? 0;
}

export function rounded(x: number, element: "f32" | "bf16"): number {
  return element === "bf16" ? bf16Value(bf16Bits(x)) : Math.fround(x);
}

export function createArena(byteLength: number) {
  const bytes = alignedBytes(byteLength).fill(0xff);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Room for the rows before a chunk's first, which are not there.
  let end = 1 << 16;
  const reserve = (size: number): number => {
    const at = end;
    end = Math.ceil((end + size) / 256) * 256;
    if (end > byteLength) throw new Error(`an arena of ${byteLength} bytes is too small`);
    return at;
  };
  const write = (at: number, element: "f32" | "bf16", x: number): void =>
    element === "f32" ? view.setFloat32(at, x, true) : view.setUint16(at, bf16Bits(x), true);
  return {
    bytes,
    putIntegers: (values: readonly number[]): number => {
      const at = reserve(4 * values.length);
      for (const [i, value] of values.entries()) view.setInt32(at + 4 * i, value, true);
      return at;
    },
    /** `holds` says which rows have values; the others stay what they are. */
    putRows: (
      rows: number,
      width: number,
      stride: number,
      element: "f32" | "bf16",
      valueAt: (row: number, column: number) => number,
      holds: (row: number) => boolean = () => true,
    ): Stored => {
      const size = element === "f32" ? 4 : 2;
      const offset = reserve(rows * stride * size);
      const values = new Float64Array(rows * width).fill(Number.NaN);
      for (let row = 0; row < rows; row += 1) {
        for (let column = 0; column < width && holds(row); column += 1) {
          values[row * width + column] = rounded(valueAt(row, column), element);
          write(offset + (row * stride + column) * size, element, valueAt(row, column));
        }
      }
      return { offset, stride, element, values, width };
    },
    read: ({ offset, stride, element }: Stored, row: number, column: number): number => {
      const at = offset + (row * stride + column) * (element === "f32" ? 4 : 2);
      return element === "f32" ? view.getFloat32(at, true) : bf16Value(view.getUint16(at, true));
    },
  };
}

export type Arena = ReturnType<typeof createArena>;

function textOf<Body extends KernelBody>({ form, context, calls }: BenchLaunch<Body>) {
  const texts = calls.map(({ body, args }) => {
    const { template, view, configurations } = form.source(
      body as never,
      args.map(({ element }) => element),
      context,
    );
    return { entry: body.kind, source: render(template, view), configurations };
  });
  const [first] = texts;
  if (first === undefined || texts.some(({ source }) => source !== first.source))
    throw new Error("a launch has no text, or several");
  return first;
}

/** Compiles the texts of all launches as one program. */
export async function openLaunches<Body extends KernelBody>(
  launches: readonly BenchLaunch<Body>[],
  architecture: Architecture,
): Promise<(launch: BenchLaunch<Body>, arena: Arena) => void> {
  const names = new Map<string, CudaText>();
  for (const launch of launches) {
    const { entry, source } = textOf(launch);
    if (!names.has(source)) names.set(source, { name: `c${names.size}_${entry}`, entry, source });
  }
  const library = openEmulatedLibrary(await compileForEmulator([...names.values()], architecture));
  return (launch, arena) => {
    const { source, configurations } = textOf(launch);
    const name = names.get(source)?.name ?? "";
    run(library, name, launch, arena, configurations[architecture]);
  };
}

function run<Body extends KernelBody>(
  library: EmulatedLibrary,
  kernel: string,
  launch: BenchLaunch<Body>,
  arena: Arena,
  configuration: { readonly threads: number; readonly sharedBytes: number },
): void {
  const { form, context, calls, modalities, tiles = [], skipped = 0, rows, processors } = launch;
  const maps: CudaTensorMap[] = [];
  const written = calls.map(({ body, args }) => {
    const words = [1, ...form.words(body as never, context), ...args.flatMap(({ value }) => split(value))];
    words.push(maps.length);
    for (const { argument, ...map } of form.maps?.(body as never, { rows, count: 1 }, context) ?? [])
      maps.push({ byteOffset: args[argument]?.value ?? 0, ...map });
    return words;
  });
  const words = Math.max(...written.map(({ length }) => length));
  const turns = 1 + Math.max(...calls.map(({ turn }) => turn));
  const records = new Int32Array(turns * modalities * words);
  for (const [i, { turn, modality }] of calls.entries())
    records.set(written[i] ?? [], (turn * modalities + modality) * words);
  const table = arena.putIntegers(tiles.flat());
  const ends = arena.putIntegers([skipped, tiles.length]);
  const sizes = calls.map(({ body }) => form.blocks(body as never, { rows, count: 1 }, context));
  const parts = Math.max(...sizes.map(([, y]) => y));
  const across = tiles.length > 0 ? tiles.length : Math.max(...sizes.map(([x]) => x));
  library.launch({
    kernel,
    blocks: [Math.min(processors, across * parts * turns), 1, 1],
    ...configuration,
    arena: arena.bytes,
    records,
    maps: tensorMaps(library, arena.bytes, maps),
    job: Uint32Array.of(0, words, modalities, table / 4, ends / 4, ends / 4 + 1, parts, turns),
  });
}

const split = (value: number): readonly [number, number] => [
  (value % 2 ** 32) | 0,
  Math.floor(value / 2 ** 32),
];
