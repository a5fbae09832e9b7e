// continued.ts: a trained model that goes on training, on any device, in Node or in a page.
// In: an artifact, an open device, the state to go on from, batches. Out: the first batch's gradients, and every loss.
// Nothing here needs Node: the same function runs in the browser of the tests.

import type { Batch } from "../../src/runtime/batch.ts";
import type { Device } from "../../src/runtime/device.ts";
import { scheduleOf } from "../../src/runtime/schedule.ts";
import { openSession } from "../../src/runtime/session.ts";
import { trainStep } from "../../src/runtime/step.ts";
import { openWebgpuDevice } from "../../src/runtime/webgpu.ts";
import type { Artifact } from "../../src/targets/artifact.ts";

/** Where a run stands: steps done and in all, and every tensor (`param/…`, `m/…`, `v/…`). */
export type State = {
  readonly step: number;
  readonly steps: number;
  readonly tensors: ReadonlyMap<string, Float32Array>;
};

export type Continued = {
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly losses: readonly number[];
  readonly gradientNorms: readonly number[];
};

/** Takes the gradients of the first batch, then a step on every batch; closes the device. */
export async function continueTraining(
  artifact: Artifact,
  device: Device,
  { step, steps, tensors }: State,
  batches: readonly Batch[],
): Promise<Continued> {
  const session = openSession(artifact, device);
  try {
    await session.restore(tensors);
    const gradients = new Map<string, Float32Array>();
    const [first] = batches;
    if (first === undefined || artifact.optimizer === undefined) throw new Error("nothing to train on");
    session.writeBatch(first);
    session.writeSchedule(scheduleOf(artifact.optimizer, step + 1, steps));
    await session.run(["forward", "backward"]);
    for (const { path } of artifact.parameters) gradients.set(path, await session.read(`grad/${path}`));
    const losses: number[] = [];
    const gradientNorms: number[] = [];
    for (const [i, batch] of batches.entries()) {
      const { metrics } = await trainStep(session, batch, step + 1 + i, steps, 0);
      losses.push(metrics.loss.total ?? Number.NaN);
      gradientNorms.push(metrics.gradNorm);
    }
    return { gradients, losses, gradientNorms };
  } finally {
    await session.close();
  }
}

/** In a page: fetches `artifact.json`, `batches.json`, `state.json` (names and lengths) and `state.bin`, and goes on. */
export async function continueInPage(): Promise<{
  readonly gradients: readonly (readonly [string, string])[];
  readonly losses: readonly number[];
  readonly gradientNorms: readonly number[];
}> {
  const json = async (name: string): Promise<unknown> => (await fetch(`/${name}`)).json();
  const artifact = (await json("artifact.json")) as Artifact;
  const { step, steps, names } = (await json("state.json")) as {
    readonly step: number;
    readonly steps: number;
    readonly names: readonly (readonly [string, number])[];
  };
  const bytes = await (await fetch("/state.bin")).arrayBuffer();
  let offset = 0;
  const tensors = new Map<string, Float32Array>();
  for (const [name, length] of names) {
    tensors.set(name, new Float32Array(bytes, offset, length));
    offset += 4 * length;
  }
  const batches = ((await json("batches.json")) as readonly Record<string, number | readonly number[]>[]).map(
    (batch) =>
      Object.fromEntries(
        Object.entries(batch).map(([key, value]) => [
          key,
          typeof value === "number" ? value : Int32Array.from(value),
        ]),
      ) as unknown as Batch,
  );
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null) throw new Error("there is no adapter");
  const device = await openWebgpuDevice(artifact, { adapter });
  const { gradients, ...rest } = await continueTraining(artifact, device, { step, steps, tensors }, batches);
  return { ...rest, gradients: [...gradients].map(([path, values]) => [path, base64(values)]) };
}

function base64(values: Float32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}
