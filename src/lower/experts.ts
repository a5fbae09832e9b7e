// experts.ts: blocks of several experts as graph nodes: scores → softmax → choice, rows sent and rows gathered.
// In: the model's `route`, `dispatch` and `combine` operations. Out: nodes, and a routed space per `route`.
// Idea: between `dispatch` and `combine` everything is an ordinary op over rows whose "modalities" are experts of pools,
// with a weight for each. The gates need no rows of their own: `combine` reads the softmax where it stands.

import type { Operation, Routing } from "../check/model.ts";
import { bug } from "../diagnostics/bug.ts";
import type { NodeOptions } from "../ir/builder.ts";
import type { ValueId } from "../ir/graph.ts";
import { type LowerContext, lowered, type Routed } from "./context.ts";

/** The token rows that the experts see; `dispatch` and `combine` find the rest by the operation's number. */
export function lowerRoute(
  context: LowerContext,
  operation: Operation & { readonly kind: "route" },
  options: NodeOptions,
): ValueId {
  const { builder } = context;
  const routing = context.model.routings[operation.routing];
  if (routing === undefined) return bug("lower", `routing ${operation.routing} is not in the model's list`);
  const { experts, pools, choice } = routing;
  const space = builder.space({ experts, pools, ...(choice.kind === "top" ? { top: choice.k } : {}) });
  const p = builder.value("softmax", [lowered(context, operation.scores)], {}, options);
  const [source, slots] = builder.node("route", [p], { space }, options);
  if (source === undefined || slots === undefined) return bug("lower", "route has two results");
  context.routes.set(context.values.length, { space, p, source, slots, routing });
  return source;
}

export function lowerDispatch(
  context: LowerContext,
  { x, route }: Operation & { readonly kind: "dispatch" },
  options: NodeOptions,
): ValueId {
  const { source } = routedBy(context, route);
  return context.builder.value("dispatch", [lowered(context, x), source], {}, options);
}

export function lowerCombine(
  context: LowerContext,
  { y, route }: Operation & { readonly kind: "combine" },
  options: NodeOptions,
): ValueId {
  const { p, slots } = routedBy(context, route);
  return context.builder.value("combine", [lowered(context, y), p, slots], {}, options);
}

function routedBy(context: LowerContext, route: number): Routed {
  return context.routes.get(route) ?? bug("lower", `operation ${route} is no route`);
}

/** The load-balance losses of the blocks that have one, added up; `undefined` without any. */
export function lowerBalances(context: LowerContext): ValueId | undefined {
  const { builder, model } = context;
  let total: ValueId | undefined;
  for (const { space, p, slots, routing } of context.routes.values()) {
    const weight = balanceWeight(routing);
    if (weight === 0) continue;
    const { scope } = builder.makerOf(p).origin;
    const options = { origin: { span: routing.span, scope, name: "balance", phase: "forward" } } as const;
    const attributes = { space, weight, modalities: model.modalities.length };
    const term = builder.value("balance", [p, slots], attributes, options);
    total = total === undefined ? term : builder.value("add", [total, term], {}, options);
  }
  return total;
}

/** Where experts choose, each takes its share: there is nothing to balance. */
function balanceWeight({ choice, balance }: Routing): number {
  return choice.kind === "top" ? balance : 0;
}
