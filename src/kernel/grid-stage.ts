// grid-stage.ts: what a stage of a grid of workgroups is: a stage as any other, a whole product, or a copy of rows.
// In: nothing. Out: types, and what a stage reads and writes. `grid-stages.ts` and `grid-epilogues.ts` make them.

import type { AnyNode, Node, ValueId } from "../ir/graph.ts";
import type { Stage } from "./stages.ts";
import { stageValues } from "./storage.ts";

export type MatmulStage = Extract<Stage, { kind: "matmul" }>;

/** Σ over terms of x · w (+ residual); `program` makes some of the x while they are loaded, and stores them if `keeps`. */
export type Product = {
  readonly kind: "product";
  readonly terms: readonly (Node<"linear"> | Node<"linear_dx">)[];
  readonly residual?: ValueId;
  readonly output: ValueId;
  readonly program?: { readonly nodes: readonly AnyNode[]; readonly keeps: boolean };
  /** A second product of the same rows, which the epilogue reads as well. */
  readonly twin?: Pick<Product, "terms" | "output">;
  /** A row program that goes on with the sums, or a rotation of them. */
  readonly epilogue?: readonly AnyNode[];
  readonly rotation?: { readonly node?: Node<"rope">; readonly like: Node<"rope"> };
};

/** The copy of a value that products read, where its maker stores it once. */
export type Copy = { readonly kind: "copy"; readonly value: ValueId };

export type GridStage = Exclude<Stage, MatmulStage> | Product | Copy;

/** What a grid stage reads from memory and writes to it. */
export function gridStageValues(stage: GridStage): {
  readonly reads: readonly ValueId[];
  readonly writes: readonly ValueId[];
} {
  // Whoever reads the value afterwards may read the copy.
  if (stage.kind === "copy") return { reads: [stage.value], writes: [stage.value] };
  if (stage.kind !== "product") return stageValues(stage);
  const { terms, residual, output, program, twin, epilogue = [], rotation } = stage;
  const sums = twin === undefined ? [output] : [output, twin.output];
  const loaded = program?.nodes.flatMap(({ results }) => results) ?? [];
  const turned = rotation?.node?.results ?? [];
  const after = [...epilogue.flatMap(({ results }) => results), ...turned];
  const own = new Set([...loaded, ...(epilogue.length > 0 ? sums : []), ...after]);
  const nodes = [...terms, ...(twin?.terms ?? []), ...(program?.nodes ?? []), ...epilogue];
  const reads = nodes.flatMap((node) => node.inputs).filter((value) => !own.has(value));
  return {
    reads: residual === undefined ? reads : [...reads, residual],
    writes: [...(program?.keeps === true ? loaded : []), ...sums, ...after],
  };
}
