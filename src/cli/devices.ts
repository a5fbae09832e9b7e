// devices.ts: `motley devices`: what this machine can run.
// In: nothing. Out: a line or a JSON entry per device, with what would be used, and why something is not.

import { availableParallelism, cpus, totalmem } from "node:os";
import {
  type AdapterTraits,
  architectureOf,
  type CudaTraits,
  DeviceError,
  defaultThreads,
  detectEngine,
  findCompiler,
  formatBytes,
  listAdapters,
  listCudaDevices,
  wasmProbe,
} from "../index.ts";
import { cacheDirectory } from "./cache.ts";
import { exitCodes } from "./failure.ts";
import { say, sayJson } from "./output.ts";
import { cudaOptions } from "./target.ts";

const software = "software, for checking only; never chosen unless asked for";

export async function devicesCommand(options: { readonly json?: boolean }): Promise<number> {
  const [wasm, gpus, nvidia] = await Promise.all([describeProcessor(), listAdapters(), describeNvidia()]);
  const { adapters, reason } = gpus;
  if (options.json) {
    const wgsl = adapters.map((traits) => ({
      target: "wgsl",
      available: !traits.isSoftware,
      ...(traits.isSoftware ? { reason: software } : {}),
      ...traits,
    }));
    const none = { target: "wgsl", available: false, reason };
    sayJson({ devices: [wasm, ...(wgsl.length > 0 ? wgsl : [none]), ...nvidia] });
    return exitCodes.fine;
  }
  const { processor, threads, memoryBytes, tile, relaxedSimd } = wasm;
  say(
    [
      `wasm  ${processor}, ${threads} threads, ${formatBytes(memoryBytes)}`,
      `      node ${process.versions.node}, micro-kernel ${tile.replace("x", " x ")}, ${relaxedSimd ? "fused multiply-add" : "no fused multiply-add"}`,
      ...(adapters.length > 0 ? adapters.flatMap(adapterLines) : [`wgsl  not available: ${reason}`]),
      ...nvidia.flatMap(nvidiaLines),
    ].join("\n"),
  );
  return exitCodes.fine;
}

async function describeProcessor() {
  const { tile, relaxedSimd } = await detectEngine({ probe: wasmProbe, cacheDirectory });
  return {
    target: "wasm",
    available: true,
    processor: cpus()[0]?.model.trim() ?? process.arch,
    threads: defaultThreads(),
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    engine: `node ${process.versions.node}, V8 ${process.versions.v8}`,
    relaxedSimd,
    tile: `${tile.rows}x${tile.columns}`,
  };
}

type Nvidia = { readonly target: "cuda"; readonly available: boolean } & (
  | { readonly reason: string | undefined; readonly help?: string | undefined }
  | (CudaTraits & { readonly reason?: string; readonly compiler?: string })
);

/** Every NVIDIA GPU with what it lacks to be used, if anything; or why there is none. */
async function describeNvidia(): Promise<readonly Nvidia[]> {
  const { driver, compiler } = cudaOptions();
  const { devices, reason, help } = await listCudaDevices(driver);
  if (devices.length === 0) return [{ target: "cuda", available: false, reason, help }];
  const found = await attempt(() => findCompiler(compiler));
  return Promise.all(
    devices.map(async (traits): Promise<Nvidia> => {
      const fits = await attempt(async () => architectureOf(traits));
      const problem = fits instanceof DeviceError ? fits : found instanceof DeviceError ? found : undefined;
      return {
        ...{ target: "cuda", available: problem === undefined, ...traits },
        ...(problem === undefined ? {} : { reason: problem.message }),
        ...(found instanceof DeviceError
          ? {}
          : { compiler: `${found.kind} ${found.version}, ${found.path}` }),
      };
    }),
  );
}

async function attempt<T>(work: () => Promise<T>): Promise<T | DeviceError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DeviceError) return error;
    throw error;
  }
}

function nvidiaLines(device: Nvidia): readonly string[] {
  if (!("name" in device)) return [`cuda  not available: ${device.reason}`];
  const { name, capability, memoryBytes, multiprocessors, reason, compiler } = device;
  return [
    `cuda  ${name}${reason === undefined ? "" : `: not available: ${reason}`}`,
    `      compute capability ${capability.join(".")}, ${multiprocessors} multiprocessors, ${formatBytes(memoryBytes)}${compiler === undefined ? "" : `, ${compiler}`}`,
  ];
}

function adapterLines(traits: AdapterTraits): readonly string[] {
  const { name, isSoftware, features, subgroupSize, limits } = traits;
  const { minimum = 0, maximum = 0 } = subgroupSize ?? {};
  const abilities = [
    features.includes("shader-f16") ? "f16" : "no f16",
    subgroupSize === undefined
      ? "no subgroups"
      : `subgroups of ${minimum === maximum ? minimum : `${minimum} to ${maximum}`}`,
    features.includes("timestamp-query") ? "a clock" : "no clock",
    `${limits.maxStorageBuffersPerShaderStage} buffers of ${formatBytes(limits.maxStorageBufferBindingSize)}`,
  ];
  return [
    `wgsl  ${name}${isSoftware ? `: ${software}` : ""}`,
    `      ${abilities.join(", ")}, ${limits.maxComputeInvocationsPerWorkgroup} invocations a workgroup`,
  ];
}
