// builder.ts: the only way to make nodes.
// In: calls, in the order in which values are computed. Out: an immutable graph whose types are all inferred.
// Idea: a node that does not fit is a mistake of the compiler (the checker has already spoken to the user), so the
// builder stops at once and says which op and why. It mutates only until `finish`.

import { bug } from "../diagnostics/bug.ts";
import type { AnyNode, Graph, Origin, Value, ValueId } from "./graph.ts";
import { inferTypes } from "./infer.ts";
import type { OpAttributes, OpName } from "./ops.ts";
import type { Space } from "./spaces.ts";
import { type ArrayType, printType, sameType, type TensorType } from "./types.ts";

/** What a node may have besides operands and attributes. */
export type NodeOptions = {
  /** One per modality or group; those of modalities without rows are dropped. Needed where the op table says `hasWeights`. */
  readonly weights?: readonly (ValueId | undefined)[];
  /** Defaults to the forward pass at the top level. */
  readonly origin?: Origin;
};

const topLevel: Origin = { scope: "", phase: "forward" };

/** Starts an empty graph. */
export function createBuilder(
  name: string,
  modalities: readonly string[],
  spaces: readonly Space[] = [],
): Builder {
  return new Builder({ name, modalities, spaces, nodes: [], values: [], results: [] });
}

/** Continues a graph: its values keep their numbers, its results stay. */
export function extendGraph(graph: Graph): Builder {
  return new Builder(graph);
}

/** Collects nodes until `finish`; made by `createBuilder` and `extendGraph`. */
export class Builder {
  readonly modalities: readonly string[];
  readonly #name: string;
  readonly #spaces: Space[];
  readonly #nodes: AnyNode[];
  readonly #values: Value[];
  readonly #results: Map<string, ValueId>;
  /** What stands for a parameter, a state or an input that was asked for before. */
  readonly #sources = new Map<string, ValueId>();

  constructor(graph: Graph) {
    this.modalities = graph.modalities;
    this.#name = graph.name;
    this.#spaces = [...graph.spaces];
    this.#nodes = [...graph.nodes];
    this.#values = [...graph.values];
    this.#results = new Map(graph.results.map(({ name, value }) => [name, value]));
    for (const node of graph.nodes) {
      const [made] = node.results;
      const key = sourceKey(node.op, node.attributes);
      if (key !== undefined && made !== undefined) this.#sources.set(key, made);
    }
  }

  /** A source asked for twice is the same value; asked for with another type, it is a bug. */
  param(path: string, type: ArrayType, origin: Origin = topLevel): ValueId {
    return this.#source("param", { path, type }, origin);
  }

  state(path: string, slot: "m" | "v", type: ArrayType): ValueId {
    return this.#source("state", { path, slot, type }, topLevel);
  }

  cache(name: string, type: ArrayType): ValueId {
    return this.#source("cache", { name, type }, topLevel);
  }

  input(name: string, type: TensorType): ValueId {
    return this.#source("input", { name, type }, topLevel);
  }

  /** Declares a routed space, for one `route` node to open; gives its number. */
  space(space: Space): number {
    return this.#spaces.push(space) - 1;
  }

  /** Every routed space declared so far. */
  spaces(): readonly Space[] {
    return this.#spaces;
  }

  /** All results of a new node. */
  node<O extends OpName>(
    op: O,
    inputs: readonly ValueId[],
    attributes: OpAttributes[O],
    options: NodeOptions = {},
  ): readonly ValueId[] {
    const weights = this.#presentWeights(inputs[0], options.weights ?? []);
    const operands = {
      inputs: inputs.map((value) => this.typeOf(value)),
      weights: weights.map((weight) => (weight === undefined ? undefined : this.typeOf(weight))),
    };
    const origin = options.origin ?? topLevel;
    const inferred = inferTypes(op, operands, attributes, {
      modalities: this.modalities,
      spaces: this.#spaces,
    });
    if (typeof inferred === "string") {
      const listed = [...operands.inputs, ...operands.weights].map((t) => (t ? this.#print(t) : "-"));
      return bug("build", `${op} ${listed.join(", ")} in ${origin.scope || this.#name}: ${inferred}`);
    }
    const made = inferred.map((type, result): ValueId => {
      const id = this.#values.length;
      this.#values.push({ id, type, node: this.#nodes.length, result });
      return id;
    });
    const node = { op, inputs: [...inputs], weights, attributes, results: made, origin };
    // One cast: the compiler cannot see that `op` and `attributes` stem from the same row of the table.
    this.#nodes.push(node as unknown as AnyNode);
    return made;
  }

  /** The only result of a new node. */
  value<O extends OpName>(
    op: O,
    inputs: readonly ValueId[],
    attributes: OpAttributes[O],
    options: NodeOptions = {},
  ): ValueId {
    const made = this.node(op, inputs, attributes, options);
    const [only] = made;
    return only !== undefined && made.length === 1
      ? only
      : bug("build", `${op} has ${made.length} results, not one`);
  }

  typeOf(value: ValueId): TensorType {
    return (
      this.#values[value]?.type ?? bug("build", `value ${value} of graph \`${this.#name}\` does not exist`)
    );
  }

  /** The node that makes a value. */
  makerOf(value: ValueId): AnyNode {
    const node = this.#nodes[this.#values[value]?.node ?? -1];
    return node ?? bug("build", `value ${value} of graph \`${this.#name}\` does not exist`);
  }

  /** Hands a value out of the step under a name of its own. */
  result(name: string, value: ValueId): void {
    this.typeOf(value);
    if (this.#results.has(name)) bug("build", `result ${name} is given twice`);
    this.#results.set(name, value);
  }

  finish(): Graph {
    const results = Array.from(this.#results, ([name, value]) => ({ name, value }));
    return {
      name: this.#name,
      modalities: this.modalities,
      spaces: [...this.#spaces],
      nodes: [...this.#nodes],
      values: [...this.#values],
      results,
    };
  }

  #presentWeights(
    x: ValueId | undefined,
    weights: readonly (ValueId | undefined)[],
  ): readonly (ValueId | undefined)[] {
    const type = x === undefined ? undefined : this.typeOf(x);
    if (type?.kind !== "rows") return weights;
    return weights.map((weight, m) => (type.widths[m] === undefined ? undefined : weight));
  }

  #source<O extends "param" | "state" | "input" | "cache">(
    op: O,
    attributes: OpAttributes[O],
    origin: Origin,
  ): ValueId {
    const key = sourceKey(op, attributes) ?? op;
    const known = this.#sources.get(key);
    if (known === undefined) {
      const made = this.value(op, [], attributes, { origin });
      this.#sources.set(key, made);
      return made;
    }
    const type = this.typeOf(known);
    if (sameType(type, attributes.type)) return known;
    return bug("build", `${key} is ${this.#print(type)} and asked for as ${this.#print(attributes.type)}`);
  }

  #print(type: TensorType): string {
    return printType(type, this.modalities);
  }
}

/** `param head`, `state m/head`, `input tokens`, `cache a.keys`; `undefined` for other ops. */
function sourceKey(op: OpName, attributes: OpAttributes[OpName]): string | undefined {
  if ((op === "input" || op === "cache") && "name" in attributes) return `${op} ${attributes.name}`;
  if (op === "state" && "slot" in attributes) return `state ${attributes.slot}/${attributes.path}`;
  return op === "param" && "path" in attributes ? `param ${attributes.path}` : undefined;
}
