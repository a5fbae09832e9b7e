// webgpu-node.ts: GPUs in Node, through the optional package `webgpu` (Dawn).
// In: nothing. Out: which GPUs there are, an adapter of one of them, or the reason why there is none. A GPU in
// software is found only where it is asked for: it is there for checking, and slower than the wasm target.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type AdapterTraits, describeAdapter } from "./webgpu-traits.ts";

export type AdapterList = {
  readonly adapters: readonly AdapterTraits[];
  /** Why there is none, where there is none. */
  readonly reason?: string;
};

/** An adapter, or why there is none. An adapter makes one device; ask again for another. */
export type FoundAdapter =
  | { readonly adapter: GPUAdapter; readonly traits: AdapterTraits }
  | { readonly adapter?: undefined; readonly reason: string };

/**
 * Time stamps as the GPU gives them; by default they come in steps of 65 µs. And workgroup memory as it is: our kernels
 * write all of it before they read, and clearing it first makes them slower, and three times as long to compile.
 */
export const dawnOptions: readonly string[] = [
  "disable-dawn-features=timestamp_quantization",
  "enable-dawn-features=disable_workgroup_init",
];

/** A driver that takes longer than this to start is not one to train with. */
const probeTimeoutMs = 30_000;

let list: Promise<AdapterList> | undefined;
/** Held for as long as the process runs: devices die with it. It does not keep the process alive. */
let dawn: GPU | undefined;

/** Every GPU that can be reached; looked for once. */
export function listAdapters(): Promise<AdapterList> {
  list ??= probe();
  return list;
}

/** The fastest GPU there is: in hardware, or with `software` the one that computes on the processor. */
export async function findAdapter({ software }: { readonly software: boolean }): Promise<FoundAdapter> {
  // Asked in another process first: opening the library where there is no driver writes to the terminal.
  const { adapters, reason = "there is no GPU" } = await listAdapters();
  if (!adapters.some(({ isSoftware }) => isSoftware === software))
    return { reason: adapters.length === 0 ? reason : unwanted(adapters, software) };
  dawn ??= (await import("webgpu")).create([...dawnOptions]);
  const adapter = await dawn.requestAdapter(
    software ? { forceFallbackAdapter: true } : { powerPreference: "high-performance" },
  );
  if (adapter === null) return { reason: "the GPU that was there a moment ago is gone" };
  const traits = describeAdapter(adapter);
  return traits.isSoftware === software ? { adapter, traits } : { reason: unwanted([traits], software) };
}

function unwanted(adapters: readonly AdapterTraits[], software: boolean): string {
  const names = adapters.map(({ name }) => name).join(", ");
  return software
    ? `there is no GPU in software, only ${names}`
    : `there is only ${names}, which is software: for checking, and slower than wasm`;
}

/** Runs `webgpu-probe.ts` and reads what it prints. */
function probe(): Promise<AdapterList> {
  const entry = new URL(
    import.meta.url.endsWith(".ts") ? "./webgpu-probe.ts" : "./webgpu-probe.js",
    import.meta.url,
  );
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [fileURLToPath(entry)],
      { timeout: probeTimeoutMs, windowsHide: true },
      (error, stdout, stderr) => {
        if (error !== null) return resolve({ adapters: [], reason: failureReason(error, stderr) });
        const { adapters } = JSON.parse(stdout) as { readonly adapters: readonly AdapterTraits[] };
        resolve(adapters.length > 0 ? { adapters } : { adapters, reason: absenceReason(stderr) });
      },
    );
  });
}

function failureReason(
  { killed, signal }: { readonly killed?: boolean | undefined; readonly signal?: unknown },
  stderr: string,
): string {
  if (stderr.includes("ERR_MODULE_NOT_FOUND") && stderr.includes("'webgpu'"))
    return "the optional package `webgpu` is not installed (npm install webgpu)";
  if (killed === true) return `the GPU's driver did not answer within ${probeTimeoutMs / 1000} seconds`;
  if (typeof signal === "string") return `the GPU's driver ended the process that asked for it (${signal})`;
  const line = stderr.split("\n").find((each) => /^\w*Error\b/.test(each)) ?? "it cannot be loaded";
  return `the package \`webgpu\` does not run on this machine: ${line.trim()}`;
}

/** What Dawn says where it finds nothing, in plain words. */
export function absenceReason(stderr: string): string {
  const missing = /Couldn't load Vulkan: (\S+?):/.exec(stderr)?.[1];
  if (missing !== undefined)
    return `there is no Vulkan on this machine (${missing}), which comes with a GPU's driver`;
  if (/found no drivers|INCOMPATIBLE_DRIVER/i.test(stderr)) return "Vulkan is here, but no GPU driver for it";
  return "no GPU was found";
}
