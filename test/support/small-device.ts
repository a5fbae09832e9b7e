// small-device.ts: a small artifact of hand-made shaders, opened on a GPU in software; closed after each test.
// In: nothing, or an artifact, or an adapter that says less than the real one. Out: a device.

import { afterEach } from "vitest";
import { openWebgpuDevice, type WebgpuDevice } from "../../src/runtime/webgpu.ts";
import type { Artifact } from "../../src/targets/artifact.ts";
import { softwareAdapter } from "./devices.ts";
import { regionsOf, type WgslParts, wgslArtifact } from "./wgsl-artifact.ts";

export const elements = 100;

export const parts: WgslParts = {
  integers: 16,
  weights: 50,
  floats: elements,
  bankFloats: 32,
  shaders: {
    double: `if (i < ${elements}u) { store(i, 2 * load(i)); }`,
    add: `if (i < ${elements}u) { store(i, load(i) + argument(0)); }`,
    scale: `if (i < ${elements}u) { store(i, load(i) * f32(host[3])); }`,
    pack: "if (i < 50u) { pack(i, load(i)); }",
    reverse: "if (i < 50u) { store(i, packed(49u - i)); }",
  },
  dispatches: [
    { shader: "pack", phase: "prepare" },
    { shader: "reverse", phase: "prepare" },
    { shader: "double", phase: "forward", workgroups: [2, 1, 1] },
    { shader: "add", phase: "forward", workgroups: [2, 1, 1], words: [3] },
    { shader: "add", phase: "backward", workgroups: [0, 1, 1], words: [1000] },
    { shader: "double", phase: "backward", workgroups: [2, 1, 1] },
    { shader: "add", phase: "update", workgroups: [2, 1, 1], words: [9, -5] },
    { shader: "scale", phase: "update", workgroups: [2, 1, 1] },
  ],
};
export const { weightStart, floatStart } = regionsOf(parts);
export const artifact = wgslArtifact(parts);
export const counting = (count: number, from = 0): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => from + i);

const opened: WebgpuDevice[] = [];
afterEach(async () => {
  for (const device of opened.splice(0)) await device.close();
});

export async function open(of: Artifact = artifact, adapter?: GPUAdapter): Promise<WebgpuDevice> {
  const device = await openWebgpuDevice(of, { adapter: adapter ?? (await softwareAdapter()) });
  opened.push(device);
  return device;
}

/** An adapter that says less, or whose device does something else. */
export async function adapterWith(changes: {
  readonly features?: ReadonlySet<string>;
  readonly change?: (gpu: GPUDevice) => void;
}): Promise<GPUAdapter> {
  const real = await softwareAdapter();
  return {
    info: real.info,
    limits: real.limits,
    features: changes.features ?? real.features,
    async requestDevice(descriptor?: GPUDeviceDescriptor) {
      const gpu = await real.requestDevice(descriptor);
      changes.change?.(gpu);
      return gpu;
    },
  } as GPUAdapter;
}

export const rejection = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no error",
    (error: unknown) => error,
  );
