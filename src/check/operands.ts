// operands.ts: which values an operation reads, whatever its kind.
// In: a draft operation. Out: indices of operations, in the order they are written; or the operation with others.

import type { ValueIndex } from "./model.ts";
import type { DraftOperation } from "./state.ts";

/** The operation, each operand replaced by `at` of it. */
export function mapOperands(
  operation: DraftOperation,
  at: (operand: ValueIndex) => ValueIndex,
): DraftOperation {
  switch (operation.kind) {
    case "tokens":
      return operation;
    case "attention":
      return { ...operation, q: at(operation.q), k: at(operation.k), v: at(operation.v) };
    case "binary":
      return { ...operation, a: at(operation.a), b: at(operation.b) };
    case "join":
      return { ...operation, parts: operation.parts.map(at) };
    case "route":
      return { ...operation, scores: at(operation.scores) };
    case "dispatch":
      return { ...operation, x: at(operation.x), route: at(operation.route) };
    case "combine":
      return { ...operation, y: at(operation.y), route: at(operation.route) };
    default:
      return { ...operation, x: at(operation.x) };
  }
}

/** The values it reads. */
export function operandsOf(operation: DraftOperation): readonly ValueIndex[] {
  const operands: ValueIndex[] = [];
  mapOperands(operation, (operand) => {
    operands.push(operand);
    return operand;
  });
  return operands;
}
