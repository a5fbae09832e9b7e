// cuda-failure.ts: what went wrong on a GPU, in words: which kernel, which line of the spec, or whose fault else.
// In: driver errors, and what was running. Out: DeviceErrors; a guard that keeps the first of them. After a kernel has
// failed, CUDA answers every call of the process with the same error: nothing on the GPU can be used any more.

import type { Artifact } from "../targets/artifact.ts";
import { DriverError, driverCodes } from "./cuda-driver.ts";
import { cudaOf } from "./cuda-kernels.ts";
import { DeviceError, type Phase } from "./device.ts";

export type CudaGuard = {
  /** Throws if the device failed or was closed. */
  check(): void;
  /** Makes this the end of the device; the first error counts. */
  fail(error: DeviceError): DeviceError;
  /** What the driver refuses in `work` is the end of the device; `blame` puts it into words. */
  attempt<T>(work: () => T, blame?: (error: DriverError) => DeviceError): T;
  /** Likewise, for what takes time. */
  watch<T>(work: Promise<T>, blame?: (error: DriverError) => DeviceError): Promise<T>;
};

export function makeCudaGuard(): CudaGuard {
  let failure: DeviceError | undefined;
  const fail = (error: DeviceError): DeviceError => {
    failure ??= error;
    return failure;
  };
  const failed = (error: unknown, blame: (error: DriverError) => DeviceError): unknown =>
    error instanceof DriverError ? fail(blame(error)) : error instanceof DeviceError ? fail(error) : error;
  return {
    fail,
    check() {
      if (failure !== undefined) throw failure;
    },
    attempt(work, blame = lostError) {
      try {
        return work();
      } catch (error) {
        throw failed(error, blame);
      }
    },
    async watch(work, blame = lostError) {
      try {
        return await work;
      } catch (error) {
        throw failed(error, blame);
      }
    },
  };
}

/** Errors that a kernel's own instructions cause. All others are the machine's. */
function isKernelFault({ code }: DriverError): boolean {
  const { illegalAddress, tooManyResources, assertion, hardwareStack, launchFailed } = driverCodes;
  const codes: readonly number[] = [illegalAddress, tooManyResources, assertion];
  return codes.includes(code) || (code >= hardwareStack && code <= launchFailed);
}

/** A launch failed, or the GPU while it ran. */
export function launchError(artifact: Artifact, launch: number, error: DriverError): DeviceError {
  if (!isKernelFault(error)) return lostError(error);
  return new DeviceError(`a kernel failed: ${nameLaunch(artifact, launch)}: ${reasonOf(error)}`, {
    cause: error,
  });
}

/** Something failed in a run of which no single launch is known to blame. */
export function runError(phases: readonly Phase[], error: DriverError): DeviceError {
  if (!isKernelFault(error)) return lostError(error);
  return new DeviceError(
    `a kernel failed in phase ${phases.join(", ")}: ${reasonOf(error)}; MOTLEY_CUDA_SYNC=1 names it`,
    { cause: error },
  );
}

/** `k03_product` (launch 17: block.0.ffn.gate, line 12). */
export function nameLaunch(artifact: Artifact, index: number): string {
  const launch = artifact.launches[index];
  const { kernels, launches } = cudaOf(artifact);
  const name = kernels[launches[index]?.kernel ?? -1]?.name ?? "?";
  const calls = [...(launch?.stages.flat() ?? []), ...(launch?.tasks.map(({ call }) => call) ?? [])];
  const labels = [...new Set(calls.map(({ scope, label }) => (scope === "" ? label : `${scope} ${label}`)))];
  const lines = [...new Set(calls.flatMap(({ line }) => line ?? []))].sort((a, b) => a - b);
  const shown = labels.length > 2 ? [labels[0], `${labels.length - 1} more`] : labels;
  const where =
    lines.length === 0 ? [] : [`line${lines.length > 1 ? "s" : ""} ${lines.slice(0, 4).join(", ")}`];
  return `\`${name}\` (launch ${index}: ${[...shown, ...where].join(", ")})`;
}

/** A copy or a call failed that is no kernel's. */
export function lostError(error: DriverError): DeviceError {
  const { code } = error;
  if (code === driverCodes.outOfMemory)
    return new DeviceError(
      `the GPU ran out of memory: ${reasonOf(error)}; the last checkpoint is good, and --resume goes on from there`,
      {
        help: "close what else runs on this GPU (`nvidia-smi` shows it)",
        cause: error,
      },
    );
  return new DeviceError(
    `the GPU was lost (${reasonOf(error)}); the last checkpoint is good, and --resume goes on from there`,
    { cause: error },
  );
}

function reasonOf({ message }: DriverError): string {
  return message.replace(/^cannot .*?: (?=CUDA)/, "");
}
