// operands.ts: which values an operation or an objective reads, whatever its kind, and which parameters.
// In: an operation, a draft's or the model's, or an objective. Out: indices of operations, in the order they are
// written, and of parameters; or the same with others.
// Idea: one switch knows the operands of every kind, for whoever reads them and whoever replaces them.

import type { Objective, Operation, ParameterIndex, ValueIndex } from "./model.ts";
import type { DraftOperation } from "./state.ts";

type At = (operand: ValueIndex) => ValueIndex;
type Operands = Readonly<Record<string, ValueIndex | readonly ValueIndex[]>>;

/** The operation, each operand replaced by `at` of it. */
export function mapOperands<O extends DraftOperation | Operation>(operation: O, at: At): O {
  // A switch does not narrow `O` itself: the operands of `operation` go back to where they were found.
  return { ...operation, ...mapped(operation, at) };
}

/** The operands alone, under the names that they have in the operation. */
function mapped(operation: DraftOperation | Operation, at: At): Operands {
  switch (operation.kind) {
    case "tokens":
    case "noisy":
    case "noise":
    case "sinusoid":
      return {};
    case "attention":
      return { q: at(operation.q), k: at(operation.k), v: at(operation.v) };
    case "binary":
      return { a: at(operation.a), b: at(operation.b) };
    case "join":
      return { parts: operation.parts.map(at) };
    case "route":
      return { scores: at(operation.scores) };
    case "dispatch":
      return { x: at(operation.x), route: at(operation.route) };
    case "combine":
      return { y: at(operation.y), route: at(operation.route) };
    default:
      return { x: at(operation.x) };
  }
}

/** The objective, each value it compares replaced by `at` of it. */
export function mapObjective(objective: Objective, at: At): Objective {
  return objective.kind === "cross_entropy"
    ? { ...objective, logits: at(objective.logits) }
    : { ...objective, prediction: at(objective.prediction), target: at(objective.target) };
}

/** The values it compares. */
export function comparedBy(objective: Objective): readonly ValueIndex[] {
  return objective.kind === "cross_entropy" ? [objective.logits] : [objective.prediction, objective.target];
}

/** The values it reads. */
export function operandsOf(operation: DraftOperation | Operation): readonly ValueIndex[] {
  return Object.values(mapped(operation, (operand) => operand)).flat();
}

/** The table, or the weights by modality or by group. */
export function parametersOf(operation: Operation): readonly (ParameterIndex | undefined)[] {
  if ("table" in operation) return [operation.table];
  return "weight" in operation ? operation.weight : [];
}
