// wasm-artifact.ts: a tiny artifact around hand-made kernels and launches, to run them on the wasm device.
// In: kernels, launches, an arena size. Out: an Artifact without a model. Offsets are bytes from the arena's start;
// tiles and their starts stand behind the arena asked for and are written by `writeTiles`.

import type { Kernel } from "../../src/kernel/kernel.ts";
import type { Device } from "../../src/runtime/device.ts";
import type { Artifact, ArtifactCall, ArtifactLaunch } from "../../src/targets/artifact.ts";
import { emitWasm, type WasmEngine } from "../../src/targets/wasm.ts";

export type Tile = readonly [firstRow: number, rows: number, modality: number];

export const engines: readonly (WasmEngine & { readonly name: string })[] = [
  { name: "4x8 mul+add", tile: { rows: 4, columns: 8 }, relaxedSimd: false },
  { name: "4x8 madd", tile: { rows: 4, columns: 8 }, relaxedSimd: true },
  { name: "6x8 mul+add", tile: { rows: 6, columns: 8 }, relaxedSimd: false },
  { name: "6x8 madd", tile: { rows: 6, columns: 8 }, relaxedSimd: true },
  { name: "6x16 madd", tile: { rows: 6, columns: 16 }, relaxedSimd: true },
];

/** A call from addresses (`{ at }`) and plain numbers. */
export function callOf(kernel: number, args: readonly ({ readonly at: number } | number)[]): ArtifactCall {
  return {
    kernel,
    args: args.map((value) => (typeof value === "number" ? value : value.at)),
    isAddress: args.map((value) => typeof value !== "number"),
    label: `call of kernel ${kernel}`,
    scope: "",
    flopsPerRow: 0,
    bytesPerRow: 0,
  };
}

export type ArtifactParts = {
  readonly kernels: readonly Kernel[];
  readonly engine: WasmEngine;
  readonly launches: readonly ArtifactLaunch[];
  readonly arenaBytes: number;
  readonly tiles?: readonly Tile[];
  /** Replaces the emitted text. */
  readonly wat?: (emitted: string) => string;
};

export function artifactOf({
  kernels,
  engine,
  launches,
  arenaBytes,
  tiles = [],
  wat,
}: ArtifactParts): Artifact {
  const { program, scratchBytes } = emitWasm(kernels, engine);
  const tilesAt = Math.ceil(arenaBytes / 64) * 64;
  const tileStarts = tilesAt + tiles.length * 12;
  return {
    format: 2,
    target: "wasm",
    model: "test",
    variant: "test",
    modalities: [],
    vocab: 0,
    constants: {},
    rows: 0,
    context: 0,
    batch: 0,
    purpose: "train",
    objectives: [],
    parameters: [],
    tensors: {},
    rotaryTables: [],
    sinusoidTables: [],
    masks: [],
    layout: {
      tileRows: 48,
      chunkRows: 0,
      chunkCount: 1,
      rowOf: 0,
      tiles: tilesAt,
      maximumTiles: tiles.length,
      tileStarts,
      segments: [],
    },
    kernels: kernels.map(({ name, body }) => ({ name, kind: body.kind })),
    launches,
    arenaBytes: tileStarts + 8,
    scratchBytes,
    memory: { parameters: 0, gradients: 0, optimizer: 0, activations: 0 },
    buffers: [{ name: "arena", role: "activation", byteOffset: 0, byteLength: arenaBytes }],
    program: wat === undefined ? program : { ...program, wat: wat(program.wat) },
  };
}

export function writeTiles(device: Device, artifact: Artifact, tiles: readonly Tile[]): void {
  device.write(artifact.layout.tiles, Int32Array.from(tiles.flat()));
  device.write(artifact.layout.tileStarts, Int32Array.of(0, tiles.length));
}
