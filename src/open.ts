// open.ts: a model to ask: logits, losses and samples in a few lines of a program of your own, without the command line.
// In: the folder of a run, or a spec. Out: an OpenModel. Runs on the processor's threads.
// What a question needs (a step for so many documents of such a length) is compiled when it is first asked, and a few are kept.

import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { checkAllSource } from "./check/load.ts";
import type { Model } from "./check/model.ts";
import { requestedModalities } from "./check/requested.ts";
import { compile } from "./compile.ts";
import { DataError, type Dataset } from "./data/dataset.ts";
import { prepareData } from "./data/prepare.ts";
import { type PromptPart, promptOf, type WrittenPart } from "./data/prompts.ts";
import { hasErrors } from "./diagnostics/diagnostic.ts";
import { renderDiagnostics } from "./diagnostics/render.ts";
import type { Batch } from "./runtime/batch.ts";
import { type Checkpoint, loadCheckpoint, restoreCheckpoint } from "./runtime/checkpoint.ts";
import { documentsBatch, type IdRange } from "./runtime/documents.ts";
import { writeDocuments } from "./runtime/drawing.ts";
import { detectEngine, type Engine } from "./runtime/engine.ts";
import { type KeptSessions, keepOne, keepSessions, oneAtATime } from "./runtime/kept-sessions.ts";
import { readManifest } from "./runtime/run-folder.ts";
import { openSession, type Session } from "./runtime/session.ts";
import { lossRecord } from "./runtime/step.ts";
import { openWasmDevice } from "./runtime/wasm.ts";
import type { Artifact } from "./targets/artifact.ts";
import { wasmProbe } from "./targets/wasm-probe.ts";

/** What to open: a run that was trained, or a spec with the parameters that a seed draws. */
export type ModelSource =
  | { readonly run: string }
  | { readonly spec: string; readonly variant?: string; readonly seed?: number };

export type OpenOptions = {
  readonly threads?: number;
  /** For prepared data, assembled modules and the engine's choice; `.cache/motley` here unless given. */
  readonly cacheDirectory?: string;
};

export type Writing = {
  /** How the document begins; nothing unless given. */
  readonly prompt?: string | readonly PromptPart[];
  readonly count?: number;
  readonly seed?: number;
  /** 1 unless given: as the model says; 0 takes the likeliest. */
  readonly temperature?: number;
  /** 1 unless given: of all; less: only of the likeliest that make up this share. */
  readonly topP?: number;
};

export type OpenModel = {
  readonly model: Model;
  /** What it is trained on, prepared on first use. */
  dataset(): Promise<Dataset>;
  /** Joint ids of a document that begins like this. */
  encode(prompt: string | readonly PromptPart[]): Promise<Int32Array>;
  /** Logits after each token of each document: a row of `vocab` numbers per token. */
  logits(documents: readonly ArrayLike<number>[]): Promise<readonly (readonly Float32Array[])[]>;
  /** Mean loss per target: `total`, and one per modality that has targets in these documents, or in a batch. */
  losses(documents: readonly ArrayLike<number>[] | Batch): Promise<Readonly<Record<string, number>>>;
  /** Documents that go on as the model likes, across modalities; the prompt is not repeated. */
  write(writing?: Writing): Promise<readonly (readonly WrittenPart[])[]>;
  /** A session compiled for a purpose, with this model's parameters: for anything else. It is closed with the model. */
  session(
    purpose: "evaluate" | "infer" | "decode",
    sizes: { readonly batch: number; readonly context: number; readonly span?: number },
  ): Promise<Session>;
  close(): Promise<void>;
};

/** Opens a run or a spec; throws DataError, or an Error with the diagnostics of a spec that does not check. */
export async function openModel(source: ModelSource, options: OpenOptions = {}): Promise<OpenModel> {
  const cacheDirectory = options.cacheDirectory ?? join(".cache", "motley");
  const engine = await detectEngine({ probe: wasmProbe, cacheDirectory });
  const found = find(source);
  const { model } = found;
  const open = (wanted: Wanted): Promise<Session> => openFor(found, wanted, engine, options);
  // What is lent may be in use at any time, so that questions have sessions of their own.
  const lent = keepSessions(open, Number.POSITIVE_INFINITY);
  const own = keepSessions(open, mostSessions);
  const inTurn = oneAtATime();
  const dataset = keepOne(() => prepareFor(found, cacheDirectory));
  const encode: OpenModel["encode"] = async (prompt) =>
    promptOf(await dataset(), typeof prompt === "string" ? [{ kind: "text", text: prompt }] : prompt);
  return {
    model,
    dataset,
    encode,
    logits: (documents) => inTurn(() => logitsOf(model, own, documents)),
    losses: (given) => inTurn(() => lossesOf(model, own, given)),
    async write({ prompt = "", count = 1, seed = 1, temperature = 1, topP = 1 } = {}) {
      requireDecoded(model);
      const ids = await encode(prompt);
      const context = contextOf(model);
      if (ids.length >= context)
        throw new DataError(`the prompt has ${ids.length} tokens, and the model has ${context} in all`);
      const prompts = Array.from({ length: count }, () => ids);
      return inTurn(async () => {
        const span = Math.min(widestSpan, context);
        const session = await own.get({ purpose: "decode", batch: count, context, span });
        return writeDocuments(session, await dataset(), prompts, { seed, temperature, topP });
      });
    },
    async session(purpose, { batch, context, span }) {
      if (purpose === "decode") requireDecoded(model);
      return lent.get({ purpose, batch, context, span });
    },
    close: () => inTurn(() => own.close().finally(() => lent.close())),
  };
}

/** Sessions that questions keep: a shape that was not asked for lately is compiled again. */
const mostSessions = 4;
/** New tokens of a document that one run takes at most. */
const widestSpan = 64;

const contextOf = ({ train }: Model): number => train?.context ?? 128;

async function logitsOf(
  model: Model,
  sessions: KeptSessions<Wanted>,
  documents: readonly ArrayLike<number>[],
): Promise<readonly (readonly Float32Array[])[]> {
  const batch = roomyBatch(model, documents);
  const session = await sessions.get({ purpose: "infer", ...sizesOf(batch) });
  session.writeBatch(batch);
  await session.run(["forward"]);
  const all = await session.read("logits");
  return documents.map((document, d) =>
    Array.from({ length: document.length }, (_, t) => {
      const row = session.rowOf(d * batch.context + t);
      return all.slice(row * model.vocab, (row + 1) * model.vocab);
    }),
  );
}

async function lossesOf(
  model: Model,
  sessions: KeptSessions<Wanted>,
  given: readonly ArrayLike<number>[] | Batch,
): Promise<Readonly<Record<string, number>>> {
  const batch = "token" in given ? given : roomyBatch(model, given);
  const session = await sessions.get({ purpose: "evaluate", ...sizesOf(batch) });
  session.writeBatch(batch);
  await session.run(["forward"]);
  return lossRecord(session.artifact, await session.losses());
}

/**
 * Documents in a batch of one of a few shapes, so that few steps are compiled: powers of two, and the model's own context
 * for what fits in it but in no less. Positions that hold nothing have no rows, and cost next to nothing.
 */
function roomyBatch(model: Model, documents: readonly ArrayLike<number>[]): Batch {
  const rows = powerFrom(documents.length);
  const nothing: readonly number[] = [];
  const all = Array.from({ length: rows }, (_, d) => documents[d] ?? nothing);
  const tight = documentsBatch(idsOf(model), all);
  const own = contextOf(model);
  const context = tight.context <= own ? Math.min(own, powerFrom(tight.context)) : powerFrom(tight.context);
  const widen = (values: Int32Array, empty: number): Int32Array => {
    const wide = new Int32Array(rows * context).fill(empty);
    for (let d = 0; d < rows; d += 1)
      wide.set(values.subarray(d * tight.context, (d + 1) * tight.context), d * context);
    return wide;
  };
  const { token, target, modality, document, position } = tight;
  return {
    ...{ batch: rows, context, token: widen(token, -1), target: widen(target, -1) },
    ...{ modality: widen(modality, -1), document: widen(document, -1), position: widen(position, 0) },
  };
}

/** The least power of two that is no less. */
const powerFrom = (count: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, count)));

/** Why a model cannot write token by token, if so. */
export function whyNotDecoded({ variant, routings }: Model): string | undefined {
  if (routings.every(({ choice }) => choice.kind !== "expert_choice")) return undefined;
  return `\`${variant}\` cannot write token by token: its experts choose among all tokens of a batch, later ones too`;
}

function requireDecoded(model: Model): void {
  const reason = whyNotDecoded(model);
  if (reason !== undefined) throw new DataError(reason);
}

const sizesOf = ({ batch, context }: Batch): { readonly batch: number; readonly context: number } => ({
  batch,
  context,
});

/** By modality. */
function idsOf({ modalities }: Model): readonly (IdRange | undefined)[] {
  return modalities.map(({ form }) => (form.kind === "tokens" ? form : undefined));
}

type Found = {
  readonly model: Model;
  /** What a data folder in the spec is relative to. */
  readonly folder: string;
  readonly start: Checkpoint | { readonly seed: number };
  /** The run's folder, where it is one. */
  readonly run?: string;
};

function find(source: ModelSource): Found {
  if ("spec" in source) {
    const model = checked(source.spec, source.variant);
    const seed = source.seed ?? model.train?.seed ?? 1;
    return { model, folder: dirname(source.spec), start: { seed } };
  }
  const { run } = source;
  const { variant, specFolder } = readManifest(run);
  requireCheckpoint(run);
  return {
    model: checked(join(run, "spec.mot"), variant),
    folder: resolve(run, specFolder),
    start: loadCheckpoint(join(run, "checkpoint.safetensors")),
    run,
  };
}

/** Refuses a run that has written no checkpoint. */
export function requireCheckpoint(run: string): void {
  if (existsSync(join(run, "checkpoint.safetensors"))) return;
  const help = "wait for the first one, or train with a smaller `--checkpoint-every`";
  throw new DataError(`the run in ${run} has no checkpoint yet`, help);
}

/** Refuses other data than a run was trained on. */
export function requireSameData(run: string, { hash }: Pick<Dataset, "hash">): void {
  if (hash === readManifest(run).dataHash) return;
  const help = "its codes would mean other text and pictures; restore the data, or train again";
  throw new DataError(`the run in ${run} was trained on other data than there is now`, help);
}

function checked(file: string, variant: string | undefined): Model {
  const read = (path: string): { readonly name: string; readonly text: string } => ({
    name: path,
    text: readFileSync(path, "utf8"),
  });
  const { models, diagnostics } = checkAllSource(read(file), (path) => {
    try {
      return read(path);
    } catch {
      return undefined;
    }
  });
  if (hasErrors(diagnostics)) throw new DataError(renderDiagnostics(diagnostics));
  const model = models.get(variant ?? [...models.keys()][0] ?? "");
  if (model !== undefined) return model;
  throw new DataError(`${file} has no variant \`${variant}\`: it has ${[...models.keys()].join(", ")}`);
}

async function prepareFor({ model, folder, run }: Found, cacheDir: string): Promise<Dataset> {
  const data = model.train?.data;
  if (data === undefined)
    throw new DataError(`\`${model.name}\` has no \`train\` block, which says what its codes mean`);
  const origin =
    data.kind === "builtin" || isAbsolute(data.path) ? data : { ...data, path: join(folder, data.path) };
  const dataset = await prepareData({ data: origin, modalities: requestedModalities(model), cacheDir });
  if (run !== undefined) requireSameData(run, dataset);
  return dataset;
}

type Wanted = {
  readonly purpose: Artifact["purpose"];
  readonly batch: number;
  readonly context: number;
  readonly span?: number | undefined;
};

async function openFor(
  { model, start }: Found,
  { span, ...sizes }: Wanted,
  engine: Engine,
  { threads, cacheDirectory }: OpenOptions,
): Promise<Session> {
  const artifact = compile(model, { ...sizes, engine, ...(span === undefined ? {} : { span }) });
  const device = await openWasmDevice(artifact, {
    ...(threads === undefined ? {} : { threads }),
    ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
  });
  try {
    const session = openSession(artifact, device);
    if ("tensors" in start) await restoreCheckpoint(session, start);
    else await session.initialize(start.seed);
    return session;
  } catch (error) {
    await device.close();
    throw error;
  }
}
