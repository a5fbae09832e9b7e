// fold.ts: algebra. Each row of the table is one identity, written above it.
// In: a graph. Out: a graph of the same meaning in which no row applies any more.
// Rules for rules: never make more work than there was; never change a type; no commutativity for its own sake; leave
// alone what the host may rely on bit for bit. Rows about restrict, join and extend matter most: arms make many.

import { bug } from "../diagnostics/bug.ts";
import type { Builder } from "../ir/builder.ts";
import type { AnyNode, Graph, Node, ValueId } from "../ir/graph.ts";
import type { OpName } from "../ir/ops.ts";
import { presentModalities } from "../ir/types.ts";
import { type Draft, makeNode, rebuild } from "./rebuild.ts";

/** The graph, simplified. */
export function fold(graph: Graph): Graph {
  return rebuild(graph, (draft, builder) => simplified(draft, builder));
}

/** A value that is there already, or a draft to be looked at again; `undefined` where the row does not apply. */
type Folded = ValueId | Draft | undefined;
type Row<O extends OpName> = (draft: Draft<O>, look: Look) => Folded;

function simplified(draft: Draft, builder: Builder): readonly ValueId[] {
  const look = lookInto(builder);
  for (const row of rows[draft.op] ?? []) {
    // One cast: the rows of an op are only ever given drafts of that op.
    const folded = (row as unknown as Row<OpName>)(draft, look);
    if (typeof folded === "number") return [folded];
    if (folded !== undefined) return simplified(folded, builder);
  }
  return makeNode(draft, builder);
}

/** What a row may ask about the operands. */
type Look = {
  /** The node behind a value, if it is of that op. */
  readonly as: <O extends OpName>(op: O, value: ValueId | undefined) => Node<O> | undefined;
  readonly modalities: (value: ValueId | undefined) => readonly number[];
  readonly widths: (value: ValueId) => readonly (number | undefined)[];
  /** An operand of what the row returns, simplified itself. */
  readonly make: (draft: Draft) => ValueId;
};

function lookInto(builder: Builder): Look {
  const widths = (value: ValueId): readonly (number | undefined)[] => {
    const type = builder.typeOf(value);
    return type.kind === "rows" ? type.widths : [];
  };
  return {
    as: (op, value) => {
      const maker: AnyNode | undefined = value === undefined ? undefined : builder.makerOf(value);
      return maker?.op === op ? (maker as unknown as Node<typeof op>) : undefined;
    },
    modalities: (value) => {
      const type = value === undefined ? undefined : builder.typeOf(value);
      return type?.kind === "rows" ? presentModalities(type) : [];
    },
    widths,
    make: (draft) => simplified(draft, builder)[0] ?? bug("fold", `${draft.op} has no result`),
  };
}

const draft = <O extends OpName>(
  from: Draft,
  op: O,
  inputs: readonly ValueId[],
  attributes: Draft<O>["attributes"],
): Draft => ({ op, inputs, weights: [], attributes, origin: from.origin }) as unknown as Draft;

const isSubset = (some: readonly number[], all: readonly number[]): boolean =>
  some.every((m) => all.includes(m));

type By = readonly (number | undefined)[];
const isAll = (by: By, value: number): boolean =>
  by.every((number) => number === undefined || number === value);
const combine = (a: By, b: By, join: (x: number, y: number) => number): By =>
  a.map((x, m) => {
    const y = b[m];
    return x === undefined || y === undefined ? undefined : join(x, y);
  });

const rows: { readonly [O in OpName]?: readonly Row<O>[] } = {
  scale: [
    // x · 1 → x
    ({ inputs: [x], attributes: { by } }) => (isAll(by, 1) ? x : undefined),
    // x · (−1) → −x
    (from) => (isAll(from.attributes.by, -1) ? draft(from, "neg", from.inputs, {}) : undefined),
    // (x · a) · b → x · (a·b)
    (from, { as }) => {
      const inner = as("scale", from.inputs[0]);
      const by = inner && combine(inner.attributes.by, from.attributes.by, (a, b) => a * b);
      return inner && by ? draft(from, "scale", inner.inputs, { by }) : undefined;
    },
    // (−x) · a → x · (−a)
    (from, { as }) => {
      const inner = as("neg", from.inputs[0]);
      const by = from.attributes.by.map((a) => (a === undefined ? a : -a));
      return inner && draft(from, "scale", inner.inputs, { by });
    },
  ],
  offset: [
    // x + 0 → x
    ({ inputs: [x], attributes: { by } }) => (isAll(by, 0) ? x : undefined),
    // (x + a) + b → x + (a+b)
    (from, { as }) => {
      const inner = as("offset", from.inputs[0]);
      const by = inner && combine(inner.attributes.by, from.attributes.by, (a, b) => a + b);
      return inner && by ? draft(from, "offset", inner.inputs, { by }) : undefined;
    },
  ],
  neg: [
    // −(−x) → x
    (from, { as }) => as("neg", from.inputs[0])?.inputs[0],
    // −(a − b) → b − a
    (from, { as }) => {
      const inner = as("sub", from.inputs[0]);
      return inner && draft(from, "sub", inner.inputs.toReversed(), {});
    },
  ],
  add: [
    // x + 0 → x and 0 + x → x, for arrays
    ({ inputs: [a, b] }, { as }) => (as("zeros", b) ? a : as("zeros", a) ? b : undefined),
    // x + (−y) → x − y
    (from, { as }) => negated(from, as, 1),
    // (−x) + y → y − x
    (from, { as }) => negated(from, as, 0),
    // x extended + y extended, where no modality is in both → the two side by side, extended
    (from, { as, modalities, make }) => {
      const [a, b] = [as("extend", from.inputs[0]), as("extend", from.inputs[1])];
      const [x, y] = [a?.inputs[0], b?.inputs[0]];
      if (a === undefined || x === undefined || y === undefined) return undefined;
      if (modalities(x).some((m) => modalities(y).includes(m))) return undefined;
      return draft(from, "extend", [make(draft(from, "join", [x, y], {}))], a.attributes);
    },
  ],
  sub: [
    // x − (−y) → x + y
    (from, { as }) => {
      const [x, y] = [from.inputs[0], as("neg", from.inputs[1])?.inputs[0]];
      return x === undefined || y === undefined ? undefined : draft(from, "add", [x, y], {});
    },
  ],
  restrict: [
    // all rows of x → x
    ({ inputs: [x], attributes: { modalities } }, look) =>
      isSubset(look.modalities(x), modalities) ? x : undefined,
    // some of some rows of x → some rows of x
    (from, { as }) => {
      const inner = as("restrict", from.inputs[0]);
      const kept = from.attributes.modalities.filter((m) => inner?.attributes.modalities.includes(m));
      return inner && draft(from, "restrict", inner.inputs, { modalities: kept });
    },
    // some rows of an extended x, all of which x has → some rows of x
    (from, { as, modalities }) => {
      const inner = as("extend", from.inputs[0]);
      const isInside = isSubset(from.attributes.modalities, modalities(inner?.inputs[0]));
      return inner && isInside ? draft(from, "restrict", inner.inputs, from.attributes) : undefined;
    },
    // some rows of values side by side → of those values alone that have them
    (from, { as, modalities }) => {
      const inner = as("join", from.inputs[0]);
      const kept = inner?.inputs.filter((part) =>
        modalities(part).some((m) => from.attributes.modalities.includes(m)),
      );
      const [only] = kept ?? [];
      if (inner === undefined || kept === undefined || only === undefined) return undefined;
      if (kept.length === 1) return draft(from, "restrict", [only], from.attributes);
      const isWhole = kept.every((part) => isSubset(modalities(part), from.attributes.modalities));
      return isWhole ? draft(from, "join", kept, {}) : undefined;
    },
  ],
  join: [
    // x alone → x
    ({ inputs }) => (inputs.length === 1 ? inputs[0] : undefined),
    // values side by side, side by side with others → all side by side
    (from, { as }) => {
      const parts = from.inputs.flatMap((part) => as("join", part)?.inputs ?? [part]);
      return parts.length > from.inputs.length ? draft(from, "join", parts, {}) : undefined;
    },
    // rows of x beside other rows of x → these and those rows of x
    (from, { as, modalities }) => {
      const origins = from.inputs.map((part) => as("restrict", part)?.inputs[0]);
      const shared = origins.findIndex((x, i) => x !== undefined && origins.indexOf(x) < i);
      const x = origins[shared];
      if (x === undefined) return undefined;
      const same = from.inputs.filter((_, i) => origins[i] === x);
      const together = draft(from, "restrict", [x], {
        modalities: same.flatMap(modalities).sort((a, b) => a - b),
      });
      return same.length === from.inputs.length ? together : undefined;
    },
  ],
  extend: [
    // nothing to add → x
    ({ inputs: [x], attributes: { widths } }, look) =>
      x !== undefined && look.widths(x).every((width, m) => width === widths[m]) ? x : undefined,
    // extended twice → extended once
    (from, { as }) => {
      const inner = as("extend", from.inputs[0]);
      return inner && draft(from, "extend", inner.inputs, from.attributes);
    },
  ],
};

/** x + (−y) → x − y, where operand `side` is the negated one. */
function negated(from: Draft<"add">, as: Look["as"], side: 0 | 1): Folded {
  const [kept, inner] = [from.inputs[1 - side], as("neg", from.inputs[side])?.inputs[0]];
  return kept === undefined || inner === undefined ? undefined : draft(from, "sub", [kept, inner], {});
}
