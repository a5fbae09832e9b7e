// public.ts: the part of `motley/runtime` that is the same everywhere; node.ts and browser.ts add what differs.
// In: nothing. Out: names, in the order a program needs them: an artifact, a device, a session, batches, steps, times.
// What `motley build` writes imports nothing but these, so a name that goes or changes breaks folders built before.

export type { Batch, BatchSource } from "./batch.ts";
export { type Device, DeviceError, type DeviceTimes, type Phase } from "./device.ts";
export type { DeviceRequest, ProgramOptions } from "./host.ts";
export { type KernelTime, timeKernels } from "./kernel-times.ts";
export { BatchError, type BatchSizes, checkBatch, madeUpBatch } from "./made-up.ts";
export { MemoryError } from "./memory.ts";
export type { Metrics } from "./record.ts";
export { learningRate, scheduleOf } from "./schedule.ts";
export { type Losses, openSession, type Session } from "./session.ts";
export { NonFiniteError, type StepResult, trainStep } from "./step.ts";
export { readArtifact, type StoredArtifact, StoredArtifactError } from "./stored-artifact.ts";
export { openWebgpuDevice, type WebgpuDevice } from "./webgpu.ts";
export { type AdapterTraits, describeAdapter } from "./webgpu-traits.ts";
