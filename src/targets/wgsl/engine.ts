// engine.ts: what the compiler makes of a GPU: which operations its shaders may use, and which parts of a product to try.
// In: what the GPU has, as plain data. Out: an engine. Nothing is measured here: the runtime does that.

import type { ProductTile } from "../../kernel/schedule.ts";
import type { WgslEngine, WgslLimits } from "./context.ts";
import { shapeOf, workgroupBytes } from "./tile.ts";

/** What every device has that calls itself one (WebGPU, section 3.6.2). */
export const defaultLimits: WgslLimits = {
  maxStorageBuffersPerShaderStage: 8,
  maxStorageBufferBindingSize: 128 << 20,
  maxBufferSize: 256 << 20,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupsPerDimension: 65535,
};

/** What of the kernels may differ from device to device without changing what they compute. */
export type KernelForms = Pick<WgslEngine, "tile" | "attention">;

/**
 * Parts of a product from small to large, and the other form of attention: which is fastest depends on the device and on
 * the model's shapes. The last has few threads that do much each, which suits devices whose threads take turns on one
 * processor.
 */
const allForms: readonly KernelForms[] = [
  { tile: { rows: 32, columns: 32, depth: 16, threadRows: 4, threadColumns: 4 }, attention: "blocks" },
  { tile: { rows: 64, columns: 64, depth: 16, threadRows: 4, threadColumns: 4 }, attention: "blocks" },
  { tile: { rows: 64, columns: 64, depth: 16, threadRows: 4, threadColumns: 4 }, attention: "rows" },
  { tile: { rows: 128, columns: 64, depth: 8, threadRows: 8, threadColumns: 4 }, attention: "blocks" },
  { tile: { rows: 128, columns: 128, depth: 8, threadRows: 8, threadColumns: 8 }, attention: "blocks" },
  { tile: { rows: 64, columns: 64, depth: 16, threadRows: 16, threadColumns: 16 }, attention: "rows" },
];

/** Those that a device has room for. */
export function formsFor(limits: WgslLimits): readonly KernelForms[] {
  return allForms.filter(
    ({ tile }) =>
      workgroupBytes(tile) <= limits.maxComputeWorkgroupStorageSize &&
      shapeOf(tile).threads <= limits.maxComputeInvocationsPerWorkgroup,
  );
}

/** Good on most devices, best on few. */
const usualTile: ProductTile = { rows: 64, columns: 64, depth: 16, threadRows: 4, threadColumns: 4 };

/** Of no GPU in particular: what it compiles runs on all of them. */
export const usualGpu: WgslEngine = {
  target: "wgsl",
  tile: usualTile,
  attention: "blocks",
  subgroups: false,
  weights: "f32",
  shaderF16: false,
  limits: defaultLimits,
};

/** The engine for a GPU; `half` stores packed weights in 16 bits. */
export function engineOf(
  { features, limits }: { readonly features: readonly string[]; readonly limits: WgslLimits },
  { half = false, ...forms }: Partial<KernelForms> & { readonly half?: boolean } = {},
): WgslEngine {
  return {
    ...usualGpu,
    ...forms,
    subgroups: features.includes("subgroups"),
    weights: half ? "f16" : "f32",
    shaderF16: features.includes("shader-f16"),
    limits: Object.fromEntries(
      Object.keys(defaultLimits).map((name) => [name, limits[name as keyof WgslLimits]]),
    ) as WgslLimits,
  };
}
