// webgpu-memory.ts: whether an artifact fits a GPU, asked before anything is allocated.
// In: an artifact and a GPU's features and limits. Out: what to ask the GPU for, or an error that says which side lacks
// what, names the three largest buffers, and says what to change.

import type { Artifact } from "../targets/artifact.ts";
import { DeviceError } from "./device.ts";
import { formatBytes, largestBuffers, MemoryError, memoryAdvice } from "./memory.ts";
import { bufferSizes, wgslOf } from "./webgpu-arena.ts";

/** Limits by their WebGPU names; more may be there. */
export type Limits = Readonly<Record<string, number>>;

/** Bytes of the uniform `Job`. */
export const jobBytes = 24;

/** Least limits under which the artifact runs; `alignment` is bytes from one job to the next. */
export function neededLimits(artifact: Artifact, alignment: number): Limits {
  const { dispatches, requires } = wgslOf(artifact);
  const { integers, weights, floats } = bufferSizes(artifact);
  const largest = [integers, ...weights, ...floats].reduce((a, b) => Math.max(a, b));
  const workgroups = dispatches.reduce((most, dispatch) => Math.max(most, ...dispatch.workgroups), 0);
  const counted: Limits = {
    maxBufferSize: Math.max(largest, jobsBytes(dispatches.length, alignment)),
    maxStorageBufferBindingSize: largest,
    maxStorageBuffersPerShaderStage: 1 + weights.length + floats.length,
    maxComputeWorkgroupsPerDimension: workgroups,
  };
  const names = [...new Set([...Object.keys(counted), ...Object.keys(requires.limits)])];
  return Object.fromEntries(
    names.map((name) => [name, Math.max(counted[name] ?? 0, requires.limits[name] ?? 0)]),
  );
}

/** Bytes of all jobs; a job starts at a multiple of `alignment`. */
export function jobsBytes(count: number, alignment: number): number {
  return Math.max(1, count) * alignment;
}

/** Throws `MemoryError` or `DeviceError` if the limits are less than the artifact needs; nothing is allocated. */
export function checkWebgpuMemory(artifact: Artifact, limits: Limits): void {
  const needed = neededLimits(artifact, limits.minUniformBufferOffsetAlignment ?? 256);
  for (const [name, need] of Object.entries(needed)) {
    const most = limits[name] ?? 0;
    if (need > most) throw limitError(artifact, name, need, most);
  }
}

const bufferLimits = ["maxBufferSize", "maxStorageBufferBindingSize", "maxStorageBuffersPerShaderStage"];

function limitError(artifact: Artifact, name: string, need: number, most: number): Error {
  const size = name.endsWith("Size") ? formatBytes : String;
  if (!bufferLimits.includes(name))
    return new DeviceError(
      `\`${artifact.variant}\` needs a GPU with ${name} of ${size(need)}, and this one has ${size(most)}; compile it for this GPU`,
    );
  const what =
    name === "maxStorageBuffersPerShaderStage"
      ? `is spread over ${need} buffers, and this GPU binds ${most} at a time`
      : `needs a buffer of ${size(need)}, and this GPU's largest is ${size(most)} (${name})`;
  return new MemoryError(
    `\`${artifact.variant}\` ${what}; the largest parts are ${largestBuffers(artifact)}`,
    `compile it for this GPU; if that was done, ${memoryAdvice(artifact)}`,
  );
}

/** Throws `DeviceError` if a feature is missing; `has` says what the GPU has. */
export function checkFeatures(artifact: Artifact, name: string, has: (feature: string) => boolean): void {
  const missing = wgslOf(artifact).requires.features.filter((feature) => !has(feature));
  if (missing.length === 0) return;
  throw new DeviceError(
    `\`${artifact.variant}\` was compiled for a GPU with ${missing.join(" and ")}, which ${name} does not have; compile it for this GPU`,
  );
}

/** Bytes of all of an artifact's buffers on the GPU. */
export function totalBytes(artifact: Artifact): number {
  const { integers, weights, floats } = bufferSizes(artifact);
  return [integers, ...weights, ...floats].reduce((sum, bytes) => sum + bytes, 0);
}
