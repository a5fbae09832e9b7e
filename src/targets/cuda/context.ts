// context.ts: what the forms of CUDA kernels share: the engine, how memory is typed, how a record is read.
// In: the engine. Out: a CudaContext, and the types of a form. A form decides everything; its template places strings.

import type { KernelBody, KernelKind } from "../../kernel/kernel.ts";
import type { ProductTile } from "../../kernel/schedule.ts";
import type { CudaConfiguration, CudaKernel } from "../artifact.ts";
import type { View } from "../render.ts";

export type CudaEngine = {
  readonly target: "cuda";
  /** What products read and make; sums are f32 either way. */
  readonly precision: "f32" | "bf16";
  /** The part of a matrix product that a block computes; its rows are those of the tile table. */
  readonly tile: ProductTile;
  /** Whether products go on with their sums in registers; on tensor cores only. */
  readonly epilogues?: boolean;
  /** Largest logits of a chunk of the loss, bytes; the schedule's choice unless given. */
  readonly lossChunkBytes?: number;
};

export type CudaContext = CudaEngine & {
  /** Rows of the highest tile of the tile table. */
  readonly tileRows: number;
};

export type BodyOf<K extends KernelKind> = Extract<KernelBody, { readonly kind: K }>;

/** What an argument's buffer is made of; `number` where the argument is one. */
export type Element = "f32" | "bf16" | "i32" | "number";

/** Rows that the call's launch may have, and how many pieces a task is cut into. */
export type GridSizes = { readonly rows: number; readonly count: number };

export type Configurations = CudaKernel["configurations"];

export type KernelText = {
  readonly template: string;
  readonly view: View;
  readonly configurations: Configurations;
};

/** A matrix that the copy engine reads: the argument that is its address, its sizes, and the box of one copy. */
export type MapRequest = {
  readonly argument: number;
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  readonly boxRows: number;
  readonly boxColumns: number;
};

/** One kind of kernel: its text, what its records hold, and how many blocks it takes. */
export type CudaForm<K extends KernelKind> = {
  /** May depend on what `textKey` names, on the arguments' elements and on the context, on nothing else. */
  readonly source: (body: BodyOf<K>, elements: readonly Element[], context: CudaContext) => KernelText;
  /** The record's words between the first (active) and the addresses; floats as `floatBits`. */
  readonly words: (body: BodyOf<K>, context: CudaContext) => readonly number[];
  /** Row kernels: y is the parts of a tile (x, the tiles, is the same for all). Tasks: x and y. */
  readonly blocks: (
    body: BodyOf<K>,
    sizes: GridSizes,
    context: CudaContext,
  ) => readonly [x: number, y: number];
  /** Blocks walk through tiles, parts and turns themselves. */
  readonly isPersistent?: true;
  /** In the order in which the text counts from the record's first map. */
  readonly maps?: (body: BodyOf<K>, sizes: GridSizes, context: CudaContext) => readonly MapRequest[];
};

export type CudaForms<K extends KernelKind> = { readonly [P in K]: CudaForm<P> };

/** One configuration for every device. */
export function everywhere(configuration: CudaConfiguration): Configurations {
  return { sm_80: configuration, sm_90a: configuration };
}

const types: { readonly [E in Exclude<Element, "number">]: string } = {
  f32: "float",
  bf16: "bf16",
  i32: "int",
};

/**
 * An argument's name in the text. `writes`: it is stored to. `element` where the text wants one whatever the argument
 * is (what is a number in another call of the launch): the text has to look whether there is an address.
 */
export type ArgumentName = {
  readonly name: string;
  readonly writes?: boolean;
  readonly element?: Element;
};

/** Name of a word or argument that a text does not read. */
export const unread = "";

/**
 * The lines that read a record (word 0 says whether there is anything to do): the form's words in order, floats marked
 * by a dot, then the arguments, two words each: a 64-bit offset into the arena, or a number. `first_map` is the word
 * behind them, for texts that ask for it.
 */
export function recordLines(
  words: readonly string[],
  argumentNames: readonly ArgumentName[],
  elements: readonly Element[],
): readonly string[] {
  const first = 1 + words.length;
  return [
    ...words.flatMap((name, i) => (name === unread ? [] : [wordLine(name, 1 + i)])),
    ...argumentNames.flatMap(({ name, writes = false, element: wanted }, i) => {
      if (name === unread) return [];
      const element = wanted ?? elements[i] ?? "number";
      const at = first + 2 * i;
      if (element === "number") return [wordLine(name, at)];
      const type = `${writes ? "" : "const "}${types[element]}`;
      return [`const global<${type}> ${name} = address<${type}>(arena, record + ${at});`];
    }),
  ];
}

const wordLine = (name: string, at: number): string =>
  name.endsWith(".")
    ? `const float ${name.slice(0, -1)} = __int_as_float(record[${at}]);`
    : `const int ${name} = record[${at}];`;

/** Index in the record of the word behind the arguments. */
export const mapWord = (words: number, argumentCount: number): number => 1 + words + 2 * argumentCount;

/** A float literal; without a point or an exponent C++ would take it for an integer. */
export function literal(value: number): string {
  const text = String(Math.fround(value));
  const float = `${/[.e]/.test(text) ? text : `${text}.0`}f`;
  return value < 0 ? `(${float})` : float;
}
