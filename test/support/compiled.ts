// compiled.ts: a model compiled for a target and run for a step, beside the same step in the interpreter.
// In: a Model, parameters, batches. Out: how far the two are apart, tensor by tensor.
// One session takes all the batches, one after another, so that what a batch leaves behind would show in the next.

import type { Model } from "../../src/check/model.ts";
import { compile, type TargetEngine, trainingGraph } from "../../src/compile.ts";
import { interpret, type Rounding } from "../../src/ir/interpret.ts";
import type { Batch } from "../../src/runtime/batch.ts";
import type { Device } from "../../src/runtime/device.ts";
import { stepLosses } from "../../src/runtime/export.ts";
import { layoutBatch } from "../../src/runtime/layout.ts";
import { dropoutKey } from "../../src/runtime/parameters.ts";
import { openSession, type Session } from "../../src/runtime/session.ts";
import { openWasmDevice } from "../../src/runtime/wasm.ts";
import { openWebgpuDevice } from "../../src/runtime/webgpu.ts";
import { openSharedGpu, type SharedGpu } from "../../src/runtime/webgpu-pipelines.ts";
import { type Artifact, isCuda } from "../../src/targets/artifact.ts";
import type { WasmEngine } from "../../src/targets/wasm.ts";
import { defaultLimits, formsFor, usualGpu, type WgslEngine } from "../../src/targets/wgsl.ts";
import type { Architecture } from "./cuda-compile.ts";
import { openEmulatedDevice } from "./cuda-device.ts";
import { softwareAdapter } from "./devices.ts";
import { layoutOptions, type Parameters, relativeDistance } from "./interpreted.ts";

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

/** What the masks of dropout are drawn from. */
const [sessionSeed, dropoutStep] = [1, 7];

export type StepDistance = {
  /** Relative, of the total. */
  readonly loss: number;
  /** Largest difference of a modality's mean loss, in nats. */
  readonly modalities: number;
  /** By result name (`grad/PATH`, `param/PATH`, `m/PATH`, `v/PATH`). */
  readonly tensors: ReadonlyMap<string, number>;
};

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
  await session.initialize(sessionSeed);
  const tensors = new Map<string, Float32Array>();
  for (const [path, { values }] of parameters) {
    tensors.set(`param/${path}`, Float32Array.from(values));
    if (!Object.hasOwn(artifact.tensors, `m/${path}`)) continue;
    // From empty moments the first update is a gradient's sign, which rounding decides where a gradient is nearly zero.
    tensors.set(
      `m/${path}`,
      Float32Array.from(values, (x) => x / 100),
    );
    tensors.set(
      `v/${path}`,
      Float32Array.from(values, (x) => 1e-4 * (1 + x * x)),
    );
  }
  await session.restore(tensors);
  return session;
}

/**
 * Runs one step on both sides from the session's present state; the session's parameters are updated. `rounding`: what
 * the target keeps in bf16.
 */
export async function compareStep(
  session: Session,
  model: Model,
  batch: Batch,
  schedule: Float32Array,
  rounding?: Rounding,
): Promise<StepDistance> {
  const optimizer = model.train?.optimizer;
  if (optimizer === undefined) throw new Error("the spec needs a train block");
  const learning = model.parameters.filter(({ isFrozen }) => !isFrozen);
  const state = async (slot: string): Promise<ReadonlyMap<string, Float32Array>> =>
    new Map(
      await Promise.all(
        (slot === "param" ? model.parameters : learning).map(
          async ({ path }) =>
            [slot === "param" ? path : `${slot}/${path}`, await session.read(`${slot}/${path}`)] as const,
        ),
      ),
    );
  const [params, m, v] = [await state("param"), await state("m"), await state("v")];
  const { offsets, inputs, targetCounts } = layoutBatch(batch, layoutOptions(model));
  const expected = interpret(trainingGraph(model), {
    offsets: [...offsets],
    inputs: new Map<string, ArrayLike<number>>([
      ...inputs,
      ["schedule", schedule],
      ["dropout", dropoutKey(sessionSeed, dropoutStep)],
    ]),
    params,
    states: new Map([...m, ...v]),
    ...(rounding === undefined ? {} : { rounding }),
  });
  session.writeBatch(batch);
  session.writeSchedule(schedule);
  session.writeDropout(dropoutStep);
  await session.run(["forward", "backward", "update"]);
  const [got, want] = [await session.losses(), stepLosses(expected.get("loss") ?? [], targetCounts)];
  const norm = relativeDistance([await session.gradientNorm()], expected.get("norm") ?? []);
  const tensors = new Map([["norm", norm]]);
  for (const { path, isFrozen } of model.parameters) {
    if (isFrozen)
      tensors.set(
        `param/${path}`,
        relativeDistance(await session.read(`param/${path}`), params.get(path) ?? []),
      );
    for (const slot of isFrozen ? [] : ["grad", "param", "m", "v"]) {
      const name = `${slot}/${path}`;
      // A gradient that vanishes but for rounding is judged by how little it is of the whole.
      const floor = slot === "grad" ? 1e-3 * (expected.get("norm")?.[0] ?? 0) : 0;
      tensors.set(name, relativeDistance(await session.read(name), expected.get(name) ?? [], floor));
    }
  }
  return {
    loss: want.total === 0 ? Math.abs(got.total) : Math.abs(got.total / want.total - 1),
    modalities: Math.max(...want.modalities.map((loss, i) => Math.abs((got.byModality[i] ?? 0) - loss))),
    tensors,
  };
}

/** The tensor that is furthest apart. */
export function worstTensor({ tensors }: StepDistance): { readonly name: string; readonly distance: number } {
  const all = [...tensors].map(([name, distance]) => ({
    name,
    distance: Number.isNaN(distance) ? Infinity : distance,
  }));
  return all.reduce((worst, each) => (each.distance > worst.distance ? each : worst));
}
