// grid-program.ts: row programs that run while a product loads its rows.
// In: the nodes of a program, the layout. Out: phases of which the last makes what is loaded.
// Workgroups that share rows run beside one another, and only one of them stores: so a later phase computes what an
// earlier one made instead of reading it back.

import type { AnyNode, ValueId } from "../ir/graph.ts";
import type { Expression } from "./kernel.ts";
import type { Layout } from "./layout.ts";
import { buildRowProgram, type RowProgram } from "./row-program.ts";

export type LoadedProgram = RowProgram & { readonly width: number };

/** The program for a modality; `undefined` where it has no rows of it. */
export function loadedProgram(
  { graph, storage }: Layout,
  nodes: readonly AnyNode[],
  modality: number,
): LoadedProgram | undefined {
  const result = nodes[0]?.results[0];
  const type = result === undefined ? undefined : graph.values[result]?.type;
  const width = type?.kind === "rows" ? type.widths[modality] : undefined;
  if (width === undefined) return undefined;
  const made = buildRowProgram(graph, nodes, modality, { stored: storage.stored, rereads: false });
  return { ...made, width };
}

/** What the last phase stores as this value, if it does. */
export function loadedValue({ operands, phases }: RowProgram, value: ValueId): Expression | undefined {
  const operand = operands.findIndex((other) => other.kind === "rows" && other.value === value);
  return phases.at(-1)?.stores.find((store) => store.operand === operand)?.value;
}
