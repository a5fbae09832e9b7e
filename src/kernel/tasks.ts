// tasks.ts: nodes that look across rows, or touch none, → groups of independent tasks.
// In: a node and the layout. Out: task groups (a call and how many pieces it is cut into, by shape only).
// Sums over rows run over segments: the row ranges of the modalities that share the weight, which the host writes for
// every batch, so an empty modality is simply an empty list.

import { bug } from "../diagnostics/bug.ts";
import type { AnyNode, Node, ValueId } from "../ir/graph.ts";
import { sizeOf } from "../ir/types.ts";
import { makeCall, packedWeight } from "./calls.ts";
import type { Argument, TaskGroup } from "./kernel.ts";
import type { Layout } from "./layout.ts";
import { at, count } from "./registry.ts";

/** Columns of the embedding's gradient that one task sums. */
const embedColumns = 16;

/** The buffer of row segments for a set of modalities, requested on first use. */
export type Segments = (modalities: readonly number[], chunk?: number) => number;

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
    case "loss_sums":
      return lossSums(layout, node, segments);
    case "add":
      return arraySum(layout, node);
    case "zeros":
      // The gradient of a parameter the loss does not reach: nothing ever writes its place in the arena, which starts as zero.
      return [];
    default:
      return bug("kernel", `no task for ${node.op}`);
  }
}

function required(values: readonly ValueId[], index: number): ValueId {
  const value = values[index];
  if (value === undefined) return bug("kernel", `operand ${index} is missing`);
  return value;
}

function linearGradient(
  layout: Layout,
  node: Node<"linear_dw">,
  segments: Segments,
  chunk?: number,
): readonly TaskGroup[] {
  const [dy, x, dw] = [required(node.inputs, 0), required(node.inputs, 1), required(node.results, 0)];
  const { modalities } = node.attributes;
  const [first = 0] = modalities;
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
      layout.address(dy, chunk),
      layout.address(x),
      layout.address(dw),
      at(segments(modalities, chunk)),
      count(chunk === undefined || chunk === 0 ? 0 : 1),
    ],
    { flopsPerRow: 2 * out * inner, bytesPerRow: 4 * (out + inner) },
  );
  return [{ call, count: Math.ceil(out / outerRows), modalities }];
}

function normGradient(layout: Layout, node: Node<"rms_norm_dw">, segments: Segments): readonly TaskGroup[] {
  const [dy, x, dw] = [required(node.inputs, 0), required(node.inputs, 1), required(node.results, 0)];
  const { modalities, heads, eps } = node.attributes;
  const width = layout.width(x, modalities[0] ?? 0) ?? 0;
  const call = makeCall(
    layout,
    [node],
    {
      kind: "rms_norm_dw",
      width,
      heads: Math.max(1, heads),
      eps,
      dyStride: layout.storage.stride(dy),
      xStride: layout.storage.stride(x),
    },
    [layout.address(dy), layout.address(x), layout.address(dw), at(segments(modalities))],
    { flopsPerRow: 0, bytesPerRow: 8 * width },
  );
  return [{ call, count: 1, modalities }];
}

function embedGradient(layout: Layout, node: Node<"embed_dw">, segments: Segments): readonly TaskGroup[] {
  const [dy, tokens, table] = [required(node.inputs, 0), required(node.inputs, 1), required(node.results, 0)];
  // A table may belong to some modalities only (an `embed` in an arm).
  const modalities = layout.graph.modalities.flatMap((_name, m) =>
    layout.width(dy, m) === undefined ? [] : [m],
  );
  const width = layout.width(dy, modalities[0] ?? 0) ?? 0;
  const call = makeCall(
    layout,
    [node],
    {
      kind: "embed_dw",
      vocab: node.attributes.vocab,
      width,
      dyStride: layout.storage.stride(dy),
      taskColumns: embedColumns,
    },
    [layout.address(dy), layout.address(tokens), layout.address(table), at(segments(modalities))],
    { flopsPerRow: 0, bytesPerRow: 8 * width },
  );
  return [{ call, count: Math.ceil(width / embedColumns), modalities }];
}

const rowOf = (layout: Layout): Argument =>
  at(layout.registry.buffer({ name: "row_of", role: "input", byteLength: layout.rows * 4 }));

function attention(layout: Layout, node: Node<"attention">): readonly TaskGroup[] {
  const { heads, kvHeads } = node.attributes;
  const values = node.inputs;
  const [q, k, v, first, last] = [0, 1, 2, 4, 5].map((i) => required(values, i)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [out, lse] = [required(node.results, 0), required(node.results, 1)];
  const headDim = (layout.width(q, 0) ?? 0) / heads;
  const stride = (value: ValueId): number => layout.storage.stride(value);
  const call = makeCall(
    layout,
    [node],
    {
      kind: "attention",
      heads,
      kvHeads,
      headDim,
      context: layout.context,
      qStride: stride(q),
      kStride: stride(k),
      vStride: stride(v),
      outStride: stride(out),
      lseStride: stride(lse),
    },
    [
      ...[q, k, v, out, lse].map((value) => layout.address(value)),
      rowOf(layout),
      layout.address(first),
      layout.address(last),
      count(layout.context),
    ],
    { flopsPerRow: 2 * heads * headDim * layout.context, bytesPerRow: 16 * heads * headDim },
  );
  return [
    {
      call,
      count: (layout.rows / layout.context) * kvHeads,
      modalities: layout.graph.modalities.map((_n, m) => m),
    },
  ];
}

function attentionGradient(layout: Layout, node: Node<"attention_grad">): readonly TaskGroup[] {
  const { heads, kvHeads } = node.attributes;
  const [dout, q, k, v, out, lse] = [0, 1, 2, 3, 4, 5].map((i) => required(node.inputs, i)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [first, last] = [required(node.inputs, 7), required(node.inputs, 8)];
  const [dq, dk, dv] = [0, 1, 2].map((i) => required(node.results, i)) as [number, number, number];
  const headDim = (layout.width(q, 0) ?? 0) / heads;
  const stride = (value: ValueId): number => layout.storage.stride(value);
  const address = (value: ValueId): Argument => layout.address(value);
  const call = makeCall(
    layout,
    [node],
    {
      kind: "attention_grad",
      heads,
      kvHeads,
      headDim,
      context: layout.context,
      doutStride: stride(dout),
      qStride: stride(q),
      kStride: stride(k),
      vStride: stride(v),
      outStride: stride(out),
      lseStride: stride(lse),
      dqStride: stride(dq),
      dkStride: stride(dk),
      dvStride: stride(dv),
    },
    [
      ...[dout, q, k, v, out, lse].map(address),
      rowOf(layout),
      address(first),
      address(last),
      ...[dq, dk, dv].map(address),
    ],
    { flopsPerRow: 4 * heads * headDim * layout.context, bytesPerRow: 32 * heads * headDim },
  );
  return [
    {
      call,
      count: (layout.rows / layout.context) * kvHeads,
      modalities: layout.graph.modalities.map((_n, m) => m),
    },
  ];
}

function lossSums(layout: Layout, node: Node<"loss_sums">, segments: Segments): readonly TaskGroup[] {
  const [loss, weight, modality, sums] = [
    ...[0, 1, 2].map((i) => required(node.inputs, i)),
    required(node.results, 0),
  ] as [number, number, number, number];
  const all = layout.graph.modalities.map((_name, m) => m);
  const args = [loss, weight, modality, sums].map((value) => layout.address(value));
  const call = makeCall(
    layout,
    [node],
    { kind: "loss_sums", modalities: node.attributes.modalities },
    [...args, at(segments(all))],
    { flopsPerRow: 0, bytesPerRow: 12 },
  );
  return [{ call, count: 1, modalities: all }];
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
  const pieces = Math.ceil(layout.arena.elements / updateChunk);
  const [first] = layout.arena.order;
  if (first === undefined) return [];
  const gradients = layout.tensor("grad", first.path);
  const args = [at(gradients.buffer), at(partialSquares(layout)), count(layout.arena.elements)];
  const call = makeCall(layout, [node], { kind: "square_sum", chunk: updateChunk }, args, {
    flopsPerRow: 0,
    bytesPerRow: 0,
  });
  return [{ call, count: pieces, modalities: [] }];
}

function partialSquares(layout: Layout): number {
  const pieces = Math.ceil(layout.arena.elements / layout.schedule.updateChunk);
  return layout.registry.buffer({
    name: "partial squares",
    role: "result",
    byteLength: Math.max(1, pieces) * 4,
  });
}

/** AdamW over each stretch of the arenas with equal settings; the first task writes the norm. */
export function updateTasks(layout: Layout, nodes: readonly Node<"adamw">[]): readonly TaskGroup[] {
  const { updateChunk } = layout.schedule;
  const pieces = Math.ceil(layout.arena.elements / updateChunk);
  const groups: TaskGroup[] = [];
  const norm = nodes[0]?.inputs[4];
  const schedule = nodes[0]?.inputs[5];
  if (norm === undefined || schedule === undefined) return [];
  for (const [settings, stretch] of stretches(layout)) {
    const node = nodes.find((other) => JSON.stringify(other.attributes) === settings);
    if (node === undefined) continue;
    const tensors = (["param", "grad", "m", "v"] as const).map((slot) => {
      const { buffer } = layout.tensor(slot, stretch.path);
      return at(buffer, stretch.offset * 4);
    });
    const args = [
      ...tensors,
      at(partialSquares(layout)),
      count(pieces),
      layout.address(schedule),
      groups.length === 0 ? layout.address(norm) : count(0),
      count(stretch.elements),
    ];
    const call = makeCall(layout, [node], { kind: "adamw", chunk: updateChunk, ...node.attributes }, args, {
      flopsPerRow: 0,
      bytesPerRow: 0,
    });
    groups.push({ call, count: Math.ceil(stretch.elements / updateChunk), modalities: [] });
  }
  return groups;
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
