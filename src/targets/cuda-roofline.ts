// cuda-roofline.ts: the probe of an NVIDIA GPU.
// In: an engine, and how large the GPU is. Out: launch 0, arithmetic as the engine's products do it, on tensor cores or on
// ordinary ones; launch 1, a long copy (roofline.ts).

import type { CudaKernel } from "./artifact.ts";
import { type CudaEngine, everywhere } from "./cuda/context.ts";
import { render } from "./render.ts";
import { type GpuRoofline, rooflineArtifact } from "./roofline.ts";

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
): GpuRoofline {
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
    artifact: rooflineArtifact(
      {
        ...{ kind: "cuda", precision, kernels, records: [floatStart, 0], maps: [], choices: [] },
        launches: [launch(0, blocks), launch(1, copyBlocks)],
      },
      kernels,
      { arenaBytes: floatStart + 2 * halfBytes, copiedBytes: 2 * halfBytes },
    ),
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
