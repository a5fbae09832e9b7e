// calls.ts: stages → calls, one list per modality.
// In: the stages of a group and the layout. Out: for each modality the kernels that run on its rows, with arguments.
// A stage that every modality shares gives the same call in every list; arms give different ones. Nothing else tells
// a mixture of transformers from a dense model here.

import { bug } from "../diagnostics/bug.ts";
import { dropThreshold } from "../ir/dropout.ts";
import type { AnyNode, ValueId } from "../ir/graph.ts";
import { makeCall } from "./call.ts";
import { expertCallsOf } from "./expert-calls.ts";
import type { Argument, Call, KernelBody } from "./kernel.ts";
import { type Layout, runsIn } from "./layout.ts";
import { at, count } from "./registry.ts";
import { buildRowProgram, type ProgramOperand } from "./row-program.ts";
import { headsOf, type Stage } from "./stages.ts";
import { isOnlyForJoin } from "./storage.ts";

/** The rows that a group's stages run over: `chunk` rebases what exists per chunk only. */
export type Stretch = { readonly space?: number; readonly chunk?: number };

/** Calls of `stages` per modality, or per group of a space. */
export function callsOf(
  layout: Layout,
  stages: readonly Stage[],
  { space, chunk }: Stretch,
): readonly (readonly Call[])[] {
  return runsIn(layout.graph, space).map((run) =>
    stages.flatMap((stage) => callsOfStage(layout, stage, run, chunk)),
  );
}

/** At most one call. */
export function callsOfStage(
  layout: Layout,
  stage: Stage,
  modality: number,
  chunk: number | undefined,
): readonly Call[] {
  switch (stage.kind) {
    case "matmul":
      return matmulCall(layout, stage, modality, chunk);
    case "program":
      return programCall(layout, stage.nodes, modality, chunk);
    case "loss":
      return lossCall(layout, stage, modality, chunk);
    case "rope":
      return ropeCall(layout, stage, modality);
    case "dropout":
      return dropoutCall(layout, stage, modality);
    case "embed":
      return embedCall(layout, stage, modality);
    case "move":
      return moveCalls(layout, stage, modality);
    case "softmax":
    case "gather":
    case "combine":
    case "weights":
      return expertCallsOf(layout, stage, modality);
    default:
      return stage satisfies never;
  }
}

/** A weight as products read it, for x·wᵀ (`transposed`) or dy·w: its packed copy, its mirror, or itself. */
export function packedWeight(
  layout: Layout,
  weight: ValueId,
  transposed: boolean,
): { readonly argument: Argument; readonly out: number; readonly inner: number } {
  const type = layout.graph.values[weight]?.type;
  if (type?.kind !== "array") return bug("kernel", "a weight is an array");
  const [out = 0, inner = 0] = type.shape;
  const { weights } = layout.schedule;
  if (weights === "dense") return { argument: layout.address(weight), out, inner };
  if (weights === "mirror") return { argument: layout.mirror(layout.pathOf(weight)), out, inner };
  const [n, k] = transposed ? [out, inner] : [inner, out];
  const { panel } = layout.schedule;
  const name = `packed ${transposed ? "rows" : "columns"} ${layout.pathOf(weight)}`;
  const byteLength = Math.ceil(n / panel) * panel * k * 4;
  return { argument: at(layout.registry.buffer({ name, role: "packed", byteLength })), out, inner };
}

function matmulCall(
  layout: Layout,
  stage: Extract<Stage, { kind: "matmul" }>,
  modality: number,
  chunk?: number,
): readonly Call[] {
  const { node, residual, output } = stage;
  const [a] = node.inputs;
  const weight = node.weights[modality];
  const n = layout.width(output, modality);
  if (a === undefined || weight === undefined || n === undefined) return [];
  const packed = packedWeight(layout, weight, node.op === "linear");
  const k = node.op === "linear" ? packed.inner : packed.out;
  const body: KernelBody = {
    kind: "matmul",
    k,
    n,
    aStride: layout.storage.stride(a),
    cStride: layout.storage.stride(output),
    residual: residual !== undefined,
    dStride: residual === undefined ? 0 : layout.storage.stride(residual),
  };
  const d = residual === undefined ? count(0) : layout.address(residual, chunk);
  const args = [layout.address(a, chunk), packed.argument, layout.address(output, chunk), d];
  const bytesPerRow = 4 * (k + n * (residual === undefined ? 1 : 2));
  return [makeCall(layout, [node], body, args, { flopsPerRow: 2 * k * n, bytesPerRow })];
}

function programCall(
  layout: Layout,
  nodes: readonly AnyNode[],
  modality: number,
  chunk?: number,
): readonly Call[] {
  const [first] = nodes;
  const result = first?.results[0];
  const width = result === undefined ? undefined : layout.width(result, modality);
  if (width === undefined) return [];
  const segments = Math.max(...nodes.map(headsOf));
  const program = buildRowProgram(layout.graph, nodes, modality, {
    stored: layout.storage.stored,
    rereads: true,
  });
  const body: RowProgramBody = {
    kind: "row_program",
    width,
    segments,
    operands: program.operands.map((operand) =>
      operand.kind === "column"
        ? { kind: "column", stride: 0 }
        : { kind: "rows", stride: layout.storage.stride(operand.value) },
    ),
    phases: program.phases,
    rowScalars: program.rowScalars,
  };
  const args = program.operands.map((operand) => layout.address(operand.value, chunk));
  const bytesPerRow = 4 * width * program.operands.filter((operand) => operand.kind === "rows").length;
  const copied = withCopies(layout, body, program.operands, chunk);
  return [makeCall(layout, nodes, copied.body, [...args, ...copied.args], { flopsPerRow: 0, bytesPerRow })];
}

type RowProgramBody = Extract<KernelBody, { kind: "row_program" }>;

/** Rows of which products read a copy are stored twice. */
function withCopies(
  layout: Layout,
  body: RowProgramBody,
  operands: readonly ProgramOperand[],
  chunk: number | undefined,
): { readonly body: RowProgramBody; readonly args: readonly Argument[] } {
  const copied = operands.flatMap((operand, index) =>
    operand.kind === "rows" && operand.written && layout.storage.elements.hasCopy(operand.value)
      ? [{ index, value: operand.value }]
      : [],
  );
  if (copied.length === 0) return { body, args: [] };
  const copyOf = new Map(copied.map(({ index }, i) => [index, operands.length + i]));
  const phases = body.phases.map((phase) => ({
    ...phase,
    stores: phase.stores.flatMap((store) => {
      const copy = copyOf.get(store.operand);
      return copy === undefined ? [store] : [store, { ...store, operand: copy }];
    }),
  }));
  const strides = copied.map(
    ({ value }) => ({ kind: "rows", stride: layout.storage.stride(value) }) as const,
  );
  return {
    body: { ...body, operands: [...body.operands, ...strides], phases },
    args: copied.map(({ value }) => layout.operandAddress(value, chunk)),
  };
}

/** The copy that products read of a value whose maker cannot store it twice. */
export function copyCall(layout: Layout, value: ValueId, modality: number, chunk?: number): Call | undefined {
  const width = layout.width(value, modality);
  const node = layout.graph.nodes[layout.graph.values[value]?.node ?? -1];
  if (width === undefined || node === undefined) return undefined;
  const stride = layout.storage.stride(value);
  const body: KernelBody = { kind: "copy_rows", width, xStride: stride, yStride: stride };
  const args = [layout.address(value, chunk), layout.operandAddress(value, chunk)];
  return makeCall(layout, [node], body, args, { flopsPerRow: 0, bytesPerRow: 6 * width });
}

function lossCall(
  layout: Layout,
  stage: Extract<Stage, { kind: "loss" }>,
  modality: number,
  chunk?: number,
): readonly Call[] {
  const { node, gradient } = stage;
  const [x, target] = node.inputs;
  const [loss] = node.results;
  const dx = gradient?.results[0];
  const weight = gradient?.inputs[2];
  if (x === undefined || target === undefined || loss === undefined) return [];
  const width = layout.width(x, modality);
  if (width === undefined) return [];
  const stride = layout.storage.stride(x);
  const gradientStride = dx === undefined ? 0 : layout.storage.stride(dx);
  const hasGradient = gradient !== undefined;
  const body: KernelBody =
    node.op === "cross_entropy"
      ? {
          ...{ kind: "cross_entropy", vocab: width, stride, gradientStride },
          ...{ zLoss: node.attributes.zLoss, gradient: hasGradient },
        }
      : {
          ...{ kind: "mean_square", width, stride, targetStride: layout.storage.stride(target) },
          ...{ gradientStride, gradient: hasGradient },
        };
  const args = [
    layout.address(x, chunk),
    layout.address(target),
    layout.address(loss),
    weight === undefined ? count(0) : layout.address(weight),
    dx === undefined ? count(0) : layout.address(dx, chunk),
  ];
  return [makeCall(layout, [node], body, args, { flopsPerRow: 0, bytesPerRow: 8 * width })];
}

function ropeCall(
  layout: Layout,
  stage: Extract<Stage, { kind: "rope" }>,
  modality: number,
): readonly Call[] {
  const { node } = stage;
  if (layout.storage.rotary.done.has(node)) return [];
  const [x, position] = node.inputs;
  const [y] = node.results;
  if (x === undefined || position === undefined || y === undefined) return [];
  const width = layout.width(x, modality);
  if (width === undefined) return [];
  const { heads, base, inverse } = node.attributes;
  const headDim = width / heads;
  const body: KernelBody = {
    kind: "rope",
    heads,
    headDim,
    xStride: layout.storage.stride(x),
    yStride: layout.storage.stride(y),
    inverse,
  };
  const tables = rotaryTables(layout, base, headDim);
  const args = [
    layout.address(x),
    layout.address(y),
    layout.address(position),
    at(tables.cosine),
    at(tables.sine),
  ];
  return [makeCall(layout, [node], body, args, { flopsPerRow: 0, bytesPerRow: 8 * width })];
}

/** Buffers of the tables for one base and head size: [context, headDim/2] cosines and sines. */
export function rotaryTables(
  layout: Layout,
  base: number,
  headDim: number,
): { readonly cosine: number; readonly sine: number } {
  const byteLength = layout.context * (headDim / 2) * 4;
  const request = (what: string): number =>
    layout.registry.buffer({ name: `${what} ${base} ${headDim}`, role: "table", byteLength });
  return { cosine: request("cosine"), sine: request("sine") };
}

function dropoutCall(
  layout: Layout,
  { node }: Extract<Stage, { kind: "dropout" }>,
  modality: number,
): readonly Call[] {
  const [x, sequence, key] = node.inputs;
  const [y] = node.results;
  if (x === undefined || sequence === undefined || key === undefined || y === undefined) return [];
  const width = layout.width(y, modality);
  if (width === undefined) return [];
  const rate = node.attributes.rate[modality] ?? 0;
  const body: KernelBody = {
    kind: "dropout",
    width,
    number: node.attributes.number,
    threshold: dropThreshold(rate),
    scale: 1 / (1 - rate),
    xStride: layout.storage.stride(x),
    yStride: layout.storage.stride(y),
  };
  const args = [x, y, sequence, key].map((value) => layout.address(value));
  return [makeCall(layout, [node], body, args, { flopsPerRow: 0, bytesPerRow: 8 * width })];
}

/** How many timesteps there are: the rows of a table of sinusoids. */
const timesteps = 1000;

function sinusoidTable({ registry }: Layout, width: number): number {
  const byteLength = timesteps * width * 4;
  return registry.buffer({ name: `sinusoid ${width}`, role: "table", byteLength });
}

function embedCall(
  layout: Layout,
  stage: Extract<Stage, { kind: "embed" }>,
  modality: number,
): readonly Call[] {
  const { node } = stage;
  const [ids, table] = node.inputs;
  const [y] = node.results;
  if (ids === undefined || y === undefined) return [];
  const width = layout.width(y, modality);
  if (width === undefined) return [];
  const body: KernelBody = { kind: "embed", width, yStride: layout.storage.stride(y) };
  const args = [
    layout.address(ids),
    table === undefined ? at(sinusoidTable(layout, width)) : layout.address(table),
    layout.address(y),
  ];
  return [makeCall(layout, [node], body, args, { flopsPerRow: 0, bytesPerRow: 8 * width })];
}

/** restrict moves nothing; join copies the parts that could not be made in place; extend copies or clears. */
function moveCalls(
  layout: Layout,
  stage: Extract<Stage, { kind: "move" }>,
  modality: number,
): readonly Call[] {
  const { node } = stage;
  const [y] = node.results;
  if (node.op === "restrict" || y === undefined) return [];
  const width = layout.width(y, modality);
  if (width === undefined) return [];
  const yStride = layout.storage.stride(y);
  const source = node.inputs.find((input) => layout.width(input, modality) !== undefined);
  const cost = { flopsPerRow: 0, bytesPerRow: 8 * width };
  if (source === undefined) {
    return [
      makeCall(layout, [node], { kind: "zero_rows", width, stride: yStride }, [layout.address(y)], cost),
    ];
  }
  if (node.op === "join" && isOnlyForJoin(layout.graph, source, layout.readers)) return [];
  const body: KernelBody = { kind: "copy_rows", width, xStride: layout.storage.stride(source), yStride };
  return [makeCall(layout, [node], body, [layout.address(source), layout.address(y)], cost)];
}
