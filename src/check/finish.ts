// finish.ts: draft operations and parameter placement → the operations of a Model.
// In: a routed draft and its placement. Out: operations whose weights are indices of parameters, and objectives.
// Idea: one for one, but for an embedding per modality: that becomes one embedding of each modality's rows and a join,
// unless the variant shares the table, which makes it the plain operation. On routed rows, modalities become groups.

import { bug } from "../diagnostics/bug.ts";
import type { Objective, Operation, ParameterIndex, PerModality } from "./model.ts";
import { mapObjective, mapOperands } from "./operands.ts";
import { byGroup, type PooledRouting } from "./pools.ts";
import type { Placement } from "./share.ts";
import type { DraftOperation, RoutedDraft, Site } from "./state.ts";
import { modalitiesOf } from "./values.ts";

type Embed = Extract<DraftOperation, { kind: "embed" }>;

/** The final operations and objectives; indices of operations move where an embedding is spread out. */
export function finishOperations(
  draft: RoutedDraft,
  placement: Placement,
  routings: readonly PooledRouting[],
  modalityCount: number,
): { readonly operations: readonly Operation[]; readonly objectives: readonly Objective[] } {
  const operations: Operation[] = [];
  const moved: number[] = [];
  const at = (index: number): number => moved[index] ?? index;
  for (const operation of draft.operations) {
    const routing = operation.shape.routing === undefined ? undefined : routings[operation.shape.routing];
    if (operation.kind === "embed") pushEmbed({ ...operation, x: at(operation.x) }, placement, operations);
    else if (routing !== undefined) operations.push(finishRouted(operation, at, placement, routing));
    else operations.push(finish(operation, at, placement, modalityCount));
    moved.push(operations.length - 1);
  }
  const objectives = draft.objectives.map((objective) => mapObjective(objective, at));
  return { operations, objectives };
}

function finish(
  draft: Exclude<DraftOperation, Embed>,
  at: (index: number) => number,
  placement: Placement,
  modalityCount: number,
): Operation {
  const mapped = mapOperands(draft, at);
  if (mapped.kind !== "linear" && mapped.kind !== "rms_norm") return mapped;
  const members = new Set(modalitiesOf(mapped.shape));
  const weight: PerModality<ParameterIndex> = Array.from({ length: modalityCount }, (_, modality) =>
    members.has(modality) ? parameterOf(placement, mapped.weight, modality) : undefined,
  );
  return { ...mapped, weight };
}

/** What was said per modality, said per group. */
function finishRouted(
  draft: Exclude<DraftOperation, Embed>,
  at: (index: number) => number,
  placement: Placement,
  routing: PooledRouting,
): Operation {
  const mapped = mapOperands(draft, at);
  const shape = { ...mapped.shape, widths: byGroup(routing, mapped.shape.widths) };
  if (mapped.kind === "constant_binary")
    return { ...mapped, shape, constant: byGroup(routing, mapped.constant) };
  if (mapped.kind === "linear") {
    const { experts = [], ...rest } = mapped;
    const weight = routing.members.flatMap(([first = 0]) =>
      experts.map((site) => parameterOf(placement, site, first)),
    );
    return { ...rest, shape, weight };
  }
  if (mapped.kind === "rms_norm") return bug("check", "a norm on routed rows");
  return { ...mapped, shape };
}

function pushEmbed(draft: Embed, placement: Placement, operations: Operation[]): void {
  const modalities = modalitiesOf(draft.shape);
  const tables = modalities.map((modality) => parameterOf(placement, draft.table, modality) ?? 0);
  const [table = 0] = tables;
  if (tables.every((each) => each === table)) {
    operations.push({ ...draft, table });
    return;
  }
  const { span, scope } = draft;
  const tokenWidths = operations[draft.x]?.shape.widths ?? [];
  const groups = [...new Set(tables)].map((each) => ({
    table: each,
    members: modalities.filter((_, index) => tables[index] === each),
  }));
  const parts = groups.map((group) => {
    const only = (widths: PerModality<number>): PerModality<number> =>
      widths.map((width, modality) => (group.members.includes(modality) ? width : undefined));
    const shape = { widths: only(tokenWidths) };
    operations.push({ kind: "restrict", x: draft.x, modalities: group.members, shape, span, scope });
    const x = operations.length - 1;
    operations.push({
      kind: "embed",
      x,
      table: group.table,
      shape: { widths: only(draft.shape.widths) },
      span,
      scope,
    });
    return operations.length - 1;
  });
  const named = draft.name === undefined ? {} : { name: draft.name };
  operations.push({ kind: "join", parts, shape: draft.shape, span, scope, ...named });
}

function parameterOf(placement: Placement, site: Site, modality: number): ParameterIndex | undefined {
  return placement.indexOf.get(site)?.get(modality);
}
