// checkpoint.ts: everything a run needs to go on as if it had never stopped, in one safetensors file.
// In: a session and where its run stands. Out: a file that is whole or absent; and back.
// Tensors keep the names they have in the artifact (`param/…`, `m/…`, `v/…`), so any safetensors reader can use one.

import type { Artifact } from "../targets/artifact.ts";
import { readSafetensors, type Tensor, TensorFileError, writeSafetensors } from "./safetensors.ts";
import type { Session } from "./session.ts";

/** Bumped whenever an older reader would go wrong; others are refused by number. */
export const checkpointFormat = 1;

/** Where a run stands after `step` steps. */
export type Progress = {
  /** Steps done. */
  readonly step: number;
  /** Steps the schedule spans. */
  readonly steps: number;
  readonly seed: number;
  /** Milliseconds of training so far. */
  readonly wallMs: number;
  /** The data stream's cursor: the next batch. */
  readonly cursor: string;
  readonly dataHash: string;
};

export type Checkpoint = {
  readonly path: string;
  readonly progress: Progress;
  readonly model: string;
  readonly variant: string;
  readonly tensors: ReadonlyMap<string, Tensor>;
};

/** Names of the tensors that are the state of a run: parameters and both moments. */
function stateNames(artifact: Artifact): readonly string[] {
  return Object.keys(artifact.tensors).filter((name) => /^(param|m|v)\//.test(name));
}

/** Writes the session's state; the file appears whole or not at all. */
export async function saveCheckpoint(path: string, session: Session, progress: Progress): Promise<void> {
  const { artifact } = session;
  const tensors = new Map<string, Tensor>();
  for (const name of stateNames(artifact)) {
    tensors.set(name, { shape: artifact.tensors[name]?.shape ?? [], values: await session.read(name) });
  }
  const metadata = new Map([
    ["format", JSON.stringify(checkpointFormat)],
    ["model", JSON.stringify(artifact.model)],
    ["variant", JSON.stringify(artifact.variant)],
    ["progress", JSON.stringify(progress)],
  ]);
  writeSafetensors(path, { tensors, metadata });
}

/** Reads a checkpoint; throws TensorFileError for a file that is none, or of a version this program does not know. */
export function loadCheckpoint(path: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(path);
  const field = (name: string): unknown => {
    const text = metadata.get(name);
    if (text === undefined)
      throw new TensorFileError(path, `has no \`${name}\`: it is not a checkpoint of a run`);
    try {
      return JSON.parse(text);
    } catch {
      throw new TensorFileError(path, `has a \`${name}\` that is not JSON`);
    }
  };
  const format = field("format");
  if (format !== checkpointFormat) {
    throw new TensorFileError(
      path,
      `has checkpoint format ${String(format)}; this version reads format ${checkpointFormat}`,
    );
  }
  const progress = field("progress") as Progress | null;
  if (!Number.isSafeInteger(progress?.step) || typeof progress?.cursor !== "string")
    throw new TensorFileError(path, "does not say where its run stands");
  return {
    path,
    progress,
    model: String(field("model")),
    variant: String(field("variant")),
    tensors,
  };
}

/** Puts a checkpoint's tensors into a session; throws TensorFileError if the artifact has other tensors or shapes. */
export async function restoreCheckpoint(session: Session, checkpoint: Checkpoint): Promise<void> {
  const values = new Map<string, Float32Array>();
  for (const name of stateNames(session.artifact)) {
    const tensor = checkpoint.tensors.get(name);
    const shape = session.artifact.tensors[name]?.shape ?? [];
    if (tensor === undefined)
      throw new TensorFileError(checkpoint.path, `has no tensor \`${name}\`: another model wrote it`);
    if (!(tensor.values instanceof Float32Array) || tensor.shape.join() !== shape.join()) {
      const [found, wanted] = [tensor.shape.join(", "), shape.join(", ")];
      throw new TensorFileError(
        checkpoint.path,
        `has \`${name}\` as [${found}], and the model as [${wanted}]`,
      );
    }
    values.set(name, tensor.values);
  }
  await session.restore(values, checkpoint.progress.seed);
}
