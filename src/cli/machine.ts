// machine.ts: what a command compiles for and runs on: the processor, or a GPU.
// In: the options of the command line. Out: an engine for the compiler, devices for what it makes, and what a run folder
// says about both. A GPU's part of a product is chosen by timing the model's own step, once.

import { cpus } from "node:os";
import { join } from "node:path";
import {
  type AdapterTraits,
  type Artifact,
  checkMemory,
  checkWebgpuMemory,
  compile,
  type Device,
  defaultThreads,
  detectEngine,
  type Engine,
  engineOf,
  fastest,
  keepChoice,
  type Model,
  openWasmDevice,
  recallChoice,
  tilesFor,
  timePrograms,
  type WgslEngine,
  wasmProbe,
} from "../index.ts";
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
};

export type Machine =
  | { readonly kind: "wasm"; readonly engine: Engine; readonly threads: number; readonly turbo: boolean }
  | {
      readonly kind: "wgsl";
      readonly engine: WgslEngine;
      readonly traits: AdapterTraits;
      readonly tune: boolean;
    };

/** Assembled modules and the engines' choices; prepared data lies beside them. */
export const cacheDirectory = join(".cache", "motley");

/** What the options ask for; throws `Failure` where it cannot be had. */
export async function prepareMachine(options: DeviceOptions): Promise<Machine> {
  const { turbo = false, tune = true, software = false, half = false } = options;
  const chosen = await chooseTarget(options.target, { software });
  if (chosen.kind === "wgsl")
    return { kind: "wgsl", engine: engineOf(chosen.traits, { half }), traits: chosen.traits, tune };
  const engine = await detectEngine({ probe: wasmProbe, turbo, tune, cacheDirectory });
  return { kind: "wasm", engine, threads: options.threads ?? defaultThreads(), turbo };
}

const tileChoices = { folder: cacheDirectory, name: "gpu.json" };

/** On a GPU, the machine with the part of a product that makes this model's step fastest; measured once per GPU. */
export async function tuneFor(machine: Machine, model: Model): Promise<Machine> {
  if (machine.kind === "wasm" || !machine.tune) return machine;
  const { engine, traits } = machine;
  const compiled = (tile: WgslEngine["tile"]): Artifact =>
    compile(model, { purpose: "train", engine: { ...engine, tile } });
  const isUsual = (tile: WgslEngine["tile"]): boolean => JSON.stringify(tile) === JSON.stringify(engine.tile);
  // The usual one first: another has to be clearly faster.
  const tiles = [engine.tile, ...tilesFor(engine.limits).filter((tile) => !isUsual(tile))];
  const key = JSON.stringify([traits.name, traits.features, engine.weights, shapeOf(compiled(engine.tile))]);
  const known = await recallChoice(tileChoices, key);
  const [usual = engine.tile] = tiles;
  const kept = tiles.find((tile) => JSON.stringify(tile) === JSON.stringify(known));
  if (kept !== undefined) return { ...machine, engine: { ...engine, tile: kept } };
  tell(
    `timing ${tiles.length} forms of this model's kernels on ${traits.name}, once (\`--no-tune\` leaves it out)`,
  );
  const times = await timePrograms(tiles.map(compiled), (artifact) => openGpu(artifact, traits));
  const tile = tiles[fastest(times)] ?? usual;
  await keepChoice(tileChoices, key, tile);
  return { ...machine, engine: { ...engine, tile } };
}

/** What the time of a step depends on: rows, and which kernels of which sizes it runs. */
function shapeOf({ rows, kernels }: Artifact): unknown {
  return [rows, kernels.map(({ name }) => name)];
}

/** Throws `MemoryError` unless all artifacts fit side by side; nothing is allocated. */
export function checkFit(artifacts: readonly Artifact[], machine: Machine): void {
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

export function openDevice(artifact: Artifact, machine: Machine): Promise<Device> {
  if (machine.kind === "wgsl") return openGpu(artifact, machine.traits);
  const { threads, turbo } = machine;
  return openWasmDevice(artifact, { threads, cacheDirectory, turbo });
}

/** The processor's name, or the GPU's. */
export function processorOf(machine: Machine): string {
  return machine.kind === "wgsl" ? machine.traits.name : (cpus()[0]?.model.trim() ?? process.arch);
}

/** What a manifest says of the machine and of what was compiled for it. */
export function describeMachine(
  machine: Machine,
  artifact: Artifact,
): { readonly flags: readonly string[]; readonly processor: string; readonly threads: number } {
  const processor = processorOf(machine);
  if (artifact.program.kind === "wgsl") return { flags: artifact.program.choices, processor, threads: 1 };
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
