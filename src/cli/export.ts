// export.ts: `motley export`: a batch and everything a step made of it, for programs that check us from outside.
// In: a spec, or the folder of a run. Out: one safetensors file: parameters, gradients before clipping, batch, losses.

import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  createBatchStream,
  exportStep,
  loadCheckpoint,
  type Model,
  readManifest,
  restoreCheckpoint,
  type Session,
  type Tensor,
  trainStep,
  writeSafetensors,
} from "../index.ts";
import { exitCodes, Failure } from "./failure.ts";
import { type DeviceOptions, prepareMachine } from "./machine.ts";
import { say } from "./output.ts";
import { refuseComparison } from "./runs.ts";
import { loadSpec, pickVariant } from "./spec.ts";
import {
  compileFor,
  openSessions,
  prepare,
  type TrainSettings,
  trainSettings,
  withRate,
} from "./training.ts";

export type ExportOptions = DeviceOptions & {
  readonly variant?: string;
  readonly seed?: number;
  readonly steps: number;
  readonly out: string;
};

export async function exportCommand(path: string, options: ExportOptions): Promise<number> {
  const isRun = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const { model, settings, folder, checkpoint } = isRun ? openRun(path, options) : openSpec(path, options);
  const machine = await prepareMachine(options);
  const dataset = await prepare(model, folder, settings);
  const [session] = await openSessions([compileFor(model, machine)], machine);
  if (session === undefined) throw new Error("no session was opened");
  try {
    const { batch, context, seed, captions } = settings;
    const batches = createBatchStream(dataset, { split: "train", batch, context, seed, captions });
    if (checkpoint === undefined) await session.initialize(seed);
    else {
      await restoreCheckpoint(session, checkpoint);
      batches.restore(checkpoint.progress.cursor);
    }
    const first = checkpoint?.progress.step ?? 0;
    const steps = checkpoint?.progress.steps ?? options.steps;
    for (let step = first + 1; step <= first + options.steps; step += 1)
      await trainStep(session, batches.next(), step, steps, 0);
    const next = batches.next();
    session.writeBatch(next);
    // Whoever computes this step again has no masks to compute it with.
    session.writeDropout();
    await session.run(["forward", "backward"]);
    const losses = await session.losses();
    const file = exportStep({
      model: model.name,
      variant: model.variant,
      modalities: model.modalities.map(({ name }) => name),
      constants: Object.fromEntries(model.constants),
      batch: next,
      parameters: await tensorsOf(session, "param"),
      gradients: await tensorsOf(session, "grad"),
      losses: { total: losses.total, modalities: losses.byModality.map((value) => value ?? 0) },
    });
    writeSafetensors(options.out, file);
    say(
      `${options.out}: ${file.tensors.size} tensors, loss ${losses.total.toFixed(6)} at step ${first + options.steps + 1}`,
    );
    return exitCodes.fine;
  } finally {
    await session.close();
  }
}

type Opened = {
  readonly model: Model;
  readonly settings: TrainSettings;
  readonly folder: string;
  readonly checkpoint?: ReturnType<typeof loadCheckpoint>;
};

function openSpec(file: string, options: ExportOptions): Opened {
  const model = pickVariant(loadSpec(file), options.variant);
  const { steps: _, ...rest } = options;
  return { model, settings: trainSettings(model, file, rest), folder: dirname(file) };
}

/** The model, data and checkpoint of a run's folder. */
export function openRun(
  path: string,
  options: { readonly variant?: string; readonly seed?: number },
): Opened & {
  readonly checkpoint: ReturnType<typeof loadCheckpoint>;
} {
  refuseComparison(path);
  const manifest = readManifest(path);
  if (
    (options.variant ?? manifest.variant) !== manifest.variant ||
    (options.seed ?? manifest.seed) !== manifest.seed
  ) {
    throw new Failure(
      `the run in ${path} is of variant \`${manifest.variant}\` and seed ${manifest.seed}`,
      "leave out --variant and --seed: a run has its own",
    );
  }
  const file = join(path, "spec.mot");
  const written = pickVariant(loadSpec(file), manifest.variant);
  const { seed, steps, lr } = manifest;
  const model = lr === undefined ? written : withRate(written, lr);
  return {
    model,
    settings: trainSettings(model, file, { seed, steps }),
    folder: resolve(path, manifest.specFolder),
    checkpoint: loadCheckpoint(join(path, "checkpoint.safetensors")),
  };
}

async function tensorsOf(session: Session, slot: string): Promise<ReadonlyMap<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  for (const { path, shape } of session.artifact.parameters) {
    const name = `${slot}/${path}`;
    if (Object.hasOwn(session.artifact.tensors, name))
      tensors.set(path, { shape, values: await session.read(name) });
  }
  return tensors;
}
