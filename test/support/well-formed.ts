// well-formed.ts: what holds of every checked model, whatever the spec.
// In: a model. Out: failed expectations.

import { expect } from "vitest";
import type { Model, Operation } from "../../src/check/model.ts";

/** Operands come earlier, parameters exist and have unique paths, shapes fit their weights. */
export function expectWellFormed(model: Model): void {
  expect(new Set(model.parameters.map(({ path }) => path)).size).toBe(model.parameters.length);
  for (const { shape } of model.parameters)
    for (const size of shape) expect(Number.isInteger(size) && size > 0, String(shape)).toBe(true);
  for (const [index, operation] of model.operations.entries()) {
    for (const operand of operandsOf(operation)) {
      expect(operand).toBeGreaterThanOrEqual(0);
      expect(operand).toBeLessThan(index);
    }
    const groups = groupsOf(model, operation);
    expect(operation.shape.widths).toHaveLength(groups.length);
    if (operation.kind !== "linear" && operation.kind !== "rms_norm") continue;
    for (const [modality, width] of operation.shape.widths.entries()) {
      const weight = operation.weight[modality];
      expect(weight === undefined).toBe(width === undefined);
      if (weight === undefined || width === undefined) continue;
      const input = model.operations[operation.x]?.shape;
      const expected =
        operation.kind === "linear"
          ? [width, input?.widths[modality]]
          : [width / (operation.shape.heads ?? 1)];
      expect(model.parameters[weight]?.shape).toEqual(expected);
      const { pool, expert } = groups[modality] ?? { pool: [] };
      for (const member of pool) expect(model.parameters[weight]?.modalities).toContain(member);
      expect(model.parameters[weight]?.expert?.index).toBe(expert);
    }
  }
  for (const objective of model.objectives) {
    if (objective.kind === "cross_entropy")
      expect(model.operations[objective.logits]?.shape.widths[0]).toBe(model.vocab);
    else
      expect(model.operations[objective.prediction]?.shape).toEqual(
        model.operations[objective.target]?.shape,
      );
  }
}

/** Whose rows stand behind each width: one modality's; on routed rows those of a pool that go to one expert. */
function groupsOf(model: Model, { shape }: Operation) {
  if (shape.routing === undefined) return model.modalities.map((_, m) => ({ pool: [m], expert: undefined }));
  const { pools, experts } = model.routings[shape.routing] ?? { pools: [], experts: 0 };
  const poolCount = Math.max(...pools.map((pool) => (pool ?? -1) + 1));
  return Array.from({ length: poolCount * experts }, (_, group) => ({
    pool: pools.flatMap((pool, m) => (pool === Math.floor(group / experts) ? [m] : [])),
    expert: group % experts,
  }));
}

function operandsOf(operation: Operation): readonly number[] {
  switch (operation.kind) {
    case "tokens":
    case "noisy":
    case "noise":
    case "sinusoid":
      return [];
    case "attention":
      return [operation.q, operation.k, operation.v];
    case "binary":
      return [operation.a, operation.b];
    case "join":
      return operation.parts;
    case "route":
      return [operation.scores];
    case "dispatch":
      return [operation.x, operation.route];
    case "combine":
      return [operation.y, operation.route];
    default:
      return [operation.x];
  }
}
