// machine.ts: what a command compiles for and runs on: the processor, or a GPU.
// In: the options of the command line. Out: an engine for the compiler, devices for what it makes, and what a run folder
// says about both. A GPU's part of a product is chosen by timing the model's own step, once.

import { cpus } from "node:os";
import {
  type AdapterTraits,
  type Artifact,
  type CudaEngine,
  type CudaGpu,
  checkCudaMemory,
  checkMemory,
  checkWebgpuMemory,
  compile,
  compileKernels,
  cudaEngine,
  type Device,
  defaultThreads,
  detectEngine,
  type Engine,
  engineOf,
  fastest,
  formsFor,
  type KernelForms,
  keepChoice,
  type Model,
  openCudaDevice,
  openWasmDevice,
  recallChoice,
  timePrograms,
  type WgslEngine,
  wasmProbe,
} from "../index.ts";
import { cacheDirectory } from "./cache.ts";
import { Failure } from "./failure.ts";
import { tell } from "./output.ts";
import { chooseTarget, openGpu } from "./target.ts";

export type DeviceOptions = {
  readonly target?: string;
  readonly threads?: number;
  readonly turbo?: boolean;
  readonly tune?: boolean;
  /** Lets `--target wgsl` run on a GPU in software. */
  readonly software?: boolean;
  /** Packed weights in 16 bits, on a GPU. */
  readonly half?: boolean;
  /** What products read and make, on an NVIDIA GPU: bf16 unless given. */
  readonly precision?: CudaEngine["precision"];
};

export type Machine =
  | { readonly kind: "wasm"; readonly engine: Engine; readonly threads: number; readonly turbo: boolean }
  | {
      readonly kind: "wgsl";
      readonly engine: WgslEngine;
      readonly traits: AdapterTraits;
      readonly tune: boolean;
    }
  | { readonly kind: "cuda"; readonly engine: CudaEngine; readonly gpu: CudaGpu };

/** What the options ask for; throws `Failure` where it cannot be had. */
export async function prepareMachine(options: DeviceOptions): Promise<Machine> {
  const { turbo = false, tune = true, software = false, half = false } = options;
  const { precision } = options;
  const chosen = await chooseTarget(options.target, { software });
  if (chosen.kind === "cuda")
    return { kind: "cuda", engine: cudaEngine(precision ?? "bf16"), gpu: chosen.gpu };
  requireCuda(chosen.kind, precision);
  if (chosen.kind === "wgsl")
    return { kind: "wgsl", engine: engineOf(chosen.traits, { half }), traits: chosen.traits, tune };
  const engine = await detectEngine({ probe: wasmProbe, turbo, tune, cacheDirectory });
  return { kind: "wasm", engine, threads: options.threads ?? defaultThreads(), turbo };
}

/** Throws `Failure` where a precision was asked for on a target that has only one. */
export function requireCuda(target: string, precision: DeviceOptions["precision"]): void {
  if (precision === undefined) return;
  throw new Failure(
    `\`--precision\` is for target \`cuda\`, and this is \`${target}\``,
    "leave it out: the other targets compute in 32 bits",
  );
}

const gpuChoices = { folder: cacheDirectory, name: "gpu.json" };

/** On a GPU, the machine with the forms of kernels that make this model's step fastest; measured once per GPU. */
export async function tuneFor(machine: Machine, model: Model): Promise<Machine> {
  if (machine.kind !== "wgsl" || !machine.tune) return machine;
  const { engine, traits } = machine;
  const compiled = (forms: KernelForms): Artifact =>
    compile(model, { purpose: "train", engine: { ...engine, ...forms } });
  const usual: KernelForms = { tile: engine.tile, attention: engine.attention };
  const isUsual = (forms: KernelForms): boolean => textOf(forms) === textOf(usual);
  // The usual ones first: others have to be clearly faster.
  const candidates = [usual, ...formsFor(engine.limits).filter((forms) => !isUsual(forms))];
  const key = JSON.stringify([traits.name, traits.features, engine.weights, shapeOf(compiled(usual))]);
  const known = JSON.stringify(await recallChoice(gpuChoices, key));
  const kept = candidates.find((forms) => textOf(forms) === known);
  if (kept !== undefined) return { ...machine, engine: { ...engine, ...kept } };
  tell(
    `timing ${candidates.length} forms of this model's kernels on ${traits.name}, once (\`--no-tune\` leaves it out)`,
  );
  const times = await timePrograms(candidates.map(compiled), (artifact) => openGpu(artifact, traits));
  const forms = candidates[fastest(times)] ?? usual;
  await keepChoice(gpuChoices, key, forms);
  return { ...machine, engine: { ...engine, ...forms } };
}

const textOf = ({ tile, attention }: KernelForms): string => JSON.stringify({ tile, attention });

/** What the time of a step depends on: rows, and which kernels of which sizes it runs. */
function shapeOf({ rows, kernels }: Artifact): unknown {
  return [rows, kernels.map(({ name }) => name)];
}

/** Throws `MemoryError` unless all artifacts fit side by side; nothing is allocated. */
export function checkFit(artifacts: readonly Artifact[], machine: Machine): void {
  if (machine.kind === "cuda") {
    checkCudaMemory(artifacts, machine.gpu.memory());
    return;
  }
  if (machine.kind === "wgsl") {
    for (const artifact of artifacts) checkWebgpuMemory(artifact, machine.traits.limits);
    return;
  }
  let available = process.availableMemory();
  for (const artifact of artifacts) {
    checkMemory(artifact, machine.threads, available);
    available -= artifact.arenaBytes + machine.threads * artifact.scratchBytes;
  }
}

/** Everything that may be refused before a run has a folder: memory, and kernels that have to be compiled here. */
export async function prepareFit(artifacts: readonly Artifact[], machine: Machine): Promise<void> {
  checkFit(artifacts, machine);
  if (machine.kind !== "cuda") return;
  const { compiler, traits } = machine.gpu;
  await compileKernels(artifacts, machine.gpu, (count) =>
    tell(`compiling ${count} kernels for ${traits.name} with ${compiler.kind} ${compiler.version}, once`),
  );
}

export function openDevice(artifact: Artifact, machine: Machine): Promise<Device> {
  if (machine.kind === "cuda") return openCudaDevice(artifact, machine.gpu);
  if (machine.kind === "wgsl") return openGpu(artifact, machine.traits);
  const { threads, turbo } = machine;
  return openWasmDevice(artifact, { threads, cacheDirectory, turbo });
}

/** The processor's name, or the GPU's. */
export function processorOf(machine: Machine): string {
  if (machine.kind === "cuda") return machine.gpu.traits.name;
  return machine.kind === "wgsl" ? machine.traits.name : (cpus()[0]?.model.trim() ?? process.arch);
}

/** What a manifest says of the machine and of what was compiled for it. */
export function describeMachine(
  machine: Machine,
  artifact: Artifact,
): { readonly flags: readonly string[]; readonly processor: string; readonly threads: number } {
  const processor = processorOf(machine);
  if (artifact.program.kind !== "wasm") {
    const { choices } = artifact.program;
    return { flags: [...choices, ...compiledBy(machine)], processor, threads: 1 };
  }
  const { rows, columns } = artifact.program.tile;
  const isTurbo = machine.kind === "wasm" && machine.engine.turbo;
  return {
    flags: [
      `tile ${rows}x${columns}`,
      ...(artifact.program.relaxedSimd ? ["relaxed SIMD"] : []),
      ...(isTurbo ? ["turbo"] : []),
    ],
    processor,
    threads: machine.kind === "wasm" ? machine.threads : 1,
  };
}

/** An NVIDIA GPU's kernels are compiled here: what by and what for decides their last bits. */
function compiledBy(machine: Machine): readonly string[] {
  if (machine.kind !== "cuda") return [];
  const { compiler, target } = machine.gpu;
  return [target.architecture, `${compiler.kind} ${compiler.version}`];
}
