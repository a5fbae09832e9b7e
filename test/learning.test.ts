// learning.test.ts: who learns, and how fast: `freeze`, and learning rates by modality.
// In: small models with such settings. Out: what is frozen stays bit for bit and costs nothing, every other gradient is
// as it was; a step with rates by modality is the step that each rate alone would have made.

import { describe, expect, test } from "vitest";
import { checkSource } from "../src/check/load.ts";
import type { Model } from "../src/check/model.ts";
import { compile, trainingGraph } from "../src/compile.ts";
import { costOf } from "../src/lower/cost.ts";
import { learningOf } from "../src/lower/learning.ts";
import { scheduleOf } from "../src/runtime/schedule.ts";
import { openSession, type Session } from "../src/runtime/session.ts";
import { trainStep } from "../src/runtime/step.ts";
import { randomBatch } from "./support/batches.ts";
import { compareStep, worstTensor } from "./support/compare-step.ts";
import { fastEngine, openCompiled, openDevice } from "./support/compiled.ts";
import { layoutOptions, livelyParameters, modelOf } from "./support/interpreted.ts";

const spec = (settings: string): string => `model m {
  const dim = 12
  modality text = tokens(vocab: 30)
  modality image = tokens(vocab: 7)
  x = embed(tokens, dim) as embedding
  repeat 2 {
    per modality attn {
      h = rms_norm(x) as norm
      q = split(linear(h, dim), 2)
      k = split(linear(h, dim), 2)
      v = split(linear(h, dim), 2)
    }
    a = attention(q, k, v, mask: causal)
    per modality attn { x += linear(merge(a), dim) as out }
    per modality ffn { x += linear(silu(linear(rms_norm(x) as norm, 20) as up), dim) as down }
  }
  per modality final { x = rms_norm(x) as norm }
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
variant mot = m
variant dense = m { share all }
variant ffn = m { share ffn }
variant hybrid = m { experts ffn: 3 for text }
variant pooled = m { share ffn experts ffn: 2 }
train m { data icons context 8, batch 1, steps 10 ${settings} }`;

const shape = { batch: 3, context: 21 };
const batchOf = (model: Model, seed: number) =>
  randomBatch({ ...shape, modalities: layoutOptions(model).modalities, seed });

const frozenPaths = (settings: string, variant = "mot"): readonly string[] =>
  modelOf(spec(settings), variant).parameters.flatMap(({ path, isFrozen }) => (isFrozen ? [path] : []));

describe("freeze", () => {
  const rate = "adamw(lr: 1e-2, clip: 0.5)";

  test("takes labels, modalities and paths, with the modality or without", () => {
    expect(frozenPaths(`freeze final ${rate}`)).toEqual(["final.text.norm", "final.image.norm"]);
    expect(frozenPaths(`freeze embedding, head ${rate}`)).toEqual(["embedding", "head"]);
    expect(frozenPaths(`freeze ffn.*.up ${rate}`)).toEqual([
      ...["ffn.0.text.up", "ffn.0.image.up", "ffn.1.text.up", "ffn.1.image.up"],
    ]);
    expect(frozenPaths(`freeze ffn.*.text.* ${rate}`)).toEqual(
      [0, 1].flatMap((i) => ["norm", "up", "down"].map((name) => `ffn.${i}.text.${name}`)),
    );
    const text = frozenPaths(`freeze text ${rate}`);
    const own = modelOf(spec(rate), "mot").parameters.filter(({ modalities }) => modalities.join() === "0");
    expect(text).toEqual(own.map(({ path }) => path));
    expect(text.length).toBeGreaterThan(10);
  });

  test("commas between settings stay optional", () => {
    for (const settings of [
      `freeze final, ffn, ${rate}`,
      `freeze final, ffn ${rate}`,
      `${rate} freeze final, ffn`,
    ])
      expect(frozenPaths(settings).length).toBe(2 + 12);
    expect(frozenPaths(`freeze final, seed 4, ${rate}`).length).toBe(2);
    expect(frozenPaths(`freeze final freeze ffn ${rate}`).length).toBe(2 + 12);
  });

  test("a variant that shares what a modality had to itself has less to freeze", () => {
    expect(frozenPaths(`freeze text ${rate}`, "dense")).toEqual([]);
    expect(frozenPaths(`freeze text ${rate}`, "ffn").some((path) => path.startsWith("ffn"))).toBe(false);
    expect(frozenPaths(`freeze ffn ${rate}`, "dense").length).toBe(6);
  });

  test("a path of the model as it is written names the copies of experts too", () => {
    const copies = [0, 1].flatMap((i) => [0, 1, 2].map((e) => `ffn.${i}.text.expert.${e}.up`));
    expect(frozenPaths(`freeze ffn.*.text.up ${rate}`, "hybrid")).toEqual(copies);
    expect(frozenPaths(`freeze ffn.*.image.up ${rate}`, "hybrid")).toEqual([
      "ffn.0.image.up",
      "ffn.1.image.up",
    ]);
    expect(frozenPaths(`freeze ffn.*.up ${rate}`, "hybrid").length).toBe(6 + 2);
    expect(frozenPaths(`freeze ffn.*.text.up ${rate}`, "pooled")).toEqual([]);
    expect(frozenPaths(`freeze ffn.*.up ${rate}`, "pooled").length).toBe(4);
  });

  test("paths are listed as they are written, in a variant with experts too", () => {
    const text = spec(`freeze nothing ${rate}`);
    const notes = ["mot", "hybrid"].map((variant) => {
      const checked = checkSource({ name: "a.mot", text }, () => undefined, { variant });
      return checked.diagnostics.map(({ code, note }) => `${code} ${note}`);
    });
    expect(notes[0]?.length).toBe(1);
    expect(notes[0]?.[0]).toContain("MOT3008 the labels are");
    expect(notes[1]).toEqual(notes[0]);
  });

  test("an objective whose rows meet frozen weights alone is refused, whatever other rows meet", () => {
    const arms = (middle: string): string => `model m {
      modality text = tokens(vocab: 30)
      modality image = tokens(vocab: 7)
      per modality enter { x = embed(tokens, 8) as table }
      per modality ffn { x += linear(silu(linear(x, 8) as up), 8) as down }
      ${middle}
      per modality leave {
        text { a = linear(x, vocab) as head }
        image { b = linear(x, vocab) as head }
      }
      objective text = cross_entropy(a, next_token)
      objective image = cross_entropy(b, next_token)
    }
    train m { data icons context 8, batch 1, steps 10 freeze text ${rate} }`;
    expect(() => modelOf(arms(""))).toThrow("everything that an objective depends on is frozen");
    const attention = "h = split(x, 2) x += merge(attention(h, h, h, mask: causal))";
    expect(modelOf(arms(attention)).parameters.filter(({ isFrozen }) => isFrozen).length).toBe(4);
  });

  test("nothing is computed that only frozen parameters would need", () => {
    const count = (settings: string, op: string): number =>
      trainingGraph(modelOf(spec(settings), "mot")).nodes.filter((node) => node.op === op).length;
    const all = { dw: count(rate, "linear_dw"), dx: count(rate, "linear_dx"), adamw: count(rate, "adamw") };
    const tower = `freeze text ${rate}`;
    expect(count(tower, "linear_dw")).toBe(1 + (all.dw - 1) / 2);
    expect(count(tower, "adamw")).toBe(2 + (all.adamw - 2) / 2);
    // Below the first thing that learns nothing has a gradient.
    const top = `freeze embedding, attn, ffn ${rate}`;
    expect(count(top, "linear_dw")).toBe(1);
    expect(count(top, "linear_dx")).toBe(1);
    expect(count(top, "attention_grad")).toBe(0);
    expect(count(top, "embed_dw")).toBe(0);
  });

  test("costs no floating-point operations that are not done", () => {
    const flops = (settings: string): number => costOf(modelOf(spec(settings), "mot"), 8).flopsPerToken;
    const head = 2 * 12 * 37;
    const forward = 2 * (2 * 12 * 12 * 4 + 2 * 2 * 12 * 20 + 2 * 2 * 12 * 4.5) + head;
    expect(flops(rate)).toBe(3 * forward);
    // The head's weight has a gradient, and nothing else.
    expect(flops(`freeze embedding, attn, ffn, final ${rate}`)).toBe(forward + head);
    // One of two towers.
    const towers = 2 * (2 * 12 * 12 * 4 + 2 * 2 * 12 * 20);
    expect(flops(`freeze text ${rate}`)).toBe(3 * forward - towers / 2);
  });

  test("takes no memory for gradients and moments, and has no tensors of them", () => {
    const artifact = (settings: string) =>
      compile(modelOf(spec(settings), "mot"), { purpose: "train", engine: fastEngine, ...shape });
    const [all, some] = [artifact(rate), artifact(`freeze embedding ${rate}`)];
    const floats = 37 * 12;
    expect(all.memory.gradients - some.memory.gradients).toBeGreaterThanOrEqual(4 * floats);
    expect(all.memory.optimizer - some.memory.optimizer).toBeGreaterThanOrEqual(8 * floats);
    const names = Object.keys(some.tensors).filter((name) => name.endsWith("/embedding"));
    expect(names).toEqual(["param/embedding"]);
  });

  test.each(["mot", "ffn"])(
    "%s: the rest learns as the interpreter says, the frozen stays bit for bit",
    async (variant) => {
      const model = modelOf(spec(`freeze text, embedding, ffn.1.* ${rate}`), variant);
      const session = await openCompiled(model, livelyParameters(model, 3), shape, fastEngine, 2);
      try {
        for (const seed of [1, 2]) {
          const distance = await compareStep(
            session,
            model,
            batchOf(model, seed),
            Float32Array.of(0.01, 2, 3),
          );
          expect(distance.loss).toBeLessThan(1e-6);
          expect(worstTensor(distance).distance, worstTensor(distance).name).toBeLessThan(1e-4);
          for (const { path, isFrozen } of model.parameters)
            if (isFrozen) expect(distance.tensors.get(`param/${path}`), path).toBe(0);
        }
      } finally {
        await session.close();
      }
    },
  );
});

describe("rates by modality", () => {
  const rates =
    "adamw(lr: { text: 4e-3, image: 1e-3 }, warmup: 2, decay: cosine, end: 1e-4, weight_decay: 0.1)";
  const one = (lr: number): string =>
    `adamw(lr: ${lr}, warmup: 2, decay: cosine, end: 1e-4, weight_decay: 0.1)`;

  test("each has its own schedule, and what several share takes the smallest", () => {
    const model = modelOf(spec(rates), "mot");
    const { optimizer } = model.train ?? {};
    if (optimizer === undefined) throw new Error("no optimizer");
    expect(optimizer.lr).toBe(4e-3);
    const schedule = scheduleOf(optimizer, 5, 10);
    expect(schedule.length).toBe(5);
    for (const [place, lr] of [
      [0, 4e-3],
      [3, 4e-3],
      [4, 1e-3],
    ] as const)
      expect(schedule[place]).toBe(scheduleOf({ ...optimizer, lr }, 5, 10)[0]);
    const { rates: places } = learningOf(model);
    expect(["attn.0.text.q", "attn.0.image.q", "embedding", "head"].map((path) => places.get(path))).toEqual([
      ...[3, 4, 4, 4],
    ]);
  });

  test("a step moves every tensor as its rate alone would", async () => {
    const models = [rates, one(4e-3), one(1e-3)].map((settings) => modelOf(spec(settings), "mot"));
    const after = await Promise.all(
      models.map(async (model) => {
        const artifact = compile(model, { purpose: "train", engine: fastEngine, ...shape });
        const session: Session = openSession(artifact, await openDevice(artifact));
        try {
          await session.initialize(3);
          const { metrics } = await trainStep(session, batchOf(model, 1), 1, 10, 0);
          const tensors = new Map<string, Float32Array>();
          for (const { path } of model.parameters) tensors.set(path, await session.read(`param/${path}`));
          return { metrics, tensors };
        } finally {
          await session.close();
        }
      }),
    );
    const [mixed, fast, slow] = after;
    expect(mixed?.metrics.lr).toBe(2e-3);
    expect(mixed?.metrics.lrByModality).toEqual({ text: 2e-3, image: 5e-4 });
    expect(fast?.metrics).not.toHaveProperty("lrByModality");
    for (const { path, modalities } of models[0]?.parameters ?? []) {
      const alone = modalities.join() === "0" ? fast : slow;
      expect(mixed?.tensors.get(path), path).toEqual(alone?.tensors.get(path));
    }
  });
});
