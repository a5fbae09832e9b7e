// reads.ts: what an operation of a checked model reads: values and parameters.
// In: an operation. Out: their indices.

import type { Operation, ParameterIndex, ValueIndex } from "./model.ts";

export type Reads = {
  readonly values: readonly ValueIndex[];
  readonly parameters: readonly (ParameterIndex | undefined)[];
};

/** Operands, and weights or the table. */
export function readBy(operation: Operation): Reads {
  switch (operation.kind) {
    case "tokens":
    case "noisy":
    case "noise":
    case "sinusoid":
      return { values: [], parameters: [] };
    case "embed":
      return { values: [operation.x], parameters: [operation.table] };
    case "linear":
    case "rms_norm":
      return { values: [operation.x], parameters: operation.weight };
    case "attention":
      return { values: [operation.q, operation.k, operation.v], parameters: [] };
    case "binary":
      return { values: [operation.a, operation.b], parameters: [] };
    case "join":
      return { values: operation.parts, parameters: [] };
    case "route":
      return { values: [operation.scores], parameters: [] };
    case "dispatch":
      return { values: [operation.x, operation.route], parameters: [] };
    case "combine":
      return { values: [operation.y, operation.route], parameters: [] };
    case "rope":
    case "split":
    case "merge":
    case "unary":
    case "constant_binary":
    case "dropout":
    case "restrict":
      return { values: [operation.x], parameters: [] };
    default:
      return operation satisfies never;
  }
}
