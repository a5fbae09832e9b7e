// expert-graphs.ts: blocks of several experts as graphs, for tests of gradients, passes and plans.
// In: rows, which modalities share experts, how they are chosen. Out: the block's result; scores and experts are free
// parameters, so a finite difference reaches both the gates and what is weighed by them.

import type { Builder } from "../../src/ir/builder.ts";
import type { ValueId } from "../../src/ir/graph.ts";
import { groupCount, type Space } from "../../src/ir/spaces.ts";
import { arrayOf, presentModalities, type RowsType } from "../../src/ir/types.ts";

export type ExpertBlock = {
  readonly space: Space;
  /** Width inside expert e of a pool; the same for all of them where it is a number. */
  readonly hidden: number | ((group: number) => number);
  /** A norm with a weight per expert, in the block. */
  readonly normed?: boolean;
};

export type Routed = {
  readonly y: ValueId;
  readonly p: ValueId;
  readonly slots: ValueId;
  readonly space: number;
};

const typeOf = (builder: Builder, value: ValueId): RowsType => builder.typeOf(value) as RowsType;

/** Two linears around silu, one pair for every expert of every pool; rows of modalities without a pool are left out. */
export function expertBlock(
  builder: Builder,
  path: string,
  x: ValueId,
  { space: definition, hidden, normed = false }: ExpertBlock,
): Routed {
  const routed = definition.pools.flatMap((pool, m) => (pool === undefined ? [] : [m]));
  const own = builder.value("restrict", [x], { modalities: routed });
  const { widths } = typeOf(builder, own);
  const routers = widths.map((width, m) =>
    width === undefined
      ? undefined
      : builder.param(`${path}.${definition.pools[m]}.router`, arrayOf("f32", [definition.experts, width])),
  );
  const scores = builder.value("linear", [own], {}, { weights: routers });
  const p = builder.value("softmax", [scores], {});
  const space = builder.space(definition);
  const [source = -1, slots = -1] = builder.node("route", [p], { space });
  const into = builder.value("dispatch", [own, source], {});
  const groups = Array.from({ length: groupCount(definition) }, (_, group) => group);
  const inner = (group: number): number => (typeof hidden === "number" ? hidden : hidden(group));
  const outer = typeOf(builder, into).widths;
  const weight = (name: string, shape: (group: number) => readonly number[]) => ({
    weights: groups.map((group) => builder.param(`${path}.${group}.${name}`, arrayOf("f32", shape(group)))),
  });
  const up = builder.value(
    "linear",
    [into],
    {},
    weight("up", (g) => [inner(g), outer[g] ?? 0]),
  );
  const active = builder.value("silu", [up], {});
  const scaled = normed
    ? builder.value(
        "rms_norm",
        [active],
        { eps: 0.1, heads: 0 },
        weight("norm", (g) => [inner(g)]),
      )
    : active;
  const down = builder.value(
    "linear",
    [scaled],
    {},
    weight("down", (g) => [outer[g] ?? 0, inner(g)]),
  );
  const y = builder.value("combine", [down, p, slots], {});
  return { y, p, slots, space };
}

/** x + the block's result where tokens are routed; the other modalities' rows as they are. */
export function addedTo(builder: Builder, x: ValueId, y: ValueId): ValueId {
  const routed = presentModalities(typeOf(builder, y));
  const own = builder.value("restrict", [x], { modalities: routed });
  const rest = presentModalities(typeOf(builder, x)).filter((m) => !routed.includes(m));
  const sum = builder.value("add", [own, y], {});
  if (rest.length === 0) return sum;
  return builder.value("join", [sum, builder.value("restrict", [x], { modalities: rest })], {});
}
