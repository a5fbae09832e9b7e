// cuda-roofline.ts: an artifact that computes nothing of use, to measure what an NVIDIA GPU can do at best.
// In: an engine, and how large the GPU is. Out: launch 0, arithmetic as the engine's products do it, on tensor cores or on
// ordinary ones; launch 1, a copy of an array too long for any cache.

import { type Artifact, type ArtifactLaunch, artifactFormat, type CudaKernel } from "./artifact.ts";
import { type CudaEngine, everywhere } from "./cuda/context.ts";
import { render } from "./render.ts";

const threads = 256;
/** Blocks of the arithmetic: several rounds of those that a multiprocessor has room for. */
const blocksPerMultiprocessor = 16;

/** Ordinary cores: a thread has four chains of four multiply-adds. */
const plain = { steps: 512, flops: 32 * threads };
/** Tensor cores: a warp's 16 products of 16 × 8 × 16, eight warps. */
const tensor = { steps: 1024, flops: 8 * 16 * 2 * 16 * 8 * 16 };
/** Those of 9.0: a warpgroup's four products of 64 × 128 × 16, two groups; operands in shared memory. */
const hopper = { steps: 256, flops: 2 * 4 * 2 * 64 * 128 * 16 };
const hopperSharedBytes = 32 << 10;
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

/** Of a GPU: what its speed depends on. */
export type CudaSize = {
  readonly multiprocessors: number;
  readonly memoryBytes: number;
  /** Which of a kernel's paths it takes. */
  readonly configuration: keyof CudaKernel["configurations"];
};

/** The probe for a GPU, with what its two launches compute and move. */
export function cudaRoofline(
  { precision }: CudaEngine,
  { multiprocessors, memoryBytes, configuration }: CudaSize,
): CudaRoofline {
  const blockBytes = 16 * threads;
  const copyBlocks = Math.max(1, Math.floor(Math.min(mostHalfBytes, memoryBytes / memoryShare) / blockBytes));
  const halfBytes = copyBlocks * blockBytes;
  const blocks = blocksPerMultiprocessor * multiprocessors;
  const isTensor = precision === "bf16";
  const arithmetic = !isTensor ? plain : configuration === "sm_90a" ? hopper : tensor;
  const kernels = [isTensor ? tensorKernel() : plainKernel(), copyKernel(halfBytes / 4)];
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
    flops: blocks * arithmetic.steps * arithmetic.flops,
    bytes: 2 * halfBytes,
  };
}

const bare = { threads, sharedBytes: 0 };

function plainKernel(): CudaKernel {
  const name = "roofline_arithmetic";
  const source = render(`cuda/${name}`, { steps: plain.steps });
  return { name, entry: name, source, configurations: everywhere(bare) };
}

function tensorKernel(): CudaKernel {
  const name = "roofline_tensor";
  const sizes = { steps: tensor.steps, hopperSteps: hopper.steps, sharedBytes: hopperSharedBytes };
  const source = render(`cuda/${name}`, sizes);
  const configurations = { sm_80: bare, sm_90a: { threads, sharedBytes: hopperSharedBytes } };
  return { name, entry: name, source, configurations };
}

function copyKernel(half: number): CudaKernel {
  const name = "roofline_copy";
  return { name, entry: name, source: render(`cuda/${name}`, { half }), configurations: everywhere(bare) };
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
