// differentiate.ts: reverse mode over the graph.
// In: a forward graph whose result `loss` holds the total loss first (loss_sums, or a sum of several).
// Out: the same graph, continued by the nodes that compute the total loss's gradient, handed out as `grad/PATH` for
// every parameter; zeros where the loss does not depend on it.
// Idea: walk the nodes backwards; a node's row in rules.ts turns the gradient of its result into contributions to its
// operands. Contributions to a value may cover only some of its modalities (they came out of an arm): they are added
// modality by modality and joined, which costs nothing; rows are filled with zeros only where nothing contributes.

import { bug } from "../diagnostics/bug.ts";
import { type Builder, extendGraph } from "../ir/builder.ts";
import type { AnyNode, Graph, Origin, ValueId } from "../ir/graph.ts";
import type { OpName } from "../ir/ops.ts";
import { presentModalities, type RowsType } from "../ir/types.ts";
import { gradientRules, type Rule } from "./rules.ts";

/**
 * The graph with its gradients.
 * - Parameters of the paths in `frozen` get none, and nothing is computed that only they would need.
 */
export function differentiate(graph: Graph, frozen: ReadonlySet<string> = new Set()): Graph {
  const builder = extendGraph(graph);
  const wanted = dependents(graph, frozen);
  const wants = (value: ValueId): boolean => wanted.has(value);
  const pending: Pending = new Map();

  for (const { to, gradient } of seeds(graph, builder)) if (wants(to)) contribute(pending, to, gradient());
  for (const node of graph.nodes.toReversed()) {
    const rule = gradientRules[node.op];
    const [y, ...others] = node.results;
    if (rule === "none" || y === undefined) continue;
    if (others.some((other) => pending.has(other)))
      bug("differentiate", `${node.op} is differentiated by a side result`);
    const origin: Origin = { ...node.origin, phase: "backward" };
    const dy = collect(builder, y, pending, origin);
    if (dy === undefined) continue;
    // One cast: rule and node stem from the same row of the table.
    const made = (rule as unknown as Rule<OpName>)(node, dy, { builder, origin, wants });
    for (const { to, gradient } of made) contribute(pending, to, gradient);
  }
  for (const node of graph.nodes) {
    if (node.op !== "param" || frozen.has(node.attributes.path)) continue;
    const [param] = node.results;
    if (param === undefined) continue;
    const origin: Origin = { ...node.origin, phase: "backward" };
    const gradient =
      collect(builder, param, pending, origin) ??
      builder.value("zeros", [], { type: node.attributes.type }, { origin });
    builder.result(`grad/${node.attributes.path}`, gradient);
  }
  return builder.finish();
}

/** Gradients found so far, by the value they belong to, in the order in which they were found. */
type Pending = Map<ValueId, ValueId[]>;

function contribute(pending: Pending, to: ValueId, gradient: ValueId): void {
  const found = pending.get(to);
  if (found === undefined) pending.set(to, [gradient]);
  else found.push(gradient);
}

/** Values that depend on a parameter that learns: the only ones whose gradients anybody needs. */
function dependents(graph: Graph, frozen: ReadonlySet<string>): ReadonlySet<ValueId> {
  const found = new Set<ValueId>();
  for (const node of graph.nodes) {
    const operands = [...node.inputs, ...node.weights];
    const depends = operands.some((value) => value !== undefined && found.has(value));
    const learns = node.op === "param" && !frozen.has(node.attributes.path);
    if (learns || depends) for (const value of node.results) found.add(value);
  }
  return found;
}

type Seed = { readonly to: ValueId; readonly gradient: () => ValueId };

/**
 * Where the walk starts. The total is component 0 of `loss`, a sum of terms: Σ weight·loss over rows, whose slope by a
 * row's loss is its weight, an input; and the experts' balance, whose slope by their scores is a count.
 */
function seeds(graph: Graph, builder: Builder): readonly Seed[] {
  const total = graph.results.find((result) => result.name === "loss");
  const visit = (value: ValueId | undefined): readonly Seed[] => {
    const node: AnyNode | undefined =
      graph.nodes[value === undefined ? -1 : (graph.values[value]?.node ?? -1)];
    const [a, b] = node?.inputs ?? [];
    if (node?.op === "add") return [...visit(a), ...visit(b)];
    if (a === undefined || b === undefined)
      return bug(
        "differentiate",
        `the result \`loss\` is made by ${node?.op ?? "nothing"}, not by loss_sums`,
      );
    if (node?.op === "loss_sums") return [{ to: a, gradient: () => b }];
    if (node?.op !== "balance")
      return bug("differentiate", `the result \`loss\` is made by ${node?.op}, not by loss_sums`);
    const { space, weight } = node.attributes;
    const origin: Origin = { ...node.origin, phase: "backward" };
    return [{ to: a, gradient: () => builder.value("balance_dx", [b], { space, weight }, { origin }) }];
  };
  return visit(total?.value);
}

/** The whole gradient of `value`, of exactly its type; `undefined` if nothing contributes. */
function collect(builder: Builder, value: ValueId, pending: Pending, origin: Origin): ValueId | undefined {
  const found = pending.get(value);
  const type = builder.typeOf(value);
  if (found === undefined) return undefined;
  if (type.kind === "array") return sum(builder, found, origin);
  const parts = atoms(
    found.map((gradient) => modalitiesOf(builder, gradient)),
    presentModalities(type),
  );
  const sums = parts.map(({ modalities, members }) => {
    const terms = members.flatMap((member) => found[member] ?? []);
    return sum(
      builder,
      terms.map((term) => cutTo(builder, term, modalities, origin)),
      origin,
    );
  });
  return cover(builder, sums, type, origin);
}

type Atom = { readonly modalities: readonly number[]; readonly members: readonly number[] };

/** Modalities that the same gradients speak of, with those gradients' numbers; modalities of no gradient are left out. */
function atoms(covered: readonly (readonly number[])[], present: readonly number[]): readonly Atom[] {
  const found = new Map<string, { readonly modalities: number[]; readonly members: readonly number[] }>();
  for (const m of present) {
    const members = covered.flatMap((modalities, member) => (modalities.includes(m) ? [member] : []));
    if (members.length === 0) continue;
    const known = found.get(members.join(" "));
    if (known === undefined) found.set(members.join(" "), { modalities: [m], members });
    else known.modalities.push(m);
  }
  return [...found.values()];
}

function sum(builder: Builder, terms: readonly ValueId[], origin: Origin): ValueId {
  return terms.reduce((total, term) => builder.value("add", [total, term], {}, { origin }));
}

const modalitiesOf = (builder: Builder, value: ValueId): readonly number[] => {
  const type = builder.typeOf(value);
  return type.kind === "rows"
    ? presentModalities(type)
    : bug("differentiate", "an array is the gradient of rows");
};

/** The rows of `modalities` alone. */
function cutTo(builder: Builder, gradient: ValueId, modalities: readonly number[], origin: Origin): ValueId {
  if (modalitiesOf(builder, gradient).length === modalities.length) return gradient;
  return builder.value("restrict", [gradient], { modalities }, { origin });
}

/** Parts as one value of `type`: joined, and zero in the modalities that none of them has. */
function cover(builder: Builder, parts: readonly ValueId[], type: RowsType, origin: Origin): ValueId {
  const [only] = parts;
  const joined =
    only !== undefined && parts.length === 1 ? only : builder.value("join", [...parts], {}, { origin });
  const isWhole = modalitiesOf(builder, joined).length === presentModalities(type).length;
  return isWhole ? joined : builder.value("extend", [joined], { widths: type.widths }, { origin });
}
