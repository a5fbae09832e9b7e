// assemble.ts: plan + program text + model → artifact.
// In: what the compiler knows. Out: plain JSON with every address resolved.
// Nothing is decided here; names are looked up and buffers' offsets added.

import type { Model } from "../check/model.ts";
import type { TensorType } from "../ir/types.ts";
import { maximumTiles } from "../kernel/host.ts";
import type { Argument, Call, Launch, Plan } from "../kernel/kernel.ts";
import type { Layout } from "../kernel/layout.ts";
import {
  type Artifact,
  type ArtifactCall,
  type ArtifactLaunch,
  type ArtifactTensor,
  artifactFormat,
} from "./artifact.ts";

export type Assembly = {
  readonly model: Model;
  readonly plan: Plan;
  readonly layout: Layout;
  /** Which loss each objective belongs to, and what its masks' inputs are called, was decided by lowering. */
  readonly objectives: Artifact["objectives"];
  readonly masks: Artifact["masks"];
  readonly purpose: Artifact["purpose"];
  readonly program: Artifact["program"];
  readonly scratchBytes: number;
};

export function assemble(assembly: Assembly): Artifact {
  const { model, plan, layout, purpose } = assembly;
  const buffer = (name: string): number => plan.buffers.find((other) => other.name === name)?.byteOffset ?? 0;
  return {
    format: artifactFormat,
    target: assembly.program.kind,
    model: model.name,
    variant: model.variant,
    modalities: describeModalities(model),
    vocab: model.vocab,
    constants: Object.fromEntries(model.constants),
    rows: plan.rows,
    context: plan.context,
    batch: plan.batch,
    purpose,
    ...(purpose === "decode" ? { span: plan.span } : {}),
    objectives: assembly.objectives,
    parameters: model.parameters.map(
      ({ path, shape, initial, drawPath, drawIndex, modalities, isFrozen }) => ({
        ...{ path, shape, initial, drawPath, drawIndex, modalities },
        ...(isFrozen ? { isFrozen } : {}),
      }),
    ),
    ...(model.train === undefined ? {} : { optimizer: model.train.optimizer }),
    tensors: tensorsOf(assembly),
    rotaryTables: rotaryTablesOf(plan),
    sinusoidTables: sinusoidTablesOf(plan),
    masks: assembly.masks,
    layout: {
      tileRows: plan.tileRows,
      chunkRows: plan.chunkRows,
      chunkCount: plan.chunkCount,
      rowOf: buffer("row_of"),
      tiles: buffer("tiles"),
      maximumTiles: maximumTiles(layout),
      tileStarts: buffer("tile_starts"),
      segments: plan.segments.map(({ buffer: index, modalities, chunk }) => ({
        byteOffset: plan.buffers[index]?.byteOffset ?? 0,
        modalities,
        ...(chunk === undefined ? {} : { chunk }),
      })),
      ...spacesOf(plan),
      ...tokenRowsOf(plan),
    },
    kernels: plan.kernels.map(({ name, body }) => ({ name, kind: body.kind })),
    launches: plan.launches.map((launch) => resolveLaunch(plan, launch)),
    arenaBytes: plan.totalBytes,
    scratchBytes: assembly.scratchBytes,
    memory: memoryOf(plan),
    buffers: plan.buffers,
    program: assembly.program,
  };
}

/** Patches have no ids: theirs would come after all others. */
export function describeModalities(model: Pick<Model, "modalities" | "vocab">): Artifact["modalities"] {
  return model.modalities.map(({ name, form }) =>
    form.kind === "tokens" ? { name, ...form } : { name, ...form, vocab: 0, vocabStart: model.vocab },
  );
}

function tensorsOf(assembly: Assembly): Artifact["tensors"] {
  const { model, plan, layout } = assembly;
  const tensors: Record<string, ArtifactTensor> = Object.create(null) as Record<string, ArtifactTensor>;
  const offset = (argument: Argument): number =>
    argument.kind === "number"
      ? argument.value
      : (plan.buffers[argument.buffer]?.byteOffset ?? 0) + argument.offsetBytes;
  const slots = (["param", "grad", "m", "v"] as const).filter(
    (slot) => slot === "param" || layout.graph.results.some(({ name }) => name.startsWith(`${slot}/`)),
  );
  const placed = new Set(layout.arena.order.map(({ path }) => path));
  for (const { path, shape, isFrozen } of model.parameters) {
    if (!placed.has(path)) continue;
    for (const slot of isFrozen ? (["param"] as const) : slots) {
      const place = layout.tensor(slot, path);
      tensors[`${slot}/${path}`] = { byteOffset: offset({ kind: "buffer", ...place }), dtype: "f32", shape };
    }
  }
  for (const { name, value } of layout.graph.results) {
    if (name.includes("/")) continue;
    const type = layout.graph.values[value]?.type;
    if (type === undefined) continue;
    const byteOffset = offset(layout.address(value));
    if (type.kind === "array") tensors[name] = { byteOffset, dtype: type.dtype, shape: type.shape };
    else {
      const width = Math.max(...type.widths.map((w) => w ?? 0));
      tensors[name] = {
        byteOffset,
        dtype: type.dtype,
        shape: [plan.rows, width],
        stride: layout.storage.stride(value),
      };
    }
  }
  for (const node of layout.graph.nodes) {
    if (node.op !== "input") continue;
    const { name, type } = node.attributes;
    const at = plan.buffers.find((buffer) => buffer.role === "input" && buffer.name === name);
    if (at === undefined) continue;
    tensors[name] = {
      byteOffset: at.byteOffset,
      dtype: type.dtype,
      ...inputShape(assembly, node.results[0], type),
    };
  }
  return tensors;
}

/** Only where there are experts. */
function spacesOf({ spaces, buffers }: Plan): Pick<Artifact["layout"], "spaces"> {
  if (spaces.length === 0) return {};
  const place = (buffer: number): number => buffers[buffer]?.byteOffset ?? 0;
  return {
    spaces: spaces.map(({ tiles, tileStarts, ...space }) => ({
      ...space,
      tiles: place(tiles),
      tileStarts: place(tileStarts),
    })),
  };
}

/** One number per row stands dense; the patches of a row are padded as any other row. */
function inputShape(
  { plan, layout }: Assembly,
  value: number | undefined,
  type: TensorType,
): Pick<ArtifactTensor, "shape" | "stride"> {
  if (type.kind === "array") return { shape: type.shape };
  const width = Math.max(...type.widths.map((w) => w ?? 1));
  if (width === 1 || value === undefined) return { shape: [plan.rows] };
  return { shape: [plan.rows, width], stride: layout.storage.stride(value) };
}

/** Only where a kernel asks which rows hold a token. */
function tokenRowsOf({ buffers }: Plan): Pick<Artifact["layout"], "tokenRows"> {
  const place = (name: string): number | undefined =>
    buffers.find((other) => other.name === name)?.byteOffset;
  const [order, starts] = [place("rows_by_token"), place("token_starts")];
  return order === undefined || starts === undefined ? {} : { tokenRows: { order, starts } };
}

function rotaryTablesOf(plan: Plan): Artifact["rotaryTables"] {
  return plan.buffers.flatMap(({ name, byteOffset }) => {
    const [what, base, headDim] = name.split(" ");
    if (what !== "cosine") return [];
    const sine = plan.buffers.find((other) => other.name === `sine ${base} ${headDim}`)?.byteOffset ?? 0;
    return [{ base: Number(base), headDim: Number(headDim), cosine: byteOffset, sine }];
  });
}

function sinusoidTablesOf({ buffers }: Plan): Artifact["sinusoidTables"] {
  return buffers.flatMap(({ name, byteOffset, byteLength }) => {
    const [what, text] = name.split(" ");
    const width = Number(text);
    return what === "sinusoid" ? [{ width, timesteps: byteLength / (4 * width), byteOffset }] : [];
  });
}

function resolveLaunch(plan: Plan, launch: Launch): ArtifactLaunch {
  const call = ({ args, phase: _phase, ...rest }: Call): ArtifactCall => ({
    ...rest,
    args: args.map((argument) =>
      argument.kind === "number"
        ? argument.value
        : (plan.buffers[argument.buffer]?.byteOffset ?? 0) + argument.offsetBytes,
    ),
    isAddress: args.map((argument) => argument.kind === "buffer"),
  });
  return {
    phase: launch.phase,
    stages: launch.stages.map((stages) => stages.map(call)),
    ...(launch.space === undefined ? {} : { space: launch.space }),
    ...(launch.chunk === undefined ? {} : { chunk: launch.chunk }),
    tasks: launch.tasks.map((task) => ({
      call: call(task.call),
      count: task.count,
      modalities: task.modalities,
      ...(task.space === undefined ? {} : { space: task.space }),
    })),
  };
}

function memoryOf(plan: Plan): Artifact["memory"] {
  const bytes = (...roles: readonly string[]): number =>
    plan.buffers.reduce((sum, buffer) => (roles.includes(buffer.role) ? sum + buffer.byteLength : sum), 0);
  const parameters = bytes("parameter", "packed");
  const gradients = bytes("gradient");
  const optimizer = bytes("moment");
  return {
    parameters,
    gradients,
    optimizer,
    activations: plan.totalBytes - parameters - gradients - optimizer,
  };
}
