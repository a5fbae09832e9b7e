// stages.ts: the row nodes of one group → stages, in the order in which they run on a tile.
// In: a graph and a group. Out: stages that still speak of values; `calls.ts` gives them sizes.
// Vertical fusion happens here: a sum joins the matmul, or the sum over experts, that makes one of its terms, chains of elementwise ops and
// norms become one row program (one trip over memory per reduction), a cross-entropy and its gradient one stage.

import { bug } from "../diagnostics/bug.ts";
import type { Readers } from "../fusion/chunk.ts";
import type { AnyNode, Graph, Node, ValueId } from "../ir/graph.ts";
import { rowScalarsOf } from "./row-program.ts";

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
      readonly node: Node<"cross_entropy"> | Node<"mean_square">;
      readonly gradient?: Node<"cross_entropy_dx"> | Node<"mean_square_dx">;
    }
  | { readonly kind: "rope"; readonly node: Node<"rope"> }
  | { readonly kind: "dropout"; readonly node: Node<"dropout"> }
  | { readonly kind: "embed"; readonly node: Node<"embed"> | Node<"sinusoid"> }
  | { readonly kind: "softmax"; readonly node: Node<"softmax"> }
  /** Rows fetched for experts. */
  | { readonly kind: "gather"; readonly node: Node<"dispatch"> | Node<"combine_dy"> }
  /** Experts' rows added up. */
  | {
      readonly kind: "combine";
      readonly node: Node<"combine"> | Node<"dispatch_dx">;
      readonly residual?: ValueId;
      readonly output: ValueId;
    }
  | { readonly kind: "weights"; readonly node: Node<"combine_dp"> | Node<"balance_dx"> }
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
  "softmax_dx",
]);

/** Stages that may start from another value instead of zero. */
type Adding = Node<"linear"> | Node<"linear_dx"> | Node<"combine"> | Node<"dispatch_dx">;

const isAdding = (node: AnyNode): node is Adding =>
  node.op === "linear" || node.op === "linear_dx" || node.op === "combine" || node.op === "dispatch_dx";

const addingStage = (node: Adding, output: ValueId, residual?: ValueId): Stage => {
  const rest = { output, ...(residual === undefined ? {} : { residual }) };
  return node.op === "linear" || node.op === "linear_dx"
    ? { kind: "matmul", node, ...rest }
    : { kind: "combine", node, ...rest };
};

export function headsOf(node: AnyNode): number {
  return node.op === "rms_norm" || node.op === "rms_norm_dx" ? Math.max(1, node.attributes.heads) : 1;
}

/**
 * Stages in an order in which every operand is computed before it is read. `keepsApart`: what the gradient computes joins
 * no program of the forward pass, which would store it at once.
 */
export function stagesOf(
  graph: Graph,
  readers: Readers,
  rows: readonly number[],
  keepsApart = false,
): readonly Stage[] {
  const stages: Stage[] = [];
  /** Stage that makes a value, within this group. */
  const madeBy = new Map<ValueId, number>();
  const absorbed = absorbedSums(graph, rows, readers);

  const push = (stage: Stage, results: readonly ValueId[]): void => {
    for (const value of results) madeBy.set(value, stages.length);
    stages.push(stage);
  };

  for (const index of rows) {
    const node = graph.nodes[index];
    if (node === undefined) continue;
    if (absorbed.addings.has(index)) continue;
    const sum = absorbed.sums.get(index);
    const [result] = node.results;
    if (sum !== undefined && result !== undefined) {
      push(addingStage(sum.adding, result, sum.residual), node.results);
    } else if (isAdding(node) && result !== undefined) {
      push(addingStage(node, result), node.results);
    } else if (programOps.has(node.op)) {
      addToProgram(graph, stages, madeBy, node, keepsApart);
    } else if (node.op === "cross_entropy" || node.op === "mean_square") {
      const gradient = gradientOf(
        node,
        rows.map((other) => graph.nodes[other]),
      );
      if (gradient !== undefined)
        push({ kind: "loss", node, gradient }, [...node.results, ...gradient.results]);
      else push({ kind: "loss", node }, node.results);
    } else if (node.op === "cross_entropy_dx" || node.op === "mean_square_dx") {
      // Made by the stage of its loss, which stands in the same group: both read the same values.
      if (result === undefined || !madeBy.has(result))
        return bug("kernel", `${node.op} without its loss in the group`);
    } else {
      push(plainStage(node), node.results);
    }
  }
  return stages;
}

/** A node that is a stage by itself. */
function plainStage(node: AnyNode): Stage {
  switch (node.op) {
    case "rope":
      return { kind: "rope", node };
    case "dropout":
      return { kind: "dropout", node };
    case "embed":
    case "sinusoid":
      return { kind: "embed", node };
    case "softmax":
      return { kind: "softmax", node };
    case "dispatch":
    case "combine_dy":
      return { kind: "gather", node };
    case "combine_dp":
    case "balance_dx":
      return { kind: "weights", node };
    case "restrict":
    case "join":
    case "extend":
      return { kind: "move", node };
    default:
      return bug("kernel", `no row stage for ${node.op}`);
  }
}

type LossStage = Extract<Stage, { readonly kind: "loss" }>;

/** The gradient, among these nodes, of a loss. */
function gradientOf(
  loss: LossStage["node"],
  nodes: readonly (AnyNode | undefined)[],
): LossStage["gradient"] | undefined {
  for (const node of nodes) {
    if (node?.inputs[0] !== loss.inputs[0] || node?.inputs[1] !== loss.inputs[1]) continue;
    if (node?.op === "mean_square_dx" && loss.op === "mean_square") return node;
    if (node?.op !== "cross_entropy_dx" || loss.op !== "cross_entropy") continue;
    // Objectives that differ in z-loss are two losses of one logits.
    if (node.attributes.zLoss === loss.attributes.zLoss) return node;
  }
  return undefined;
}

type Absorbed = {
  /** Nodes that another stage computes. */
  readonly addings: ReadonlySet<number>;
  /** By index of the `add`: what it joins and the other term. */
  readonly sums: ReadonlyMap<number, { readonly adding: Adding; readonly residual: ValueId }>;
};

/** a + x·w: the sum is the matmul's epilogue, if nothing else reads the product; likewise for sums over experts. */
function absorbedSums(graph: Graph, rows: readonly number[], readers: Readers): Absorbed {
  const inGroup = new Set(rows);
  const addings = new Set<number>();
  const sums = new Map<number, { adding: Adding; residual: ValueId }>();
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
      const adding = graph.nodes[term.producer];
      const other = node.inputs[1 - term.side];
      if (adding === undefined || other === undefined || other === term.value) continue;
      if (!isAdding(adding) || !inGroup.has(term.producer) || addings.has(term.producer)) continue;
      if ((readers[term.value] ?? []).length !== 1) continue;
      addings.add(term.producer);
      sums.set(index, { adding, residual: other });
      break;
    }
  }
  return { addings, sums };
}

/** Nodes in one row program: its expressions are built recursively, and a thousand lines in one loop gain nothing. */
const programLimit = 200;

/** Joins an open row program of the same shape, if everything the node reads is ready there; else opens one. */
function addToProgram(
  graph: Graph,
  stages: Stage[],
  madeBy: Map<ValueId, number>,
  node: AnyNode,
  keepsApart: boolean,
): void {
  const ready = Math.max(-1, ...node.inputs.map((value) => madeBy.get(value) ?? -1));
  for (let at = Math.max(0, ready); at < stages.length; at += 1) {
    const stage = stages[at];
    if (stage?.kind !== "program" || stage.nodes.length >= programLimit) continue;
    if (keepsApart && stage.nodes[0]?.origin.phase !== node.origin.phase) continue;
    if (!sameShape(graph, stage.nodes, node)) continue;
    stages[at] = { kind: "program", nodes: [...stage.nodes, node] };
    for (const value of node.results) madeBy.set(value, at);
    return;
  }
  for (const value of node.results) madeBy.set(value, stages.length);
  stages.push({ kind: "program", nodes: [node] });
}

/** Programs hold ops of one width per modality and one number of parts; sums over parts agree on their number. */
function sameShape(graph: Graph, nodes: readonly AnyNode[], node: AnyNode): boolean {
  const [first] = nodes;
  const [a, b] = [first?.results[0], node.results[0]];
  const [left, right] = [
    a === undefined ? a : graph.values[a]?.type,
    b === undefined ? b : graph.values[b]?.type,
  ];
  if (left?.kind !== "rows" || right?.kind !== "rows") return false;
  const widthsAgree =
    left.space === right.space && left.widths.every((width, m) => width === right.widths[m]);
  const hasSums = (other: AnyNode): boolean => rowScalarsOf(other) > 0;
  const parts = nodes.filter(hasSums).map(headsOf);
  return widthsAgree && (!hasSums(node) || parts.every((heads) => heads === headsOf(node)));
}
