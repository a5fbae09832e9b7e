// lower.ts: the checked model as a tensor graph: forward pass and losses.
// In: a Model (names bound, widths known, layers expanded). Out: a Graph with the results `loss` and, on request, `logits`.
// Idea: the model is straight-line already, so each operation becomes the node it names. What makes a model a mixture
// is only the list of weights a node carries, one per modality (modality.ts): all the same where they are shared, and
// then the graph is the one of the plain model. `split` and `merge` vanish into the `heads` of their users.

import type { Model, Operation, PerModality, ValueIndex } from "../check/model.ts";
import { bug } from "../diagnostics/bug.ts";
import type { NodeOptions } from "../ir/builder.ts";
import type { Graph, Origin, ValueId } from "../ir/graph.ts";
import { arrayOf, rowsOf } from "../ir/types.ts";
import { type LowerContext, lowered, startContext } from "./context.ts";
import { lowerCombine, lowerDispatch, lowerRoute } from "./experts.ts";
import { dropoutInput } from "./inputs.ts";
import { lowerLosses } from "./losses.ts";
import { mapPresent, weightsOf } from "./modality.ts";

/**
 * What the graph hands out: `loss` unless it is switched off, `logits` on request. `dropout`: masks are drawn, as in
 * training; without it dropout is the identity and leaves no trace.
 */
export type Wanted = { readonly loss?: boolean; readonly logits?: boolean; readonly dropout?: boolean };

/**
 * Forward pass and losses of a model.
 * - `loss`: f32[1+M], the weighted total, then the sum of the losses of each modality's targets.
 * - `logits`: f32[N,V] of the first cross-entropy; further ones, if they read other logits, are `logits.1`, …;
 *   `prediction`, `prediction.1`, … of mean squares likewise.
 * - Every parameter is declared, in the model's order, whether an operation reads it or not.
 */
export function lower(model: Model, wanted: Wanted = {}): Graph {
  const context = startContext(model, wanted.dropout === true);
  for (const operation of model.operations) context.values.push(lowerOperation(context, operation));
  if (wanted.loss !== false) lowerLosses(context, model.objectives);
  if (wanted.logits === true) {
    for (const [name, index] of outputsOf(model)) context.builder.result(name, lowered(context, index));
  }
  return context.builder.finish();
}

/** What a model that only infers hands out, by name. */
export function outputsOf({ objectives }: Pick<Model, "objectives">): ReadonlyMap<string, ValueIndex> {
  const logits = objectives.flatMap((each) => (each.kind === "cross_entropy" ? [each.logits] : []));
  const predictions = objectives.flatMap((each) => (each.kind === "mean_square" ? [each.prediction] : []));
  const numbered = (name: string, values: readonly ValueIndex[]) =>
    [...new Set(values)].map((value, k) => [k === 0 ? name : `${name}.${k}`, value] as const);
  return new Map([...numbered("logits", logits), ...numbered("prediction", predictions)]);
}

function originOf(operation: Operation): Origin {
  const { span, scope, name } = operation;
  return { span, scope, phase: "forward", ...(name === undefined ? {} : { name }) };
}

/** Heads of an operand; 0 outside `split` … `merge`. */
function headsOf(context: LowerContext, index: ValueIndex): number {
  return context.model.operations[index]?.shape.heads ?? 0;
}

function lowerOperation(context: LowerContext, operation: Operation): ValueId {
  const { builder } = context;
  const options = { origin: originOf(operation) };
  const value = (index: ValueIndex): ValueId => lowered(context, index);
  switch (operation.kind) {
    case "tokens":
      return lowerTokens(context, operation, options);
    case "noisy":
    case "noise":
      return builder.input(operation.kind, rowsOf("f32", operation.shape.widths));
    case "sinusoid": {
      const { widths } = operation.shape;
      return builder.value("sinusoid", [context.input("timestep")], { widths }, options);
    }
    case "embed": {
      const table = weightsOf(context, [operation.table]).filter((weight) => weight !== undefined);
      return builder.value("embed", [value(operation.x), ...table], {}, options);
    }
    case "linear": {
      const weights = weightsOf(context, operation.weight);
      return builder.value("linear", [value(operation.x)], {}, { ...options, weights });
    }
    case "rms_norm": {
      const attributes = { eps: operation.eps, heads: headsOf(context, operation.x) };
      const weights = weightsOf(context, operation.weight);
      return builder.value("rms_norm", [value(operation.x)], attributes, { ...options, weights });
    }
    case "rope": {
      const attributes = { heads: headsOf(context, operation.x) || 1, base: operation.base, inverse: false };
      return builder.value("rope", [value(operation.x), context.input("position")], attributes, options);
    }
    case "split":
    case "merge":
      return value(operation.x);
    case "attention":
      return lowerAttention(context, operation, options);
    case "unary":
      return builder.value(operation.fn, [value(operation.x)], {}, options);
    case "binary":
      return builder.value(operation.fn, [value(operation.a), value(operation.b)], {}, options);
    case "constant_binary":
      return lowerConstant(context, operation, options);
    case "dropout":
      return lowerDropout(context, operation, options);
    case "restrict":
      return builder.value("restrict", [value(operation.x)], { modalities: operation.modalities }, options);
    case "join":
      return builder.value("join", operation.parts.map(value), {}, options);
    case "route":
      return lowerRoute(context, operation, options);
    case "dispatch":
      return lowerDispatch(context, operation, options);
    case "combine":
      return lowerCombine(context, operation, options);
    default:
      return operation satisfies never;
  }
}

/** Ids of every row, or of the modalities that the value has. */
function lowerTokens(context: LowerContext, { shape }: Operation, options: NodeOptions): ValueId {
  const tokens = context.input("tokens");
  const modalities = shape.widths.flatMap((width, m) => (width === undefined ? [] : [m]));
  if (modalities.length === shape.widths.length) return tokens;
  return context.builder.value("restrict", [tokens], { modalities }, options);
}

/** Which keys a row sees is data (`sequence`, `first`, `last`): masks, documents and spans need no op of their own. */
function lowerAttention(
  context: LowerContext,
  { q, k, v, within }: Operation & { readonly kind: "attention" },
  options: NodeOptions,
): ValueId {
  const rows = [q, k, v].map((index) => lowered(context, index));
  const visible = [context.input("sequence"), context.input("first"), context.last(within)];
  const attributes = { heads: headsOf(context, q) || 1, kvHeads: headsOf(context, k) || 1 };
  const [out] = context.builder.node("attention", [...rows, ...visible], attributes, options);
  return out ?? bug("lower", "attention has no result");
}

/** The mask is a function of the row's place in the batch, whatever order its rows are sorted in. */
function lowerDropout(
  context: LowerContext,
  { x, rate, number }: Operation & { readonly kind: "dropout" },
  options: NodeOptions,
): ValueId {
  const rows = lowered(context, x);
  if (!context.isTraining) return rows;
  const key = context.builder.input(dropoutInput, arrayOf("i32", [2]));
  return context.builder.value("dropout", [rows, context.input("sequence"), key], { rate, number }, options);
}

/** x ± c, c − x, x · c, x / c and c / x in terms of `offset`, `scale`, `neg` and `reciprocal`. */
function lowerConstant(
  context: LowerContext,
  operation: Operation & { readonly kind: "constant_binary" },
  options: NodeOptions,
): ValueId {
  const { builder } = context;
  const x = lowered(context, operation.x);
  const constant = operation.constant.map((c, m) =>
    operation.shape.widths[m] === undefined ? undefined : c,
  );
  const offset = (to: ValueId, by: PerModality<number>): ValueId =>
    builder.value("offset", [to], { by }, options);
  const scale = (to: ValueId, by: PerModality<number>): ValueId =>
    builder.value("scale", [to], { by }, options);
  switch (operation.fn) {
    case "add":
      return offset(x, constant);
    case "sub":
      return operation.constantFirst
        ? offset(builder.value("neg", [x], {}, options), constant)
        : offset(
            x,
            mapPresent(constant, (c) => -c),
          );
    case "mul":
      return scale(x, constant);
    case "div":
      return operation.constantFirst
        ? scale(builder.value("reciprocal", [x], {}, options), constant)
        : scale(
            x,
            mapPresent(constant, (c) => 1 / c),
          );
    default:
      return operation.fn satisfies never;
  }
}
