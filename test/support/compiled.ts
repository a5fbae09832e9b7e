// compiled.ts: a model compiled for a target and opened on a device, as far as this machine has one.
// In: a Model, parameters. Out: a session; compare-step.ts says how far its steps are off.
// One session takes all the batches, one after another, so that what a batch leaves behind would show in the next.

import type { Model } from "../../src/check/model.ts";
import { compile, type TargetEngine } from "../../src/compile.ts";
import type { Device } from "../../src/runtime/device.ts";
import { openSession, type Session } from "../../src/runtime/session.ts";
import { openWasmDevice } from "../../src/runtime/wasm.ts";
import { openWebgpuDevice } from "../../src/runtime/webgpu.ts";
import { openSharedGpu, type SharedGpu } from "../../src/runtime/webgpu-pipelines.ts";
import { type Artifact, isCuda } from "../../src/targets/artifact.ts";
import type { WasmEngine } from "../../src/targets/wasm.ts";
import { defaultLimits, formsFor, usualGpu, type WgslEngine } from "../../src/targets/wgsl.ts";
import { startFrom } from "./compare-step.ts";
import type { Architecture } from "./cuda-compile.ts";
import { openEmulatedDevice } from "./cuda-device.ts";
import { softwareAdapter } from "./devices.ts";
import type { Parameters } from "./interpreted.ts";

export const plainEngine: WasmEngine = { tile: { rows: 4, columns: 8 }, relaxedSimd: false };
export const fastEngine: WasmEngine = { tile: { rows: 6, columns: 8 }, relaxedSimd: true };

const [small, ...others] = formsFor(defaultLimits);

/** All that SwiftShader has, and the smallest parts of products; `usualGpu` is what every GPU can run. */
export const richGpu: WgslEngine = { ...usualGpu, ...small, subgroups: true };

/** What SwiftShader is fastest with: threads and barriers cost it more than anything. */
export const fatGpu: WgslEngine = { ...richGpu, ...others.at(-1) };

/** A device for whatever target an artifact was compiled for. */
export async function openDevice(
  artifact: Artifact,
  threads = 1,
  architecture: Architecture = "sm_80",
): Promise<Device> {
  if (artifact.program.kind === "wasm") return openWasmDevice(artifact, { threads });
  if (isCuda(artifact)) return openEmulatedDevice(artifact, { architecture });
  gpu ??= openSharedGpu(await softwareAdapter());
  return openWebgpuDevice(artifact, { shared: await gpu });
}

/** One for all of a test file, for texts that were compiled once need not be compiled again. */
let gpu: Promise<SharedGpu> | undefined;

/** Opens a session on a compiled training step with the given parameters, and moments as of a run under way. */
export async function openCompiled(
  model: Model,
  parameters: Parameters,
  shape: { readonly batch: number; readonly context: number },
  engine: TargetEngine,
  threads = 1,
  architecture: Architecture = "sm_80",
): Promise<Session> {
  const artifact = compile(model, { purpose: "train", engine, ...shape });
  const session = openSession(artifact, await openDevice(artifact, threads, architecture));
  await startFrom(session, parameters);
  return session;
}
