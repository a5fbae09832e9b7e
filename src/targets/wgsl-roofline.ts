// wgsl-roofline.ts: an artifact that computes nothing of use, to measure what a GPU can do at best.
// In: an engine. Out: launch 0, multiply-adds in registers; launch 1, a copy of an array too long for any cache.

import { type Artifact, type ArtifactLaunch, artifactFormat, type WgslDispatch } from "./artifact.ts";
import { render } from "./render.ts";
import { bindingLines } from "./wgsl/bindings.ts";
import type { WgslContext } from "./wgsl/context.ts";
import type { WgslEngine } from "./wgsl.ts";

const threads = 256;
/** Enough workgroups for the largest GPUs, steps for a few tenths of a millisecond there. */
const groups = 2048;
const steps = 512;
/** Of one step: four vectors of four multiply-adds. */
const flopsPerStep = 32;

/** Elements of each half, the copy and what is copied: 32 MiB, so that both fit one binding of any device. */
const half = 1 << 23;

const integerBytes = 64;

export type GpuRoofline = {
  readonly artifact: Artifact;
  readonly inputs: readonly { readonly byteOffset: number; readonly values: Float32Array }[];
  readonly flops: number;
  readonly bytes: number;
};

/** The probe for an engine, with what its two launches compute and move. */
export function wgslRoofline(engine: WgslEngine): GpuRoofline {
  const arenaBytes = integerBytes + 64 + 8 * half;
  const floatStart = integerBytes + 64;
  const context: WgslContext = {
    ...engine,
    regions: { integerBytes, floatStart },
    panel: 4,
    tileRows: 1,
    banks: { bankFloats: 4 * half, weights: 1, floats: 1 },
  };
  const bindings = bindingLines({ floats: "vector" }, context);
  const shaders = [
    {
      name: "roofline_arithmetic",
      code: render("wgsl/roofline_arithmetic", { comment: "multiply-adds in registers", bindings, steps }),
    },
    {
      name: "roofline_copy",
      code: render("wgsl/roofline_copy", { comment: "a long copy", bindings, half: half / 4 }),
    },
  ];
  const dispatch = (shader: number, count: number): WgslDispatch => ({
    shader,
    workgroups: [count, 1, 1],
    job: [0, 0, 0, 0, 0, 0],
  });
  return {
    artifact: {
      ...empty,
      arenaBytes,
      kernels: shaders.map(({ name }) => ({ name, kind: "roofline" })),
      launches: [launchOf("forward", 0), launchOf("backward", 1)],
      program: {
        kind: "wgsl",
        shaders,
        dispatches: [dispatch(0, groups), dispatch(1, half / 4 / threads)],
        records: [],
        ...{ integerBytes, floatStart, bankFloats: 4 * half, weightBanks: 1, floatBanks: 1 },
        weights: "f32",
        requires: { features: [], limits: {} },
        choices: [],
      },
    },
    // Near one: denormals and infinities could take another path through the processor.
    inputs: [{ byteOffset: floatStart, values: new Float32Array(half).fill(0.999) }],
    flops: groups * threads * steps * flopsPerStep,
    bytes: 8 * half,
  };
}

function launchOf(phase: ArtifactLaunch["phase"], kernel: number): ArtifactLaunch {
  const call = { kernel, args: [], isAddress: [], label: "roofline", scope: "roofline" };
  return {
    phase,
    stages: [],
    tasks: [{ call: { ...call, flopsPerRow: 0, bytesPerRow: 0 }, count: 1, modalities: [] }],
  };
}

const empty = {
  format: artifactFormat,
  target: "wgsl",
  model: "roofline",
  variant: "roofline",
  modalities: [],
  vocab: 0,
  constants: {},
  rows: 1,
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
  memory: { parameters: 0, gradients: 0, optimizer: 0, activations: 8 * half },
  buffers: [],
} as const;
