// attention-tasks.ts: attention and its gradient → tasks, one per context and group of heads.
// In: a node and the layout. Out: task groups. On a grid attention may rotate queries and keys itself (rotary.ts).

import type { AnyNode, Node, ValueId } from "../ir/graph.ts";
import { makeCall, required } from "./call.ts";
import { rotaryTables } from "./calls.ts";
import { rowOfBuffer } from "./host.ts";
import type { Argument, TaskGroup } from "./kernel.ts";
import type { Layout } from "./layout.ts";
import { at, count } from "./registry.ts";

/** What an attention that rotates queries and keys itself needs besides. */
function rotationOf(
  layout: Layout,
  node: AnyNode,
  headDim: number,
): { readonly sizes: { readonly rotary?: true }; readonly args: readonly Argument[] } {
  const rotation = layout.storage.rotary.rotations.get(node);
  if (rotation === undefined) return { sizes: {}, args: [] };
  const { cosine, sine } = rotaryTables(layout, rotation.base, headDim);
  return { sizes: { rotary: true }, args: [layout.address(rotation.position), at(cosine), at(sine)] };
}

export function attention(layout: Layout, node: Node<"attention">): readonly TaskGroup[] {
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
  const rotation = rotationOf(layout, node, headDim);
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
      ...rotation.sizes,
    },
    [
      ...[q, k, v].map((value) => layout.operandAddress(value)),
      ...[out, lse].map((value) => layout.address(value)),
      at(rowOfBuffer(layout)),
      layout.address(first),
      layout.address(last),
      count(layout.context),
      ...rotation.args,
    ],
    { flopsPerRow: 2 * heads * headDim * layout.context, bytesPerRow: 16 * heads * headDim },
  );
  return [
    {
      call,
      count: (layout.rows / layout.span) * kvHeads,
      modalities: layout.graph.modalities.map((_n, m) => m),
    },
  ];
}

export function attentionGradient(layout: Layout, node: Node<"attention_grad">): readonly TaskGroup[] {
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
  const rotation = rotationOf(layout, node, headDim);
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
      ...rotation.sizes,
    },
    [
      ...[dout, q, k, v].map((value) => layout.operandAddress(value)),
      ...[out, lse].map(address),
      at(rowOfBuffer(layout)),
      address(first),
      address(last),
      ...[dq, dk, dv].map(address),
      ...rotation.args,
    ],
    { flopsPerRow: 4 * heads * headDim * layout.context, bytesPerRow: 32 * heads * headDim },
  );
  return [
    {
      call,
      count: (layout.rows / layout.span) * kvHeads,
      modalities: layout.graph.modalities.map((_n, m) => m),
    },
  ];
}

export function cachedAttention(layout: Layout, node: Node<"attention_cached">): readonly TaskGroup[] {
  const { heads, kvHeads } = node.attributes;
  const rows = [0, 1, 2].map((i) => required(node.inputs, i)) as [number, number, number];
  const [q, k, v] = rows;
  const out = required(node.results, 0);
  const headDim = (layout.width(q, 0) ?? 0) / heads;
  const { span, context } = layout;
  const stride = (value: ValueId): number => layout.storage.stride(value);
  const call = makeCall(
    layout,
    [node],
    {
      kind: "attention_cached",
      ...{ heads, kvHeads, headDim, span, context },
      qStride: stride(q),
      kStride: stride(k),
      vStride: stride(v),
      outStride: stride(out),
    },
    [
      ...[...rows, out, required(node.inputs, 3), required(node.inputs, 4)].map((value) =>
        layout.address(value),
      ),
      at(rowOfBuffer(layout)),
      ...[5, 6, 7].map((i) => layout.address(required(node.inputs, i))),
    ],
    { flopsPerRow: 2 * heads * headDim * context, bytesPerRow: 8 * kvHeads * headDim * context },
  );
  const modalities = layout.graph.modalities.map((_n, m) => m);
  return [{ call, count: (layout.rows / span) * kvHeads, modalities }];
}
