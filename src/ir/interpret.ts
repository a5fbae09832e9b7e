// interpret.ts: the oracle. Runs a graph in float64, op by op, in plain loops.
// In: a graph, where each modality's rows begin, and the numbers of its sources. Out: the numbers of its results.
// Idea: slow and obvious. Nothing is fused, reused or reordered, so that a kernel or a rule that disagrees is wrong.
//
// Layout of a rows value: modality after modality, row after row, each row as wide as its modality, nothing between;
// a modality that the value does not have takes no space. Arrays are dense and row-major.
// `offsets` has M+1 entries; modality m has rows offsets[m] … offsets[m+1]−1. Rows of the batch past the last offset
// belong to nobody: a source may hold them at its end, they are never read. A routed space has offsets of its own, by
// group, from the moment its `route` node has chosen.

import { bug } from "../diagnostics/bug.ts";
import type { AnyNode, Graph, Node, ValueId } from "./graph.ts";
import { attentionOps } from "./interpret-attention.ts";
import { elementwiseOps } from "./interpret-elementwise.ts";
import { chooseRows, expertOps, groupOffsets } from "./interpret-experts.ts";
import { lossOps } from "./interpret-loss.ts";
import { matmulOps } from "./interpret-matmul.ts";
import { routingOps } from "./interpret-routing.ts";
import { type Evaluate, elementCount, type Operand, type Result, type Tensor } from "./interpret-tensor.ts";
import { updateOps } from "./interpret-update.ts";
import type { OpName } from "./ops.ts";
import { isSource } from "./print.ts";
import type { TensorType } from "./types.ts";

/** The numbers a graph is run on; longer arrays than needed are cut. */
export type Bindings = {
  readonly offsets: readonly number[];
  /** By input name. */
  readonly inputs: ReadonlyMap<string, ArrayLike<number>>;
  /** By path. */
  readonly params: ReadonlyMap<string, ArrayLike<number>>;
  /** By slot and path, `m/head`; missing ones are zero. */
  readonly states?: ReadonlyMap<string, ArrayLike<number>>;
  /** By name; missing ones are zero. What a run leaves for the next are its results `cache/NAME`. */
  readonly caches?: ReadonlyMap<string, ArrayLike<number>>;
  /** For a target that keeps some numbers in bf16: where they are rounded. Sums stay exact. */
  readonly rounding?: Rounding;
};

export type Rounding = {
  /** Whether a value stands in memory in bf16. */
  readonly isStored: (value: ValueId) => boolean;
  /** How many operands of a node, from the first on, are rounded as they are read; its weights then are, too. */
  readonly operands: (node: AnyNode) => number;
};

type SourceName = "param" | "state" | "input" | "cache";
type SourceNode = { readonly [O in SourceName]: Node<O> }[SourceName];

const evaluators: { readonly [O in Exclude<OpName, SourceName>]: Evaluate<O> } = {
  ...matmulOps,
  ...attentionOps,
  ...elementwiseOps,
  ...routingOps,
  ...expertOps,
  ...lossOps,
  ...updateOps,
};

/** Every result of the graph, by name. */
export function interpret(graph: Graph, bindings: Bindings): ReadonlyMap<string, Tensor> {
  const values = interpretValues(graph, bindings);
  const results = new Map<string, Tensor>();
  for (const { name, value } of graph.results) {
    results.set(name, values[value] ?? bug("interpret", `result ${name} was never computed`));
  }
  return results;
}

/** Every value of the graph, by id. */
export function interpretValues(graph: Graph, bindings: Bindings): readonly Tensor[] {
  const values: Tensor[] = [];
  const typeOf = (id: number): TensorType =>
    graph.values[id]?.type ?? bug("interpret", `value ${id} does not exist`);
  const operand = (id: number): Operand => {
    const numbers = values[id] ?? bug("interpret", `value ${id} is read before it is computed`);
    return { type: typeOf(id), numbers };
  };
  const opened: (readonly number[])[] = [];
  const offsetsOf = (type: TensorType): readonly number[] =>
    type.kind !== "rows" || type.space === undefined
      ? bindings.offsets
      : (opened[type.space] ?? bug("interpret", `space ${type.space} is not open`));
  for (const node of graph.nodes) {
    if (node.op === "route") {
      const { space } = node.attributes;
      const definition = graph.spaces[space] ?? bug("interpret", `there is no space ${space}`);
      const [p = -1] = node.inputs;
      opened[space] = groupOffsets(chooseRows(definition, operand(p), bindings.offsets));
    }
    const results: Result[] = node.results.map((id) => {
      const type = typeOf(id);
      return { type, numbers: new Float64Array(elementCount(type, offsetsOf(type))) };
    });
    if (isSource(node)) {
      const [type, [id]] = [node.attributes.type, node.results];
      if (id !== undefined) values[id] = readSource(node, elementCount(type, offsetsOf(type)), bindings);
      continue;
    }
    // One cast: node and evaluator stem from the same row, which the compiler cannot see through the index.
    const evaluate = evaluators[node.op] as unknown as Evaluate<OpName>;
    const worked = [...node.results, ...node.inputs].map(typeOf).find(({ kind }) => kind === "rows");
    const narrow = bindings.rounding?.operands(node) ?? 0;
    evaluate({
      inputs: node.inputs.map((id, i) => (i < narrow ? rounded(operand(id)) : operand(id))),
      weights: node.weights.map((id) => {
        if (id === undefined) return undefined;
        return narrow > 0 ? rounded(operand(id)) : operand(id);
      }),
      results,
      attributes: node.attributes,
      offsets: worked === undefined ? bindings.offsets : offsetsOf(worked),
      offsetsOf,
      spaces: graph.spaces,
    });
    for (const [i, id] of node.results.entries()) {
      const result = results[i];
      if (result === undefined) continue;
      const isNarrow = bindings.rounding?.isStored(id) === true;
      values[id] = isNarrow ? rounded(result).numbers : result.numbers;
    }
  }
  return values;
}

/** The nearest bf16 of every number. */
function rounded({ type, numbers }: Operand): Operand {
  return { type, numbers: type.dtype === "i32" ? numbers : Float64Array.from(numbers, roundToBf16) };
}

const [single, bits] = ((): readonly [Float32Array, Uint32Array] => {
  const float = new Float32Array(1);
  return [float, new Uint32Array(float.buffer)];
})();

/** To nearest, ties to even; what is no number stays none. */
export function roundToBf16(x: number): number {
  single[0] = x;
  const word = bits[0] ?? 0;
  if (Number.isFinite(x)) bits[0] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000;
  return single[0] ?? 0;
}

function readSource(node: SourceNode, size: number, bindings: Bindings): Tensor {
  const { name, numbers } = findSource(node, bindings, size);
  if (numbers === undefined) return bug("interpret", `${node.op} ${name} has no numbers`);
  if (numbers.length < size)
    return bug("interpret", `${node.op} ${name} has ${numbers.length} numbers of ${size}`);
  const copied = node.attributes.type.dtype === "i32" ? new Int32Array(size) : new Float64Array(size);
  for (let i = 0; i < size; i += 1) copied[i] = numbers[i] ?? 0;
  return copied;
}

type Found = { readonly name: string; readonly numbers: ArrayLike<number> | undefined };

function findSource(node: SourceNode, bindings: Bindings, size: number): Found {
  if (node.op === "param")
    return { name: node.attributes.path, numbers: bindings.params.get(node.attributes.path) };
  if (node.op === "input")
    return { name: node.attributes.name, numbers: bindings.inputs.get(node.attributes.name) };
  if (node.op === "cache") {
    const { name } = node.attributes;
    return { name, numbers: bindings.caches?.get(name) ?? new Float64Array(size) };
  }
  const name = `${node.attributes.slot}/${node.attributes.path}`;
  return { name, numbers: bindings.states?.get(name) ?? new Float64Array(size) };
}
