// print.ts: graph → text, one node per line; parse.ts reads it back.
// In: a graph. Out: its sources, its nodes in sections by phase and scope, its results. Same graph, same bytes.
//
//   graph NAME (text image)
//     space S0 {experts=4 pools=[0 1] top=2}       routed rows; pools by modality; without top, experts choose
//     param %embedding : f32[1536,64]              parameters are called by their path, with %
//     input $tokens : i32[N,1]                     what the host writes by its name, with $
//     state %m/embedding : f32[1536,64]
//     cache &block.0.a.keys : f32[640,64]          what earlier runs left, with &
//
//   forward block.0.attn
//     %1 = rms_norm %0, [%norm.text %norm.image] : f32[N,64] {eps=1e-5 heads=0} @16:12
//     %2 = linear %1, %out : f32[N,64] @17:14      one weight: all modalities that have rows share it
//     %3 = linear %1, [%out -] : f32[N,text:64]    -: no rows, no weight
//
//   return
//     loss = %9
//
// Names of bindings and files of spans are not printed: a scope, a line and a column find them.

import { positionAt } from "../diagnostics/source.ts";
import type { AnyNode, Graph, ValueId } from "./graph.ts";
import type { Space } from "./spaces.ts";
import { printType } from "./types.ts";

export type PrintOptions = {
  /** Scopes and source positions; default true. Without them, two spellings of one program give one text. */
  readonly origins?: boolean;
};

/** The graph as text, ending in a newline. */
export function printGraph(graph: Graph, options: PrintOptions = {}): string {
  const withOrigins = options.origins ?? true;
  const names = nameValues(graph);
  const spaces = graph.spaces.map((space, number) => `  ${printSpace(number, space)}`);
  const head = [`graph ${graph.name} (${graph.modalities.join(" ")})`, ...spaces];
  const body: string[] = [];
  let section = "";
  for (const node of graph.nodes) {
    if (isSource(node)) {
      head.push(`  ${printNode(graph, node, names, options)}`);
      continue;
    }
    const { phase, scope } = node.origin;
    const heading = withOrigins && scope !== "" ? `${phase} ${scope}` : phase;
    if (heading !== section) body.push("", heading);
    section = heading;
    body.push(`  ${printNode(graph, node, names, options)}`);
  }
  const results = graph.results.map(({ name, value }) => `  ${name} = ${nameOf(names, value)}`);
  return `${[...head, ...body, "", "return", ...results].join("\n")}\n`;
}

function printSpace(number: number, { experts, pools, top }: Space): string {
  const choice = top === undefined ? "" : ` top=${top}`;
  return `space S${number} {experts=${experts} pools=[${pools.map((pool) => pool ?? "-").join(" ")}]${choice}}`;
}

/** What each value is called in the text, by id. */
export function nameValues(graph: Graph): readonly string[] {
  const names: string[] = [];
  let next = 0;
  for (const node of graph.nodes) {
    for (const value of node.results) {
      if (isSource(node)) names[value] = sourceName(node);
      else {
        names[value] = `%${next}`;
        next += 1;
      }
    }
  }
  return names;
}

/** One node as one line, without indentation. */
export function printNode(
  graph: Graph,
  node: AnyNode,
  names: readonly string[] = nameValues(graph),
  options: PrintOptions = {},
): string {
  const name = (value: ValueId): string => nameOf(names, value);
  const types = node.results.map((value) => {
    const type = graph.values[value]?.type;
    return type === undefined ? "?" : printType(type, graph.modalities);
  });
  const span = node.origin.span;
  const at =
    span === undefined || options.origins === false ? undefined : positionAt(span.source, span.start);
  const position = at === undefined ? "" : ` @${at.line}:${at.column}`;
  if (isSource(node)) return `${node.op} ${sourceName(node)} : ${types.join(", ")}${position}`;
  const weights = printWeights(node.weights, name);
  const operands = [...node.inputs.map(name), ...(weights === "" ? [] : [weights])].join(", ");
  const [x] = node.inputs.map((value) => graph.values[value]?.type);
  const isRouted = x?.kind === "rows" && x.space !== undefined;
  const attributes = printAttributes(node, isRouted ? undefined : graph.modalities);
  const call = operands === "" ? node.op : `${node.op} ${operands}`;
  return `${node.results.map(name).join(", ")} = ${call} : ${types.join(", ")}${attributes}${position}`;
}

type Source = "param" | "state" | "input" | "cache";

/** Whether a node stands for what is there before a run. */
export const isSource = (node: AnyNode): node is Extract<AnyNode, { readonly op: Source }> =>
  node.op === "param" || node.op === "state" || node.op === "input" || node.op === "cache";

function sourceName(node: AnyNode): string {
  if (node.op === "input") return `$${node.attributes.name}`;
  if (node.op === "cache") return `&${node.attributes.name}`;
  if (node.op === "state") return `%${node.attributes.slot}/${node.attributes.path}`;
  return node.op === "param" ? `%${node.attributes.path}` : "?";
}

const nameOf = (names: readonly string[], value: ValueId): string => names[value] ?? `%?${value}`;

function printWeights(weights: readonly (ValueId | undefined)[], name: (value: ValueId) => string): string {
  const present = weights.filter((weight) => weight !== undefined);
  const [shared] = present;
  if (weights.length === 0) return "";
  if (shared !== undefined && present.every((weight) => weight === shared)) return name(shared);
  return `[${weights.map((weight) => (weight === undefined ? "-" : name(weight))).join(" ")}]`;
}

/** Lists of modalities by name; groups of a routed space have none. */
function printAttributes(node: AnyNode, modalities: readonly string[] | undefined): string {
  const entries: readonly (readonly [string, unknown])[] = Object.entries(node.attributes);
  const printed = entries
    .filter(([key]) => key !== "type")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${printAttribute(key, value, modalities)}`);
  return printed.length === 0 ? "" : ` {${printed.join(" ")}}`;
}

function printAttribute(key: string, value: unknown, modalities: readonly string[] | undefined): string {
  if (!Array.isArray(value)) return typeof value === "number" ? printNumber(value) : String(value);
  const items = Array.from(value, (item: unknown) => {
    if (typeof item !== "number") return "-";
    return key === "modalities" && modalities !== undefined
      ? (modalities[item] ?? `?${item}`)
      : printNumber(item);
  });
  return `[${items.join(" ")}]`;
}

/** The shorter of 0.00001 and 1e-5; both read back to the same number. */
export function printNumber(value: number): string {
  const [plain, exponential] = [String(value), value.toExponential().replace("e+", "e")];
  return Number.isFinite(value) && exponential.length < plain.length ? exponential : plain;
}
