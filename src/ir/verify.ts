// verify.ts: is this a graph at all?
// In: a graph, and the stage that made it. Out: nothing, or a CompilerBug that shows the node between its neighbours.
// Run after every pass: a pass that bends a graph is named by the failure, not by a wrong number ten stages later.
//
// Invariants
//   V1  every operand and weight is defined by an earlier node
//   V2  every value's type is exactly what the op table infers from its node's operands
//   V3  a parameter path, a state, an input name and a cache's name is used once
//   V4  a value knows the node and the result that define it, and is defined once
//   V5  a result has a name of its own and names a value that exists
//   V6  a node never reads a value of a later phase (forward, backward, update)
//   V7  lists of modalities are ascending and name modalities (groups, in a routed space) that exist
//   V8  a routed space is opened by one node at most

import { bug } from "../diagnostics/bug.ts";
import type { AnyNode, Graph, ValueId } from "./graph.ts";
import { inferTypes } from "./infer.ts";
import type { OpAttributes, OpName } from "./ops.ts";
import { isSource, nameValues, printNode } from "./print.ts";
import { printType, sameType, type TensorType } from "./types.ts";

/** A broken invariant: which, where, and what was found. */
export type Fault = { readonly rule: string; readonly node: number; readonly message: string };

/** Stops with a CompilerBug if an invariant is broken. */
export function verifyGraph(graph: Graph, stage: string): void {
  const [fault] = findFaults(graph);
  if (fault !== undefined) bug(stage, describeFault(graph, stage, fault));
}

/** Every broken invariant, in node order. */
export function findFaults(graph: Graph): readonly Fault[] {
  const sources = new Set<string>();
  const opened = new Set<number>();
  const faults = graph.nodes.flatMap((node, index) => {
    const found: readonly (readonly [string, string | undefined])[] = [
      ["V1", lateOperand(graph, node, index)],
      ["V2", wrongType(graph, node)],
      ["V3", repeatedSource(sources, node)],
      ["V4", strayValue(graph, node, index)],
      ["V6", laterPhase(graph, node)],
      ["V7", oddModalities(graph, node)],
      ["V8", openedTwice(opened, node)],
    ];
    return found.flatMap(([rule, message]) =>
      message === undefined ? [] : [{ rule, node: index, message }],
    );
  });
  return [...faults, ...strayResults(graph)];
}

const operandsOf = (node: AnyNode): readonly ValueId[] => [
  ...node.inputs,
  ...node.weights.filter((weight) => weight !== undefined),
];

function lateOperand(graph: Graph, node: AnyNode, index: number): string | undefined {
  const late = operandsOf(node).find((value) => {
    const maker = graph.values[value]?.node;
    return maker === undefined || maker >= index;
  });
  return late === undefined ? undefined : `value ${late} is not defined before it is read`;
}

function wrongType(graph: Graph, node: AnyNode): string | undefined {
  const typeOf = (value: ValueId): TensorType | undefined => graph.values[value]?.type;
  const inputs = node.inputs.map(typeOf);
  if (!inputs.every((type) => type !== undefined)) return undefined;
  const weights = node.weights.map((weight) => (weight === undefined ? undefined : typeOf(weight)));
  const attributes = node.attributes as OpAttributes[OpName];
  const inferred = inferTypes<OpName>(node.op, { inputs, weights }, attributes, graph);
  if (typeof inferred === "string") return `ops.ts says: ${inferred}`;
  const agrees =
    inferred.length === node.results.length &&
    inferred.every((type, i) => hasType(graph, node.results[i], type));
  if (agrees) return undefined;
  return `ops.ts infers ${inferred.map((type) => printType(type, graph.modalities)).join(", ")}`;
}

function hasType(graph: Graph, value: ValueId | undefined, type: TensorType): boolean {
  const found = value === undefined ? undefined : graph.values[value]?.type;
  return found !== undefined && sameType(found, type);
}

function repeatedSource(seen: Set<string>, node: AnyNode): string | undefined {
  if (!isSource(node)) return undefined;
  const { type: _type, ...named } = node.attributes;
  const key = `${node.op} ${Object.values(named).join(" ")}`;
  if (seen.has(key)) return `${key} is there already`;
  seen.add(key);
  return undefined;
}

function strayValue(graph: Graph, node: AnyNode, index: number): string | undefined {
  const stray = node.results.findIndex((id, result) => {
    const value = graph.values[id];
    return value?.id !== id || value.node !== index || value.result !== result;
  });
  return stray < 0 ? undefined : `value ${node.results[stray]} does not know that this node makes it`;
}

function strayResults(graph: Graph): readonly Fault[] {
  const last = graph.nodes.length - 1;
  const seen = new Set<string>();
  return graph.results.flatMap(({ name, value }) => {
    const isRepeated = seen.has(name);
    seen.add(name);
    const node = graph.values[value]?.node;
    if (node !== undefined && !isRepeated) return [];
    const message = isRepeated
      ? `result ${name} is named twice`
      : `result ${name} is value ${value}, which nothing makes`;
    return [{ rule: "V5", node: node ?? last, message }];
  });
}

const phases = ["forward", "backward", "update"] as const;

function laterPhase(graph: Graph, node: AnyNode): string | undefined {
  const own = phases.indexOf(node.origin.phase);
  const late = operandsOf(node).find((value) => {
    const maker = graph.nodes[graph.values[value]?.node ?? -1];
    return maker !== undefined && phases.indexOf(maker.origin.phase) > own;
  });
  return late === undefined ? undefined : `a ${node.origin.phase} node reads value ${late} of a later phase`;
}

function oddModalities(graph: Graph, node: AnyNode): string | undefined {
  const { modalities } = node.attributes as { readonly modalities?: readonly number[] | number };
  if (modalities === undefined || typeof modalities === "number") return undefined;
  const type = graph.values[node.inputs[0] ?? -1]?.type;
  const count = type?.kind === "rows" ? type.widths.length : graph.modalities.length;
  const fits = modalities.every((m, i) => m >= 0 && m < count && m > (modalities[i - 1] ?? -1));
  return fits ? undefined : `modalities ${modalities.join(" ")} are not ascending numbers below ${count}`;
}

function openedTwice(opened: Set<number>, node: AnyNode): string | undefined {
  if (node.op !== "route") return undefined;
  const { space } = node.attributes;
  if (opened.has(space)) return `space ${space} is open already`;
  opened.add(space);
  return undefined;
}

/** The fault between its neighbours, and how to look further. */
function describeFault(graph: Graph, stage: string, fault: Fault): string {
  const names = nameValues(graph);
  const lines = [fault.node - 1, fault.node, fault.node + 1].flatMap((index) => {
    const node = graph.nodes[index];
    if (node === undefined) return [];
    const isFault = index === fault.node;
    const text = `  ${isFault ? ">" : " "} ${printNode(graph, node, names)}`;
    return [isFault ? `${text}      ${fault.message}` : text];
  });
  return [`${fault.rule} violated after \`${stage}\``, ...lines].join("\n");
}
