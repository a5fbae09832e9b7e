// grid-epilogues.ts: what products go on to compute while their sums are in registers.
// In: the stages of a group. Out: the same work in fewer stages, and fewer trips through memory.
// An elementwise program that reads a product joins it: the gradient of a gated unit goes from the sums to what the next
// products read. Where it reads two products of the same rows (gate and up), they become one product with a twin, so that
// a thread has both sums at hand. A rotation that alone reads a product joins it, too.
// A norm does not: it needs whole rows, and a block has some columns of them.

import type { AnyNode, Node, ValueId } from "../ir/graph.ts";
import { type GridStage, gridStageValues, type Product } from "./grid-stage.ts";
import type { Layout } from "./layout.ts";
import { rowScalarsOf } from "./row-program.ts";
import { headsOf } from "./stages.ts";

export function absorbEpilogues(layout: Layout, stages: readonly GridStage[]): readonly GridStage[] {
  let joined = stages;
  for (const stage of stages) {
    if (stage.kind === "program") joined = joinProgram(layout, joined, stage);
    if (stage.kind === "rope") joined = joinRotation(layout, joined, stage.node);
  }
  return turnAlike(joined);
}

type ProgramStage = Extract<GridStage, { kind: "program" }>;

/** Plain so far: nothing has joined it. */
const isBare = (stage: GridStage | undefined): stage is Product =>
  stage?.kind === "product" &&
  stage.program === undefined &&
  stage.epilogue === undefined &&
  stage.rotation === undefined;

/** The program moves into the last of the products that it reads, which moves to where the program stood. */
function joinProgram(
  layout: Layout,
  stages: readonly GridStage[],
  program: ProgramStage,
): readonly GridStage[] {
  const at = stages.indexOf(program);
  if (program.nodes.some((node) => rowScalarsOf(node) > 0 || headsOf(node) > 1)) return stages;
  const reads = new Set(gridStageValues(program).reads);
  const read = stages.flatMap((stage) => (isBare(stage) && reads.has(stage.output) ? [stage] : []));
  const candidates = read.filter((product) => covers(layout, program, product));
  const first = candidates.at(-1);
  if (first === undefined) return stages;
  const twin = candidates.find((other) => other !== first && isTwin(layout, first, other));
  const parts = twin === undefined ? [first] : [twin, first];
  if (parts.some((product) => isReadBetween(stages, stages.indexOf(product), at))) return stages;
  const [main = first, second] = parts;
  const whole: Product = {
    ...main,
    ...(second === undefined ? {} : { twin: { terms: second.terms, output: second.output } }),
    epilogue: program.nodes,
  };
  return stages.flatMap((stage) => {
    if (stage === program) return [whole];
    return parts.some((part) => part === stage) ? [] : [stage];
  });
}

/** Whether some stage between two places reads what the stage at the first makes. */
function isReadBetween(stages: readonly GridStage[], from: number, to: number): boolean {
  const stage = stages[from];
  if (stage === undefined) return true;
  const made = new Set(gridStageValues(stage).writes);
  return stages
    .slice(from + 1, to)
    .some((other) => gridStageValues(other).reads.some((value) => made.has(value)));
}

/** Whether the program's rows are the product's, as wide, and everything that it reads of others has a place in memory. */
function covers({ graph }: Layout, { nodes }: ProgramStage, { output, terms }: Product): boolean {
  const result = nodes[0]?.results[0];
  const [made, own] = [graph.values[output]?.type, graph.values[result ?? -1]?.type];
  if (made?.kind !== "rows" || own?.kind !== "rows" || made.space !== own.space) return false;
  return own.widths.every(
    (width, m) =>
      width === made.widths[m] &&
      (width !== undefined) === terms.every(({ weights }) => weights[m] !== undefined),
  );
}

/** Whether both multiply the same rows by weights of the same sizes. */
function isTwin({ graph }: Layout, a: Product, b: Product): boolean {
  if (a.residual !== undefined || b.residual !== undefined || a.terms.length !== b.terms.length) return false;
  const alike = a.terms.every((term, i) => {
    const other = b.terms[i];
    return other?.op === term.op && other.inputs[0] === term.inputs[0];
  });
  const [left, right] = [graph.values[a.output]?.type, graph.values[b.output]?.type];
  if (!alike || left?.kind !== "rows" || right?.kind !== "rows") return false;
  return left.widths.every((width, m) => width === right.widths[m]);
}

/** A rotation of whole products that nothing else reads. */
function joinRotation(
  layout: Layout,
  stages: readonly GridStage[],
  node: Node<"rope">,
): readonly GridStage[] {
  const { graph, readers, schedule } = layout;
  const [x = -1] = node.inputs;
  const at = stages.findIndex((stage) => isBare(stage) && stage.output === x);
  const product = stages[at];
  const type = graph.values[x]?.type;
  if (!isBare(product) || product.residual !== undefined) return stages;
  if (type?.kind !== "rows" || (readers[x] ?? []).length !== 1) return stages;
  const dims = new Set(
    type.widths.flatMap((width) => (width === undefined ? [] : [width / node.attributes.heads])),
  );
  const [headDim = 0, other] = dims;
  if (other !== undefined || schedule.grid?.epilogues?.isRotated(headDim) !== true) return stages;
  const whole: Product = { ...product, rotation: { node, like: node } };
  return stages.flatMap((stage, i) => {
    if (i === at) return [];
    return stage.kind === "rope" && stage.node === node ? [whole] : [stage];
  });
}

/** Products of rows that others multiply and rotate run in one launch with them: the same text, told not to turn. */
function turnAlike(stages: readonly GridStage[]): readonly GridStage[] {
  const rotated = stages.flatMap((stage) =>
    stage.kind === "product" && stage.rotation !== undefined ? [stage] : [],
  );
  return stages.map((stage) => {
    if (!isBare(stage) || stage.residual !== undefined) return stage;
    const like = rotated.find(
      ({ terms, residual }) => residual === undefined && readsAlike(terms, stage.terms),
    )?.rotation?.like;
    return like === undefined ? stage : { ...stage, rotation: { like } };
  });
}

const readsAlike = (a: Product["terms"], b: Product["terms"]): boolean =>
  a.length === b.length && a.every((term, i) => term.op === b[i]?.op && term.inputs[0] === b[i]?.inputs[0]);

/** What an epilogue keeps of its products: what anyone but the epilogue reads. */
export function isKept({ readers, graph }: Layout, output: ValueId, epilogue: readonly AnyNode[]): boolean {
  const own = new Set<AnyNode | undefined>(epilogue);
  return (readers[output] ?? []).some((reader) => reader === -1 || !own.has(graph.nodes[reader]));
}
