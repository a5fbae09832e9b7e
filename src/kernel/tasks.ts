// tasks.ts: nodes that look across rows, or touch none, → groups of independent tasks.
// In: a node and the layout. Out: task groups (a call and how many pieces it is cut into, by shape only).
// Sums over rows run over segments: the row ranges of the modalities that share the weight, which the host writes for
// every batch, so an empty modality is simply an empty list.

import { bug } from "../diagnostics/bug.ts";
import type { AnyNode, Node, ValueId } from "../ir/graph.ts";
import { sizeOf } from "../ir/types.ts";
import { attention, attentionGradient, cachedAttention } from "./attention-tasks.ts";
import { makeCall, required } from "./call.ts";
import { packedWeight } from "./calls.ts";
import { balanceTask, routeTask } from "./expert-tasks.ts";
import { type Segments, tokenRowBuffers } from "./host.ts";
import type { Argument, TaskGroup } from "./kernel.ts";
import { type Layout, spaceRead } from "./layout.ts";
import { at, count } from "./registry.ts";

/** Columns of the embedding's gradient that one task sums. */
const embedColumns = 16;

/** Task groups of one node; `chunk` limits a loss's weight gradient to that chunk's rows. */
export function tasksOf(
  layout: Layout,
  node: AnyNode,
  segments: Segments,
  chunk?: number,
): readonly TaskGroup[] {
  switch (node.op) {
    case "linear_dw":
      return linearGradient(layout, node, segments, chunk);
    case "rms_norm_dw":
      return normGradient(layout, node, segments);
    case "embed_dw":
      return embedGradient(layout, node, segments);
    case "attention":
      return attention(layout, node);
    case "attention_grad":
      return attentionGradient(layout, node);
    case "attention_cached":
      return cachedAttention(layout, node);
    case "loss_sums":
      return lossSums(layout, node, segments);
    case "route":
      return routeTask(layout, node, segments);
    case "balance":
      return balanceTask(layout, node, segments);
    case "add":
      return arraySum(layout, node);
    case "zeros":
      // The gradient of a parameter the loss does not reach: nothing ever writes its place in the arena, which starts as zero.
      return [];
    default:
      return bug("kernel", `no task for ${node.op}`);
  }
}

const within = (space: number | undefined): { readonly space?: number } =>
  space === undefined ? {} : { space };

function linearGradient(
  layout: Layout,
  node: Node<"linear_dw">,
  segments: Segments,
  chunk?: number,
): readonly TaskGroup[] {
  const [dy, x, dw] = [required(node.inputs, 0), required(node.inputs, 1), required(node.results, 0)];
  const { modalities } = node.attributes;
  const [first = 0] = modalities;
  const space = spaceRead(layout.graph, node);
  const [out = 0, inner = 0] = [layout.width(dy, first), layout.width(x, first)];
  const { outerRows } = layout.schedule;
  const call = makeCall(
    layout,
    [node],
    {
      kind: "outer",
      out,
      inner,
      aStride: layout.storage.stride(dy),
      bStride: layout.storage.stride(x),
      taskRows: outerRows,
    },
    [
      layout.operandAddress(dy, chunk),
      layout.operandAddress(x),
      layout.address(dw),
      segments(modalities, { chunk, space }),
      count(chunk === undefined || chunk === 0 ? 0 : 1),
    ],
    { flopsPerRow: 2 * out * inner, bytesPerRow: 4 * (out + inner) },
  );
  return [{ call, count: Math.ceil(out / outerRows), modalities, ...within(space) }];
}

function normGradient(layout: Layout, node: Node<"rms_norm_dw">, segments: Segments): readonly TaskGroup[] {
  const [dy, x, dw] = [required(node.inputs, 0), required(node.inputs, 1), required(node.results, 0)];
  const { modalities, heads, eps } = node.attributes;
  const space = spaceRead(layout.graph, node);
  const width = layout.width(x, modalities[0] ?? 0) ?? 0;
  const sizes = {
    width,
    heads: Math.max(1, heads),
    eps,
    dyStride: layout.storage.stride(dy),
    xStride: layout.storage.stride(x),
  };
  const cost = { flopsPerRow: 0, bytesPerRow: 8 * width };
  const [from, to, rows] = [
    [layout.address(dy), layout.address(x)],
    layout.address(dw),
    segments(modalities, { space }),
  ];
  const { grid } = layout.schedule;
  if (grid === undefined) {
    const call = makeCall(layout, [node], { kind: "rms_norm_dw", ...sizes }, [...from, to, rows], cost);
    return [{ call, count: 1, modalities, ...within(space) }];
  }
  // One piece for all rows would leave a grid of workgroups idle: pieces first, their sum with all others' at the end.
  const count = Math.ceil(layout.rowsIn(space) / grid.normRows);
  const partial = at(partialsBuffer(layout, dw, count * (width / sizes.heads)));
  const body = { kind: "rms_norm_partials", ...sizes, taskRows: grid.normRows } as const;
  const call = makeCall(layout, [node], body, [...from, partial, rows], cost);
  const sum = makeCall(
    layout,
    [node],
    { kind: "sum_partials", elements: width / sizes.heads, count },
    [partial, to],
    { flopsPerRow: 0, bytesPerRow: 0 },
  );
  return [
    { call, count, modalities, ...within(space) },
    { call: sum, count: 1, modalities: [] },
  ];
}

function partialsBuffer(layout: Layout, dw: ValueId, elements: number): number {
  return layout.registry.buffer({ name: `partials of ${dw}`, role: "result", byteLength: elements * 4 });
}

function embedGradient(layout: Layout, node: Node<"embed_dw">, segments: Segments): readonly TaskGroup[] {
  const [dy, tokens, table] = [required(node.inputs, 0), required(node.inputs, 1), required(node.results, 0)];
  // A table may belong to some modalities only (an `embed` in an arm).
  const modalities = layout.graph.modalities.flatMap((_name, m) =>
    layout.width(dy, m) === undefined ? [] : [m],
  );
  const width = layout.width(dy, modalities[0] ?? 0) ?? 0;
  const { vocab } = node.attributes;
  const sizes = { vocab, width, dyStride: layout.storage.stride(dy) };
  const cost = { flopsPerRow: 0, bytesPerRow: 8 * width };
  const [from, to, rows] = [layout.address(dy), layout.address(table), segments(modalities)];
  if (layout.schedule.grid === undefined) {
    const body = { kind: "embed_dw", ...sizes, taskColumns: embedColumns } as const;
    const call = makeCall(layout, [node], body, [from, layout.address(tokens), to, rows], cost);
    return [{ call, count: Math.ceil(width / embedColumns), modalities }];
  }
  const { order, starts } = tokenRowBuffers(layout, vocab);
  const body = { kind: "embed_dw_by_token", ...sizes } as const;
  const call = makeCall(layout, [node], body, [from, at(order), at(starts), to, rows], cost);
  return [{ call, count: vocab, modalities }];
}

function lossSums(layout: Layout, node: Node<"loss_sums">, segments: Segments): readonly TaskGroup[] {
  const [loss, weight, modality, sums] = [
    ...[0, 1, 2].map((i) => required(node.inputs, i)),
    required(node.results, 0),
  ] as [number, number, number, number];
  // A row that has nothing to compare has no loss, not even 0.
  const modalities = layout.graph.modalities.flatMap((_name, m) =>
    layout.width(loss, m) === undefined ? [] : [m],
  );
  const args = [loss, weight, modality, sums].map((value) => layout.address(value));
  const call = makeCall(
    layout,
    [node],
    { kind: "loss_sums", modalities: node.attributes.modalities },
    [...args, segments(modalities)],
    { flopsPerRow: 0, bytesPerRow: 12 },
  );
  return [{ call, count: 1, modalities }];
}

/** Two gradients of one weight, or two losses. */
function arraySum(layout: Layout, node: Node<"add">): readonly TaskGroup[] {
  const [a, b, y] = [required(node.inputs, 0), required(node.inputs, 1), required(node.results, 0)];
  const type = layout.graph.values[y]?.type;
  if (type?.kind !== "array") return bug("kernel", "a sum of rows is no task");
  const args = [a, b, y].map((value) => layout.address(value));
  const call = makeCall(layout, [node], { kind: "array_add", elements: sizeOf(type) }, args, {
    flopsPerRow: 0,
    bytesPerRow: 0,
  });
  return [{ call, count: 1, modalities: [] }];
}

/** The global norm's partial squares: one pass over the arena of gradients. */
export function normTasks(layout: Layout, node: Node<"global_norm">): readonly TaskGroup[] {
  const { updateChunk } = layout.schedule;
  const [first] = layout.arena.order;
  if (first === undefined) return [];
  const { buffer } = layout.tensor("grad", first.path);
  const partials = partialSquares(layout);
  return ranges(layout.arena.learning).map(({ start, elements }) => {
    const args = [at(buffer, 4 * start), at(partials, (4 * start) / updateChunk), count(elements)];
    const body = { kind: "square_sum", chunk: updateChunk } as const;
    const call = makeCall(layout, [node], body, args, { flopsPerRow: 0, bytesPerRow: 0 });
    return { call, count: Math.ceil(elements / updateChunk), modalities: [] };
  });
}

/** Kernels count elements in 31 bits, and no piece's end may overflow: more of them are several calls. */
const mostElements = 2 ** 30;

function ranges(elements: number): readonly { readonly start: number; readonly elements: number }[] {
  return Array.from({ length: Math.max(1, Math.ceil(elements / mostElements)) }, (_, i) => {
    const start = i * mostElements;
    return { start, elements: Math.min(mostElements, elements - start) };
  });
}

function partialSquares(layout: Layout): number {
  const pieces = Math.ceil(layout.arena.learning / layout.schedule.updateChunk);
  return layout.registry.buffer({
    name: "partial squares",
    role: "result",
    byteLength: Math.max(1, pieces) * 4,
  });
}

/** AdamW over each stretch of the arenas with equal settings; the first task writes the norm. */
export function updateTasks(layout: Layout, nodes: readonly Node<"adamw">[]): readonly TaskGroup[] {
  const { updateChunk } = layout.schedule;
  const pieces = Math.ceil(layout.arena.learning / updateChunk);
  const groups: TaskGroup[] = [];
  const norm = nodes[0]?.inputs[4];
  const schedule = nodes[0]?.inputs[5];
  if (norm === undefined || schedule === undefined) return [];
  for (const [settings, stretch] of stretches(layout)) {
    const node = nodes.find((other) => JSON.stringify(other.attributes) === settings);
    if (node === undefined) continue;
    for (const { start, elements } of ranges(stretch.elements)) {
      const first = stretch.offset + start;
      const tensors = (["param", "grad", "m", "v"] as const).map((slot) =>
        at(layout.tensor(slot, stretch.path).buffer, first * 4),
      );
      const args = [
        ...tensors,
        at(partialSquares(layout)),
        count(pieces),
        layout.address(schedule),
        groups.length === 0 ? layout.address(norm) : count(0),
        count(elements),
        ...(layout.schedule.weights === "panels" ? [] : [mirrorArgument(layout, stretch.path, start)]),
      ];
      const body = { kind: "adamw", chunk: updateChunk, ...node.attributes } as const;
      const call = makeCall(layout, [node], body, args, { flopsPerRow: 0, bytesPerRow: 0 });
      groups.push({ call, count: Math.ceil(elements / updateChunk), modalities: [] });
    }
  }
  return groups;
}

function mirrorArgument(layout: Layout, path: string, start: number): Argument {
  if (layout.schedule.weights !== "mirror") return count(0);
  const place = layout.mirror(path);
  return place.kind === "buffer" ? at(place.buffer, place.offsetBytes + 2 * start) : place;
}

/** All weights in bf16. */
export function mirrorTasks(layout: Layout): readonly TaskGroup[] {
  const { updateChunk } = layout.schedule;
  const { order, elements } = layout.arena;
  const [first] = order;
  const node = layout.graph.nodes.find((each) => each.op === "param");
  if (first === undefined || node === undefined) return [];
  const { buffer } = layout.tensor("param", first.path);
  return ranges(elements).map(({ start, elements: length }) => {
    const args = [at(buffer, 4 * start), mirrorArgument(layout, first.path, start), count(length)];
    const body = { kind: "mirror", chunk: updateChunk } as const;
    const call = makeCall(layout, [node], body, args, { flopsPerRow: 0, bytesPerRow: 0 });
    return { call, count: Math.ceil(length / updateChunk), modalities: [] };
  });
}

type Stretch = { readonly path: string; readonly offset: number; readonly elements: number };

function stretches(layout: Layout): readonly (readonly [string, Stretch])[] {
  const found = new Map<string, { path: string; offset: number; end: number }>();
  const { order, elements } = layout.arena;
  for (const [i, tensor] of order.entries()) {
    const end = order[i + 1]?.offset ?? elements;
    const known = found.get(tensor.settings);
    if (known === undefined) found.set(tensor.settings, { path: tensor.path, offset: tensor.offset, end });
    else known.end = end;
  }
  return [...found].map(
    ([settings, { path, offset, end }]) => [settings, { path, offset, elements: end - offset }] as const,
  );
}

/** Packs every weight that a matmul reads, after the update and before the first step. */
export function packTasks(
  layout: Layout,
  uses: readonly { readonly weight: ValueId; readonly transposed: boolean }[],
): readonly TaskGroup[] {
  const seen = new Set<string>();
  return uses.flatMap(({ weight, transposed }) => {
    const key = `${weight} ${transposed}`;
    if (seen.has(key)) return [];
    seen.add(key);
    const { argument, out, inner } = packedWeight(layout, weight, transposed);
    const node = layout.graph.nodes[layout.graph.values[weight]?.node ?? -1];
    if (node === undefined) return [];
    const panels = Math.ceil((transposed ? out : inner) / layout.schedule.panel);
    const call = makeCall(
      layout,
      [node],
      { kind: "pack", out, inner, transposed },
      [layout.address(weight), argument],
      { flopsPerRow: 0, bytesPerRow: 0 },
    );
    return [{ call, count: panels, modalities: [] }];
  });
}
