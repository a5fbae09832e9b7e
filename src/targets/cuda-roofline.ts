// cuda-roofline.ts: an artifact that computes nothing of use, to measure what an NVIDIA GPU can do at best.
// In: an engine, and how large the GPU is. Out: launch 0, multiply-adds in registers; launch 1, a copy of an array too
// long for any cache.

import { type Artifact, type ArtifactLaunch, artifactFormat, type CudaKernel } from "./artifact.ts";
import { type CudaEngine, everywhere } from "./cuda/context.ts";
import { render } from "./render.ts";

const threads = 256;
/** Blocks of the arithmetic: several rounds of those that a multiprocessor has room for. */
const blocksPerMultiprocessor = 32;
const steps = 512;
/** Of a thread and a step: four chains of four multiply-adds. */
const flopsPerStep = 32;
/** Bytes of the copy, and of what is copied: well beyond the caches, where the memory allows it. */
const mostHalfBytes = 512 << 20;
const memoryShare = 128;

const floatStart = 256;

export type CudaRoofline = {
  readonly artifact: Artifact;
  readonly inputs: readonly { readonly byteOffset: number; readonly values: Float32Array }[];
  readonly flops: number;
  readonly bytes: number;
};

/** The probe for a GPU, with what its two launches compute and move. */
export function cudaRoofline(
  { precision }: CudaEngine,
  { multiprocessors, memoryBytes }: { readonly multiprocessors: number; readonly memoryBytes: number },
): CudaRoofline {
  const blockBytes = 16 * threads;
  const copyBlocks = Math.max(1, Math.floor(Math.min(mostHalfBytes, memoryBytes / memoryShare) / blockBytes));
  const halfBytes = copyBlocks * blockBytes;
  const blocks = blocksPerMultiprocessor * multiprocessors;
  const kernels = ["roofline_arithmetic", "roofline_copy"].map(
    (name): CudaKernel => ({
      ...{ name, entry: name, configurations: everywhere({ threads, sharedBytes: 0 }) },
      source: render(`cuda/${name}`, { steps, half: halfBytes / 4 }),
    }),
  );
  const launch = (kernel: number, count: number) => ({
    kernel,
    blocks: [count, 1, 1] as const,
    job: [0, 0, 0, 0, 0, 0, 1, 1],
  });
  return {
    artifact: {
      ...empty,
      arenaBytes: floatStart + 2 * halfBytes,
      memory: { parameters: 0, gradients: 0, optimizer: 0, activations: 2 * halfBytes },
      kernels: kernels.map(({ name }) => ({ name, kind: "roofline" })),
      launches: [launchOf("forward", 0), launchOf("backward", 1)],
      program: {
        ...{ kind: "cuda", precision, kernels, records: [floatStart, 0], maps: [], choices: [] },
        launches: [launch(0, blocks), launch(1, copyBlocks)],
      },
    },
    // Near one: denormals and infinities could take another path through the processor.
    inputs: [{ byteOffset: floatStart, values: new Float32Array(4 * threads).fill(0.999) }],
    flops: blocks * threads * steps * flopsPerStep,
    bytes: 2 * halfBytes,
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
  target: "cuda",
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
  buffers: [],
} as const;
