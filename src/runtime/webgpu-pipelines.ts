// webgpu-pipelines.ts: one GPU device for several artifacts.
// In: an adapter. Out: a device with all that the adapter has, and the pipelines made on it so far.
// A shader's text is the same for many models, and for every variant of one: what one artifact had compiled, the next
// finds. An adapter makes one device, so whoever opens several artifacts wants this anyway.

import { DeviceError } from "./device.ts";
import { type FailureGuard, guardDevice, messageOf } from "./webgpu-failure.ts";
import { describeAdapter } from "./webgpu-traits.ts";

export type SharedGpu = {
  readonly gpu: GPUDevice;
  readonly guard: FailureGuard;
  /** By numbers of banks and text. */
  readonly pipelines: Map<string, GPUComputePipeline>;
};

export function sharedGpu(gpu: GPUDevice): SharedGpu {
  return { gpu, guard: guardDevice(gpu), pipelines: new Map() };
}

/** Opens a device with every feature and limit of the adapter that programs may ask for. Throws `DeviceError`. */
export async function openSharedGpu(adapter: GPUAdapter): Promise<SharedGpu> {
  const { features, limits } = describeAdapter(adapter);
  const { minUniformBufferOffsetAlignment: _alignment, ...required } = limits;
  try {
    return sharedGpu(
      await adapter.requestDevice({
        requiredFeatures: [...features],
        requiredLimits: { ...required },
      }),
    );
  } catch (error) {
    throw new DeviceError(`the GPU cannot be opened: ${messageOf(error).split("\n", 1)[0]}`, {
      cause: error,
    });
  }
}
