// blocks.ts: which blocks an `experts` rule turns into blocks of experts, and what in others does not fit.
// In: a run's draft and the rules. Out: per block the operations that will stand on routed rows, and where they end.
// Idea: rows are routed from the block's first linear on; everything made of a linear is one expert's opinion, until
// one `x += y` adds them up. A norm or dropout that is all of y comes after the sum, since norms stay single.

import { error, type Label } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/source.ts";
import { enumeration } from "../diagnostics/suggest.ts";
import type { ExpertsRule } from "./experts.ts";
import type { ValueIndex } from "./model.ts";
import { comparedBy, operandsOf } from "./operands.ts";
import type { Reporter } from "./report.ts";
import type { Draft, DraftOperation, Part } from "./state.ts";

export type Block = {
  readonly rule: ExpertsRule;
  readonly part: Part;
  /** The modalities that are routed, and those of the block that are not. */
  readonly modalities: readonly number[];
  readonly rest: readonly number[];
  /** Operations on routed rows. */
  readonly routed: ReadonlySet<ValueIndex>;
  /** The first linear: the router reads what it reads. */
  readonly first: ValueIndex;
  /** The operation that reads the experts' sum, and the value that is summed. */
  readonly end: ValueIndex;
  readonly sum: ValueIndex;
};

export type Blocks = {
  readonly blocks: readonly Block[];
  /** Operations that nothing needs, made of routed values as they left their arms. */
  readonly dead: ReadonlySet<ValueIndex>;
};

type Search = {
  readonly draft: Draft;
  readonly users: readonly (readonly ValueIndex[])[];
  readonly live: ReadonlySet<ValueIndex>;
  readonly dead: Set<ValueIndex>;
  readonly modalityNames: readonly string[];
  readonly reporter: Reporter;
};

/** The blocks of the rules' labels; a block that does not fit is reported. */
export function findBlocks(
  draft: Draft,
  rules: readonly ExpertsRule[],
  modalityNames: readonly string[],
  reporter: Reporter,
): Blocks {
  if (rules.length === 0) return { blocks: [], dead: new Set() };
  const users = usersOf(draft);
  const search = {
    draft,
    users,
    live: liveOf(draft, users),
    dead: new Set<number>(),
    modalityNames,
    reporter,
  };
  const parts = partsOf(draft);
  const blocks = rules.flatMap((rule) => blocksOf(search, rule, parts));
  return { blocks, dead: search.dead };
}

/** The operations of each part, ascending. */
function partsOf({ parts }: Draft): ReadonlyMap<Part, readonly ValueIndex[]> {
  const found = new Map<Part, ValueIndex[]>();
  for (const [index, part] of parts.entries()) {
    if (part === undefined) continue;
    const known = found.get(part);
    if (known === undefined) found.set(part, [index]);
    else known.push(index);
  }
  return found;
}

function usersOf({ operations }: Draft): readonly (readonly ValueIndex[])[] {
  const users: ValueIndex[][] = operations.map(() => []);
  for (const [index, operation] of operations.entries())
    for (const operand of operandsOf(operation)) users[operand]?.push(index);
  return users;
}

/** What an objective needs; without objectives, what ends in anything but a name that nobody reads. */
function liveOf({ operations, objectives }: Draft, users: Search["users"]): ReadonlySet<ValueIndex> {
  const live = new Set(objectives.flatMap(comparedBy));
  if (objectives.length === 0)
    for (const [index, { kind }] of operations.entries())
      if (users[index]?.length === 0 && kind !== "join") live.add(index);
  for (let index = operations.length - 1; index >= 0; index -= 1) {
    const operation = operations[index];
    if (operation !== undefined && live.has(index))
      for (const operand of operandsOf(operation)) live.add(operand);
  }
  return live;
}

function blocksOf(
  search: Search,
  rule: ExpertsRule,
  parts: ReadonlyMap<Part, readonly ValueIndex[]>,
): readonly Block[] {
  const { draft, reporter, modalityNames } = search;
  const mine = [...parts].filter(([part]) => part.label === rule.label.text);
  const isRouted = (modality: number): boolean => rule.modality === undefined || modality === rule.modality;
  const candidates = mine.filter(
    ([part, indices]) =>
      part.modalities.some(isRouted) && indices.some((index) => isExperts(search, draft.operations[index])),
  );
  if (candidates.length === 0) {
    const of = rule.modality === undefined ? "" : ` of \`${modalityNames[rule.modality]}\``;
    reporter.report(
      error("MOT2040", rule.label.span, `no block \`${rule.label.text}\`${of} has a \`linear\` to route to`, {
        also: mine.slice(0, 1).map(([part]) => ({
          span: part.header,
          text: part.modalities.some(isRouted) ? "a block without one" : "for other modalities only",
        })),
        note: "each linear of a block gets as many copies as there are experts",
      }),
    );
    return [];
  }
  const taken = new Map<string, Block>();
  return candidates.flatMap(([part, indices]) => {
    const modalities = part.modalities.filter(isRouted);
    const rest = part.modalities.filter((modality) => !isRouted(modality));
    const block = examine(search, { rule, part, modalities, rest }, indices);
    if (block === undefined) return [];
    for (const modality of modalities) {
      const key = `${part.scope} ${modality}`;
      const earlier = taken.get(key);
      if (earlier !== undefined) return reportSecondBlock(reporter, block, earlier);
      taken.set(key, block);
    }
    return [block];
  });
}

/** A linear that multiplies by an embedding's table (`unembed`) is not an expert's. */
function isExperts({ draft }: Search, operation: DraftOperation | undefined): boolean {
  return operation?.kind === "linear" && !draft.tables.has(operation.weight);
}

function reportSecondBlock(reporter: Reporter, block: Block, earlier: Block): readonly [] {
  reporter.report(
    error(
      "MOT2040",
      block.part.header,
      `a second block \`${block.rule.label.text}\` in one scope has linears`,
      {
        also: [{ span: earlier.part.header, text: "the first one" }, asked(block.rule)],
        note: "blocks with one label in one scope are one namespace, and it has one router",
        help: "give one of them another label",
      },
    ),
  );
  return [];
}

// ---- one block -------------------------------------------------------------------------------------------------

type Candidate = Pick<Block, "rule" | "part" | "modalities" | "rest">;

function examine(search: Search, candidate: Candidate, indices: readonly ValueIndex[]): Block | undefined {
  const { draft } = search;
  const routed = new Set<ValueIndex>();
  let first: ValueIndex | undefined;
  let end: { readonly at: ValueIndex; readonly sum: ValueIndex } | undefined;
  for (const index of indices) {
    const operation = draft.operations[index];
    if (operation === undefined) continue;
    const readsRouted = operandsOf(operation).some((operand) => routed.has(operand));
    if (isExperts(search, operation)) {
      if (end !== undefined) return reportBehindEnd(search, candidate, operation, end.at);
      first ??= index;
      routed.add(index);
      continue;
    }
    if (!readsRouted) continue;
    const sum = summed(search, index, routed);
    if (sum !== undefined) {
      if (end !== undefined) return reportBehindEnd(search, candidate, operation, end.at);
      end = { at: index, sum };
    } else if (rowKinds.has(operation.kind)) routed.add(index);
    else return reportMisfit(search, candidate, operation);
  }
  if (first === undefined) return undefined;
  if (reportLeaks(search, candidate, routed, end?.at)) return undefined;
  if (end === undefined) return reportNoEnd(search, candidate, draft.operations[first]);
  return { ...candidate, routed, first, end: end.at, sum: end.sum };
}

/** What may stand on routed rows, beside linears. */
const rowKinds = new Set<DraftOperation["kind"]>(["unary", "binary", "constant_binary"]);

/** The value that is added up where operation `index` reads the experts' sum: `x += y`, or the norm in `x += norm(y)`. */
function summed(
  { draft, users, live }: Search,
  index: ValueIndex,
  routed: ReadonlySet<ValueIndex>,
): ValueIndex | undefined {
  const addition = (at: ValueIndex, added: ValueIndex): boolean => {
    const operation = draft.operations[at];
    return (
      operation?.kind === "binary" &&
      draft.additions.has(at) &&
      operation.b === added &&
      !routed.has(operation.a)
    );
  };
  const operation = draft.operations[index];
  if (operation?.kind === "binary" && routed.has(operation.b))
    return addition(index, operation.b) ? operation.b : undefined;
  if (operation?.kind !== "rms_norm" && operation?.kind !== "dropout") return undefined;
  const readers = (users[index] ?? []).filter(
    (user) => live.has(user) || draft.operations[user]?.kind !== "join",
  );
  const [reader] = readers;
  return readers.length === 1 && reader !== undefined && addition(reader, index) ? operation.x : undefined;
}

/** True where a routed value is needed outside; what nobody needs is dead, and so is all that is made of it. */
function reportLeaks(
  search: Search,
  candidate: Candidate,
  routed: ReadonlySet<ValueIndex>,
  end: ValueIndex | undefined,
): boolean {
  const { draft, users, live, dead } = search;
  for (const value of routed) {
    const outside = (users[value] ?? []).filter((user) => !routed.has(user) && user !== end);
    const objective = draft.objectives.find((each) => comparedBy(each).includes(value));
    const reader = outside.find((user) => live.has(user));
    const operation = draft.operations[value];
    if (operation !== undefined && (reader !== undefined || objective !== undefined)) {
      const user = reader === undefined ? undefined : realReader(search, reader);
      reportLeak(search, candidate, operation, user, objective?.span);
      return true;
    }
    const open = [...outside];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (dead.has(next)) continue;
      dead.add(next);
      open.push(...(users[next] ?? []));
    }
  }
  return false;
}

/** Behind joins and restrictions, which nobody wrote. */
function realReader({ draft, users, live }: Search, reader: ValueIndex): DraftOperation | undefined {
  let at: ValueIndex | undefined = reader;
  for (; at !== undefined; at = users[at]?.find((user) => live.has(user))) {
    const operation: DraftOperation | undefined = draft.operations[at];
    if (operation?.kind !== "join" && operation?.kind !== "restrict") return operation;
  }
  return draft.operations[reader];
}

// ---- what is said ----------------------------------------------------------------------------------------------

const asked = (rule: ExpertsRule): Label => ({
  span: rule.span,
  text: `asks for experts in \`${rule.label.text}\``,
});

function reportLeak(
  { reporter }: Search,
  { rule, part }: Candidate,
  operation: DraftOperation,
  user: DraftOperation | undefined,
  objective: Span | undefined,
): void {
  const name = operation.name ?? operation.kind;
  const isAttention = user?.kind === "attention" || user?.kind === "split" || user?.kind === "rope";
  const reader: readonly Label[] = [user?.span ?? objective]
    .filter((span) => span !== undefined)
    .map((span) => ({ span, text: "and needed here" }));
  reporter.report(
    error("MOT2040", operation.span, `\`${name}\` leaves a block of experts`, {
      label: "made by a linear of the block",
      also: [...reader, { span: part.header, text: "the block" }, asked(rule)],
      note: isAttention
        ? "attention needs one query, key and value per token, and each expert would make its own"
        : "only what `x += y` adds leaves such a block: outside it a token has one row, not one per expert",
      help: "end the block in one `x += y`, and use nothing else of it outside",
    }),
  );
}

function reportNoEnd(
  { reporter }: Search,
  { rule, part }: Candidate,
  first: DraftOperation | undefined,
): undefined {
  reporter.report(
    error("MOT2040", part.header, `the block \`${rule.label.text}\` does not end in \`x += y\``, {
      also: [
        ...(first ? [{ span: first.span, text: "made by a linear, and added to nothing" }] : []),
        asked(rule),
      ],
      note: "the experts' rows are weighed and added up where the block adds to the stream",
      help: "write `x += y` with what the linears made",
    }),
  );
}

function reportBehindEnd(
  { draft, reporter }: Search,
  { rule }: Candidate,
  operation: DraftOperation,
  end: ValueIndex,
): undefined {
  const isAddition = operation.kind !== "linear";
  const earlier = draft.operations[end]?.span;
  const what = isAddition ? "a second `x += y`" : "a linear behind the `x += y`";
  reporter.report(
    error("MOT2040", operation.span, `${what} in a block of experts`, {
      also: [
        ...(earlier === undefined ? [] : [{ span: earlier, text: "the experts are added up here" }]),
        asked(rule),
      ],
      note: "a token chooses its experts once in a block",
      help: "make two `per modality` blocks of it, each with a label and experts of its own",
    }),
  );
}

function reportMisfit({ reporter }: Search, { rule, part }: Candidate, operation: DraftOperation): undefined {
  const kind = operation.kind === "linear" ? "unembed" : operation.kind;
  const isNorm = kind === "rms_norm";
  const fitting = enumeration(["linears", "activations", "arithmetic"]);
  reporter.report(
    error("MOT2040", operation.span, `\`${kind}\` does not fit into a block of experts`, {
      label: "this reads what a linear of the block made",
      also: [{ span: part.header, text: "the block" }, asked(rule)],
      note: isNorm
        ? "norms stay single: they come before the first linear, or are all that `+=` adds"
        : `between the first linear and \`x += y\` stand ${fitting}`,
      help: isNorm
        ? "write `x += rms_norm(y) as norm`, or move the norm before the first linear"
        : "put this into a block of its own, before or behind the experts",
    }),
  );
}
