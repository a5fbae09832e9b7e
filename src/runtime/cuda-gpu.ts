// cuda-gpu.ts: one NVIDIA GPU, opened: what several artifacts on it share.
// In: which GPU, the driver's and the compiler's places where they are not the usual ones. Out: a context that is
// current on this thread, a compiler, and the kernels loaded so far: a text is the same for many models.
// Several GPUs: each is a `CudaGpu` of its own, with its ordinal and its context; what sums gradients between them
// (NCCL, called through koffi like the driver) joins on the streams of their devices, between backward and update.

import type { CompilerTarget, CudaCompiler } from "./cuda-compiler.ts";
import { compilerTarget } from "./cuda-compiler.ts";
import {
  architectureOf,
  type CudaArchitecture,
  type CudaTraits,
  describeCudaDevice,
} from "./cuda-devices.ts";
import { type Driver, openDriver } from "./cuda-driver.ts";
import { findCompiler } from "./cuda-toolkit.ts";
import { DeviceError } from "./device.ts";

export type CudaGpuOptions = {
  /** The first GPU unless given. */
  readonly ordinal?: number;
  /** Compiled kernels are kept here and found again; not kept unless given. */
  readonly cacheDirectory?: string;
  /** The driver's library; the usual one unless given. */
  readonly driver?: string;
  /** An nvcc, or a library of NVRTC; looked for unless given. */
  readonly compiler?: string;
  /** Waits for every launch, so that an error names the one that failed; kernels say which lines they are of. */
  readonly waitsForLaunches?: boolean;
};

export type CudaGpu = {
  readonly driver: Driver;
  readonly ordinal: number;
  readonly traits: CudaTraits;
  readonly architecture: CudaArchitecture;
  readonly compiler: CudaCompiler;
  readonly target: CompilerTarget;
  readonly options: CudaGpuOptions;
  /** CUfunctions by what they were compiled from; a kernel's module stays loaded as long as the GPU is open. */
  readonly functions: Map<string, bigint>;
  /** Bytes that nobody on this GPU holds now, and all there are. */
  memory(): { readonly freeBytes: number; readonly totalBytes: number };
  close(): void;
};

/** Throws `DeviceError` where there is no driver, no such GPU, no compiler, or where one of them is too old. */
export async function openCudaGpu(options: CudaGpuOptions = {}): Promise<CudaGpu> {
  const { ordinal = 0 } = options;
  const driver = await openDriver(options.driver);
  const count = driver.ask("count the GPUs", "cuDeviceGetCount");
  if (ordinal >= count) throw new DeviceError(`there is no GPU ${ordinal}: the driver shows ${count}`);
  const traits = describeCudaDevice(driver, ordinal);
  const architecture = architectureOf(traits);
  const compiler = await findCompiler(options.compiler);
  const target = compilerTarget(architecture, compiler, options.waitsForLaunches);
  const doing = `open ${traits.name}`;
  const device = driver.ask(doing, "cuDeviceGet", ordinal);
  const context = driver.make(doing, "cuDevicePrimaryCtxRetain", device);
  driver.call(doing, "cuCtxSetCurrent", context);
  return {
    ...{ driver, ordinal, traits, architecture, compiler, target, options, functions: new Map() },
    memory() {
      const [free, total] = [new BigUint64Array(1), new BigUint64Array(1)];
      driver.call("ask for the GPU's memory", "cuMemGetInfo_v2", free, total);
      return { freeBytes: Number(free[0]), totalBytes: Number(total[0]) };
    },
    // Frees the context with all that is loaded in it, unless somebody else in this process holds it.
    close: () => void driver.status("cuDevicePrimaryCtxRelease_v2", device),
  };
}
