// gpu-products.ts: the target's own matrix product kernels on one shape, run over and over.
// In: a shape, an engine. Out: an artifact whose phases are the three products of a linear layer, as often as asked,
// and the inputs to write. Kernels, records and tiles are those that a compiled model has.

import { bug } from "../../src/diagnostics/bug.ts";
import type { KernelBody } from "../../src/kernel/kernel.ts";
import { rowStride } from "../../src/kernel/schedule.ts";
import type { Phase } from "../../src/runtime/device.ts";
import { openWebgpuDevice, type WebgpuDevice } from "../../src/runtime/webgpu.ts";
import type { SharedGpu } from "../../src/runtime/webgpu-pipelines.ts";
import { type Artifact, artifactFormat, type WgslDispatch } from "../../src/targets/artifact.ts";
import { isRowKind } from "../../src/targets/launches.ts";
import { render } from "../../src/targets/render.ts";
import { spareFloats } from "../../src/targets/wgsl/banks.ts";
import type { WgslContext } from "../../src/targets/wgsl/context.ts";
import { formOf } from "../../src/targets/wgsl/forms.ts";
import type { WgslEngine } from "../../src/targets/wgsl.ts";
import type { ProductShape } from "./gpu-shapes.ts";

export const productKinds = ["forward", "dx", "outer"] as const;
export type ProductKind = (typeof productKinds)[number];

/** Which phase of the artifact runs which product. */
const phaseOf: Readonly<Record<ProductKind, Phase>> = { forward: "forward", dx: "backward", outer: "update" };

/** Numbers that all contenders multiply: x [rows, inner], w [out, inner], dy [rows, out], dense. */
export type ProductData = Readonly<Record<"x" | "w" | "dy", Float32Array>>;

export type OpenProducts = {
  /** Milliseconds until one product has run as often as was asked for. */
  readonly time: (kind: ProductKind) => Promise<number>;
  /** A row of a product's result. */
  readonly row: (kind: ProductKind, row: number) => Promise<Float32Array>;
  readonly close: () => Promise<void>;
};

/** Opens the three products of a shape, ready to be timed. */
export async function openProducts(
  shape: ProductShape,
  engine: WgslEngine,
  shared: SharedGpu,
  { repeats, data }: { readonly repeats: number; readonly data: ProductData },
): Promise<OpenProducts> {
  const { artifact, places } = productArtifact(shape, engine, repeats);
  const device = await openWebgpuDevice(artifact, { shared });
  writeInputs(device, shape, engine, places, data);
  await device.run(["prepare"]);
  const results: Readonly<Record<ProductKind, readonly [at: number, stride: number, width: number]>> = {
    forward: [places.y, rowStride(shape.out), shape.out],
    dx: [places.dx, rowStride(shape.inner), shape.inner],
    outer: [places.dw, shape.inner, shape.inner],
  };
  return {
    async time(kind) {
      const start = performance.now();
      await device.run([phaseOf[kind]]);
      return performance.now() - start;
    },
    async row(kind, row) {
      const [at, stride, width] = results[kind];
      return device.readFloats(at + 4 * row * stride, width);
    },
    close: () => device.close(),
  };
}

/** Byte offsets in the arena. */
type Places = Readonly<
  Record<
    | "tiles"
    | "tileStarts"
    | "segments"
    | "packed"
    | "packedBack"
    | "x"
    | "w"
    | "dy"
    | "y"
    | "dx"
    | "dw"
    | "integerBytes"
    | "floatStart"
    | "arenaBytes",
    number
  >
>;

const panelOf = ({ tile }: WgslEngine): number => Math.min(64, tile.columns);

function place({ rows, out, inner }: ProductShape, engine: WgslEngine): Places {
  const panel = panelOf(engine);
  const packedSize = (n: number, k: number): number => Math.ceil(n / panel) * panel * k;
  let end = 0;
  const put = (elements: number): number => {
    const at = end;
    end += Math.ceil(elements / 16) * 64;
    return at;
  };
  const tiles = put(3 * Math.ceil(rows / engine.tile.rows));
  const [tileStarts, segments] = [put(2), put(3)];
  const integerBytes = end;
  const [packed, packedBack] = [put(packedSize(out, inner)), put(packedSize(inner, out))];
  const floatStart = end;
  const [x, w, dy] = [put(rows * rowStride(inner)), put(out * inner), put(rows * rowStride(out))];
  const [y, dx, dw] = [put(rows * rowStride(out)), put(rows * rowStride(inner)), put(out * inner)];
  return {
    ...{ tiles, tileStarts, segments, packed, packedBack, x, w, dy, y, dx, dw },
    ...{ integerBytes, floatStart, arenaBytes: end },
  };
}

function writeInputs(
  device: WebgpuDevice,
  { rows, out, inner }: ProductShape,
  { tile }: WgslEngine,
  places: Places,
  { x, w, dy }: ProductData,
): void {
  const count = Math.ceil(rows / tile.rows);
  const tileWords = Array.from({ length: count }, (_, i) => [
    i * tile.rows,
    Math.min(tile.rows, rows - i * tile.rows),
    0,
  ]);
  device.write(places.tiles, Int32Array.from(tileWords.flat()));
  device.write(places.tileStarts, Int32Array.of(0, count));
  device.write(places.segments, Int32Array.of(1, 0, rows));
  device.write(places.x, padded(x, rows, inner));
  device.write(places.w, w.subarray(0, out * inner));
  device.write(places.dy, padded(dy, rows, out));
}

function padded(values: Float32Array, rows: number, width: number): Float32Array {
  const stride = rowStride(width);
  const all = new Float32Array(rows * stride);
  for (let row = 0; row < rows; row += 1)
    all.set(values.subarray(row * width, (row + 1) * width), row * stride);
  return all;
}

/** A kernel with its arguments: numbers, elements from the start of their region. */
type Piece = { readonly phase: Phase; readonly body: KernelBody; readonly args: readonly number[] };

function piecesOf({ out, inner }: ProductShape, engine: WgslEngine, places: Places): readonly Piece[] {
  const [xStride, yStride] = [rowStride(inner), rowStride(out)];
  const float = (at: number): number => (at - places.floatStart) / 4;
  const weight = (at: number): number => (at - places.integerBytes) / 4;
  const product = (n: number, k: number, aStride: number, cStride: number): KernelBody => ({
    kind: "product",
    ...{ n, cStride, residual: false, dStride: cStride, terms: [{ k, aStride }] },
  });
  const pack = (transposed: boolean): KernelBody => ({ kind: "pack", out, inner, transposed });
  return [
    { phase: "prepare", body: pack(true), args: [float(places.w), weight(places.packed)] },
    { phase: "prepare", body: pack(false), args: [float(places.w), weight(places.packedBack)] },
    {
      phase: phaseOf.forward,
      body: product(out, inner, xStride, yStride),
      args: [float(places.y), 0, float(places.x), weight(places.packed)],
    },
    {
      phase: phaseOf.dx,
      body: product(inner, out, yStride, xStride),
      args: [float(places.dx), 0, float(places.dy), weight(places.packedBack)],
    },
    {
      phase: phaseOf.outer,
      body: {
        kind: "outer",
        ...{ out, inner, aStride: yStride, bStride: xStride, taskRows: engine.tile.rows },
      },
      args: [float(places.dy), float(places.x), float(places.dw), places.segments / 4, 0],
    },
  ];
}

/** The artifact; packing runs once, in its phase `prepare`. */
export function productArtifact(
  shape: ProductShape,
  engine: WgslEngine,
  repeats: number,
): { readonly artifact: Artifact; readonly places: Places } {
  const places = place(shape, engine);
  const { tiles, tileStarts, integerBytes, floatStart, arenaBytes } = places;
  const context = contextOf(engine, places);
  const records: number[] = [];
  const pieces = piecesOf(shape, engine, places);
  const shaders = pieces.map(({ body }, i) => {
    const { template, view } = formOf(body, context).shader(body, context);
    return { name: `s${i}_${body.kind}`, code: render(template, view) };
  });
  const list = pieces.flatMap(({ phase, body, args }, shader) => {
    const record = [1, ...formOf(body, context).words(body, context), ...args, -1];
    const start = integerBytes / 4 + records.length;
    records.push(...record);
    const [across, down] = formOf(body, context).workgroups(body, { rows: shape.rows, count: 1 }, context);
    const x = isRowKind(body) ? Math.ceil(shape.rows / engine.tile.rows) : across;
    const dispatch: WgslDispatch = {
      shader,
      workgroups: [x, down, 1],
      job: [start, record.length, 1, tiles / 4, tileStarts / 4, tileStarts / 4 + 1],
    };
    return Array.from({ length: phase === "prepare" ? 1 : repeats }, () => ({ phase, dispatch }));
  });
  const artifact: Artifact = {
    ...withoutModel,
    rows: shape.rows,
    kernels: pieces.map(({ body }) => ({ name: body.kind, kind: body.kind })),
    launches: list.map(({ phase, dispatch }) => launchOf(phase, dispatch.shader)),
    arenaBytes,
    program: {
      kind: "wgsl",
      shaders,
      dispatches: list.map(({ dispatch }) => dispatch),
      records,
      ...{ integerBytes, floatStart },
      bankFloats: context.banks.bankFloats,
      weightBanks: context.banks.weights,
      floatBanks: context.banks.floats,
      weights: engine.weights,
      requires: requirementsOf(context, shaders),
      choices: [],
    },
  };
  return { artifact, places };
}

function contextOf(engine: WgslEngine, { integerBytes, floatStart, arenaBytes }: Places): WgslContext {
  const { maxStorageBufferBindingSize, maxBufferSize } = engine.limits;
  const bankFloats = 2 ** Math.floor(Math.log2(Math.min(maxStorageBufferBindingSize, maxBufferSize) / 4));
  const banksOf = (bytes: number): number => Math.max(1, Math.ceil((bytes / 4 + spareFloats) / bankFloats));
  return {
    ...engine,
    regions: { integerBytes, floatStart },
    panel: panelOf(engine),
    tileRows: engine.tile.rows,
    banks: {
      bankFloats,
      weights: banksOf(floatStart - integerBytes),
      floats: banksOf(arenaBytes - floatStart),
    },
  };
}

function requirementsOf(
  { limits, banks }: WgslContext,
  shaders: readonly { readonly code: string }[],
): (Artifact["program"] & { readonly kind: "wgsl" })["requires"] {
  const usesHalf = shaders.some(({ code }) => code.includes("enable f16;"));
  if (1 + banks.weights + banks.floats > limits.maxStorageBuffersPerShaderStage)
    return bug("bench", "the matrices need more bindings than this GPU has");
  return {
    features: usesHalf ? ["shader-f16"] : [],
    limits: {
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  };
}

function launchOf(phase: Phase, kernel: number): Artifact["launches"][number] {
  const call = {
    kernel,
    args: [],
    isAddress: [],
    label: "product",
    scope: "",
    flopsPerRow: 0,
    bytesPerRow: 0,
  };
  return { phase, stages: [], tasks: [{ call, count: 1, modalities: [] }] };
}

const withoutModel = {
  format: artifactFormat,
  target: "wgsl",
  model: "products",
  variant: "products",
  modalities: [],
  vocab: 0,
  constants: {},
  context: 1,
  batch: 1,
  purpose: "evaluate",
  objectives: [],
  parameters: [],
  tensors: {},
  rotaryTables: [],
  sinusoidTables: [],
  masks: [],
  layout: {
    ...{ tileRows: 1, chunkRows: 1, chunkCount: 1, rowOf: 0, tiles: 0, maximumTiles: 1, tileStarts: 0 },
    segments: [],
  },
  scratchBytes: 0,
  memory: { parameters: 0, gradients: 0, optimizer: 0, activations: 0 },
  buffers: [],
} as const satisfies Partial<Artifact>;
