// identities.test.ts: what must be equal, on the compiled module: sharing everything is the plain model, towers with
// dense weights are dense, one modality is dense, the order of declarations and the number of threads mean nothing.
// lower.test.ts has the same for graphs; here the kernels, the layout and the update are in it too.

import { describe, expect, test } from "vitest";
import type { Model } from "../src/check/model.ts";
import { compile } from "../src/compile.ts";
import { interpret } from "../src/ir/interpret.ts";
import { lower } from "../src/lower/lower.ts";
import type { Batch } from "../src/runtime/batch.ts";
import { layoutBatch } from "../src/runtime/layout.ts";
import { scheduleOf } from "../src/runtime/schedule.ts";
import { openSession, type Session } from "../src/runtime/session.ts";
import { openWasmDevice } from "../src/runtime/wasm.ts";
import { randomBatch } from "./support/batches.ts";
import { fastEngine, openCompiled, plainEngine } from "./support/compiled.ts";
import { reversed, towerSums, towers, withoutPerModality } from "./support/equal-models.ts";
import {
  layoutOptions,
  livelyParameters,
  modelOf,
  type Parameters,
  relativeDistance,
  specText,
} from "./support/interpreted.ts";

const shape = { batch: 3, context: 21 };

const batchFor = (model: Model, seed: number, present?: readonly number[]): Batch =>
  randomBatch({
    ...shape,
    modalities: layoutOptions(model).modalities,
    seed,
    ...(present === undefined ? {} : { present }),
  });

type Step = {
  readonly total: number;
  readonly byModality: readonly (number | undefined)[];
  readonly tensors: ReadonlyMap<string, Float32Array>;
};

async function readAll(session: Session, model: Model, slots: readonly string[]): Promise<Step["tensors"]> {
  const tensors = new Map<string, Float32Array>();
  for (const { path } of model.parameters)
    for (const slot of slots) tensors.set(`${slot}/${path}`, await session.read(`${slot}/${path}`));
  return tensors;
}

/** Loss and gradients at the given parameters. */
async function gradientsAt(model: Model, parameters: Parameters, batch: Batch): Promise<Step> {
  const session = await openCompiled(model, parameters, shape, fastEngine, 2);
  try {
    session.writeBatch(batch);
    await session.run(["forward", "backward"]);
    const { total, byModality } = await session.losses();
    const tensors = new Map<string, Float32Array>();
    for (const [name, values] of await readAll(session, model, ["grad"])) tensors.set(name.slice(5), values);
    return { total, byModality, tensors };
  } finally {
    await session.close();
  }
}

/** Losses of every step, and everything the optimizer holds at the end, from the model's own initial values. */
async function trained(
  model: Model,
  steps: number,
  threads: number,
): Promise<{ readonly losses: readonly number[]; readonly tensors: Step["tensors"] }> {
  const artifact = compile(model, { purpose: "train", engine: fastEngine, ...shape });
  const session = openSession(artifact, await openWasmDevice(artifact, { threads }));
  const { optimizer } = artifact;
  if (optimizer === undefined) throw new Error("compiled without its optimizer");
  try {
    await session.initialize(5);
    const losses: number[] = [];
    for (let step = 1; step <= steps; step += 1) {
      // Every third batch lacks the first modality, if there are several.
      const present = model.modalities.map((_, m) => m).slice(step % 3 === 0 ? 1 : 0);
      session.writeBatch(batchFor(model, step, present.length > 0 ? present : [0]));
      session.writeSchedule(scheduleOf(optimizer, step, steps));
      await session.run(["forward", "backward", "update"]);
      losses.push((await session.losses()).total);
    }
    return { losses, tensors: await readAll(session, model, ["param", "grad", "m", "v"]) };
  } finally {
    await session.close();
  }
}

const pair = (spec: string, variants: readonly [string, string]): readonly [Model, Model] => [
  modelOf(specText(spec), variants[0]),
  modelOf(specText(spec), variants[1]),
];

describe("share all", () => {
  test.each(["example", "odd", "single", "output_norm"])(
    "%s: the kernels are those of the model without per modality, byte for byte",
    (spec) => {
      const text = specText(spec);
      for (const engine of [plainEngine, fastEngine]) {
        const [shared, plain] = [modelOf(text, "dense"), modelOf(withoutPerModality(text))].map((model) =>
          compile(model, { purpose: "train", engine }),
        );
        expect(shared?.program.wat).toBe(plain?.program.wat);
        expect(shared?.kernels).toEqual(plain?.kernels);
        expect(shared?.launches.length).toBe(plain?.launches.length);
        expect(shared?.kernels.length).toBeGreaterThan(10);
      }
    },
  );
});

describe("towers", () => {
  test.each([
    ["odd", "mot"],
    ["odd", "pair"],
    ["odd", "mixed"],
    ["output_norm", "mot"],
  ])("%s %s: with dense weights they give the dense loss and share its gradients", async (spec, variant) => {
    const [dense, mot] = pair(spec, ["dense", variant]);
    const weights = livelyParameters(dense, 1);
    const { copies, denseOf } = towers(dense, mot, weights);
    const batch = batchFor(dense, 2);
    const [expected, got] = [await gradientsAt(dense, weights, batch), await gradientsAt(mot, copies, batch)];
    // Rows are the same numbers in the same order, whoever owns the weights.
    expect(got.total).toBe(expected.total);
    expect(got.byModality).toEqual(expected.byModality);
    const sums = towerSums(got.tensors, denseOf);
    expect([...sums.keys()].sort()).toEqual([...expected.tensors.keys()].sort());
    for (const [path, sum] of sums)
      expect(relativeDistance(sum, expected.tensors.get(path) ?? []), path).toBeLessThan(2e-6);
  });
});

describe("one modality", () => {
  test("trains like dense, bit for bit", async () => {
    const [dense, mot] = pair("single", ["dense", "mot"]);
    const [expected, got] = [await trained(dense, 6, 2), await trained(mot, 6, 2)];
    expect(got.losses).toEqual(expected.losses);
    expect([...got.tensors.keys()]).not.toEqual([...expected.tensors.keys()]);
    expect([...got.tensors.values()]).toEqual([...expected.tensors.values()]);
    expect(got.losses.at(-1)).not.toBe(got.losses[0]);
  });
});

describe("purposes", () => {
  // 640 rows: more than one chunk of a loss.
  const large = { batch: 4, context: 160 };
  const model = modelOf(`${specText("example")}\nvariant shallow = chameleon { layers = 1 }`, "shallow");
  const parameters = livelyParameters(model, 2);
  const batch = randomBatch({ ...large, modalities: layoutOptions(model).modalities, seed: 6 });

  async function opened(purpose: "train" | "evaluate" | "infer"): Promise<Session> {
    const artifact = compile(model, { purpose, engine: fastEngine, ...large });
    const session = openSession(artifact, await openWasmDevice(artifact, { threads: 2 }));
    await session.restore(
      new Map([...parameters].map(([path, { values }]) => [`param/${path}`, Float32Array.from(values)])),
    );
    session.writeBatch(batch);
    await session.run(purpose === "train" ? ["forward", "backward"] : ["forward"]);
    return session;
  }

  test("losses are the same bits with and without gradients", async () => {
    const [trains, evaluates] = [await opened("train"), await opened("evaluate")];
    try {
      expect(trains.artifact.layout.chunkCount).toBeGreaterThan(1);
      expect(await evaluates.losses()).toEqual(await trains.losses());
      expect(evaluates.artifact.arenaBytes).toBeLessThan(trains.artifact.arenaBytes);
    } finally {
      await trains.close();
      await evaluates.close();
    }
  });

  test("logits come out for every row, as the interpreter has them", async () => {
    const session = await opened("infer");
    try {
      const { offsets, inputs } = layoutBatch(batch, layoutOptions(model));
      const params = new Map([...parameters].map(([path, { values }]) => [path, values]));
      const graph = lower(model, { loss: false, logits: true });
      const expected = interpret(graph, { offsets: [...offsets], inputs, params }).get("logits") ?? [];
      const got = await session.read("logits");
      const live = offsets.at(-1) ?? 0;
      expect(live).toBeGreaterThan(500);
      for (let row = 0; row < live; row += 1) {
        const range = [row * model.vocab, (row + 1) * model.vocab] as const;
        const distance = relativeDistance(got.subarray(...range), expected.slice(...range));
        expect(distance, `row ${row}`).toBeLessThan(2e-5);
      }
    } finally {
      await session.close();
    }
  });
});

describe("the order of declarations", () => {
  test.each(["mot", "dense"])("%s: changes no loss and no gradient", async (variant) => {
    const model = modelOf(specText("odd"), variant);
    const weights = livelyParameters(model, 4);
    const batch = batchFor(model, 5);
    const other = reversed(specText("odd"), variant);
    expect(other.model.modalities.map(({ name }) => name)).toEqual(["speech", "image", "text"]);
    const expected = await gradientsAt(model, weights, batch);
    const got = await gradientsAt(other.model, other.parameters(weights), other.batch(batch));
    expect(Math.abs(got.total / expected.total - 1)).toBeLessThan(5e-7);
    expect(got.byModality.toReversed()).toEqual(
      expected.byModality.map((x) => expect.closeTo(x ?? Number.NaN, 5)),
    );
    for (const [path, gradient] of got.tensors) {
      if (path === "embedding" || path === "head") continue;
      expect(relativeDistance(gradient, expected.tensors.get(path) ?? []), path).toBeLessThan(2e-5);
    }
  });
});

describe("threads", () => {
  test.each([
    ["odd", "mot"],
    ["odd", "dense"],
    ["arms", "mot"],
  ])("%s %s: one, two and three give the same bits for 20 steps", async (spec, variant) => {
    const model = modelOf(specText(spec), variant);
    const [one, two, three] = [
      await trained(model, 20, 1),
      await trained(model, 20, 2),
      await trained(model, 20, 3),
    ];
    expect(one.losses).toHaveLength(20);
    expect(two.losses).toEqual(one.losses);
    expect(three.losses).toEqual(one.losses);
    for (const [name, values] of one.tensors) {
      expect(two.tensors.get(name), name).toEqual(values);
      expect(three.tensors.get(name), name).toEqual(values);
    }
  });
});

describe("absence", () => {
  test.each([
    ["odd", "mot", "image"],
    ["odd", "uneven", "speech"],
    ["arms", "mot", "text"],
  ])("%s %s without %s: its gradients are exactly zero, and all is finite", async (spec, variant, absent) => {
    const model = modelOf(specText(spec), variant);
    const missing = model.modalities.findIndex(({ name }) => name === absent);
    const everyone = model.modalities.map((_, m) => m);
    const session = await openCompiled(model, livelyParameters(model, 8), shape, fastEngine, 2);
    try {
      const before = await readAll(session, model, ["param"]);
      // What a full batch leaves behind must not show in the next.
      for (const present of [everyone, everyone.filter((m) => m !== missing)]) {
        session.writeBatch(batchFor(model, 9, present));
        session.writeSchedule(Float32Array.of(0.01, 1, 1));
        await session.run(["forward", "backward", "update"]);
      }
      const { byModality, total } = await session.losses();
      expect(byModality[missing]).toBe(undefined);
      expect(total).toBeGreaterThan(0);
      const after = await readAll(session, model, ["param", "grad", "m", "v"]);
      for (const [name, values] of after) expect(values.every(Number.isFinite), name).toBe(true);
      const own = model.parameters.filter(
        ({ modalities }) => modalities.length === 1 && modalities[0] === missing,
      );
      expect(own.length).toBeGreaterThan(3);
      for (const { path } of own) {
        expect(
          after.get(`grad/${path}`)?.every((x) => x === 0),
          path,
        ).toBe(true);
        // It is updated all the same, by what the moments remember.
        expect(after.get(`param/${path}`), path).not.toEqual(before.get(`param/${path}`));
      }
      const others = model.parameters.filter(({ modalities }) => !modalities.includes(missing));
      for (const { path } of others)
        expect(
          after.get(`grad/${path}`)?.some((x) => x !== 0),
          path,
        ).toBe(true);
    } finally {
      await session.close();
    }
  });

  test("a batch without targets has loss zero and gradients exactly zero", async () => {
    const model = modelOf(specText("odd"), "mot");
    const batch = batchFor(model, 3);
    const { total, byModality, tensors } = await gradientsAt(model, livelyParameters(model, 1), {
      ...batch,
      target: batch.target.map(() => -1),
    });
    expect(total).toBe(0);
    expect(byModality).toEqual([undefined, undefined, undefined]);
    for (const [path, gradient] of tensors)
      expect(
        gradient.every((x) => x === 0),
        path,
      ).toBe(true);
  });

  test("a batch without any token runs, and changes nothing but what the moments say", async () => {
    const model = modelOf(specText("odd"), "mot");
    const batch = batchFor(model, 3);
    const nothing = (values: Int32Array): Int32Array => values.map(() => -1);
    const { total, tensors } = await gradientsAt(model, livelyParameters(model, 1), {
      ...batch,
      token: nothing(batch.token),
      target: nothing(batch.target),
      modality: nothing(batch.modality),
      document: nothing(batch.document),
    });
    expect(total).toBe(0);
    for (const [path, gradient] of tensors)
      expect(
        gradient.every((x) => x === 0),
        path,
      ).toBe(true);
  });
});
