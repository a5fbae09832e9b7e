// rotary.ts: rotations of queries and keys that attention itself does, while it loads them and before it stores their
// gradients.
// In: a graph whose plan is for a grid. Out: which `rope` nodes need no stage, and which values then share a buffer.
// A rotation alone is a trip through memory for a handful of operations, and a launch. Where nothing but attention reads
// its result, the buffer holds what goes into it, and attention rotates; the gradients of queries and keys are turned
// back before they are stored, so the inverse rotation needs no stage either.

import type { Readers } from "../fusion/chunk.ts";
import type { AnyNode, Graph, Node, ValueId } from "../ir/graph.ts";

/** How an attention rotates: base of the angles, and the value that holds each row's position. */
export type Rotation = { readonly base: number; readonly position: ValueId };

export type Rotary = {
  /** By attention or gradient of one. */
  readonly rotations: ReadonlyMap<AnyNode, Rotation>;
  /** `rope` nodes that need no stage. */
  readonly done: ReadonlySet<AnyNode>;
  /** Per value the one whose buffer holds it. */
  readonly aliases: ReadonlyMap<ValueId, ValueId>;
};

export const noRotary: Rotary = { rotations: new Map(), done: new Set(), aliases: new Map() };

type Rope = Node<"rope">;

/** `taken` are values that already share another's buffer. */
export function findRotary(graph: Graph, readers: Readers, taken: ReadonlyMap<ValueId, ValueId>): Rotary {
  const rotations = new Map<AnyNode, Rotation>();
  const done = new Set<AnyNode>();
  const aliases = new Map<ValueId, ValueId>();
  const rotated = (value: ValueId | undefined): Rope | undefined => {
    const node = value === undefined ? undefined : graph.nodes[graph.values[value]?.node ?? -1];
    return node?.op === "rope" && !node.attributes.inverse ? node : undefined;
  };
  for (const node of graph.nodes) {
    if (node.op !== "attention") continue;
    const [q, k] = [rotated(node.inputs[0]), rotated(node.inputs[1])];
    if (q === undefined || k === undefined || q === k || !rotateAlike(q, k)) continue;
    const users = attentionsOf(graph, readers, q, k);
    if (users === undefined) continue;
    const back = users.map((user) => inversesOf(graph, readers, user, q));
    if (back.some((inverses) => inverses === undefined)) continue;
    const ropes = [q, k, ...back.flatMap((inverses) => inverses ?? [])];
    const results = ropes.flatMap(({ inputs, results: [result] }) => [inputs[0], result]);
    if (results.some((value) => value === undefined || taken.has(value) || aliases.has(value))) continue;
    for (const rope of ropes) {
      const [[from], [to]] = [rope.inputs, rope.results];
      if (from !== undefined && to !== undefined) aliases.set(to, from);
      done.add(rope);
    }
    const position = q.inputs[1];
    if (position === undefined) continue;
    for (const user of users) rotations.set(user, { base: q.attributes.base, position });
  }
  return { rotations, done, aliases };
}

function rotateAlike(a: Rope, b: Rope): boolean {
  return a.attributes.base === b.attributes.base && a.inputs[1] === b.inputs[1];
}

/** Everything that reads the two rotated values, if it reads both, as queries and keys of attention. */
function attentionsOf(graph: Graph, readers: Readers, q: Rope, k: Rope): readonly AnyNode[] | undefined {
  const [[qValue = -1], [kValue = -1]] = [q.results, k.results];
  const nodes = [...new Set([...(readers[qValue] ?? []), ...(readers[kValue] ?? [])])].map(
    (reader) => graph.nodes[reader],
  );
  const users = nodes.filter((node) => {
    if (node?.op !== "attention" && node?.op !== "attention_grad") return false;
    const first = node.op === "attention" ? 0 : 1;
    const places = node.inputs.flatMap((value, i) => (value === qValue || value === kValue ? [i] : []));
    return places.length === 2 && node.inputs[first] === qValue && node.inputs[first + 1] === kValue;
  });
  return users.length === nodes.length ? users.filter((node) => node !== undefined) : undefined;
}

/** The inverse rotations that alone read a gradient's dq and dk; `undefined` where something else does. */
function inversesOf(graph: Graph, readers: Readers, user: AnyNode, rope: Rope): readonly Rope[] | undefined {
  if (user.op !== "attention_grad") return [];
  const inverses = user.results.slice(0, 2).flatMap((value) => {
    const all = (readers[value] ?? []).map((reader) => graph.nodes[reader]);
    return all.map((node) =>
      node?.op === "rope" && node.attributes.inverse && all.length === 1 && rotateAlike(node, rope)
        ? node
        : undefined,
    );
  });
  return inverses.some((node) => node === undefined)
    ? undefined
    : inverses.filter((node) => node !== undefined);
}
