// finish.ts: draft operations and parameter placement → the operations of a Model.
// In: a run and a placement. Out: operations whose weights are indices of parameters, and objectives.
// Idea: one for one, but for an embedding per modality: that becomes one embedding of each modality's rows and a join,
// unless the variant shares the table, which makes it the plain operation.

import type { Objective, Operation, ParameterIndex, PerModality } from "./model.ts";
import type { Placement } from "./share.ts";
import type { DraftOperation, Site } from "./state.ts";
import { modalitiesOf } from "./values.ts";
import type { Run } from "./world.ts";

type Embed = Extract<DraftOperation, { kind: "embed" }>;

/** The final operations and objectives; indices of operations move where an embedding is spread out. */
export function finishOperations(
  run: Run,
  placement: Placement,
): { readonly operations: readonly Operation[]; readonly objectives: readonly Objective[] } {
  const operations: Operation[] = [];
  const moved: number[] = [];
  const at = (index: number): number => moved[index] ?? index;
  for (const draft of run.draft.operations) {
    if (draft.kind === "embed") {
      pushEmbed({ ...draft, x: at(draft.x) }, placement, operations);
    } else operations.push(finish(draft, at, placement, run.modalities.length));
    moved.push(operations.length - 1);
  }
  const objectives = run.draft.objectives.map((objective) => ({
    ...objective,
    logits: at(objective.logits),
  }));
  return { operations, objectives };
}

function finish(
  draft: Exclude<DraftOperation, Embed>,
  at: (index: number) => number,
  placement: Placement,
  modalityCount: number,
): Operation {
  switch (draft.kind) {
    case "tokens":
      return draft;
    case "linear":
    case "rms_norm": {
      const members = new Set(modalitiesOf(draft.shape));
      const weight: PerModality<ParameterIndex> = Array.from({ length: modalityCount }, (_, modality) =>
        members.has(modality) ? parameterOf(placement, draft.weight, modality) : undefined,
      );
      return { ...draft, x: at(draft.x), weight };
    }
    case "attention":
      return { ...draft, q: at(draft.q), k: at(draft.k), v: at(draft.v) };
    case "binary":
      return { ...draft, a: at(draft.a), b: at(draft.b) };
    case "join":
      return { ...draft, parts: draft.parts.map(at) };
    case "rope":
    case "split":
    case "merge":
    case "unary":
    case "constant_binary":
    case "restrict":
      return { ...draft, x: at(draft.x) };
  }
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
