// host.ts: what `motley/runtime` asks of the place it runs in: a device, the texts beside a module, a command line.
// In: nothing. Out: types only. node.ts and browser.ts have functions of these types under the same names, so that a
// program is the same in both.

import type { Artifact } from "../targets/artifact.ts";
import type { Batch } from "./batch.ts";
import type { Device } from "./device.ts";

export type DeviceRequest = {
  /** For a GPU: one of your own choosing. The device uses it up. */
  readonly adapter?: GPUAdapter;
  /** For a GPU: take one in software, which is right for checking and slower than the processor. Never taken unasked. */
  readonly software?: boolean;
  /** For an NVIDIA GPU: its driver's library and its compiler, if not those that are found. */
  readonly driver?: string;
  readonly compiler?: string;
  /** For the processor: the calling thread included; as many as there are processors, at most 8, unless given. */
  readonly threads?: number;
};

/**
 * Opens an artifact on what it was compiled for.
 * - Throws `DeviceError` where that is not here, and `MemoryError` where it does not suffice.
 */
export type OpenDevice = (artifact: Artifact, request?: DeviceRequest) => Promise<Device>;

/** The texts at some addresses, by the same names. */
export type ReadTexts = <Name extends string>(
  addresses: Readonly<Record<Name, URL>>,
) => Promise<Readonly<Record<Name, string>>>;

/** What a module was asked for that was started as a program. */
export type ProgramOptions = Omit<DeviceRequest, "adapter"> & {
  readonly steps: number;
  readonly seed: number;
  readonly batch?: Batch;
};

/**
 * Runs `program` if the module at this address is what was started; does nothing where a module is imported.
 * - It begins once the module has been evaluated as a whole, constants below the call included.
 */
export type RunProgram = (moduleAddress: string, program: (options: ProgramOptions) => Promise<void>) => void;
