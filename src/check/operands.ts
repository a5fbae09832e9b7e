// operands.ts: which values an operation or an objective reads, whatever its kind.
// In: a draft operation or an objective. Out: indices of operations, in the order they are written; or the same with
// others.

import type { Objective, ValueIndex } from "./model.ts";
import type { DraftOperation } from "./state.ts";

/** The operation, each operand replaced by `at` of it. */
export function mapOperands(
  operation: DraftOperation,
  at: (operand: ValueIndex) => ValueIndex,
): DraftOperation {
  switch (operation.kind) {
    case "tokens":
    case "noisy":
    case "noise":
    case "sinusoid":
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

/** The objective, each value it compares replaced by `at` of it. */
export function mapObjective(objective: Objective, at: (value: ValueIndex) => ValueIndex): Objective {
  return objective.kind === "cross_entropy"
    ? { ...objective, logits: at(objective.logits) }
    : { ...objective, prediction: at(objective.prediction), target: at(objective.target) };
}

/** The values it compares. */
export function comparedBy(objective: Objective): readonly ValueIndex[] {
  return objective.kind === "cross_entropy" ? [objective.logits] : [objective.prediction, objective.target];
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
