// cuda-artifact.ts: a tiny artifact around hand-made kernels and launches, to run them on the CUDA device.
// In: kernels by name (a line of C++ for element i), launches, sizes. Out: an Artifact without a model. The texts export
// what the stand-in for NVIDIA's driver calls, so that neither a GPU nor the emulator is needed.

import type { Artifact, ArtifactLaunch, CudaLaunch, CudaProgram } from "../../src/targets/artifact.ts";
import { call, emptyModel } from "./wgsl-artifact.ts";

export type HandMadeLaunch = {
  readonly kernel: string;
  readonly phase?: ArtifactLaunch["phase"];
  readonly blocks?: CudaLaunch["blocks"];
  readonly isPersistent?: boolean;
  /** What `argument(n)` gives in the kernel. */
  readonly words?: readonly number[];
  /** Line of the spec. */
  readonly line?: number;
};

export type CudaParts = {
  /** Statements over `floats[i]`, with `i` over threads of all blocks, `argument(n)`, `blocks`, `job[n]`. */
  readonly kernels: Readonly<Record<string, string>>;
  readonly launches: readonly HandMadeLaunch[];
  readonly floats: number;
  readonly sharedBytes?: number;
  readonly maps?: CudaProgram["maps"];
};

export const threads = 64;

/** Byte offset of the first float: 16 integers stand before. */
export const floatStart = 64;

export function cudaArtifact(parts: CudaParts): Artifact {
  const names = Object.keys(parts.kernels);
  const words = parts.launches.map((launch) => launch.words ?? []);
  const configuration = { threads, sharedBytes: parts.sharedBytes ?? 0 };
  const program: CudaProgram = {
    kind: "cuda",
    precision: "f32",
    kernels: names.map((name) => ({
      ...{ name, entry: name, source: kernelText(name, parts.kernels[name] ?? "") },
      configurations: { sm_80: configuration, sm_90a: configuration },
    })),
    launches: parts.launches.map(({ kernel, blocks, isPersistent }, i) => ({
      kernel: names.indexOf(kernel),
      blocks: blocks ?? [1, 1, 1],
      ...(isPersistent === true ? { isPersistent } : {}),
      job: [words.slice(0, i).flat().length, 0, 0, 0, 0, 0, 0, i],
    })),
    records: words.flat(),
    maps: parts.maps ?? [],
    choices: ["hand-made"],
  };
  const floatBytes = 4 * parts.floats;
  return {
    ...emptyModel,
    target: "cuda",
    kernels: [{ name: "hand_made", kind: "hand-made" }],
    launches: parts.launches.map(({ kernel, phase = "forward", line }) => ({
      phase,
      stages: [[{ ...call(kernel), scope: "block.0", ...(line === undefined ? {} : { line }) }]],
      tasks: [],
    })),
    arenaBytes: floatStart + floatBytes,
    buffers: [
      { name: "integers", role: "input", byteOffset: 0, byteLength: floatStart },
      { name: "floats", role: "activation", byteOffset: floatStart, byteLength: floatBytes },
      { name: "small", role: "activation", byteOffset: floatStart, byteLength: 4 },
    ],
    program,
  };
}

function kernelText(name: string, body: string): string {
  return `// ${name}: hand-made.
extern "C" int motley_launch(const char*, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned, unsigned char* arena,
                             unsigned long long bytes, const int* records, const unsigned* job, const void*, char*, int) {
  int* integers = reinterpret_cast<int*>(arena);
  float* floats = reinterpret_cast<float*>(arena + ${floatStart});
  const unsigned long long count = (bytes - ${floatStart}) / 4;
  const auto argument = [&](int n) { return records[job[0] + n]; };
  const int blocks = static_cast<int>(x * y * z);
  for (unsigned i = 0; i < x * threads && i < count; i++) {
    (void)integers; (void)argument; (void)blocks;
    ${body}
  }
  return 0;
}
`;
}
