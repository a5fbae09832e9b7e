// stages.ts: the row nodes of one group → stages, in the order in which they run on a tile.
// In: a graph and a group. Out: stages that still speak of values; `calls.ts` gives them sizes.
// Vertical fusion happens here: a sum joins the matmul that makes one of its terms, chains of elementwise ops and
// norms become one row program (one trip over memory per reduction), a cross-entropy and its gradient one stage.

import { bug } from "../diagnostics/bug.ts";
import type { Readers } from "../fusion/chunk.ts";
import type { AnyNode, Graph, Node, ValueId } from "../ir/graph.ts";

export type Stage =
  | {
      readonly kind: "matmul";
      readonly node: Node<"linear"> | Node<"linear_dx">;
      readonly residual?: ValueId;
      readonly output: ValueId;
    }
  | { readonly kind: "program"; readonly nodes: readonly AnyNode[] }
  | {
      readonly kind: "loss";
      readonly node: Node<"cross_entropy">;
      readonly gradient?: Node<"cross_entropy_dx">;
    }
  | { readonly kind: "rope"; readonly node: Node<"rope"> }
  | { readonly kind: "dropout"; readonly node: Node<"dropout"> }
  | { readonly kind: "embed"; readonly node: Node<"embed"> }
  | { readonly kind: "move"; readonly node: Node<"restrict"> | Node<"join"> | Node<"extend"> };

/** Ops that a row program can hold. */
const programOps: ReadonlySet<string> = new Set([
  "silu",
  "gelu",
  "relu",
  "tanh",
  "sigmoid",
  "square",
  "exp",
  "neg",
  "reciprocal",
  "silu_dx",
  "gelu_dx",
  "relu_dx",
  "add",
  "sub",
  "mul",
  "div",
  "scale",
  "offset",
  "rms_norm",
  "rms_norm_dx",
]);

export function headsOf(node: AnyNode): number {
  return node.op === "rms_norm" || node.op === "rms_norm_dx" ? Math.max(1, node.attributes.heads) : 1;
}

/** Stages in an order in which every operand is computed before it is read. */
export function stagesOf(graph: Graph, readers: Readers, rows: readonly number[]): readonly Stage[] {
  const stages: Stage[] = [];
  /** Stage that makes a value, within this group. */
  const madeBy = new Map<ValueId, number>();
  const absorbed = absorbedMatmuls(graph, rows, readers);

  const push = (stage: Stage, results: readonly ValueId[]): void => {
    for (const value of results) madeBy.set(value, stages.length);
    stages.push(stage);
  };

  for (const index of rows) {
    const node = graph.nodes[index];
    if (node === undefined) continue;
    if (absorbed.matmuls.has(index)) continue;
    const sum = absorbed.sums.get(index);
    const [result] = node.results;
    if (sum !== undefined && result !== undefined) {
      push({ kind: "matmul", node: sum.matmul, residual: sum.residual, output: result }, node.results);
    } else if ((node.op === "linear" || node.op === "linear_dx") && result !== undefined) {
      push({ kind: "matmul", node, output: result }, node.results);
    } else if (programOps.has(node.op)) {
      addToProgram(graph, stages, madeBy, node);
    } else if (node.op === "cross_entropy") {
      const gradient = rows
        .map((other) => graph.nodes[other])
        .find(
          (other) =>
            other?.op === "cross_entropy_dx" &&
            other.inputs[0] === node.inputs[0] &&
            other.inputs[1] === node.inputs[1] &&
            // Objectives that differ in z-loss are two losses of one logits.
            other.attributes.zLoss === node.attributes.zLoss,
        );
      if (gradient?.op === "cross_entropy_dx")
        push({ kind: "loss", node, gradient }, [...node.results, ...gradient.results]);
      else push({ kind: "loss", node }, node.results);
    } else if (node.op === "cross_entropy_dx") {
      // Made by the stage of its cross-entropy, which stands in the same group: both read the same values.
      if (result === undefined || !madeBy.has(result))
        return bug("kernel", `cross_entropy_dx without its cross_entropy in the group`);
    } else if (node.op === "rope") {
      push({ kind: "rope", node }, node.results);
    } else if (node.op === "dropout") {
      push({ kind: "dropout", node }, node.results);
    } else if (node.op === "embed") {
      push({ kind: "embed", node }, node.results);
    } else if (node.op === "restrict" || node.op === "join" || node.op === "extend") {
      push({ kind: "move", node }, node.results);
    } else {
      return bug("kernel", `no row stage for ${node.op}`);
    }
  }
  return stages;
}

type Absorbed = {
  /** Matmul nodes that another stage computes. */
  readonly matmuls: ReadonlySet<number>;
  /** By index of the `add`: the matmul it joins and the other term. */
  readonly sums: ReadonlyMap<
    number,
    { readonly matmul: Node<"linear"> | Node<"linear_dx">; readonly residual: ValueId }
  >;
};

/** a + x·w: the sum is the matmul's epilogue, if nothing else reads the product. */
function absorbedMatmuls(graph: Graph, rows: readonly number[], readers: Readers): Absorbed {
  const inGroup = new Set(rows);
  const matmuls = new Set<number>();
  const sums = new Map<number, { matmul: Node<"linear"> | Node<"linear_dx">; residual: ValueId }>();
  for (const index of rows) {
    const node = graph.nodes[index];
    if (node?.op !== "add") continue;
    // Prefer the later term: it is the freshest in cache.
    const terms = [...node.inputs].map((value, side) => ({
      value,
      side,
      producer: graph.values[value]?.node ?? -1,
    }));
    terms.sort((a, b) => b.producer - a.producer);
    for (const term of terms) {
      const matmul = graph.nodes[term.producer];
      const other = node.inputs[1 - term.side];
      if (matmul === undefined || other === undefined || other === term.value) continue;
      if (matmul.op !== "linear" && matmul.op !== "linear_dx") continue;
      if (!inGroup.has(term.producer) || matmuls.has(term.producer)) continue;
      if ((readers[term.value] ?? []).length !== 1) continue;
      matmuls.add(term.producer);
      sums.set(index, { matmul, residual: other });
      break;
    }
  }
  return { matmuls, sums };
}

/** Nodes in one row program: its expressions are built recursively, and a thousand lines in one loop gain nothing. */
const programLimit = 200;

/** Joins an open row program of the same shape, if everything the node reads is ready there; else opens one. */
function addToProgram(graph: Graph, stages: Stage[], madeBy: Map<ValueId, number>, node: AnyNode): void {
  const ready = Math.max(-1, ...node.inputs.map((value) => madeBy.get(value) ?? -1));
  for (let at = Math.max(0, ready); at < stages.length; at += 1) {
    const stage = stages[at];
    if (stage?.kind !== "program" || stage.nodes.length >= programLimit) continue;
    if (!sameShape(graph, stage.nodes, node)) continue;
    stages[at] = { kind: "program", nodes: [...stage.nodes, node] };
    for (const value of node.results) madeBy.set(value, at);
    return;
  }
  for (const value of node.results) madeBy.set(value, stages.length);
  stages.push({ kind: "program", nodes: [node] });
}

/** Programs hold ops of one width per modality and one number of parts; norms over parts agree on their number. */
function sameShape(graph: Graph, nodes: readonly AnyNode[], node: AnyNode): boolean {
  const [first] = nodes;
  const [a, b] = [first?.results[0], node.results[0]];
  const [left, right] = [
    a === undefined ? a : graph.values[a]?.type,
    b === undefined ? b : graph.values[b]?.type,
  ];
  if (left?.kind !== "rows" || right?.kind !== "rows") return false;
  const widthsAgree = left.widths.every((width, m) => width === right.widths[m]);
  const isNorm = (other: AnyNode): boolean => other.op === "rms_norm" || other.op === "rms_norm_dx";
  const parts = nodes.filter(isNorm).map(headsOf);
  return widthsAgree && (!isNorm(node) || parts.every((heads) => heads === headsOf(node)));
}
