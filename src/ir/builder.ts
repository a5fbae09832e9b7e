// builder.ts: the only way to make nodes.
// In: calls, in the order in which values are computed. Out: an immutable graph whose types are all inferred.
// Idea: a node that does not fit is a mistake of the compiler (the checker has already spoken to the user), so the
// builder stops at once and says which op and why. It mutates only until `finish`.

import { bug } from "../diagnostics/bug.ts";
import type { AnyNode, Graph, Origin, Value, ValueId } from "./graph.ts";
import { inferTypes } from "./infer.ts";
import { type OpAttributes, type OpName, ops } from "./ops.ts";
import { type ArrayType, printType, type TensorType } from "./types.ts";

/** What a node may have besides operands and attributes. */
export type NodeOptions = {
  /** One per modality; those of modalities without rows are dropped. Needed where the op table says `hasWeights`. */
  readonly weights?: readonly (ValueId | undefined)[];
  /** Defaults to the forward pass at the top level. */
  readonly origin?: Origin;
};

/** Collects nodes; see `createBuilder` and `extendGraph`. */
export type Builder = {
  readonly modalities: readonly string[];
  /** A source asked for twice is the same value; asked for with another type, it is a bug. */
  readonly param: (path: string, type: ArrayType, origin?: Origin) => ValueId;
  readonly state: (path: string, slot: "m" | "v", type: ArrayType) => ValueId;
  readonly input: (name: string, type: TensorType) => ValueId;
  /** All results of a new node. */
  readonly node: <O extends OpName>(
    op: O,
    inputs: readonly ValueId[],
    attributes: OpAttributes[O],
    options?: NodeOptions,
  ) => readonly ValueId[];
  /** The only result of a new node. */
  readonly value: <O extends OpName>(
    op: O,
    inputs: readonly ValueId[],
    attributes: OpAttributes[O],
    options?: NodeOptions,
  ) => ValueId;
  readonly typeOf: (value: ValueId) => TensorType;
  /** The node that makes a value. */
  readonly makerOf: (value: ValueId) => AnyNode;
  /** Hands a value out of the step under a name of its own. */
  readonly result: (name: string, value: ValueId) => void;
  readonly finish: () => Graph;
};

const topLevel: Origin = { scope: "", phase: "forward" };

/** Starts an empty graph. */
export function createBuilder(name: string, modalities: readonly string[]): Builder {
  return extendGraph({ name, modalities, nodes: [], values: [], results: [] });
}

/** Continues a graph: its values keep their numbers, its results stay. */
export function extendGraph(graph: Graph): Builder {
  const { name, modalities } = graph;
  const nodes: AnyNode[] = [...graph.nodes];
  const values: Value[] = [...graph.values];
  const results: { name: string; value: ValueId }[] = [...graph.results];
  const sources = new Map<string, ValueId>();
  for (const node of nodes) rememberSource(sources, node);

  const typeOf = (value: ValueId): TensorType =>
    values[value]?.type ?? bug("build", `value ${value} of graph \`${name}\` does not exist`);

  const makerOf = (value: ValueId): AnyNode =>
    nodes[values[value]?.node ?? -1] ?? bug("build", `value ${value} of graph \`${name}\` does not exist`);

  const node: Builder["node"] = (op, inputs, attributes, options = {}) => {
    const [x] = inputs;
    const type = x === undefined ? undefined : typeOf(x);
    const weights = (options.weights ?? []).map((weight, m) =>
      type?.kind === "rows" && type.widths[m] === undefined ? undefined : weight,
    );
    const operands = {
      inputs: inputs.map(typeOf),
      weights: weights.map((weight) => (weight === undefined ? undefined : typeOf(weight))),
    };
    const inferred = inferTypes(op, operands, attributes, modalities.length);
    if (typeof inferred === "string") {
      const listed = [...operands.inputs, ...operands.weights].map((t) =>
        t ? printType(t, modalities) : "-",
      );
      const where = options.origin?.scope ? ` in ${options.origin.scope}` : "";
      return bug("build", `${op} ${listed.join(", ")}${where}: ${inferred}`);
    }
    const made = inferred.map((resultType, result): ValueId => {
      const id = values.length;
      values.push({ id, type: resultType, node: nodes.length, result });
      return id;
    });
    const origin = options.origin ?? topLevel;
    // One cast: the compiler cannot see that `op` and `attributes` stem from the same row of the table.
    nodes.push({ op, inputs: [...inputs], weights, attributes, results: made, origin } as unknown as AnyNode);
    return made;
  };

  const value: Builder["value"] = (op, inputs, attributes, options) => {
    const made = node(op, inputs, attributes, options);
    const [only] = made;
    return only !== undefined && made.length === 1
      ? only
      : bug("build", `${op} has ${made.length} results, not one`);
  };

  const source = <O extends "param" | "state" | "input">(
    op: O,
    attributes: OpAttributes[O],
    origin?: Origin,
  ): ValueId => {
    const key = sourceKey(op, attributes);
    const known = sources.get(key);
    const wanted = printType(attributes.type, modalities);
    if (known === undefined) {
      const made = value(op, [], attributes, origin ? { origin } : {});
      sources.set(key, made);
      return made;
    }
    const got = printType(typeOf(known), modalities);
    return got === wanted ? known : bug("build", `${key} is ${got} and asked for as ${wanted}`);
  };

  return {
    modalities,
    param: (path, type, origin) => source("param", { path, type }, origin),
    state: (path, slot, type) => source("state", { path, slot, type }),
    input: (inputName, type) => source("input", { name: inputName, type }),
    node,
    value,
    typeOf,
    makerOf,
    result: (resultName, id) => {
      typeOf(id);
      if (results.some((result) => result.name === resultName))
        bug("build", `result ${resultName} is given twice`);
      results.push({ name: resultName, value: id });
    },
    finish: () => ({ name, modalities, nodes: [...nodes], values: [...values], results: [...results] }),
  };
}

function sourceKey(op: OpName, attributes: OpAttributes["param" | "state" | "input"]): string {
  if ("name" in attributes) return `${op} ${attributes.name}`;
  return "slot" in attributes ? `${op} ${attributes.slot}/${attributes.path}` : `${op} ${attributes.path}`;
}

function rememberSource(sources: Map<string, ValueId>, node: AnyNode): void {
  if (ops[node.op].locality !== "source") return;
  const [made] = node.results;
  if (made === undefined) return;
  if (node.op === "param" || node.op === "state" || node.op === "input") {
    sources.set(sourceKey(node.op, node.attributes), made);
  }
}
