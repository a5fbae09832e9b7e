// graph.ts: the tensor graph. Immutable, in topological order; a value is defined once, by a node, before its uses.
// In: nothing. Out: types. `builder.ts` is the only way to make nodes, `verify.ts` checks the invariants,
// `print.ts` and `parse.ts` turn a graph into text and back.

import type { Span } from "../diagnostics/source.ts";
import type { OpAttributes, OpName } from "./ops.ts";
import type { Space } from "./spaces.ts";
import type { TensorType } from "./types.ts";

/** Index into `Graph.values`. */
export type ValueId = number;

export type Value = {
  readonly id: ValueId;
  readonly type: TensorType;
  readonly node: number;
  readonly result: number;
};

export type Node<O extends OpName = OpName> = {
  readonly op: O;
  /** Ordinary operands, in the order the op table names them. */
  readonly inputs: readonly ValueId[];
  /**
   * One array per modality (per group, in a routed space) for ops that have per-modality weights (`undefined` where it
   * has no rows), else empty.
   */
  readonly weights: readonly (ValueId | undefined)[];
  readonly attributes: OpAttributes[O];
  readonly results: readonly ValueId[];
  readonly origin: Origin;
};

/** Where a node comes from: for profiles, names and errors. Never changes what the node computes. */
export type Origin = {
  readonly span?: Span;
  /** `block.0.ffn`; empty at the top level. */
  readonly scope: string;
  /** The name it was bound to, if any. */
  readonly name?: string;
  /** Which part of a step it belongs to. */
  readonly phase: "forward" | "backward" | "update";
};

export type Graph = {
  readonly name: string;
  readonly modalities: readonly string[];
  /** Routed spaces; `RowsType.space` is an index into it. Each is opened by one `route` node. */
  readonly spaces: readonly Space[];
  readonly nodes: readonly AnyNode[];
  readonly values: readonly Value[];
  /** What the step hands out, by name: `loss`, `grad/PATH`, `param/PATH`, `m/PATH`, `v/PATH`, `logits`. */
  readonly results: readonly { readonly name: string; readonly value: ValueId }[];
};

/** A node whose `op` and `attributes` belong together; switch on `op` to narrow. */
export type AnyNode = { readonly [O in OpName]: Node<O> }[OpName];
