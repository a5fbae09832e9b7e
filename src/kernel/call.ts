// call.ts: one kernel with its arguments, as launches hold them.
// In: the nodes that it computes, a body and arguments. Out: a call, with what a profile wants to know about it.

import { bug } from "../diagnostics/bug.ts";
import { positionAt } from "../diagnostics/source.ts";
import type { AnyNode, ValueId } from "../ir/graph.ts";
import type { Argument, Call, KernelBody } from "./kernel.ts";
import type { Layout } from "./layout.ts";

/** Named after the nodes, and placed where the first of them stands. `bytesPerRow` counts four for every element. */
export function makeCall(
  layout: Layout,
  nodes: readonly AnyNode[],
  body: KernelBody,
  args: readonly Argument[],
  cost: { readonly flopsPerRow: number; readonly bytesPerRow: number },
): Call {
  const [first] = nodes;
  const span = first?.origin.span;
  const label = nodes.map((node) => node.origin.name ?? node.op).join(" ");
  return {
    kernel: layout.registry.kernel(body),
    args,
    phase: first?.origin.phase ?? "forward",
    label: `${label}${first?.origin.phase === "backward" ? " gradient" : ""}`,
    scope: first?.origin.scope ?? "",
    ...(span === undefined ? {} : { line: positionAt(span.source, span.start).line }),
    flopsPerRow: cost.flopsPerRow,
    bytesPerRow: cost.bytesPerRow * narrowness(layout, args),
  };
}

/** An operand or result that the op table says is there. */
export function required(values: readonly ValueId[], index: number): ValueId {
  return values[index] ?? bug("kernel", `value ${index} of an operation is missing`);
}

/** Bytes of an element, as a part of four: the mean over the rows that a call reads and writes. */
function narrowness({ registry }: Layout, args: readonly Argument[]): number {
  const sizes = args.flatMap((argument) => {
    const request = argument.kind === "buffer" ? registry.requests[argument.buffer] : undefined;
    if (request?.role !== "activation" || request.dtype === "i32") return [];
    return [request.dtype === "bf16" ? 2 : 4];
  });
  return sizes.length === 0 ? 1 : sizes.reduce((sum, size) => sum + size, 0) / (4 * sizes.length);
}
