// compare-step.ts: a step on a device beside the same step in the interpreter.
// In: a session, parameters, batches. Out: how far the two are apart, tensor by tensor.

import type { Model } from "../../src/check/model.ts";
import { trainingGraph } from "../../src/compile.ts";
import { interpret, type Rounding } from "../../src/ir/interpret.ts";
import type { Batch } from "../../src/runtime/batch.ts";
import { stepLosses } from "../../src/runtime/export.ts";
import { layoutBatch } from "../../src/runtime/layout.ts";
import { dropoutKey } from "../../src/runtime/parameters.ts";
import type { Session } from "../../src/runtime/session.ts";
import { layoutOptions, type Parameters, relativeDistance } from "./interpreted.ts";

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

/** Gives a session parameters, and moments as of a run under way. */
export async function startFrom(session: Session, parameters: Parameters): Promise<void> {
  const { artifact } = session;
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
      const share = rounding === undefined ? 1e-3 : 1e-2;
      const floor = slot === "grad" ? share * (expected.get("norm")?.[0] ?? 0) : 0;
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
