// dropout.test.ts: masks: which bits, how many, and when there are none.
// In: small models with dropout on the compiled module. Out: the elements that are kept, against ir/dropout.ts itself;
// losses with and without a step; the same masks in variants and after going on from a checkpoint.

import { describe, expect, test } from "vitest";
import { compile } from "../src/compile.ts";
import { dropThreshold, maskBits } from "../src/ir/dropout.ts";
import type { Kernel } from "../src/kernel/kernel.ts";
import { dropoutKey } from "../src/runtime/parameters.ts";
import { openSession, type Session } from "../src/runtime/session.ts";
import { trainStep } from "../src/runtime/step.ts";
import { validate } from "../src/runtime/validation.ts";
import { randomBatch } from "./support/batches.ts";
import { fastEngine, openCompiled, openDevice, plainEngine } from "./support/compiled.ts";
import { layoutOptions, livelyParameters, modelOf } from "./support/interpreted.ts";
import { openKernels } from "./support/wasm-kernels.ts";

const spec = `model m {
  modality text = tokens(vocab: 30)
  modality image = tokens(vocab: 7)
  x = dropout(embed(tokens, 12) as embedding, 0.5)
  repeat 2 { per modality mix { x += dropout(silu(linear(rms_norm(x) as norm, 12) as w), 0.3) } }
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
variant mot = m
variant dense = m { share all }
train m { data icons context 8, batch 1, steps 10 adamw(lr: 1e-2) }`;

const shape = { batch: 3, context: 21 };
const mot = modelOf(spec, "mot");
const batchOf = (seed: number) => randomBatch({ ...shape, modalities: layoutOptions(mot).modalities, seed });

async function forward(session: Session, step?: number): Promise<number> {
  session.writeBatch(batchOf(1));
  session.writeDropout(step);
  await session.run(["forward"]);
  return (await session.losses()).total;
}

describe("the kernel", () => {
  test.each([1, 3, 4, 7, 16, 33])(
    "keeps exactly the elements whose bits say so, of %i columns",
    async (width) => {
      const [rate, number, stride, rows] = [0.3, 5, 48, 6];
      const body = {
        kind: "dropout",
        ...{ width, number, threshold: dropThreshold(rate), scale: 1 / (1 - rate) },
        ...{ xStride: stride, yStride: stride },
      } as const;
      const kernels: readonly Kernel[] = [{ name: "k", body }];
      for (const engine of [fastEngine, plainEngine]) {
        const bench = await openKernels(kernels, engine, 2);
        const x = Array.from({ length: rows * stride }, (_, i) => 1 + i / 64);
        const places = Array.from({ length: rows }, (_, r) => 100 - 7 * r);
        const [xAt, yAt] = [bench.put(x), bench.put(x.map(() => Number.NaN))];
        for (const active of [-1, 0]) {
          const steering = [places, [-123456789, active]].map((words) => bench.put(words, "i32"));
          bench.run("k", [xAt, yAt, ...steering], 1, rows - 1);
          const y = bench.floats(yAt, rows * stride);
          for (let r = 1; r < rows; r += 1) {
            for (let c = 0; c < width; c += 1) {
              const bits = maskBits(-123456789, number, places[r] ?? 0, c);
              const given = Math.fround(x[r * stride + c] ?? 0);
              const kept = bits >= dropThreshold(rate) ? Math.fround(given * Math.fround(1 / (1 - rate))) : 0;
              expect(y[r * stride + c], `row ${r}, column ${c}`).toBe(active === 0 ? given : kept);
            }
          }
          expect(y[0], "the row before the tile").toBeNaN();
        }
      }
    },
  );
});

describe("masks", () => {
  test("drop their share, and no two rows, columns, calls, steps or seeds alike", () => {
    const threshold = dropThreshold(0.3);
    const share = (kept: (i: number) => boolean, count = 20_000): number =>
      Array.from({ length: count }, (_, i) => kept(i)).filter((is) => !is).length / count;
    const [key = 0] = dropoutKey(1, 1);
    const [next = 0] = dropoutKey(1, 2);
    const [other = 0] = dropoutKey(2, 1);
    expect(new Set([key, next, other]).size).toBe(3);
    const mask = (k: number, number: number, row: number, column: number): boolean =>
      maskBits(k, number, row, column) >= threshold;
    expect(share((i) => mask(key, 0, 5, i))).toBeCloseTo(0.3, 1);
    expect(share((i) => mask(key, 0, i, 5))).toBeCloseTo(0.3, 1);
    // Two independent masks agree in 0.7² + 0.3² of their elements.
    const pairs: readonly ((i: number) => boolean)[] = [
      (i) => mask(key, 0, 5, i) !== mask(key, 0, 6, i),
      (i) => mask(key, 0, i, 5) !== mask(key, 0, i, 6),
      (i) => mask(key, 0, 5, i) !== mask(key, 1, 5, i),
      (i) => mask(key, 0, 5, i) !== mask(next, 0, 5, i),
      (i) => mask(key, 0, 5, i) !== mask(other, 0, 5, i),
    ];
    for (const differ of pairs) expect(share(differ)).toBeCloseTo(0.58, 1);
  });

  test("are one for variants that share other tensors, and another for every step", async () => {
    const losses = await Promise.all(
      [mot, modelOf(spec, "dense")].map(async (model) => {
        // Every tower holds the shared tensor.
        const drawn = livelyParameters(modelOf(spec, "dense"), 3);
        const own = model.parameters.map(
          ({ path }) => [path, drawn.get(path.replace(/\.(text|image)(?=\.)/, ""))] as const,
        );
        const parameters = new Map(own.flatMap(([path, tensor]) => (tensor ? [[path, tensor]] : [])));
        const session = await openCompiled(model, parameters, shape, fastEngine, 1);
        try {
          return [await forward(session, 1), await forward(session, 2), await forward(session)];
        } finally {
          await session.close();
        }
      }),
    );
    expect(losses[0]).toEqual(losses[1]);
    expect(new Set(losses[0]).size).toBe(3);
  });
});

describe("without a step", () => {
  test("dropout is the identity: validation, and programs for anything but training", async () => {
    const plain = modelOf(spec.replaceAll(/dropout\((.*), 0\.\d\)/g, "$1"), "mot");
    expect(JSON.stringify(plain.operations)).not.toContain('"dropout"');
    const parameters = livelyParameters(mot, 3);
    const sessions = await Promise.all(
      [mot, plain].map((model) => openCompiled(model, parameters, shape, fastEngine, 1)),
    );
    const [dropping, other] = sessions as [Session, Session];
    try {
      const validated = await Promise.all(
        [dropping, other].map((session) => validate(session, [batchOf(1)])),
      );
      expect(validated[0]?.total).toBe(validated[1]?.total);
      const { metrics } = await trainStep(dropping, batchOf(1), 1, 10, 0);
      expect(Math.abs((metrics.loss.total ?? 0) - (validated[1]?.total ?? 0))).toBeGreaterThan(1e-3);
    } finally {
      for (const session of sessions) await session.close();
    }
    for (const purpose of ["evaluate", "infer"] as const) {
      const { kernels } = compile(mot, { purpose, engine: fastEngine, ...shape });
      expect(kernels.map(({ kind }) => kind)).not.toContain("dropout");
    }
  });

  test("a rate of 0 leaves nothing in the model", () => {
    const text = spec.replaceAll(/0\.\d\)/g, "0)");
    expect(JSON.stringify(modelOf(text, "mot").operations)).not.toContain('"dropout"');
  });
});

test("a run that goes on draws the masks it would have drawn", async () => {
  const artifact = compile(mot, { purpose: "train", engine: fastEngine, ...shape });
  const open = async (): Promise<Session> => openSession(artifact, await openDevice(artifact));
  const [whole, resumed] = [await open(), await open()];
  try {
    await whole.initialize(9);
    for (let step = 1; step <= 3; step += 1) await trainStep(whole, batchOf(step), step, 6, 0);
    const names = Object.keys(artifact.tensors).filter((name) => /^(param|m|v)\//.test(name));
    const state = new Map<string, Float32Array>();
    for (const name of names) state.set(name, await whole.read(name));
    await resumed.restore(state, 9);
    for (let step = 4; step <= 6; step += 1) {
      const [a, b] = [whole, resumed].map((session) => trainStep(session, batchOf(step), step, 6, 0));
      expect((await a)?.metrics.loss).toEqual((await b)?.metrics.loss);
    }
  } finally {
    await whole.close();
    await resumed.close();
  }
});
