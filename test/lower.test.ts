// lower.test.ts: what lowering makes of a model, and the promises the language gives about sharing: sharing everything
// is the plain model, towers with equal weights are dense, and the order of declarations means nothing.

import { describe, expect, test } from "vitest";
import { differentiate } from "../src/autodiff/differentiate.ts";
import type { AdamW, Model } from "../src/check/model.ts";
import type { Graph } from "../src/ir/graph.ts";
import { interpret } from "../src/ir/interpret.ts";
import { lower } from "../src/lower/lower.ts";
import { addUpdate } from "../src/lower/optimizer.ts";
import type { Batch } from "../src/runtime/batch.ts";
import { layoutBatch } from "../src/runtime/layout.ts";
import { randomBatch } from "./support/batches.ts";
import { reversed, towerSums, towers, withoutPerModality } from "./support/equal-models.ts";
import {
  initialParameters,
  interpretStep,
  layoutOptions,
  livelyParameters,
  modelOf,
  relativeDistance,
  specText,
} from "./support/interpreted.ts";

/** A graph without what it does not compute with: places in the source, scopes, and the paths of parameters. */
function structure(graph: Graph): unknown {
  return graph.nodes.map(({ op, inputs, weights, attributes }) => {
    const { path: _, ...rest } = attributes as Record<string, unknown>;
    return { op, inputs, weights, attributes: rest };
  });
}

const batchFor = (model: Model, seed: number, present?: readonly number[]): Batch =>
  randomBatch({
    batch: 2,
    context: 12,
    modalities: layoutOptions(model).modalities,
    seed,
    ...(present ? { present } : {}),
  });

describe("sharing", () => {
  test.each(["example", "odd", "single", "output_norm"])(
    "%s: share all is the model without per modality",
    (name) => {
      const text = specText(name);
      const plain = withoutPerModality(text);
      expect(plain).not.toMatch(/^ *per modality/m);
      const shared = differentiate(lower(modelOf(text, "dense")));
      expect(structure(shared)).toEqual(structure(differentiate(lower(modelOf(plain)))));
      expect(shared.nodes.length).toBeGreaterThan(20);
    },
  );

  test("one modality is dense, and starts from the same bits", () => {
    const [dense, mot] = ["dense", "mot"].map((variant) => modelOf(specText("single"), variant)) as [
      Model,
      Model,
    ];
    expect(structure(lower(mot))).toEqual(structure(lower(dense)));
    const values = (model: Model): unknown => [...initialParameters(model, 3).values()];
    expect(values(mot)).toEqual(values(dense));
    expect(mot.parameters.map(({ path }) => path)).not.toEqual(dense.parameters.map(({ path }) => path));
  });

  test.each([
    ["odd", "mot"],
    ["odd", "pair"],
    ["odd", "mixed"],
    ["output_norm", "mot"],
  ])(
    "%s %s: towers that all hold the dense weights give the dense loss and share its gradients",
    (name, variant) => {
      const [dense, mot] = ["dense", variant].map((v) => modelOf(specText(name), v)) as [Model, Model];
      const weights = livelyParameters(dense, 1);
      const { copies, denseOf } = towers(dense, mot, weights);
      const batch = batchFor(dense, 2);
      const [expected, got] = [interpretStep(dense, weights, batch), interpretStep(mot, copies, batch)];
      expect(got.losses.total).toBeCloseTo(expected.losses.total, 12);
      const sums = towerSums(got.gradients, denseOf);
      expect([...sums.keys()].sort()).toEqual([...expected.gradients.keys()].sort());
      for (const [path, sum] of sums) {
        expect(relativeDistance(sum, expected.gradients.get(path) ?? []), path).toBeLessThan(1e-12);
      }
    },
  );

  test("the order in which modalities are declared changes no loss", () => {
    const model = modelOf(specText("odd"), "mot");
    const weights = livelyParameters(model, 4);
    const batch = batchFor(model, 5);
    const other = reversed(specText("odd"), "mot");
    expect(other.model.modalities.map(({ name }) => name)).toEqual(["speech", "image", "text"]);
    const expected = interpretStep(model, weights, batch);
    const got = interpretStep(other.model, other.parameters(weights), other.batch(batch));
    expect(got.losses.total).toBeCloseTo(expected.losses.total, 10);
    expect(got.losses.modalities.toReversed()).toEqual(
      expected.losses.modalities.map((x) => expect.closeTo(x, 10)),
    );
    const path = "block.1.ffn.speech.gate";
    const distance = relativeDistance(got.gradients.get(path) ?? [], expected.gradients.get(path) ?? []);
    expect(distance).toBeLessThan(1e-10);
  });
});

describe("losses", () => {
  const spec = (objectives: string): string => `
    model two {
      modality text = tokens(vocab: 7)
      modality image = tokens(vocab: 5)
      x = embed(tokens, 6) as embedding
      a = linear(x, vocab) as a
      b = linear(x, vocab) as b
      ${objectives}
    }`;

  test("objectives on one logits value are one cross-entropy", () => {
    const model = modelOf(
      spec(
        "objective text = cross_entropy(a, next_token) objective image = 2 * cross_entropy(a, next_token)",
      ),
    );
    const nodes = lower(model).nodes.filter(({ op }) => op === "cross_entropy" || op === "loss_sums");
    expect(nodes).toHaveLength(2);
  });

  test("objectives on several logits add up, and so do their gradients", () => {
    const text = "objective text = cross_entropy(a, next_token)";
    const image = "objective image = 2 * cross_entropy(b, next_token, z_loss: 1e-2)";
    const [both, first, second] = [`${text} ${image}`, text, image].map((o) => modelOf(spec(o))) as [
      Model,
      Model,
      Model,
    ];
    const parameters = livelyParameters(both, 1);
    const batch = batchFor(both, 6);
    const steps = [both, first, second].map((model) => {
      const own = new Map([...parameters].filter(([path]) => model.parameters.some((p) => p.path === path)));
      return interpretStep(model, own, batch);
    });
    const [sum, one, two] = steps as [(typeof steps)[0], (typeof steps)[0], (typeof steps)[0]];
    expect(sum.losses.total).toBeCloseTo(one.losses.total + two.losses.total, 12);
    const gradient = (step: (typeof steps)[0]): Float64Array =>
      step.gradients.get("embedding") ?? new Float64Array();
    const expected = gradient(one).map((x, i) => x + (gradient(two)[i] ?? 0));
    expect(relativeDistance(gradient(sum), expected)).toBeLessThan(1e-12);
  });

  test("a batch without targets has loss zero and gradient zero", () => {
    const model = modelOf(specText("odd"), "mot");
    const batch = { ...batchFor(model, 1), target: new Int32Array(24).fill(-1) };
    const step = interpretStep(model, livelyParameters(model, 1), batch);
    expect(step.losses).toEqual({ total: 0, modalities: [0, 0, 0] });
    for (const gradient of step.gradients.values()) expect(gradient.every((x) => x === 0)).toBe(true);
  });

  test("logits come out on request, with or without a loss", () => {
    const model = modelOf(specText("odd"), "mot");
    const names = (graph: Graph): readonly string[] => graph.results.map(({ name }) => name);
    expect(names(lower(model))).toEqual(["loss"]);
    expect(names(lower(model, { logits: true }))).toEqual(["loss", "logits"]);
    const inference = lower(model, { loss: false, logits: true });
    expect(names(inference)).toEqual(["logits"]);
    expect(inference.nodes.some(({ op }) => op === "cross_entropy")).toBe(false);
  });
});

describe("constants", () => {
  test.each([
    ["x + 3", (x: number) => x + 3],
    ["3 + x", (x: number) => x + 3],
    ["x - 3", (x: number) => x - 3],
    ["3 - x", (x: number) => 3 - x],
    ["x * 3", (x: number) => x * 3],
    ["3 * x", (x: number) => x * 3],
    ["x / 4", (x: number) => x / 4],
    ["4 / x", (x: number) => 4 / x],
  ])("%s", (expression, expected) => {
    const model = modelOf(`
      model m {
        modality text = tokens(vocab: 4)
        x = embed(tokens, 4) as embedding
        logits = ${expression}
        objective text = cross_entropy(logits, next_token)
      }`);
    const parameters = livelyParameters(model, 2);
    const batch = batchFor(model, 3);
    const { offsets, inputs } = layoutBatch(batch, layoutOptions(model));
    const params = new Map([...parameters].map(([path, { values }]) => [path, values]));
    const results = interpret(lower(model, { logits: true }), { offsets: [...offsets], inputs, params });
    const table = params.get("embedding") ?? [];
    const [token = 0] = inputs.get("tokens") ?? [];
    const row = [...(results.get("logits") ?? [])].slice(0, 4);
    for (const [i, y] of row.entries())
      expect(y).toBeCloseTo(expected(table[4 * token + i] ?? Number.NaN), 9);
  });
});

describe("addUpdate", () => {
  const settings: AdamW = {
    lr: 1e-2,
    warmup: 0,
    decay: "constant",
    end: 0,
    beta1: 0.9,
    beta2: 0.95,
    eps: 1e-8,
    weightDecay: 0.1,
    clip: 0.5,
  };

  test("is AdamW with clipping by the norm of all gradients, and decays tensors of rank 2 only", () => {
    const model = modelOf(specText("single"), "mot");
    const parameters = livelyParameters(model, 2);
    const { offsets, inputs } = layoutBatch(batchFor(model, 3), layoutOptions(model));
    const params = new Map([...parameters].map(([path, { values }]) => [path, values]));
    const moments = new Map(
      model.parameters.flatMap(({ path }) => [
        [`m/${path}`, (params.get(path) ?? new Float32Array()).map((x) => x / 10)],
        [`v/${path}`, (params.get(path) ?? new Float32Array()).map((x) => x * x)],
      ]),
    );
    const schedule = [0.01, 1 / (1 - 0.9 ** 3), 1 / (1 - 0.95 ** 3)];
    const results = interpret(addUpdate(differentiate(lower(model)), settings), {
      offsets: [...offsets],
      inputs: new Map<string, ArrayLike<number>>([...inputs, ["schedule", schedule]]),
      params,
      states: moments,
    });
    const grads = model.parameters.map(({ path }) => [...(results.get(`grad/${path}`) ?? [])]);
    const norm = Math.sqrt(grads.flat().reduce((sum, g) => sum + g * g, 0));
    expect(results.get("norm")?.[0]).toBeCloseTo(norm, 12);
    expect(norm).toBeGreaterThan(0.5);
    const factor = Math.min(1, 0.5 / (norm + 1e-6));
    for (const [i, { path, shape }] of model.parameters.entries()) {
      const [w, m, v] = [params, moments, moments].map(
        (map, k) => map.get(`${["", "m/", "v/"][k]}${path}`) ?? [],
      );
      for (const [j, gradient] of (grads[i] ?? []).entries()) {
        const g = gradient * factor;
        const newM = 0.9 * (m?.[j] ?? 0) + 0.1 * g;
        const newV = 0.95 * (v?.[j] ?? 0) + 0.05 * g * g;
        const decayed = (w?.[j] ?? 0) * (1 - 0.01 * (shape.length === 2 ? 0.1 : 0));
        const step = (newM * (schedule[1] ?? 0)) / (Math.sqrt(newV * (schedule[2] ?? 0)) + 1e-8);
        expect(results.get(`m/${path}`)?.[j]).toBeCloseTo(newM, 10);
        expect(results.get(`v/${path}`)?.[j]).toBeCloseTo(newV, 10);
        expect(results.get(`param/${path}`)?.[j]).toBeCloseTo(decayed - 0.01 * step, 10);
      }
    }
  });

  test("declares one norm and one update per parameter, shared ones once", () => {
    const model = modelOf(specText("odd"), "pair");
    const graph = addUpdate(differentiate(lower(model)), settings);
    const count = (op: string): number => graph.nodes.filter((node) => node.op === op).length;
    expect(count("global_norm")).toBe(1);
    expect(count("adamw")).toBe(model.parameters.length);
  });
});
