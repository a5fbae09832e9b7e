// route.ts: a draft under `experts` rules: blocks of experts instead of plain ones.
// In: a run's draft and the rules. Out: its operations with route, dispatch and combine, and a site for every expert.
// Idea: a block's linears and what is made of them move to routed rows; what they read is dispatched, what the block adds
// is combined. Modalities that a rule leaves out keep the plain operations, on their own rows, and are joined in again.

import { error } from "../diagnostics/diagnostic.ts";
import { type Block, findBlocks } from "./blocks.ts";
import { createSites, type ExpertSites } from "./expert-sites.ts";
import type { ExpertsRule } from "./experts.ts";
import type { PerModality, RowsShape, ValueIndex } from "./model.ts";
import { mapObjective, mapOperands } from "./operands.ts";
import type { Reporter } from "./report.ts";
import {
  type Draft,
  type DraftOperation,
  type DraftRouting,
  operationLimit,
  type RoutedDraft,
  type Site,
} from "./state.ts";
import { modalitiesOf } from "./values.ts";

/** What one block is being turned into. */
type Rewriting = {
  readonly block: Block;
  readonly routing: number;
  readonly router: Site;
  /** New indices of old values: on routed rows, on the rows of the modalities that are not routed. */
  readonly routed: Map<ValueIndex, ValueIndex>;
  readonly plain: Map<ValueIndex, ValueIndex>;
  readonly restricted: Map<string, ValueIndex>;
  route?: ValueIndex;
};

type Writer = {
  readonly draft: Draft;
  readonly sites: ExpertSites;
  readonly operations: DraftOperation[];
  /** New indices of the values that have one row per token. */
  readonly moved: (ValueIndex | undefined)[];
};

/** Applies the rules; blocks that do not fit are reported, and stay plain. */
export function routeDraft(
  draft: Draft,
  rules: readonly ExpertsRule[],
  modalityNames: readonly string[],
  reporter: Reporter,
): RoutedDraft {
  const { blocks, dead } = findBlocks(draft, rules, modalityNames, reporter);
  if (blocks.length === 0 || isTooLarge(blocks, reporter))
    return { ...draft, sites: [...draft.sites.values()], routings: [] };
  const sites = createSites(draft);
  const writer: Writer = { draft, sites, operations: [], moved: [] };
  const rewritings = blocks.map((block, routing) => startBlock(writer, block, routing));
  const owner = new Map<ValueIndex, Rewriting>();
  for (const rewriting of rewritings)
    for (const index of [...rewriting.block.routed, rewriting.block.end]) owner.set(index, rewriting);
  for (const [index, operation] of draft.operations.entries()) {
    const rewriting = owner.get(index);
    if (dead.has(index)) continue;
    if (rewriting === undefined) keep(writer, index, operation, (operand) => at(writer, operand));
    else if (index === rewriting.block.end) endBlock(writer, rewriting, index, operation);
    else routeOperation(writer, rewriting, index, operation);
  }
  return {
    operations: writer.operations.map((operation) =>
      operation.kind === "linear" && operation.experts === undefined
        ? { ...operation, weight: sites.plain(operation.weight) }
        : operation,
    ),
    sites: sites.all(),
    objectives: draft.objectives.map((each) => mapObjective(each, (value) => at(writer, value))),
    routings: rewritings.map(({ block }) => routingOf(writer, block)),
  };
}

function isTooLarge(blocks: readonly Block[], reporter: Reporter): boolean {
  const copies = blocks.reduce((sum, { rule, routed }) => sum + rule.experts * routed.size, 0);
  const [first] = blocks;
  if (copies <= operationLimit || first === undefined) return false;
  reporter.report(
    error("MOT2015", first.rule.span, "the model is too large to expand", {
      label: `${copies} copies for the experts of its blocks`,
      note: `experts are expanded, to at most ${operationLimit} copies of what stands in their blocks`,
    }),
  );
  return true;
}

function startBlock({ draft, sites }: Writer, block: Block, routing: number): Rewriting {
  const linears = [...block.routed].flatMap((index) => linearSite(draft, index));
  for (const site of linears) sites.split(site, block, routing);
  const router = sites.router(block, linears, inputOf(draft, block)?.shape.widths ?? []);
  const maps = { routed: new Map(), plain: new Map(), restricted: new Map() };
  return { block, routing, router, ...maps };
}

function linearSite(draft: Draft, index: ValueIndex): readonly Site[] {
  const operation = draft.operations[index];
  return operation?.kind === "linear" ? [operation.weight] : [];
}

function inputOf(draft: Draft, block: Block): DraftOperation | undefined {
  const first = draft.operations[block.first];
  return first?.kind === "linear" ? draft.operations[first.x] : undefined;
}

function routingOf({ draft, sites }: Writer, block: Block): DraftRouting {
  const { rule, modalities } = block;
  const linears = [...block.routed].flatMap((index) => linearSite(draft, index));
  const firsts = linears.flatMap((site) => sites.expertsOf(site).slice(0, 1));
  const { experts, choice, balance, span } = rule;
  return { experts, choice, balance, span, modalities, linears: firsts };
}

// ---- operations ------------------------------------------------------------------------------------------------

function at({ moved }: Writer, operand: ValueIndex): ValueIndex {
  return moved[operand] ?? operand;
}

function push({ operations }: Writer, operation: DraftOperation): ValueIndex {
  operations.push(operation);
  return operations.length - 1;
}

function keep(
  writer: Writer,
  index: ValueIndex,
  operation: DraftOperation,
  operand: (old: ValueIndex) => ValueIndex,
): void {
  writer.moved[index] = push(writer, mapOperands(operation, operand));
}

/** An operation on routed rows, and its plain form for the modalities that are not routed. */
function routeOperation(
  writer: Writer,
  rewriting: Rewriting,
  index: ValueIndex,
  operation: DraftOperation,
): void {
  const { block, routing } = rewriting;
  const route = rewriting.route ?? emitRoute(writer, rewriting);
  rewriting.route = route;
  const routedShape = (shape: RowsShape): RowsShape => ({ ...shapeFor(shape, block.modalities), routing });
  const routedOperand = (old: ValueIndex): ValueIndex => {
    const known = rewriting.routed.get(old);
    if (known !== undefined) return known;
    const x = only(writer, rewriting, old, block.modalities);
    const shape = routedShape(writer.draft.operations[old]?.shape ?? operation.shape);
    const { span, scope } = operation;
    const dispatched = push(writer, { kind: "dispatch", x, route, shape, span, scope });
    rewriting.routed.set(old, dispatched);
    return dispatched;
  };
  const mapped = mapOperands(operation, routedOperand);
  const onRouted = { ...mapped, shape: routedShape(operation.shape) };
  const experts = onRouted.kind === "linear" ? writer.sites.expertsOf(onRouted.weight) : [];
  const [weight] = experts;
  rewriting.routed.set(
    index,
    push(
      writer,
      onRouted.kind === "linear" && weight !== undefined ? { ...onRouted, weight, experts } : onRouted,
    ),
  );
  if (block.rest.length === 0) return;
  const plainOperand = (old: ValueIndex): ValueIndex =>
    rewriting.plain.get(old) ?? only(writer, rewriting, old, block.rest);
  const plain = mapOperands(operation, plainOperand);
  rewriting.plain.set(index, push(writer, { ...plain, shape: shapeFor(operation.shape, block.rest) }));
}

/** The router's scores and the choice, on what the first linear reads. */
function emitRoute(writer: Writer, rewriting: Rewriting): ValueIndex {
  const { block, routing, router } = rewriting;
  const { rule, modalities, part } = block;
  const first = writer.draft.operations[block.first];
  const x = only(writer, rewriting, first?.kind === "linear" ? first.x : 0, modalities);
  const width = (value: number): PerModality<number> =>
    (first?.shape.widths ?? []).map((_, modality) => (modalities.includes(modality) ? value : undefined));
  const place = { span: rule.span, scope: part.scope };
  const scores = push(writer, {
    kind: "linear",
    x,
    weight: router,
    shape: { widths: width(rule.experts) },
    name: "router",
    ...place,
  });
  const shape = { widths: width(1), routing };
  return push(writer, { kind: "route", scores, routing, shape, name: "gates", ...place });
}

/** The block's `x += y`, or the norm in it: what it reads is added up here. */
function endBlock(writer: Writer, rewriting: Rewriting, index: ValueIndex, operation: DraftOperation): void {
  const { block, route = 0 } = rewriting;
  const summed = writer.draft.operations[block.sum] ?? operation;
  const { span, scope } = operation;
  const y = rewriting.routed.get(block.sum) ?? 0;
  const shape = shapeFor(summed.shape, block.modalities);
  const combined = push(writer, { kind: "combine", y, route, shape, span, scope });
  const plain = rewriting.plain.get(block.sum);
  const sum =
    plain === undefined
      ? combined
      : push(writer, { kind: "join", parts: [combined, plain], shape: summed.shape, span, scope });
  keep(writer, index, operation, (operand) => (operand === block.sum ? sum : at(writer, operand)));
}

/** The rows of `modalities` of a value with one row per token. */
function only(
  writer: Writer,
  rewriting: Rewriting,
  old: ValueIndex,
  modalities: readonly number[],
): ValueIndex {
  const value = at(writer, old);
  const operation = writer.draft.operations[old];
  if (operation === undefined) return value;
  if (modalitiesOf(operation.shape).every((modality) => modalities.includes(modality))) return value;
  const key = `${old} ${modalities.join(" ")}`;
  const known = rewriting.restricted.get(key);
  if (known !== undefined) return known;
  const { span, scope } = operation;
  const shape = shapeFor(operation.shape, modalities);
  const restricted = push(writer, { kind: "restrict", x: value, modalities, shape, span, scope });
  rewriting.restricted.set(key, restricted);
  return restricted;
}

function shapeFor(shape: RowsShape, modalities: readonly number[]): RowsShape {
  const widths = shape.widths.map((width, modality) => (modalities.includes(modality) ? width : undefined));
  return { ...shape, widths };
}
