// target.ts: what a command compiles for, and the GPU it then runs on.
// In: `--target`, and whether a GPU in software will do. Out: the processor, an NVIDIA GPU, or the traits of one that
// WebGPU shows; a device on that GPU. `auto` takes the first of: an NVIDIA GPU whose driver and compiler are here, a GPU
// in hardware, the processor. A GPU in software is slower than the processor, so nobody gets it without asking.

import {
  type AdapterTraits,
  type Artifact,
  architectureOf,
  type CudaGpu,
  type CudaGpuOptions,
  DeviceError,
  findAdapter,
  findCompiler,
  listAdapters,
  listCudaDevices,
  openCudaGpu,
  openSharedGpu,
  openWebgpuDevice,
  type SharedGpu,
  type WebgpuDevice,
} from "../index.ts";
import { cacheDirectory } from "./cache.ts";
import { Failure } from "./failure.ts";
import { knobs } from "./knobs.ts";

export type ChosenTarget =
  | { readonly kind: "wasm" }
  | { readonly kind: "wgsl"; readonly traits: AdapterTraits }
  | { readonly kind: "cuda"; readonly gpu: CudaGpu };

/** Throws `Failure` where the target cannot be had here. */
export async function chooseTarget(
  target = "auto",
  { software = false }: { readonly software?: boolean } = {},
): Promise<ChosenTarget> {
  if (target === "wasm") return { kind: "wasm" };
  if (target === "cuda") return { kind: "cuda", gpu: await openNvidia() };
  if (target === "auto" && !software && (await whyNoCuda()) === undefined)
    return { kind: "cuda", gpu: await openNvidia() };
  const { adapters, reason } = await listAdapters();
  const traits = adapters.find(({ isSoftware }) => isSoftware === software);
  if (traits !== undefined) return { kind: "wgsl", traits };
  if (target !== "wgsl") return { kind: "wasm" };
  throw new Failure(
    `target \`wgsl\` needs a GPU, and ${reason ?? `there is only ${adapters.map(({ name }) => name).join(", ")}, in software`}`,
    "`motley devices` lists what there is; `--software` takes a GPU in software, for checking; target `wasm` runs on any processor",
  );
}

/** Where NVIDIA's driver and compiler are, if not where they usually are; where compiled kernels are kept. */
export function cudaOptions(): CudaGpuOptions {
  const { cudaDriver, cudaCompiler, isWaitingForLaunches } = knobs();
  return {
    cacheDirectory,
    waitsForLaunches: isWaitingForLaunches,
    ...(cudaDriver === undefined ? {} : { driver: cudaDriver }),
    ...(cudaCompiler === undefined ? {} : { compiler: cudaCompiler }),
  };
}

/** What an NVIDIA GPU lacks here to be chosen by itself, if anything; nothing is opened on it. */
async function whyNoCuda(): Promise<string | undefined> {
  const { driver, compiler } = cudaOptions();
  const { devices, reason } = await listCudaDevices(driver);
  const [first] = devices;
  if (first === undefined) return reason ?? "there is no NVIDIA GPU";
  try {
    architectureOf(first);
    await findCompiler(compiler);
    return undefined;
  } catch (error) {
    if (error instanceof DeviceError) return error.message;
    throw error;
  }
}

/** One for all artifacts of a command: variants have most of their kernels in common. */
let nvidia: Promise<CudaGpu> | undefined;
let shared: Promise<SharedGpu> | undefined;

async function openNvidia(): Promise<CudaGpu> {
  try {
    nvidia ??= openCudaGpu(cudaOptions());
    return await nvidia;
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    throw new Failure(`target \`cuda\` cannot be had here: ${error.message}`, error.help);
  }
}

/** Opens an artifact on the GPU that was chosen through WebGPU. */
export async function openGpu(
  artifact: Artifact,
  { isSoftware }: Pick<AdapterTraits, "isSoftware">,
): Promise<WebgpuDevice> {
  shared ??= openShared(isSoftware);
  return openWebgpuDevice(artifact, { shared: await shared });
}

async function openShared(software: boolean): Promise<SharedGpu> {
  const found = await findAdapter({ software });
  if (found.adapter === undefined) throw new Failure(`the GPU cannot be used: ${found.reason}`);
  return openSharedGpu(found.adapter);
}
