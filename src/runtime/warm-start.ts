// warm-start.ts: a model's parameters from another run's checkpoint: every tower from the tensor that they shared there.
// In: the model's parameters and a checkpoint. Out: which tensor goes where, or an error that names both sides.
// Rules of paths: a parameter takes the tensor of its own path, else that of its path without the modality
// (`block.0.ffn.text.gate` from `block.0.ffn.gate`), else that without its expert (`….expert.0.gate` from `….gate`).
// All or nothing: only routers, which a plain block has none of, stay as the seed draws them. Moments start at zero.

import type { ArtifactParameter } from "../targets/artifact.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { RunFolderError } from "./run-folder.ts";
import type { Tensor } from "./safetensors.ts";
import type { Session } from "./session.ts";

export type WarmStart = {
  /** By path: the path of the tensor it takes. */
  readonly sources: ReadonlyMap<string, string>;
  /** Paths that stay as the seed draws them. */
  readonly fresh: readonly string[];
};

type Named = Pick<ArtifactParameter, "path" | "shape" | "drawPath">;
/** A checkpoint, as far as it is needed here. */
type Given = Pick<Checkpoint, "path" | "variant" | "tensors">;

const slot = "param/";

/** What every parameter takes; throws RunFolderError where a tensor is missing, of another shape, or left over. */
export function planWarmStart(parameters: readonly Named[], checkpoint: Given): WarmStart {
  const sources = new Map<string, string>();
  const fresh: string[] = [];
  for (const parameter of parameters) {
    const from = candidates(parameter).find((path) => checkpoint.tensors.has(slot + path));
    if (from !== undefined) {
      checkShape(parameter, from, checkpoint);
      sources.set(parameter.path, from);
    } else if (isRouter(parameter)) fresh.push(parameter.path);
    else throw missing(parameter, checkpoint);
  }
  const used = new Set(sources.values());
  const unused = pathsOf(checkpoint).filter((path) => !used.has(path));
  const [first] = unused;
  if (first === undefined) return { sources, fresh };
  const more = unused.length === 1 ? "" : ` and ${unused.length - 1} more`;
  throw new RunFolderError(
    `${checkpoint.path} has \`${first}\`${more}, for which the model has no parameter`,
    "a warm start takes a checkpoint whole: the model must be the same but for what its towers share",
  );
}

/** Loads a checkpoint's parameters into a session that was initialized; moments and everything else stay as they are. */
export async function warmStart(session: Session, checkpoint: Checkpoint): Promise<WarmStart> {
  const plan = planWarmStart(session.artifact.parameters, checkpoint);
  const values = new Map<string, Float32Array>();
  for (const [path, from] of plan.sources) {
    const tensor = checkpoint.tensors.get(slot + from);
    if (tensor?.values instanceof Float32Array) values.set(slot + path, tensor.values);
  }
  await session.restore(values);
  return plan;
}

function candidates({ path, drawPath }: Named): readonly string[] {
  const plain = (text: string): string => text.replace(/\.expert\.\d+(?=\.)/, "");
  return [...new Set([path, drawPath, plain(path), plain(drawPath)])];
}

const isRouter = ({ path }: Named): boolean => /(^|\.)router$/.test(path);

const pathsOf = ({ tensors }: Given): readonly string[] =>
  [...tensors.keys()].flatMap((name) => (name.startsWith(slot) ? [name.slice(slot.length)] : []));

function checkShape({ path, shape }: Named, from: string, checkpoint: Given): void {
  const tensor: Tensor | undefined = checkpoint.tensors.get(slot + from);
  const found = tensor?.shape ?? [];
  if (tensor?.values instanceof Float32Array && found.join() === shape.join()) return;
  throw new RunFolderError(
    `${checkpoint.path} has \`${from}\` as [${found.join(", ")}], and the model has \`${path}\` as [${shape.join(", ")}]`,
    "give the model the widths and vocabularies of that run, or start without it",
  );
}

function missing({ path, drawPath }: Named, checkpoint: Given): RunFolderError {
  const towers = pathsOf(checkpoint).filter((other) => {
    const parts = other.split(".");
    return parts.some((_, i) => parts.filter((_part, j) => j !== i).join(".") === drawPath);
  });
  const [first] = towers;
  return new RunFolderError(
    `${checkpoint.path} (variant \`${checkpoint.variant}\`) has no tensor for the model's \`${path}\``,
    first === undefined
      ? "the model must be the one that was trained there, but for what its towers share"
      : `it has \`${first}\`, one of ${towers.length}, and a tensor that is shared cannot be several: start from a run that shares it`,
  );
}
