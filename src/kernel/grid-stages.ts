// grid-stages.ts: stages as a grid of workgroups runs them: whole products with what can be computed on their way in.
// In: the stages of a group. Out: the same work in fewer stages, in an order in which operands come before their
// readers.
// Two things join a matrix product here. A product that is added to another one continues its sum over k, so the sum
// of several projections is one stage (the gradient of what Q, K and V were made from). And a row program joins the
// products that read its result: they compute it while they load their rows, the first of them also stores it. A norm's
// row sums are then taken twice by workgroups that share rows, which costs reading the rows again, and saves a launch.

import type { AnyNode, Graph, ValueId } from "../ir/graph.ts";
import { absorbEpilogues } from "./grid-epilogues.ts";
import { loadedProgram, loadedValue } from "./grid-program.ts";
import { type Copy, type GridStage, gridStageValues, type MatmulStage, type Product } from "./grid-stage.ts";
import { type Layout, runsIn } from "./layout.ts";
import { rowScalarsOf } from "./row-program.ts";
import { headsOf, type Stage } from "./stages.ts";

export function gridStagesOf(layout: Layout, stages: readonly Stage[]): readonly GridStage[] {
  const chained = chainProducts(layout, stages);
  return layout.schedule.grid?.loadsPrograms === true
    ? absorbPrograms(layout, chained)
    : withCopies(layout, layout.schedule.grid?.epilogues ? absorbEpilogues(layout, chained) : chained);
}

/** Row programs store a value and its copy; after all others the copy is a stage of its own. */
function withCopies({ storage }: Layout, stages: readonly GridStage[]): readonly GridStage[] {
  return stages.flatMap((stage): readonly GridStage[] => {
    if (stage.kind === "program" || (stage.kind === "move" && stage.node.op === "restrict")) return [stage];
    if (stage.kind === "product" && stage.epilogue !== undefined) return [stage];
    const copied = gridStageValues(stage).writes.filter(storage.elements.hasCopy);
    return [stage, ...copied.map((value): Copy => ({ kind: "copy", value }))];
  });
}

/** c = (a₁·w₁) + a₂·w₂ is one sum over k, if nothing else reads the first product. */
function chainProducts({ readers }: Layout, stages: readonly Stage[]): readonly GridStage[] {
  const chained: GridStage[] = [];
  for (const stage of stages) {
    if (stage.kind !== "matmul") {
      chained.push(stage);
      continue;
    }
    const { residual } = stage;
    const at = chained.findIndex((other) => other.kind === "product" && other.output === residual);
    const before = at < 0 ? undefined : chained[at];
    if (before?.kind !== "product" || residual === undefined || !isSameRows(before, stage)) {
      chained.push({ ...stage, kind: "product", terms: [stage.node] });
    } else if ((readers[residual] ?? []).length > 1) {
      chained.push({ ...stage, kind: "product", terms: [stage.node] });
    } else {
      // It stands where its last term does: only then are all terms at hand.
      chained.splice(at, 1);
      chained.push({ ...before, terms: [...before.terms, stage.node], output: stage.output });
    }
  }
  return chained;
}

/** Whether two products exist for the same modalities. */
export function isSameRows({ terms }: Product, { node }: MatmulStage): boolean {
  return terms.every((term) =>
    term.weights.every((w, m) => (w === undefined) === (node.weights[m] === undefined)),
  );
}

/** Row programs join the products that read them, where these wait for nothing else that the group makes later. */
function absorbPrograms(layout: Layout, stages: readonly GridStage[]): readonly GridStage[] {
  const joined = new Map<number, Product>();
  const gone = new Set<number>();
  for (const [index, stage] of stages.entries()) {
    if (stage.kind !== "program" || !isLoadable(layout, stage.nodes)) continue;
    const readersAt = readersOf(layout, stages, index, joined, gone);
    const [first] = readersAt;
    if (first === undefined || !coversModalities(layout.graph, stage.nodes, first.product)) continue;
    // The product that stores the results stands where the program did: others may read them from there on.
    for (const { at, product } of readersAt) {
      const keeps = at === first.at;
      joined.set(keeps ? index : at, { ...product, program: { nodes: stage.nodes, keeps } });
    }
    gone.add(first.at);
  }
  return stages.flatMap((stage, index) => (gone.has(index) ? [] : [joined.get(index) ?? stage]));
}

/** Products like the first that reads the program, all of whose other operands exist before the program runs. */
function readersOf(
  layout: Layout,
  stages: readonly GridStage[],
  index: number,
  joined: ReadonlyMap<number, Product>,
  gone: ReadonlySet<number>,
): readonly { readonly at: number; readonly product: Product }[] {
  const stage = stages[index];
  if (stage?.kind !== "program") return [];
  const own = new Set(stage.nodes.flatMap(({ results }) => results));
  const later = new Set<ValueId>([...own].map(layout.storage.root));
  const found: { at: number; product: Product; inputs: string }[] = [];
  for (const [at, other] of stages.entries()) {
    if (at <= index) continue;
    if (other.kind === "product" && !joined.has(at) && !gone.has(at)) {
      const inputs = other.terms.map(({ inputs: [a] }) => (a !== undefined && own.has(a) ? a : "memory"));
      const { reads } = gridStageValues(other);
      const isReady = reads.every((value) => own.has(value) || !later.has(layout.storage.root(value)));
      const isFed =
        inputs.some((input) => input !== "memory") &&
        !(other.residual !== undefined && own.has(other.residual));
      if (isReady && isFed)
        found.push({ at, product: other, inputs: JSON.stringify([inputs, other.residual === undefined]) });
    }
    for (const value of gridStageValues(other).writes) later.add(layout.storage.root(value));
  }
  const loads = found.filter(({ product }) => isLoaded(layout, stage.nodes, product, own));
  return loads.filter(({ inputs }) => inputs === loads[0]?.inputs);
}

/** Whether the program's last phase makes everything that a product wants of it. */
function isLoaded(
  layout: Layout,
  nodes: readonly AnyNode[],
  { terms }: Product,
  own: ReadonlySet<ValueId>,
): boolean {
  const type = layout.graph.values[nodes[0]?.results[0] ?? -1]?.type;
  return runsIn(layout.graph, type?.kind === "rows" ? type.space : undefined).every((modality) => {
    const program = loadedProgram(layout, nodes, modality);
    return (
      program === undefined ||
      terms.every(
        ({ inputs: [a] }) => a === undefined || !own.has(a) || loadedValue(program, a) !== undefined,
      )
    );
  });
}

/** Sums of a row that a program may take on the way into a product: they stand in a workgroup's memory. */
export const mostRowScalars = 4;

/** A program's rows can be loaded in whole vectors, and its sums are few and over whole rows. */
function isLoadable({ graph, storage }: Layout, nodes: readonly AnyNode[]): boolean {
  if (nodes.some((node) => headsOf(node) > 1)) return false;
  if (nodes.reduce((sum, node) => sum + rowScalarsOf(node), 0) > mostRowScalars) return false;
  const values = nodes.flatMap(({ inputs, results }) => [...inputs, ...results]);
  return values.every(
    (value) => graph.values[value]?.type.kind === "rows" && storage.stride(value) % 4 === 0,
  );
}

/** Whoever stores the program's results has to run for every modality that has them. */
function coversModalities(graph: Graph, nodes: readonly AnyNode[], { terms }: Product): boolean {
  const result = nodes[0]?.results[0];
  const type = result === undefined ? undefined : graph.values[result]?.type;
  if (type?.kind !== "rows") return false;
  return type.widths.every(
    (width, m) => width === undefined || terms.every(({ weights }) => weights[m] !== undefined),
  );
}
