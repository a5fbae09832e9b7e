// random-agreement.ts: drawn specs compiled for a target, and a step of each held to the interpreter's.
// In: ways to run a step. Out: a search that throws for the smallest spec that disagrees, and what it met on its way.

import fc from "fast-check";
import { expect } from "vitest";
import type { Model } from "../../src/check/model.ts";
import { type TargetEngine, trainingGraph } from "../../src/compile.ts";
import { type OpName, ops } from "../../src/ir/ops.ts";
import { lower } from "../../src/lower/lower.ts";
import { withCache } from "../../src/passes/cache.ts";
import type { Batch } from "../../src/runtime/batch.ts";
import { dropoutKey } from "../../src/runtime/parameters.ts";
import { scheduleOf } from "../../src/runtime/schedule.ts";
import { format } from "../../src/syntax/format.ts";
import type { WasmEngine } from "../../src/targets/wasm.ts";
import { randomBatch, randomNumbers } from "./batches.ts";
import { compareStep, worstTensor } from "./compare-step.ts";
import { openCompiled } from "./compiled.ts";
import type { Architecture } from "./cuda-compile.ts";
import { decodePieces, interpretLogits, logitDistance, openDecoding, randomSequences } from "./decoded.ts";
import {
  type InterpretedStep,
  interpretStep,
  layoutOptions,
  livelyParameters,
  modelOf,
  type Parameters,
  relativeDistance,
} from "./interpreted.ts";
import { roundingEffect, roundingOf } from "./narrow.ts";
import { expertsFeatures } from "./random-experts.ts";
import { type RandomCase, randomCases, randomExpertCases } from "./random-spec.ts";
import { choicesOf } from "./routed.ts";

/** What f32 may lose against float64, by how many ops a step has. */
const tolerances: readonly { readonly ops: number; readonly loss: number; readonly tensor: number }[] = [
  { ops: 60, loss: 1e-6, tensor: 3e-5 },
  { ops: 200, loss: 2e-6, tensor: 1e-4 },
  { ops: Number.POSITIVE_INFINITY, loss: 1e-5, tensor: 2e-4 },
];

/** What f32 may lose of a logit, of the largest there is: what is off by a place or a weight is off by far more. */
const decodedTolerance = 1e-4;

/** The model without the places where its parts stand. */
function meaning(model: Model): unknown {
  const isPlace = (key: string): boolean => key === "span";
  const plain = (key: string, value: unknown): unknown =>
    isPlace(key) ? undefined : value instanceof Map ? [...value] : value;
  return JSON.parse(JSON.stringify(model, plain));
}

/**
 * How far the gradients move, in float64, when every parameter moves to an f32 beside it, or stays. A model for which
 * that is much is no measure of the kernels; it is asked only where a step disagrees.
 */
function sensitivity(model: Model, parameters: Parameters, batch: Batch): number {
  const random = randomNumbers(1);
  const moved: Parameters = new Map(
    [...parameters].map(([path, { shape, values }]) => [
      path,
      { shape, values: Float32Array.from(values, (x) => x * (1 + Math.round(2 * random() - 1) * 2 ** -23)) },
    ]),
  );
  const [at, beside] = [parameters, moved].map((values) =>
    interpretStep(model, values, batch, dropoutKey(1, 1)),
  ) as [InterpretedStep, InterpretedStep];
  const norm = Math.hypot(...[...at.gradients.values()].map((gradient) => Math.hypot(...gradient)));
  const distances = [...at.gradients].map(([path, gradient]) =>
    relativeDistance(beside.gradients.get(path) ?? [], gradient, 1e-3 * norm),
  );
  return Math.max(...distances);
}

/** Whether no choice of an expert is so close that rounding may decide it. */
function isClear(model: Model, parameters: Parameters, batch: Batch, doubt: number): boolean {
  const { margin, hasTies } = choicesOf(model, parameters, batch, dropoutKey(1, 1));
  return margin > doubt && !hasTies;
}

/** What the drawn specs had in them, and what they became. */
export type Seen = {
  readonly features: Set<string>;
  readonly ops: Set<OpName>;
  readonly kernels: Set<string>;
};

export const nothingSeen = (): Seen => ({ features: new Set(), ops: new Set(), kernels: new Set() });

/** A way to run a compiled step. */
export type Way = {
  readonly engine: TargetEngine;
  readonly threads?: number;
  /** What an emulated GPU stands for. */
  readonly architecture?: Architecture;
};

/** What bf16 may be off from the interpreter that rounds where the plan says so: a number between two goes either way. */
const narrowTolerance = { loss: 2e-2, tensor: 0.1 };

/** Compiles a drawn spec, runs a step and holds it to the interpreter's; formatting it must change nothing. */
export async function agrees(drawn: RandomCase, ways: readonly Way[], seen: Seen): Promise<void> {
  const model = modelOf(drawn.text, "v");
  const formatted = format({ name: "test.mot", text: drawn.text });
  expect(formatted.diagnostics).toEqual([]);
  expect(meaning(modelOf(formatted.text, "v"))).toEqual(meaning(model));

  const optimizer = model.train?.optimizer;
  if (optimizer === undefined) throw new Error("every drawn spec trains");
  const { nodes } = trainingGraph(model);
  const { modalities } = layoutOptions(model);
  const way = ways[drawn.engine % ways.length];
  if (way === undefined) throw new Error(`no engine ${drawn.engine}`);
  const { batch, context } = drawn;
  const parameters = livelyParameters(model, drawn.seed);
  const { engine, threads = 1, architecture } = way;
  const isNarrow = engine.target === "cuda" && engine.precision === "bf16";
  const exact = tolerances.find((row) => nodes.length <= row.ops) ?? { loss: 0, tensor: 0 };
  const tolerance = isNarrow ? narrowTolerance : exact;
  const rounding = isNarrow ? roundingOf(model, { batch, context }, engine) : undefined;
  const session = await openCompiled(model, parameters, { batch, context }, engine, threads, architecture);
  for (const feature of drawn.features) seen.features.add(feature);
  // Experts that choose see later tokens, so such a model draws no samples.
  const isDecodable = model.routings.every(({ choice }) => choice.kind === "top");
  const cached = isDecodable ? withCache(lower(model, { loss: false, logits: true }), 1).nodes : [];
  for (const { op } of [...nodes, ...cached]) seen.ops.add(op);
  for (const { kind } of session.artifact.kernels) seen.kernels.add(kind);
  try {
    const tokens = randomBatch({ ...drawn, modalities });
    const schedule = Float32Array.of(0.01, 2, 3, 0.01, 0.03, 0.02, 0.05);
    const { length } = scheduleOf(session.artifact.optimizer ?? optimizer, 1, 1);
    const distance = await compareStep(session, model, tokens, schedule.subarray(0, length), rounding);
    const worst = worstTensor(distance);
    const isClose = distance.loss < tolerance.loss && worst.distance < tolerance.tensor;
    fc.pre(isClose || isClear(model, parameters, tokens, isNarrow ? 0.05 : 1e-5));
    if (rounding === undefined)
      fc.pre(isClose || sensitivity(model, parameters, tokens) < tolerance.tensor / 10);
    else fc.pre(isClose || roundingEffect(model, parameters, tokens, rounding) < tolerance.tensor / 2);
    expect(distance.loss, "loss").toBeLessThan(tolerance.loss);
    expect(worst.distance, `${worst.name}, ${nodes.length} ops`).toBeLessThan(tolerance.tensor);
  } finally {
    await session.close();
  }
  // A third of them: compiling is what takes the time. What is written are tokens, so patches have no part in it.
  const isWritten = model.modalities.every(({ form }) => form.kind === "tokens");
  if (isDecodable && isWritten && isOfProcessor(way.engine) && drawn.seed % 3 === 0)
    await decodesAlike(drawn, model, parameters, { ...way, engine: way.engine }, seen);
}

const isOfProcessor = (engine: TargetEngine): engine is WasmEngine =>
  engine.target === undefined || engine.target === "wasm";

/** Logits with kept keys and values, in pieces, beside those of whole sequences from the interpreter. */
async function decodesAlike(
  { batch, context, seed, present }: RandomCase,
  model: Model,
  parameters: Parameters,
  { engine, threads = 1 }: { readonly engine: WasmEngine; readonly threads?: number },
  seen: Seen,
): Promise<void> {
  // A choice between experts that score nearly alike may turn on a rounding; test/decode.test.ts has one that does not.
  if (model.routings.length > 0) return;
  const sizes = { batch, context, span: 1 + (seed % 3), engine, threads };
  const sequences = randomSequences(model, sizes, seed, present);
  const whole = interpretLogits(model, parameters, sequences, context);
  const session = await openDecoding(model, parameters, sizes);
  for (const { kind } of session.artifact.kernels) seen.kernels.add(kind);
  try {
    const names = Object.keys(session.artifact.tensors).filter((name) => name.startsWith("logits"));
    for (const name of names) {
      const found = await decodePieces(session, sequences, (s, at) => 1 + ((s + at + seed) % 4), name);
      expect(
        logitDistance(found, (s, at) => whole(name, s, at)),
        `decoded ${name}`,
      ).toBeLessThan(decodedTolerance);
    }
  } finally {
    await session.close();
  }
}

export type Search = {
  readonly seed: number;
  readonly runs: number;
  /** Whether specs may have blocks of experts. */
  readonly experts: boolean;
  /** Specs drawn again, at most, as a share of `runs`; a tenth unless given. */
  readonly skips?: number;
};

/** Draws specs until one fails; throws with the seed and the smallest that does. */
export async function searchSpecs(
  ways: readonly Way[],
  seen: Seen,
  { seed, runs, experts, skips = 0.1 }: Search,
): Promise<void> {
  const property = fc.asyncProperty(experts ? randomExpertCases : randomCases, (drawn) =>
    agrees(drawn, ways, seen),
  );
  const result = await fc.check(property, {
    seed,
    numRuns: runs,
    // Specs that rounding alone throws about are drawn again, but must stay few.
    maxSkipsPerRun: skips,
    // Bounds shrinking; a machine that takes this long without a failure misses the coverage that its test asks for.
    interruptAfterTimeLimit: 240_000,
  });
  if (!result.failed) return;
  const [drawn] = result.counterexample ?? [];
  const { text = "", features: _features, ...batch } = drawn ?? {};
  const why =
    result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance);
  throw new Error(
    `MOTLEY_SPEC_SEED=${seed}, run ${result.numRuns}, shrunk ${result.numShrinks} times, path ${result.counterexamplePath}\n${why}\n${JSON.stringify(batch)}\n${text}`,
  );
}

/** What a search must have met. */
export function expectReached(
  seen: Seen,
  kernels: Readonly<Record<string, true>>,
  { experts }: { readonly experts: boolean },
): void {
  const all = experts ? [...features, ...expertsFeatures] : features;
  expect(all.filter((feature) => !seen.features.has(feature))).toEqual([]);
  expect([...seen.features].filter((feature) => !all.includes(feature))).toEqual([]);
  const wanted = Object.keys(ops).filter((op) => experts || !ofExperts.includes(op as OpName));
  expect(wanted.filter((op) => !seen.ops.has(op as OpName))).toEqual([]);
  expect(Object.keys(kernels).filter((kind) => !seen.kernels.has(kind))).toEqual([]);
}

/** Reached where specs with experts are drawn. */
const ofExperts: readonly OpName[] = [
  ...(["softmax", "softmax_dx", "route", "dispatch", "dispatch_dx"] as const),
  ...(["combine", "combine_dy", "combine_dp", "balance", "balance_dx"] as const),
];

const features = [
  ...["share: nothing", "share: all", "share: label", "share: path", "share: between", "share: override"],
  ...["1 modalities", "2 modalities", "3 modalities", "4 modalities", "an absent modality"],
  ...["global", "per modality", "without a label", "arms", "a modality without an arm"],
  ...["per-modality constant", "uneven widths", "queries and keys from arms", "a value that one arm reads"],
  ...["a value handed on by arms and read elsewhere", "parameters without a gradient"],
  ...["embedding: global", "embedding: per modality", "embedding: arms", "embedding: two"],
  ...["call: once", "call: twice", "call: repeat", "call: nested repeat", "call: repeat 0"],
  ...["a layer inside a layer", "a layer inside per modality"],
  ...["grouped-query heads", "heads no vector fits", "norm over heads", "rope", "output norm"],
  ...["objectives: one", "objectives: two on one logits", "objectives: two logits"],
  ...["objectives: some modalities", "objectives: capped logits", "z_loss", "a loss in chunks"],
  ...["patches", "two modalities of patches", "a mean square of two values", "logits in one arm"],
  ...["a mask within spans"],
  ...["engine 0", "engine 1", "engine 2", "engine 3", "documents of one token", "fewer rows than a tile has"],
  ...["dropout", "tied embeddings", "freeze", "rates by modality"],
];

/** A spec found by the search, cut down; the title is what one saw. */
const symptoms: readonly {
  readonly symptom: string;
  readonly body: string;
  readonly batch?: number;
  readonly context?: number;
}[] = [
  {
    symptom: "an embedding inside arms gets the gradient of other modalities' rows",
    body: `const dim = 8
     modality text = tokens(vocab: 5)
     modality image = tokens(vocab: 4)
     per modality enter { text { x = embed(tokens, dim) as a } image { x = linear(embed(tokens, 3) as b, dim) as c } }
     logits = linear(x, vocab) as head
     objective text, image = cross_entropy(logits, next_token)`,
  },
  {
    symptom: "a stream of width 1 that feeds two matmuls has wrong gradients",
    body: `modality text = tokens(vocab: 21)
     x = embed(tokens, 1) as embedding
     logits = linear(x, vocab) as head
     others = linear(x, vocab) as other_head
     objective text = cross_entropy(logits, next_token)
     objective text = cross_entropy(others, next_token)`,
  },
  {
    symptom: "two objectives of one logits with unlike z_loss are a compiler bug",
    body: `modality text = tokens(vocab: 7)
     modality image = tokens(vocab: 3)
     x = embed(tokens, 4) as embedding
     logits = linear(x, vocab) as head
     objective text = cross_entropy(logits, next_token, z_loss: 1e-3)
     objective image = 0.5 * cross_entropy(logits, next_token)`,
  },
  {
    symptom: "a loss in exactly two chunks is taken for a race",
    body: `modality text = tokens(vocab: 4200)
     x = embed(tokens, 4) as embedding
     logits = linear(x, vocab) as head
     objective text = cross_entropy(logits, next_token)`,
    batch: 4,
    context: 49,
  },
  {
    symptom: "a large batch loses its last rows where the loss does not run in chunks",
    body: `modality text = tokens(vocab: 4200)
     modality image = tokens(vocab: 2)
     x = embed(tokens, 4) as embedding
     x = rms_norm(x) as norm
     logits = linear(x, vocab) as head
     objective image = cross_entropy(logits, next_token, z_loss: 1e-3)
     objective text = cross_entropy(logits, next_token)`,
    batch: 4,
    context: 49,
  },
];

export const symptomNames: readonly string[] = symptoms.map(({ symptom }) => symptom);

/** One of the specs that a search once found. */
export async function agreesOn(name: string, way: Way): Promise<void> {
  const { body = "", batch = 2, context = 9 } = symptoms.find(({ symptom }) => symptom === name) ?? {};
  const text = `model m { ${body} }\nvariant v = m\ntrain m { data icons context 8, batch 1, steps 10, seed 1 adamw(lr: 1e-2) }`;
  const present = modelOf(text, "v").modalities.map((_, m) => m);
  const drawn = {
    text,
    features: new Set<string>(),
    batch,
    context,
    seed: 7,
    engine: 0,
    present,
    emptyTail: 0,
  };
  await agrees(drawn, [way], nothingSeen());
}
