// wgsl-artifact.ts: a tiny artifact around hand-made shaders and dispatches, to run them on the WebGPU device.
// In: shaders by name, dispatches, sizes of the three regions. Out: an Artifact without a model, and the text that
// reads and writes its banks. Offsets are bytes from the arena's start, as everywhere.

import type { Artifact, ArtifactCall, ArtifactLaunch, WgslProgram } from "../../src/targets/artifact.ts";

export type HandMadeDispatch = {
  readonly shader: string;
  readonly phase?: ArtifactLaunch["phase"];
  readonly workgroups?: WgslProgram["dispatches"][number]["workgroups"];
  /** What `argument(n)` gives in the shader. */
  readonly words?: readonly number[];
  readonly tasks?: ArtifactLaunch["tasks"];
};

export type WgslParts = {
  /** Bodies of `fn main(i: u32)`, `i` numbering invocations. */
  readonly shaders: Readonly<Record<string, string>>;
  readonly dispatches: readonly HandMadeDispatch[];
  /** Elements of each region. */
  readonly integers: number;
  readonly weights: number;
  readonly floats: number;
  readonly bankFloats: number;
  readonly requires?: Partial<WgslProgram["requires"]>;
};

export const invocations = 64;

/** A call of no kernel in particular. */
export function call(label: string, flopsPerRow = 0): ArtifactCall {
  return { kernel: 0, args: [], isAddress: [], label, scope: "", flopsPerRow, bytesPerRow: 0 };
}

/** Byte offset of the first packed weight, and of the first float. */
export function regionsOf({ integers, weights }: Pick<WgslParts, "integers" | "weights">): {
  readonly weightStart: number;
  readonly floatStart: number;
} {
  return { weightStart: 4 * integers, floatStart: 4 * (integers + weights) };
}

export function wgslArtifact(parts: WgslParts): Artifact {
  const names = Object.keys(parts.shaders);
  const { weightStart, floatStart } = regionsOf(parts);
  const arenaBytes = floatStart + 4 * parts.floats;
  const words = parts.dispatches.map((dispatch) => dispatch.words ?? []);
  const program: WgslProgram = {
    kind: "wgsl",
    shaders: names.map((name) => ({ name, code: shaderText(parts, parts.shaders[name] ?? "") })),
    dispatches: parts.dispatches.map(({ shader, workgroups }, i) => ({
      shader: names.indexOf(shader),
      workgroups: workgroups ?? [1, 1, 1],
      job: [parts.integers + words.slice(0, i).flat().length, 0, 0, 0, 0, 0],
    })),
    records: words.flat(),
    integerBytes: weightStart,
    floatStart,
    bankFloats: parts.bankFloats,
    weightBanks: Math.ceil(parts.weights / parts.bankFloats),
    floatBanks: Math.ceil(parts.floats / parts.bankFloats),
    weights: "f32",
    requires: { features: parts.requires?.features ?? [], limits: parts.requires?.limits ?? {} },
    choices: [],
  };
  return {
    ...emptyModel,
    target: "wgsl",
    kernels: [{ name: "hand_made", kind: "hand-made" }],
    launches: parts.dispatches.map(({ shader, phase = "forward", tasks }) => ({
      phase,
      stages: tasks === undefined ? [[call(shader)]] : [],
      tasks: tasks ?? [],
    })),
    arenaBytes,
    buffers: [
      { name: "integers", role: "input", byteOffset: 0, byteLength: weightStart },
      { name: "packed", role: "packed", byteOffset: weightStart, byteLength: floatStart - weightStart },
      { name: "floats", role: "activation", byteOffset: floatStart, byteLength: 4 * parts.floats },
      { name: "small", role: "activation", byteOffset: floatStart, byteLength: 4 },
    ],
    program,
  };
}

export const emptyModel = {
  format: 2,
  model: "test",
  variant: "hand-made",
  modalities: [],
  vocab: 0,
  constants: {},
  rows: 0,
  context: 0,
  batch: 8,
  purpose: "train",
  objectives: [],
  parameters: [],
  tensors: {},
  rotaryTables: [],
  sinusoidTables: [],
  masks: [],
  layout: {
    ...{ tileRows: 48, chunkRows: 0, chunkCount: 1, rowOf: 0, tiles: 0, maximumTiles: 0, tileStarts: 0 },
    segments: [],
  },
  scratchBytes: 0,
  memory: { parameters: 0, gradients: 0, optimizer: 0, activations: 1 },
} as const satisfies Partial<Artifact>;

/** `load`, `store`, `packed`, `pack`, `integer` and `argument` around a body. */
function shaderText(parts: WgslParts, body: string): string {
  const weights = Math.ceil(parts.weights / parts.bankFloats);
  const floats = Math.ceil(parts.floats / parts.bankFloats);
  const bindings = (name: string, count: number, first: number): readonly string[] =>
    Array.from(
      { length: count },
      (_, i) => `@group(0) @binding(${first + i}) var<storage, read_write> ${name}${i}: array<f32>;`,
    );
  const cases = (count: number, write: (bank: number) => string): string =>
    Array.from({ length: count }, (_, i) => `case ${i}u: { ${write(i)} }`).join(" ");
  const at = `i % ${parts.bankFloats}u`;
  const bank = `i / ${parts.bankFloats}u`;
  const access = (name: string, count: number, read: string, write: string): readonly string[] => [
    `fn ${read}(i: u32) -> f32 { switch (${bank}) { ${cases(count, (b) => `return ${name}${b}[${at}];`)} default: { return 0; } } }`,
    `fn ${write}(i: u32, x: f32) { switch (${bank}) { ${cases(count, (b) => `${name}${b}[${at}] = x;`)} default: {} } }`,
  ];
  return [
    "struct Job { records: u32, words: u32, modalities: u32, tiles: u32, first_tile: u32, end_tile: u32 }",
    "@group(0) @binding(0) var<uniform> job: Job;",
    "@group(0) @binding(1) var<storage, read> host: array<i32>;",
    ...bindings("weights", weights, 2),
    ...bindings("floats", floats, 2 + weights),
    ...access("floats", floats, "load", "store"),
    ...access("weights", weights, "packed", "pack"),
    "fn argument(n: u32) -> f32 { return f32(host[job.records + n]); }",
    `@compute @workgroup_size(${invocations}) fn main(@builtin(global_invocation_id) id: vec3<u32>) {`,
    "  let i = id.x;",
    body,
    "}",
  ].join("\n");
}
