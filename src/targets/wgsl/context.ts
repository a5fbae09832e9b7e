// context.ts: what the forms of WGSL kernels share: what the device allows, how memory is cut, how a record is read.
// In: the engine. Out: a WgslContext, and the types of a form. A form decides everything; its template places strings.

import type { KernelBody, KernelKind, Regions } from "../../kernel/kernel.ts";
import type { ProductTile } from "../../kernel/schedule.ts";
import type { View } from "../render.ts";

/** What a device allows a program, in WebGPU's words; `defaultLimits` are what every device has. */
export type WgslLimits = {
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupsPerDimension: number;
};

export type WgslEngine = {
  readonly target: "wgsl";
  /** The part of a matrix product that a workgroup computes. */
  readonly tile: ProductTile;
  /** Attention in blocks of queries by keys, or with a thread per query. */
  readonly attention: "blocks" | "rows";
  /** Sums over a row by subgroup operations, where the device has them. */
  readonly subgroups: boolean;
  /** How packed weights are stored; sums are f32 either way. */
  readonly weights: "f32" | "f16";
  /** Whether shaders may name the type f16; halves are packed by hand otherwise. */
  readonly shaderF16: boolean;
  /** Largest logits of a chunk of the loss, bytes; the schedule's choice unless given. */
  readonly lossChunkBytes?: number;
  readonly limits: WgslLimits;
};

export type WgslContext = WgslEngine & {
  readonly regions: Regions;
  /** Columns of a packed panel. */
  readonly panel: number;
  /** Rows of the highest tile of the tile table. */
  readonly tileRows: number;
  readonly banks: Banks;
};

/** How the two float regions are cut into bindings of a power of two of elements. */
export type Banks = { readonly bankFloats: number; readonly weights: number; readonly floats: number };

export type BodyOf<K extends KernelKind> = Extract<KernelBody, { readonly kind: K }>;

/** Rows of the batch, and how many pieces a task is cut into. */
export type GridSizes = { readonly rows: number; readonly count: number };

export type ShaderView = { readonly template: string; readonly view: View };

/** One kind of kernel: its text, what its records hold, and how many workgroups it takes. */
export type WgslForm<K extends KernelKind> = {
  /** Its bind group lets it write the integers, which are read-only for all others. */
  readonly writesIntegers?: true;
  /** May depend on what `textKey` names and on the context, on nothing else. */
  readonly shader: (body: BodyOf<K>, context: WgslContext) => ShaderView;
  /** The record's words between the first (active) and the addresses; floats as `floatBits`. */
  readonly words: (body: BodyOf<K>, context: WgslContext) => readonly number[];
  /** Row kernels: y is the parts of a tile (x, the tiles, is the same for all). Tasks: x and y. */
  readonly workgroups: (
    body: BodyOf<K>,
    sizes: GridSizes,
    context: WgslContext,
  ) => readonly [x: number, y: number];
};

export type WgslForms<K extends KernelKind> = { readonly [P in K]: WgslForm<P> };

/**
 * A record: word 0 tells whether there is anything to do, then the form's words, then the call's arguments (addresses
 * as elements of their region), then a mask of which arguments are addresses.
 * These lines read the words after the first, in order, into constants of these names; floats are marked by a dot.
 */
export function recordLines(names: readonly string[]): readonly string[] {
  return names.map((name, index) => {
    const word = `host[record + ${index + 1}u]`;
    return name.endsWith(".")
      ? `let ${name.slice(0, -1)} = bitcast<f32>(${word});`
      : `let ${name} = u32(${word});`;
  });
}

/** A float32 literal. */
export function literal(value: number): string {
  const text = String(Math.fround(value));
  return value < 0 ? `(${text}f)` : `${text}f`;
}
