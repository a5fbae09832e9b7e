// cache.ts: a forward graph → the same graph as it runs when a sequence grows: keys and values are kept, not computed again.
// In: a graph with attention, and how many places a cache has. Out: a graph in which every attention keeps the keys and
// values of its rows in caches of its own and looks at those; what it leaves is handed out as `cache/NAME`.
// Nothing else of a model looks at other rows, so nothing else changes: a run holds only the new rows.

import { bug } from "../diagnostics/bug.ts";
import type { Builder } from "../ir/builder.ts";
import type { Graph, Node, ValueId } from "../ir/graph.ts";
import { arrayOf } from "../ir/types.ts";
import { type Draft, makeNode, rebuild } from "./rebuild.ts";

/** The graph with caches of `places` rows each; a row's `sequence` is the place it takes. */
export function withCache(graph: Graph, places: number): Graph {
  const names = new Set<string>();
  const cached = rebuild(graph, (draft, builder) =>
    draft.op === "attention" ? cachedAttention(draft, builder, places, names) : makeNode(draft, builder),
  );
  return handOutCaches(cached);
}

function cachedAttention(
  { inputs, attributes, origin }: Draft<"attention">,
  builder: Builder,
  places: number,
  names: Set<string>,
): readonly ValueId[] {
  const [q, k, v, ...steering] = inputs;
  if (q === undefined || k === undefined || v === undefined)
    return bug("cache", "attention lacks an operand");
  const name = freeName(
    [origin.scope, origin.name ?? "attention"].filter((part) => part !== "").join("."),
    names,
  );
  const cacheOf = (rows: ValueId, what: string): ValueId => {
    const type = builder.typeOf(rows);
    const width = type.kind === "rows" ? type.widths[0] : undefined;
    return builder.cache(
      `${name}.${what}`,
      arrayOf("f32", [places, width ?? bug("cache", "keys have no rows")]),
    );
  };
  const operands = [q, k, v, cacheOf(k, "keys"), cacheOf(v, "values"), ...steering];
  const [out] = builder.node("attention_cached", operands, attributes, { origin });
  return out === undefined ? bug("cache", "attention has no result") : [out];
}

/** Two attentions of one statement, or of none, are told apart by number. */
function freeName(name: string, names: Set<string>): string {
  let free = name;
  for (let i = 1; names.has(free); i += 1) free = `${name}.${i}`;
  names.add(free);
  return free;
}

function handOutCaches(graph: Graph): Graph {
  const nodes = graph.nodes.filter(
    (node): node is Node<"attention_cached"> => node.op === "attention_cached",
  );
  const results = nodes.flatMap(({ inputs, results: made }) =>
    [3, 4].flatMap((i) => {
      const source = graph.nodes[graph.values[inputs[i] ?? -1]?.node ?? -1];
      const value = made[i - 2];
      if (source?.op !== "cache" || value === undefined) return [];
      return [{ name: `cache/${source.attributes.name}`, value }];
    }),
  );
  return { ...graph, results: [...graph.results, ...results] };
}
