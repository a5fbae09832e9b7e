// open.ts: a model to ask: logits, losses and samples in a few lines of a program of your own, without the command line.
// In: the folder of a run, or a spec. Out: an OpenModel. Runs on the processor's threads.
// What a question needs (a step for so many documents of such a length) is compiled when it is first asked and kept.

import { readFileSync } from "node:fs";
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
  const sessions = new Map<string, Promise<Session>>();
  let prepared: Promise<Dataset> | undefined;

  const open: OpenModel = {
    model,
    dataset: () => {
      prepared ??= prepareFor(found, cacheDirectory);
      return prepared;
    },
    encode: async (prompt) =>
      promptOf(await open.dataset(), typeof prompt === "string" ? [{ kind: "text", text: prompt }] : prompt),
    async logits(documents) {
      const batch = documentsBatch(idsOf(model), documents);
      const session = await open.session("infer", sizesOf(batch));
      session.writeBatch(batch);
      await session.run(["forward"]);
      const all = await session.read("logits");
      return documents.map((document, d) =>
        Array.from({ length: document.length }, (_, t) => {
          const row = session.rowOf(d * batch.context + t);
          return all.slice(row * model.vocab, (row + 1) * model.vocab);
        }),
      );
    },
    async losses(given) {
      const batch = "token" in given ? given : documentsBatch(idsOf(model), given);
      const session = await open.session("evaluate", sizesOf(batch));
      session.writeBatch(batch);
      await session.run(["forward"]);
      return lossRecord(session.artifact, await session.losses());
    },
    async write({ prompt = "", count = 1, seed = 1, temperature = 1, topP = 1 } = {}) {
      const reason = whyNotDecoded(model);
      if (reason !== undefined) throw new DataError(reason);
      const ids = await open.encode(prompt);
      const context = model.train?.context ?? 128;
      if (ids.length >= context)
        throw new DataError(`the prompt has ${ids.length} tokens, and the model has ${context} in all`);
      const session = await open.session("decode", { batch: count, context, span: Math.min(64, ids.length) });
      const prompts = Array.from({ length: count }, () => ids);
      return writeDocuments(session, await open.dataset(), prompts, { seed, temperature, topP });
    },
    session(purpose, { batch, context, span }) {
      const key = JSON.stringify([purpose, batch, context, span]);
      const known = sessions.get(key) ?? openFor(found, { purpose, batch, context, span }, engine, options);
      sessions.set(key, known);
      return known;
    },
    async close() {
      for (const session of sessions.values()) await (await session).close();
      sessions.clear();
    },
  };
  return open;
}

/** Why a model cannot write token by token, if so. */
export function whyNotDecoded({ variant, routings }: Model): string | undefined {
  if (routings.every(({ choice }) => choice.kind !== "expert_choice")) return undefined;
  return `\`${variant}\` cannot write token by token: its experts choose among all tokens of a batch, later ones too`;
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
};

function find(source: ModelSource): Found {
  if ("spec" in source) {
    const model = checked(source.spec, source.variant);
    const seed = source.seed ?? model.train?.seed ?? 1;
    return { model, folder: dirname(source.spec), start: { seed } };
  }
  const { variant, specFolder } = readManifest(source.run);
  return {
    model: checked(join(source.run, "spec.mot"), variant),
    folder: resolve(source.run, specFolder),
    start: loadCheckpoint(join(source.run, "checkpoint.safetensors")),
  };
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

async function prepareFor({ model, folder }: Found, cacheDir: string): Promise<Dataset> {
  const data = model.train?.data;
  if (data === undefined)
    throw new DataError(`\`${model.name}\` has no \`train\` block, which says what its codes mean`);
  const origin =
    data.kind === "builtin" || isAbsolute(data.path) ? data : { ...data, path: join(folder, data.path) };
  return prepareData({ data: origin, modalities: requestedModalities(model), cacheDir });
}

type Wanted = {
  readonly purpose: Artifact["purpose"];
  readonly batch: number;
  readonly context: number;
  readonly span: number | undefined;
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
  const session = openSession(artifact, device);
  if ("tensors" in start) await restoreCheckpoint(session, start);
  else await session.initialize(start.seed);
  return session;
}
