// gpu-host.ts: what a step costs this thread, on a GPU that does nothing.
// In: both variants of a model. Out: milliseconds of JavaScript per step, of some hundred steps after warming up.
// Dawn's null backend checks and records everything and runs nothing, so no driver and no GPU is in these times, and any
// machine can measure them. With a driver a submit takes longer: it translates the commands.

import { create } from "webgpu";
import type { Model } from "../../src/check/model.ts";
import type { Batch } from "../../src/runtime/batch.ts";
import { dawnOptions } from "../../src/runtime/webgpu-node.ts";
import { openSharedGpu } from "../../src/runtime/webgpu-pipelines.ts";
import { describeAdapter } from "../../src/runtime/webgpu-traits.ts";
import { engineOf } from "../../src/targets/wgsl.ts";
import { type GpuStep, openRunner } from "./gpu-steps.ts";
import { type Spread, spreadOf } from "./statistics.ts";

export type HostFigures = {
  readonly steps: number;
  /** Recording, submitting and writing. */
  readonly hostMs: Spread;
  /** Sorting rows and cutting tiles. */
  readonly layoutMs: Spread;
  /** Processor time of this thread per step, for both: a mean, for its clock is coarse. */
  readonly cpuMs: number;
};

/** The engine's optimising compiler has been at everything by then. */
const warmupSteps = 100;
const timedSteps = 300;

/** Held for as long as the process runs: devices die with it. */
let dawn: GPU | undefined;

/** One variant after another; throws where the null backend's limits are too small for the model. */
export async function measureHost<Name extends string>(
  models: Readonly<Record<Name, Model>>,
  batch: Batch,
): Promise<Readonly<Record<Name, HostFigures>>> {
  dawn ??= create(["backend=null", ...dawnOptions]);
  const adapter = await dawn.requestAdapter();
  if (adapter === null) throw new Error("Dawn has no null backend");
  const engine = engineOf(describeAdapter(adapter));
  const shared = await openSharedGpu(adapter);
  const found = {} as Record<Name, HostFigures>;
  try {
    for (const name of Object.keys(models) as Name[]) {
      const runner = await openRunner(models[name], engine, shared, batch);
      for (let step = 0; step < warmupSteps; step += 1) await runner.step(batch);
      const steps: GpuStep[] = [];
      for (let step = 0; step < timedSteps; step += 1) steps.push(await runner.step(batch));
      await runner.close();
      found[name] = figuresOf(steps);
    }
  } finally {
    shared.gpu.destroy();
  }
  return found;
}

function figuresOf(steps: readonly GpuStep[]): HostFigures {
  return {
    steps: steps.length,
    hostMs: spreadOf(steps.map(({ hostMs }) => hostMs)),
    layoutMs: spreadOf(steps.map(({ layoutMs }) => layoutMs)),
    cpuMs: steps.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / steps.length,
  };
}
