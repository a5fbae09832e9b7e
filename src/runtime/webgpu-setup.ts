// webgpu-setup.ts: everything that a GPU needs to run an artifact's steps, made once.
// In: an artifact and an adapter. Out: a device with buffers, one bind group and a pipeline per shader, or an error that
// says who lacks what. The adapter is used up: WebGPU makes one device of it.

import type { Artifact, WgslDispatch, WgslProgram } from "../targets/artifact.ts";
import { DeviceError } from "./device.ts";
import { formatBytes, largestBuffers } from "./memory.ts";
import { bufferSizes, wgslOf } from "./webgpu-arena.ts";
import { type FailureGuard, kernelError, messageOf } from "./webgpu-failure.ts";
import {
  checkFeatures,
  checkWebgpuMemory,
  jobBytes,
  jobsBytes,
  type Limits,
  neededLimits,
  totalBytes,
} from "./webgpu-memory.ts";
import { type SharedGpu, sharedGpu } from "./webgpu-pipelines.ts";
import { describeAdapter } from "./webgpu-traits.ts";

/** The standard's numbers; Node has no global that holds them. */
export const bufferUsage = {
  mapRead: 0x1,
  copySource: 0x4,
  copyTarget: 0x8,
  uniform: 0x40,
  storage: 0x80,
  queryResolve: 0x200,
} as const;
const visibleToCompute = 0x4;

export type Setup = {
  readonly gpu: GPUDevice;
  readonly guard: FailureGuard;
  readonly integers: GPUBuffer;
  readonly floats: readonly GPUBuffer[];
  /** What each dispatch runs on: its shader may write the integers, or only read them. */
  readonly groupOf: (dispatch: WgslDispatch) => GPUBindGroup;
  /** By shader. */
  readonly pipelines: readonly GPUComputePipeline[];
  /** Bytes from one dispatch's job to the next. */
  readonly jobStep: number;
  readonly destroyBuffers: () => void;
};

/** An adapter to make a device of, or a device that several artifacts share. */
export type GpuSource =
  | { readonly adapter: GPUAdapter; readonly shared?: undefined }
  | { readonly shared: SharedGpu; readonly adapter?: undefined };

export async function setUp(artifact: Artifact, source: GpuSource): Promise<Setup> {
  if (source.shared !== undefined) return setUpOn(artifact, source.shared);
  const gpu = await requestDevice(artifact, source.adapter);
  try {
    return await setUpOn(artifact, sharedGpu(gpu));
  } catch (error) {
    gpu.destroy();
    throw error;
  }
}

async function setUpOn(artifact: Artifact, { gpu, guard, pipelines: known }: SharedGpu): Promise<Setup> {
  const program = wgslOf(artifact);
  checkOffer(artifact, "this GPU", gpu);
  const jobStep = gpu.limits.minUniformBufferOffsetAlignment;
  const buffers = await makeBuffers(artifact, gpu, guard, jobStep);
  const all = [buffers.jobs, buffers.integers, ...buffers.weights, ...buffers.floats];
  const destroyBuffers = (): void => {
    for (const buffer of all) buffer.destroy();
  };
  try {
    gpu.queue.writeBuffer(buffers.integers, program.integerBytes, Int32Array.from(program.records));
    gpu.queue.writeBuffer(buffers.jobs, 0, jobWords(program, jobStep));
    gpu.pushErrorScope("validation");
    const reading = bind(gpu, buffers, program, "read-only-storage");
    const writes = program.dispatches.some(({ writesIntegers }) => writesIntegers === true);
    const writing = writes ? bind(gpu, buffers, program, "storage") : reading;
    const bindingOf = (dispatch: WgslDispatch | undefined): Binding =>
      dispatch?.writesIntegers === true ? writing : reading;
    const refused = await guard.wait(gpu.popErrorScope());
    if (refused !== null) throw kernelError(refused.message);
    const layoutOf = (shader: number): GPUPipelineLayout =>
      bindingOf(program.dispatches.find((dispatch) => dispatch.shader === shader)).layout;
    const pipelines = await makePipelines({ gpu, guard, pipelines: known }, program, layoutOf);
    const { integers, floats } = buffers;
    const groupOf = (dispatch: WgslDispatch): GPUBindGroup => bindingOf(dispatch).group;
    return { gpu, guard, groupOf, pipelines, jobStep, integers, floats, destroyBuffers };
  } catch (error) {
    destroyBuffers();
    throw error;
  }
}

/** Throws unless an adapter or a device has what the artifact needs. */
function checkOffer(
  artifact: Artifact,
  name: string,
  { features, limits }: Pick<GPUAdapter, "features" | "limits">,
): Limits {
  checkFeatures(artifact, name, (feature) => features.has(feature));
  // Limits are properties of a prototype: named one by one, they become plain numbers.
  const needed = neededLimits(artifact, limits.minUniformBufferOffsetAlignment);
  const offered: Limits = Object.fromEntries(
    [...Object.keys(needed), "minUniformBufferOffsetAlignment"].map((limit) => [
      limit,
      limits[limit as keyof GPUSupportedLimits] as number,
    ]),
  );
  checkWebgpuMemory(artifact, offered);
  return needed;
}

async function requestDevice(artifact: Artifact, adapter: GPUAdapter): Promise<GPUDevice> {
  const needed = checkOffer(artifact, describeAdapter(adapter).name, adapter);
  const requiredFeatures: GPUFeatureName[] = [...wgslOf(artifact).requires.features];
  if (adapter.features.has("timestamp-query")) requiredFeatures.push("timestamp-query");
  try {
    return await adapter.requestDevice({ requiredFeatures, requiredLimits: needed });
  } catch (error) {
    throw new DeviceError(`the GPU cannot be opened: ${messageOf(error).split("\n", 1)[0]}`, {
      cause: error,
    });
  }
}

type Buffers = {
  readonly jobs: GPUBuffer;
  readonly integers: GPUBuffer;
  readonly weights: readonly GPUBuffer[];
  readonly floats: readonly GPUBuffer[];
};

async function makeBuffers(
  artifact: Artifact,
  gpu: GPUDevice,
  guard: FailureGuard,
  jobStep: number,
): Promise<Buffers> {
  const sizes = bufferSizes(artifact);
  const { storage, uniform, copySource, copyTarget } = bufferUsage;
  const host = storage | copySource | copyTarget;
  const make = (label: string, size: number, usage: number): GPUBuffer =>
    gpu.createBuffer({ label, size, usage });
  gpu.pushErrorScope("validation");
  gpu.pushErrorScope("out-of-memory");
  const buffers = {
    jobs: make("jobs", jobsBytes(wgslOf(artifact).dispatches.length, jobStep), uniform | copyTarget),
    integers: make("integers", sizes.integers, host),
    weights: sizes.weights.map((size, bank) => make(`weights ${bank}`, size, storage)),
    floats: sizes.floats.map((size, bank) => make(`floats ${bank}`, size, host)),
  };
  const [full, refused] = await guard.wait(Promise.all([gpu.popErrorScope(), gpu.popErrorScope()]));
  if (full !== null) {
    throw new DeviceError(
      `the GPU has not the ${formatBytes(totalBytes(artifact))} of memory that \`${artifact.variant}\` needs, of which the largest are ${largestBuffers(artifact)}; a smaller batch or context needs less`,
      { cause: full },
    );
  }
  if (refused !== null) throw kernelError(refused.message);
  return buffers;
}

type Binding = { readonly group: GPUBindGroup; readonly layout: GPUPipelineLayout };

/** All buffers as one bind group, and the layout of pipelines that take it. */
function bind(
  gpu: GPUDevice,
  { jobs, integers, weights, floats }: Buffers,
  program: WgslProgram,
  access: "read-only-storage" | "storage",
): Binding {
  const layout = gpu.createBindGroupLayout({ entries: layoutEntries(program, access) });
  const group = gpu.createBindGroup({
    layout,
    entries: [
      { binding: 0, resource: { buffer: jobs, size: jobBytes } },
      ...[integers, ...weights, ...floats].map((buffer, i) => ({ binding: 1 + i, resource: { buffer } })),
    ],
  });
  return { group, layout: gpu.createPipelineLayout({ bindGroupLayouts: [layout] }) };
}

function layoutEntries(
  { weightBanks, floatBanks }: WgslProgram,
  integers: "read-only-storage" | "storage",
): GPUBindGroupLayoutEntry[] {
  const entry = (binding: number, buffer: GPUBufferBindingLayout): GPUBindGroupLayoutEntry => ({
    binding,
    visibility: visibleToCompute,
    buffer,
  });
  return [
    entry(0, { type: "uniform", hasDynamicOffset: true, minBindingSize: jobBytes }),
    entry(1, { type: integers }),
    ...Array.from({ length: weightBanks + floatBanks }, (_, i) => entry(2 + i, { type: "storage" })),
  ];
}

/** Every dispatch's job, `jobStep` bytes apart. */
function jobWords({ dispatches }: WgslProgram, jobStep: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(jobsBytes(dispatches.length, jobStep) / 4);
  for (const [index, { job }] of dispatches.entries()) words.set(job, (index * jobStep) / 4);
  return words;
}

/** All at once: drivers compile on threads of their own. */
async function makePipelines(
  { gpu, guard, pipelines: known }: SharedGpu,
  { shaders: all, weightBanks, floatBanks }: WgslProgram,
  layoutOf: (shader: number) => GPUPipelineLayout,
): Promise<readonly GPUComputePipeline[]> {
  const keyOf = (code: string): string => `${weightBanks} ${floatBanks} ${code}`;
  const shaders = all.filter(({ code }) => !known.has(keyOf(code)));
  gpu.pushErrorScope("validation");
  const modules = shaders.map(({ name, code }) => gpu.createShaderModule({ label: name, code }));
  const made = modules.map((module, i) =>
    gpu.createComputePipelineAsync({
      label: shaders[i]?.name ?? "",
      layout: layoutOf(all.findIndex(({ code }) => code === shaders[i]?.code)),
      compute: { module, entryPoint: "main" },
    }),
  );
  const refused = gpu.popErrorScope();
  const results = await guard.wait(Promise.allSettled(made));
  for (const [i, result] of results.entries()) {
    if (result.status === "fulfilled") known.set(keyOf(shaders[i]?.code ?? ""), result.value);
    else throw await compileError(guard, shaders[i], modules[i], messageOf(result.reason));
  }
  const error = await guard.wait(refused);
  if (error !== null) throw kernelError(error.message);
  return all.flatMap(({ code }) => known.get(keyOf(code)) ?? []);
}

/** Names the shader, the line, and what stands there; the compiler wrote it, so it is the compiler's mistake. */
async function compileError(
  guard: FailureGuard,
  shader: WgslProgram["shaders"][number] | undefined,
  module: GPUShaderModule | undefined,
  reason: string,
): Promise<DeviceError> {
  const { name = "?", code = "" } = shader ?? {};
  const info = module === undefined ? undefined : await guard.wait(module.getCompilationInfo());
  const first = info?.messages.find(({ type }) => type === "error");
  if (first === undefined)
    return new DeviceError(`a kernel failed to compile: \`${name}\`: ${reason.trim()}`);
  const { lineNum, linePos, message } = first;
  const line = code.split("\n")[lineNum - 1];
  const shown = line === undefined ? "" : `\n${line}\n${" ".repeat(Math.max(0, linePos - 1))}^`;
  return new DeviceError(`a kernel failed to compile: \`${name}\`, line ${lineNum}: ${message}${shown}`);
}
