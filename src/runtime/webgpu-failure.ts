// webgpu-failure.ts: one place where everything that can go wrong on a GPU arrives.
// In: a GPU device. Out: a guard for promises. WebGPU reports errors late and elsewhere; the first of them becomes a
// `DeviceError`, and from then on every call that waits and every later one ends with it. Nothing hangs.

import { DeviceError } from "./device.ts";

export type FailureGuard = {
  /** Throws if the device failed or was closed. */
  check(): void;
  /** The promise's value, unless the device fails before it is there. */
  wait<T>(work: Promise<T>): Promise<T>;
  /** Makes this the end of the device; the first error counts. */
  fail(error: DeviceError): DeviceError;
};

const goesOn = "the last checkpoint is good, and --resume goes on from there";

export function guardDevice(gpu: GPUDevice): FailureGuard {
  let failure: DeviceError | undefined;
  const waiting = new Set<(error: DeviceError) => void>();
  const fail = (error: DeviceError): DeviceError => {
    failure ??= error;
    for (const reject of waiting) reject(failure);
    waiting.clear();
    return failure;
  };
  void gpu.lost.then(({ message }) => fail(lostError(message)));
  gpu.onuncapturederror = (event) => {
    // Said once, by us.
    event.preventDefault();
    fail(kernelError(event.error.message));
  };
  return {
    fail,
    check() {
      if (failure !== undefined) throw failure;
    },
    wait(work) {
      return new Promise((resolve, reject) => {
        if (failure !== undefined) reject(failure);
        waiting.add(reject);
        const settle = (end: () => void): void => {
          waiting.delete(reject);
          if (failure === undefined) end();
          else reject(failure);
        };
        work.then(
          (value) => settle(() => resolve(value)),
          // Waiting itself only fails when the device is gone, whether or not it has said so yet.
          (error: unknown) => settle(() => reject(fail(lostError(messageOf(error))))),
        );
      });
    },
  };
}

/** A guard that one artifact's end does not end for the others on its GPU. */
export function ownGuard(shared: FailureGuard): FailureGuard {
  let closed: DeviceError | undefined;
  const check = (): void => {
    if (closed !== undefined) throw closed;
    shared.check();
  };
  return {
    check,
    fail: (error) => {
      closed ??= error;
      return closed;
    },
    wait: (work) => (closed === undefined ? shared.wait(work) : Promise.reject(closed)),
  };
}

/** The driver gave up, was reset, or somebody pulled the plug. */
export function lostError(message: string): DeviceError {
  const reason = firstLine(message);
  return new DeviceError(`the GPU was lost${reason === "" ? "" : ` (${reason})`}; ${goesOn}`);
}

/** WebGPU refused something that the compiler wrote: never the user's fault. */
export function kernelError(message: string): DeviceError {
  return new DeviceError(`a kernel failed: ${message.trim()}`);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}
