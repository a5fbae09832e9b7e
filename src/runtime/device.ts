// device.ts: what a backend has to do: hold one artifact's memory and run its launches.
// In: nothing. Out: the interface. One file per backend implements it (wasm.ts); `session.ts` is its only user.
// Offsets are bytes from the start of the artifact's arena. Reads and runs are asynchronous because a GPU's are;
// a device runs one thing at a time, in the order asked for.

import type { ArtifactLaunch } from "../targets/artifact.ts";

export type Phase = ArtifactLaunch["phase"];

export type Device = {
  /** Worker threads that run launches; 1 where there are none. */
  readonly threads: number;
  /** Copies `values` to the arena; takes effect before the next run. */
  write(byteOffset: number, values: Float32Array | Int32Array): void;
  readFloats(byteOffset: number, count: number): Promise<Float32Array>;
  readIntegers(byteOffset: number, count: number): Promise<Int32Array>;
  /** Runs all launches of the phases in the artifact's order; throws `DeviceError` if one traps. */
  run(phases: readonly Phase[]): Promise<void>;
  /** As `run`, and measures: milliseconds per call, by launch and by position (stages by modality, then tasks). */
  profile(phases: readonly Phase[]): Promise<DeviceTimes>;
  close(): Promise<void>;
};

/** What a measured run took. */
export type DeviceTimes = {
  readonly calls: readonly CallTime[];
  /** Milliseconds each thread spent at the barriers that end launches. */
  readonly waitMs: readonly number[];
};

/** Time one call took, summed over tiles or pieces and over threads. */
export type CallTime = {
  readonly launch: number;
  /** Modality of a row stage; `undefined` for a task group. */
  readonly modality?: number;
  /** Position within the modality's stages, or among the launch's task groups. */
  readonly position: number;
  readonly milliseconds: number;
  /** The same by thread. */
  readonly threadMs: readonly number[];
  /** Tiles or pieces. */
  readonly calls: number;
};

/** A launch that failed on the device: nothing the device holds can be trusted afterwards. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
  /** What to do, where that is known. */
  readonly help: string | undefined;
  constructor(message: string, options: ErrorOptions & { readonly help?: string | undefined } = {}) {
    super(message, options);
    this.help = options.help;
  }
}
