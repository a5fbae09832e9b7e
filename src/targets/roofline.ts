// roofline.ts: an artifact that computes nothing of use, to measure what a GPU can do at best.
// In: a target's program of two launches, and its memory. Out: a probe: launch 0 computes in registers, launch 1 copies an
// array too long for any cache. Each target writes the kernels (cuda-roofline.ts, wgsl-roofline.ts).

import { type Artifact, type ArtifactLaunch, artifactFormat } from "./artifact.ts";

export type GpuRoofline = {
  readonly artifact: Artifact;
  readonly inputs: readonly { readonly byteOffset: number; readonly values: Float32Array }[];
  /** What launch 0 computes, and the bytes that launch 1 reads and writes. */
  readonly flops: number;
  readonly bytes: number;
};

/** The probe's artifact; `kernels` are the names of the two. */
export function rooflineArtifact(
  program: Artifact["program"],
  kernels: readonly { readonly name: string }[],
  { arenaBytes, copiedBytes }: { readonly arenaBytes: number; readonly copiedBytes: number },
): Artifact {
  return {
    ...empty,
    target: program.kind,
    arenaBytes,
    memory: { parameters: 0, gradients: 0, optimizer: 0, activations: copiedBytes },
    kernels: kernels.map(({ name }) => ({ name, kind: "roofline" })),
    launches: [launchOf("forward", 0), launchOf("backward", 1)],
    program,
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
