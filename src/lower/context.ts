// context.ts: what is known while a model is lowered: its parameters and inputs as graph values, and the values so far.
// In: a Model. Out: a context with every parameter declared; batch inputs are declared at their first use, so a graph
// asks the host for nothing it does not read.

import type { Model, Routing, ValueIndex } from "../check/model.ts";
import { bug } from "../diagnostics/bug.ts";
import { type Builder, createBuilder } from "../ir/builder.ts";
import type { ValueId } from "../ir/graph.ts";
import { arrayOf, rowsOf } from "../ir/types.ts";
import { type BatchInput, batchInputs, lastInput } from "./inputs.ts";

/** `values` grows as operations are lowered. */
export type LowerContext = {
  readonly model: Model;
  readonly builder: Builder;
  /** By `ParameterIndex`. */
  readonly parameters: readonly ValueId[];
  /** By `ValueIndex`, for the operations lowered so far. */
  readonly values: ValueId[];
  /** By the number of their `route` operation, for those lowered so far. */
  readonly routes: Map<ValueIndex, Routed>;
  /** Whether dropout draws masks. */
  readonly isTraining: boolean;
  /** A per-row batch input. */
  readonly input: (name: BatchInput) => ValueId;
  /** Where what a row sees ends, under a mask. */
  readonly last: (within: readonly number[]) => ValueId;
};

/** What a `route` operation became. */
export type Routed = {
  /** Number of the graph's space. */
  readonly space: number;
  /** f32[N,E]: softmax of the scores. */
  readonly p: ValueId;
  /** Results of the `route` node. */
  readonly source: ValueId;
  readonly slots: ValueId;
  readonly routing: Routing;
};

/** Declares every parameter, in the model's order. */
export function startContext(model: Model, isTraining = false): LowerContext {
  const modalities = model.modalities.map((modality) => modality.name);
  const builder = createBuilder(model.name, modalities);
  const parameters = model.parameters.map(({ path, shape, span }) =>
    builder.param(path, arrayOf("f32", shape), { span, scope: "", name: path, phase: "forward" }),
  );
  const widths = modalities.map(() => 1);
  const input = (name: BatchInput): ValueId => builder.input(name, rowsOf(batchInputs[name], widths));
  const last = (within: readonly number[]): ValueId =>
    builder.input(lastInput(within), rowsOf("i32", widths));
  return { model, builder, parameters, values: [], routes: new Map(), isTraining, input, last };
}

/** The value of an operation that has been lowered. */
export function lowered(context: LowerContext, index: ValueIndex): ValueId {
  return context.values[index] ?? bug("lower", `operation ${index} is used before it is computed`);
}
