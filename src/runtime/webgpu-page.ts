// webgpu-page.ts: the GPU that a page may use.
// In: whether one in software will do. Out: an adapter, or the reason why there is none; it never throws.

/** A GPU; or why there is none, as the rest of a sentence that blames the browser or the page. */
export type PageAdapter = { readonly adapter: GPUAdapter } | { readonly reason: string };

/** The fastest adapter; with `software` one in software, where the browser has it. */
export async function findPageAdapter(software: boolean): Promise<PageAdapter> {
  const { gpu } = navigator;
  if (gpu === undefined) {
    const reason = globalThis.isSecureContext
      ? "this browser has no WebGPU"
      : "WebGPU is for pages from https or from this machine, and this page is from neither";
    return { reason };
  }
  const wish = software ? { forceFallbackAdapter: true } : { powerPreference: "high-performance" as const };
  try {
    const adapter = await gpu.requestAdapter(wish);
    if (adapter !== null) return { adapter };
    return { reason: software ? "there is no GPU in software" : "there is no GPU that WebGPU can use" };
  } catch (error) {
    return { reason: `WebGPU does not start: ${error instanceof Error ? error.message : String(error)}` };
  }
}
