// expert-calls.ts: row stages that choose weights for experts, carry rows to them and add up what they give.
// In: a stage and the layout. Out: the call for one modality or group.

import { bug } from "../diagnostics/bug.ts";
import type { AnyNode, ValueId } from "../ir/graph.ts";
import type { Space } from "../ir/spaces.ts";
import { makeCall, required } from "./call.ts";
import { groupStarts } from "./host.ts";
import type { Argument, Call } from "./kernel.ts";
import type { Layout } from "./layout.ts";
import { count } from "./registry.ts";
import type { Stage } from "./stages.ts";

export type ExpertStage = Extract<Stage, { readonly kind: "softmax" | "gather" | "combine" | "weights" }>;

const floatBytes = 4;

/** At most one call; `run` is a modality, or a group where the stage makes routed rows. */
export function expertCallsOf(layout: Layout, stage: ExpertStage, run: number): readonly Call[] {
  switch (stage.kind) {
    case "softmax":
      return softmaxCall(layout, stage, run);
    case "gather":
      return gatherCall(layout, stage, run);
    case "combine":
      return combineCall(layout, stage, run);
    case "weights":
      return stage.node.op === "combine_dp"
        ? weightsCall(layout, stage.node, run)
        : balanceCall(layout, stage.node, run);
    default:
      return stage satisfies never;
  }
}

/** The same argument, `elements` further. */
function shifted(argument: Argument, elements: number): Argument {
  return argument.kind === "number"
    ? argument
    : { ...argument, offsetBytes: argument.offsetBytes + elements * floatBytes };
}

export function spaceOf({ graph }: Layout, number: number | undefined): Space {
  const space = number === undefined ? undefined : graph.spaces[number];
  return space ?? bug("kernel", `there is no space ${number}`);
}

const free = { flopsPerRow: 0 };

function softmaxCall(
  layout: Layout,
  { node }: ExpertStage & { kind: "softmax" },
  run: number,
): readonly Call[] {
  const [x, y] = [required(node.inputs, 0), required(node.results, 0)];
  const width = layout.width(y, run);
  if (width === undefined) return [];
  const { stride } = layout.storage;
  const body = { kind: "softmax", width, xStride: stride(x), yStride: stride(y) } as const;
  const args = [layout.address(x), layout.address(y)];
  return [makeCall(layout, [node], body, args, { ...free, bytesPerRow: 8 * width })];
}

/** A group's rows: the tokens that its expert sees, or their gradients with the expert's weight. */
function gatherCall(
  layout: Layout,
  { node }: ExpertStage & { kind: "gather" },
  group: number,
): readonly Call[] {
  const [x, y] = [required(node.inputs, 0), required(node.results, 0)];
  const p = node.op === "combine_dy" ? required(node.inputs, 1) : undefined;
  const source = required(node.inputs, node.op === "combine_dy" ? 2 : 1);
  const width = layout.width(y, group);
  if (width === undefined) return [];
  const { stride } = layout.storage;
  const type = layout.graph.values[y]?.type;
  const { experts } = spaceOf(layout, type?.kind === "rows" ? type.space : undefined);
  const body = {
    kind: "gather",
    width,
    xStride: stride(x),
    yStride: stride(y),
    weighted: p !== undefined,
    pStride: p === undefined ? 0 : stride(p),
  } as const;
  const weight = p === undefined ? count(0) : shifted(layout.address(p), group % experts);
  const args = [layout.address(source), layout.address(x), layout.address(y), weight];
  return [makeCall(layout, [node], body, args, { ...free, bytesPerRow: 8 * width })];
}

function combineCall(
  layout: Layout,
  { node, residual, output }: ExpertStage & { kind: "combine" },
  modality: number,
): readonly Call[] {
  const y = required(node.inputs, 0);
  const p = node.op === "combine" ? required(node.inputs, 1) : undefined;
  const slots = required(node.inputs, node.op === "combine" ? 2 : 1);
  const width = layout.width(output, modality);
  const experts = layout.width(slots, modality);
  if (width === undefined || experts === undefined) return [];
  const { stride } = layout.storage;
  const body = {
    kind: "combine",
    width,
    experts,
    yStride: stride(y),
    zStride: stride(output),
    weighted: p !== undefined,
    pStride: p === undefined ? 0 : stride(p),
    residual: residual !== undefined,
    dStride: residual === undefined ? 0 : stride(residual),
  } as const;
  const optional = (value: ValueId | undefined): Argument =>
    value === undefined ? count(0) : layout.address(value);
  const args = [
    layout.address(slots),
    layout.address(y),
    layout.address(output),
    optional(p),
    optional(residual),
  ];
  return [
    makeCall(layout, [node], body, args, {
      ...free,
      bytesPerRow: 4 * width * (residual === undefined ? 2 : 3),
    }),
  ];
}

function weightsCall(layout: Layout, node: AnyNode, modality: number): readonly Call[] {
  const [dz, y, slots] = [required(node.inputs, 0), required(node.inputs, 1), required(node.inputs, 2)];
  const dp = required(node.results, 0);
  const [width, experts] = [layout.width(dz, modality), layout.width(dp, modality)];
  if (width === undefined || experts === undefined) return [];
  const { stride } = layout.storage;
  const body = {
    kind: "combine_dp",
    width,
    experts,
    yStride: stride(y),
    zStride: stride(dz),
    pStride: stride(dp),
  } as const;
  const args = [slots, y, dz, dp].map((value) => layout.address(value));
  return [makeCall(layout, [node], body, args, { ...free, bytesPerRow: 8 * width })];
}

/** d balance / d p: with f_e = c_e ÷ Σc and Σc ÷ k tokens, weight · E · f_e ÷ tokens is scale · c_e ÷ (Σc)². */
function balanceCall(
  layout: Layout,
  node: Extract<AnyNode, { readonly op: "balance_dx" }>,
  modality: number,
): readonly Call[] {
  const dp = required(node.results, 0);
  const { space: number, weight } = node.attributes;
  const { experts, pools, top = 0 } = spaceOf(layout, number);
  const pool = pools[modality];
  if (pool === undefined || layout.width(dp, modality) === undefined) return [];
  const scale = weight * experts * top;
  const body = { kind: "balance_dx", experts, scale, pStride: layout.storage.stride(dp) } as const;
  const starts: Argument = { kind: "buffer", buffer: groupStarts(layout, number), offsetBytes: 0 };
  const args = [shifted(starts, pool * experts), layout.address(dp)];
  return [makeCall(layout, [node], body, args, { ...free, bytesPerRow: 4 * experts })];
}
