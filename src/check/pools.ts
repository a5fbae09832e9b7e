// pools.ts: which modalities' tokens compete for the same experts, and routed rows by group.
// In: a routed draft and its placement. Out: per routing the pool of each modality; widths, weights and constants by group.
// Idea: modalities that share the linears of a block are one pool. Within a pool the modality of a row is forgotten, so
// what an operation says per modality becomes one entry per group: pool · experts + expert.

import { error } from "../diagnostics/diagnostic.ts";
import { enumeration } from "../diagnostics/suggest.ts";
import type { PerModality, Routing } from "./model.ts";
import type { Reporter } from "./report.ts";
import type { Placement } from "./share.ts";
import type { DraftRouting, RoutedDraft } from "./state.ts";
import { formatNumber } from "./values.ts";

/** A routing as it will be in the model, with the members of each pool. */
export type PooledRouting = Routing & { readonly members: readonly (readonly number[])[] };

export function poolRoutings(
  routings: readonly DraftRouting[],
  placement: Placement,
  modalityCount: number,
): readonly PooledRouting[] {
  return routings.map(({ experts, choice, balance, span, modalities, linears }) => {
    const members = new Map<string, number[]>();
    for (const modality of modalities) {
      const key = linears.map((site) => placement.indexOf.get(site)?.get(modality)).join(" ");
      members.set(key, [...(members.get(key) ?? []), modality]);
    }
    const lists = [...members.values()];
    const pools = Array.from({ length: modalityCount }, (_, modality) => {
      const pool = lists.findIndex((list) => list.includes(modality));
      return pool < 0 ? undefined : pool;
    });
    return { experts, pools, choice, balance, span, members: lists };
  });
}

/** One entry per group, each that of its pool's first modality: within a pool they agree. */
export function byGroup<T>(routing: PooledRouting, values: PerModality<T>): PerModality<T> {
  return routing.members.flatMap(([first = 0]) =>
    Array.from({ length: routing.experts }, () => values[first]),
  );
}

/** Reports a constant that differs between modalities of one pool. */
export function checkPools(
  draft: RoutedDraft,
  routings: readonly PooledRouting[],
  modalityNames: readonly string[],
  reporter: Reporter,
): void {
  for (const operation of draft.operations) {
    if (operation.kind !== "constant_binary" || operation.shape.routing === undefined) continue;
    const routing = routings[operation.shape.routing];
    const { constant, span } = operation;
    const mixed = routing?.members.find((list) => new Set(list.map((m) => constant[m])).size > 1);
    if (routing === undefined || mixed === undefined) continue;
    const each = mixed.map((m) => `${formatNumber(constant[m] ?? 0)} for ${modalityNames[m]}`);
    reporter.report(
      error("MOT2040", span, "a number in a block of experts differs between modalities that share it", {
        label: enumeration(each),
        also: [{ span: routing.span, text: "asks for experts here" }],
        note: "modalities that share their experts are one pool, whose rows the experts cannot tell apart",
        help: "let the modalities keep this block, or give them one number in this variant",
      }),
    );
  }
}
