// wasm-roofline.ts: an artifact that computes nothing of use, to measure what a machine can do at best.
// In: an engine. Out: launch 0, one small matmul again and again on tiles that stay in cache; launch 1, additions of
// arrays too long for any cache. `runtime/roofline.ts` runs it on all threads as it would run a model.

import type { Kernel } from "../kernel/kernel.ts";
import { type Artifact, type ArtifactCall, type ArtifactLaunch, artifactFormat } from "./artifact.ts";
import { emitWasm, type WasmEngine } from "./wasm.ts";

/** Of the matmul, as in the micro-kernel's probe: 64 × 64 weights, rows padded to 80. */
const size = 64;
const stride = 80;
const tileRows = 48;
const tileCount = 32;
const repeats = 64;

/** Eight additions, so that eight threads have work; 96 MiB are touched. */
const additions = 8;
const elements = 1 << 20;

export type WasmRoofline = {
  readonly artifact: Artifact;
  readonly inputs: readonly { readonly byteOffset: number; readonly values: Float32Array | Int32Array }[];
  readonly flops: number;
  readonly bytes: number;
};

/** The probe for an engine, with what its two launches compute and move. */
export function wasmRoofline(engine: WasmEngine): WasmRoofline {
  const rows = tileRows * tileCount;
  const { place, end } = placer();
  const [tiles, tileStarts] = [place(tileCount * 3), place(2)];
  const [a, packed, c] = [place(rows * stride), place(size * size), place(rows * stride)];
  const matmul = callOf("matmul", 0, [a, packed, c, 0]);
  const sums = Array.from({ length: additions }, () =>
    callOf("addition", 1, [place(elements), place(elements), place(elements)]),
  );
  const { program, scratchBytes } = emitWasm(kernels, engine);
  const launches: readonly ArtifactLaunch[] = [
    { phase: "forward", stages: [Array.from({ length: repeats }, () => matmul)], tasks: [] },
    { phase: "backward", stages: [[]], tasks: sums.map((call) => ({ call, count: 1, modalities: [] })) },
  ];
  return {
    artifact: artifactOf({ launches, program, scratchBytes, rows, tiles, tileStarts, arenaBytes: end() }),
    inputs: [
      // Ones: zeros and denormals could take another path through the processor.
      { byteOffset: 0, values: new Float32Array(end() / 4).fill(1) },
      { byteOffset: tiles, values: Int32Array.from(tileTable.flat()) },
      { byteOffset: tileStarts, values: Int32Array.of(0, tileCount) },
    ],
    flops: 2 * rows * size * size * repeats,
    bytes: 12 * elements * additions,
  };
}

const tileTable = Array.from({ length: tileCount }, (_, i) => [i * tileRows, tileRows, 0]);

const kernels: readonly Kernel[] = [
  {
    name: "roofline_matmul",
    body: { kind: "matmul", k: size, n: size, aStride: stride, cStride: stride, residual: false, dStride: 0 },
  },
  { name: "roofline_addition", body: { kind: "array_add", elements } },
];

/** Hands out stretches of the arena, by elements, each on a cache line of its own. */
function placer(): { readonly place: (elements: number) => number; readonly end: () => number } {
  let free = 0;
  return {
    place(count) {
      const at = free;
      free += Math.ceil((4 * count) / 64) * 64 + 64;
      return at;
    },
    end: () => free,
  };
}

function callOf(label: string, kernel: number, args: readonly number[]): ArtifactCall {
  return {
    ...{ kernel, args, label, scope: "roofline", flopsPerRow: 0, bytesPerRow: 0 },
    isAddress: args.map(() => true),
  };
}

type Parts = Pick<Artifact, "launches" | "program" | "scratchBytes" | "rows" | "arenaBytes"> & {
  readonly tiles: number;
  readonly tileStarts: number;
};

function artifactOf({ tiles, tileStarts, ...parts }: Parts): Artifact {
  const { rows, arenaBytes } = parts;
  return {
    ...parts,
    format: artifactFormat,
    target: "wasm",
    model: "roofline",
    variant: "roofline",
    modalities: [],
    vocab: 0,
    constants: {},
    context: rows,
    batch: 1,
    purpose: "evaluate",
    objectives: [],
    parameters: [],
    tensors: {},
    rotaryTables: [],
    sinusoidTables: [],
    masks: [],
    layout: {
      ...{ tileRows, chunkRows: rows, chunkCount: 1, rowOf: 0, tiles, tileStarts, segments: [] },
      maximumTiles: tileCount,
    },
    kernels: kernels.map(({ name, body }) => ({ name, kind: body.kind })),
    memory: { parameters: 0, gradients: 0, optimizer: 0, activations: arenaBytes },
    buffers: [],
  };
}
