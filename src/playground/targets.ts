// targets.ts: what the page runs on: a GPU where there is one in hardware, else WebAssembly, and why.
// In: what the reader wishes. Out: a target, the engine to compile for, devices. A GPU in software is slower than
// WebAssembly, so nobody gets it without asking.

import {
  type AdapterTraits,
  type Artifact,
  browserThreads,
  type Device,
  DeviceError,
  describeAdapter,
  engineFeatures,
  engineOf,
  findPageAdapter,
  openBrowserWasmDevice,
  openWebgpuDevice,
  usualTile,
  type WasmEngine,
  type WgslEngine,
} from "../browser.ts";

export const wishes = ["auto", "software", "wasm"] as const;
export type Wish = (typeof wishes)[number];

export type Target =
  | { readonly kind: "wgsl"; readonly traits: AdapterTraits; readonly reason: string }
  | { readonly kind: "wasm"; readonly threads: number; readonly reason: string };

/** Never fails: WebAssembly is always there, and the reason says why it was taken. */
export async function chooseTarget(wish: Wish): Promise<Target> {
  const wasm = (reason: string): Target => ({ kind: "wasm", threads: browserThreads(), reason });
  if (wish === "wasm") return wasm("as asked for");
  const found = await findAdapter(wish === "software");
  if (typeof found === "string") return wasm(found);
  const traits = describeAdapter(found);
  if (!traits.isSoftware) return { kind: "wgsl", traits, reason: "a GPU, found through WebGPU" };
  if (wish === "software") return { kind: "wgsl", traits, reason: "a GPU in software, as asked for: slow" };
  return wasm(`the only GPU, ${traits.name}, is software, and slower than this`);
}

/** For people: "WebAssembly, 2 threads". */
export function nameOf(target: Target): string {
  if (target.kind === "wgsl") return `WebGPU, ${target.traits.name}`;
  return `WebAssembly, ${target.threads === 1 ? "one thread" : `${target.threads} threads`}`;
}

export function wasmEngine(): WasmEngine {
  return { target: "wasm", tile: usualTile, ...engineFeatures() };
}

export function engineFor(target: Target): WasmEngine | WgslEngine {
  return target.kind === "wgsl" ? engineOf(target.traits) : wasmEngine();
}

/** An adapter makes one device, so each artifact asks for one of its own. */
export async function openDevice(artifact: Artifact, target: Target): Promise<Device> {
  if (target.kind === "wasm") return openBrowserWasmDevice(artifact, { threads: target.threads });
  const adapter = await findAdapter(target.traits.isSoftware);
  if (typeof adapter === "string") throw new DeviceError(`the GPU is gone: ${adapter}`);
  return openWebgpuDevice(artifact, { adapter });
}

/** An adapter, or why there is none. One in hardware will do where software was asked for and there is none. */
async function findAdapter(isSoftware: boolean): Promise<GPUAdapter | string> {
  const wished = isSoftware ? await findPageAdapter(true) : undefined;
  const found = wished !== undefined && "adapter" in wished ? wished : await findPageAdapter(false);
  return "adapter" in found ? found.adapter : found.reason;
}
