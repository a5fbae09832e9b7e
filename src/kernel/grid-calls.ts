// grid-calls.ts: grid stages → calls per modality.
// In: a stage and the layout. Out: for each modality the call that runs on its rows, if any.

import { makeCall } from "./call.ts";
import { callsOfStage, copyCall, packedWeight, type Stretch } from "./calls.ts";
import { type LoadedProgram, loadedProgram, loadedValue } from "./grid-program.ts";
import type { GridStage, Product } from "./grid-stages.ts";
import type { Argument, Call, KernelBody } from "./kernel.ts";
import { type Layout, runsIn } from "./layout.ts";
import type { ProductTerm } from "./product-kernel.ts";
import { count } from "./registry.ts";

export function gridCallsOf(
  layout: Layout,
  stage: GridStage,
  { space, chunk }: Stretch,
): readonly (Call | undefined)[] {
  return runsIn(layout.graph, space).map((modality) => {
    if (stage.kind === "product") return productCall(layout, stage, modality, chunk);
    if (stage.kind === "copy") return copyCall(layout, stage.value, modality, chunk);
    return callsOfStage(layout, stage, modality, chunk)[0];
  });
}

type Body = Extract<KernelBody, { kind: "product" }>;

function productCall(
  layout: Layout,
  { terms, residual, output, program }: Product,
  modality: number,
  chunk: number | undefined,
): Call | undefined {
  const n = layout.width(output, modality);
  if (n === undefined) return undefined;
  const made = program && loadedProgram(layout, program.nodes, modality);
  const parts = terms.map((node) => termOf(layout, node, modality, made, chunk));
  if (parts.some((part) => part === undefined)) return undefined;
  const whole = parts.filter((part) => part !== undefined);
  const body: Body = {
    kind: "product",
    n,
    cStride: layout.storage.stride(output),
    residual: residual !== undefined,
    dStride: residual === undefined ? 0 : layout.storage.stride(residual),
    terms: whole.map(({ term }) => term),
    ...(made === undefined || program === undefined
      ? {}
      : { program: { ...bodyOf(layout, made), keeps: program.keeps } }),
  };
  const args = [
    layout.address(output, chunk),
    residual === undefined ? count(0) : layout.address(residual, chunk),
    ...whole.flatMap(({ args: own }) => own),
    ...(made?.operands.map(({ value }) => layout.address(value, chunk)) ?? []),
  ];
  const flopsPerRow = whole.reduce((sum, { term }) => sum + 2 * term.k * n, 0);
  const read = whole.reduce((sum, { term }) => sum + term.k, n * (residual === undefined ? 1 : 2));
  const nodes = [...terms, ...(program?.keeps === true ? program.nodes : [])];
  return makeCall(layout, nodes, body, args, { flopsPerRow, bytesPerRow: 4 * read });
}

function bodyOf({ storage }: Layout, made: LoadedProgram): Omit<NonNullable<Body["program"]>, "keeps"> {
  return {
    width: made.width,
    operands: made.operands.map((operand) =>
      operand.kind === "column"
        ? { kind: "column", stride: 0 }
        : { kind: "rows", stride: storage.stride(operand.value) },
    ),
    phases: made.phases,
    rowScalars: made.rowScalars,
  };
}

type TermParts = { readonly term: ProductTerm; readonly args: readonly [Argument, Argument] };

function termOf(
  layout: Layout,
  node: Product["terms"][number],
  modality: number,
  made: LoadedProgram | undefined,
  chunk: number | undefined,
): TermParts | undefined {
  const [a] = node.inputs;
  const weight = node.weights[modality];
  if (a === undefined || weight === undefined) return undefined;
  const packed = packedWeight(layout, weight, node.op === "linear");
  const k = node.op === "linear" ? packed.inner : packed.out;
  const value = made === undefined ? undefined : loadedValue(made, a);
  if (value !== undefined) return { term: { k, aStride: 0, value }, args: [count(0), packed.argument] };
  const weights = { transposed: node.op === "linear", stride: packed.inner };
  const isPacked = layout.schedule.weights === "panels";
  return {
    term: { k, aStride: layout.storage.stride(a), ...(isPacked ? {} : { weights }) },
    args: [layout.operandAddress(a, chunk), packed.argument],
  };
}
