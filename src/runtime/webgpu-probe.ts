// webgpu-probe.ts: looks for GPUs in a process of its own, and prints what it found as JSON.
// In: nothing. Out: `{ "adapters": AdapterTraits[] }` on stdout; what the GPU library says, on stderr.
// A process of its own because that library writes its complaints straight to the terminal, and because a broken
// driver may take the process with it.

import { dawnOptions } from "./webgpu-node.ts";
import { type AdapterTraits, describeAdapter } from "./webgpu-traits.ts";

const { create } = await import("webgpu");
const gpu = create([...dawnOptions]);
const requests: readonly GPURequestAdapterOptions[] = [
  { powerPreference: "high-performance" },
  { powerPreference: "low-power" },
  { forceFallbackAdapter: true },
];
const found = new Map<string, AdapterTraits>();
for (const request of requests) {
  const adapter = await gpu.requestAdapter(request);
  if (adapter === null) continue;
  const traits = describeAdapter(adapter);
  found.set(JSON.stringify(traits), traits);
}
process.stdout.write(JSON.stringify({ adapters: [...found.values()] }));
