// grid-calls.ts: grid stages → calls per modality.
// In: a stage and the layout. Out: for each modality the call that runs on its rows, if any.

import { bug } from "../diagnostics/bug.ts";
import type { ValueId } from "../ir/graph.ts";
import { makeCall } from "./call.ts";
import { callsOfStage, copyCall, packedWeight, rotaryTables, type Stretch } from "./calls.ts";
import { renumber } from "./expression.ts";
import { isKept } from "./grid-epilogues.ts";
import { type LoadedProgram, loadedProgram, loadedValue } from "./grid-program.ts";
import type { GridStage, Product } from "./grid-stage.ts";
import type { Argument, Call, KernelBody } from "./kernel.ts";
import { type Layout, runsIn } from "./layout.ts";
import type { ProductEpilogue, ProductRotation, ProductTerm } from "./product-kernel.ts";
import { at, count } from "./registry.ts";
import { buildRowProgram } from "./row-program.ts";

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
  product: Product,
  modality: number,
  chunk: number | undefined,
): Call | undefined {
  const { terms, residual, output, program, twin, rotation } = product;
  const n = layout.width(output, modality);
  if (n === undefined) return undefined;
  const made = program && loadedProgram(layout, program.nodes, modality);
  const whole = allOf(terms.map((node) => termOf(layout, node, modality, made, chunk)));
  const second = allOf((twin?.terms ?? []).map((node) => termOf(layout, node, modality, undefined, chunk)));
  if (whole === undefined || second === undefined) return undefined;
  const after = epilogueOf(layout, product, modality, chunk);
  const turned = rotationOf(layout, product, n, chunk);
  const stored = rotation?.node?.results[0] ?? output;
  const body: Body = {
    kind: "product",
    n,
    cStride: after === undefined ? layout.storage.stride(stored) : 0,
    residual: residual !== undefined,
    dStride: residual === undefined ? 0 : layout.storage.stride(residual),
    terms: whole.map(({ term }) => term),
    ...(made === undefined || program === undefined
      ? {}
      : { program: { ...bodyOf(layout, made), keeps: program.keeps } }),
    ...(twin === undefined
      ? {}
      : { twin: second.map(({ term: { weights } }) => (weights ? { weights } : {})) }),
    ...(after === undefined ? {} : { epilogue: after.epilogue }),
    ...(turned === undefined ? {} : { rotation: turned.rotation }),
  };
  const args = [
    after === undefined ? layout.address(stored, chunk) : count(0),
    residual === undefined ? count(0) : layout.address(residual, chunk),
    ...whole.flatMap(({ args: own }) => own),
    ...second.map(({ args: [, weights] }) => weights),
    ...(made?.operands.map(({ value }) => layout.address(value, chunk)) ?? []),
    ...(after?.args ?? []),
    ...(turned?.args ?? []),
  ];
  const nodes = [
    ...[...terms, ...(twin?.terms ?? [])],
    ...(program?.keeps === true ? program.nodes : []),
    ...(product.epilogue ?? []),
    ...(rotation?.node === undefined ? [] : [rotation.node]),
  ];
  return makeCall(layout, nodes, body, args, costOf(body, whole));
}

/** All of them, or none. */
function allOf<Part>(parts: readonly (Part | undefined)[]): readonly Part[] | undefined {
  const there = parts.filter((part) => part !== undefined);
  return there.length === parts.length ? there : undefined;
}

function costOf(
  { n, residual, twin, epilogue }: Body,
  terms: readonly TermParts[],
): { readonly flopsPerRow: number; readonly bytesPerRow: number } {
  const k = terms.reduce((sum, { term }) => sum + term.k, 0);
  const rows = (residual ? 2 : 1) + (epilogue?.operands.length ?? 0);
  return { flopsPerRow: 2 * k * n * (twin === undefined ? 1 : 2), bytesPerRow: 4 * (k + n * rows) };
}

/** The program that goes on with the sums: its loads of products become operands 0 and 1. */
function epilogueOf(
  layout: Layout,
  { output, twin, epilogue }: Product,
  modality: number,
  chunk: number | undefined,
): { readonly epilogue: ProductEpilogue; readonly args: readonly Argument[] } | undefined {
  if (epilogue === undefined) return undefined;
  const sums = twin === undefined ? [output] : [output, twin.output];
  const { storage } = layout;
  const program = buildRowProgram(layout.graph, epilogue, modality, {
    stored: storage.stored,
    rereads: false,
  });
  const [phase] = program.phases;
  if (phase === undefined || program.phases.length > 1) return bug("kernel", "an epilogue has one phase");
  const values: ValueId[] = [];
  const addresses: Argument[] = [];
  const placed = (value: ValueId, address: Argument): number => {
    values.push(value);
    return 2 + addresses.push(address) - 1;
  };
  const numbers = program.operands.map((operand) => {
    const sum = operand.kind === "rows" ? sums.indexOf(operand.value) : -1;
    return sum < 0 ? placed(operand.value, layout.address(operand.value, chunk)) : sum;
  });
  const isColumn = (index: number): boolean => program.operands[index]?.kind === "column";
  if (program.operands.some((_operand, i) => isColumn(i))) return bug("kernel", "an epilogue has no columns");
  const renumbered = renumber(phase, (operand) => numbers[operand] ?? operand);
  const kept = sums.flatMap((value, operand) =>
    isKept(layout, value, epilogue)
      ? [{ operand: placed(value, layout.address(value, chunk)), value: { kind: "load", operand } as const }]
      : [],
  );
  const all = [...renumbered.stores, ...kept];
  const copies = all.flatMap((store) => {
    const value = values[store.operand - 2] ?? -1;
    return storage.elements.hasCopy(value)
      ? [{ ...store, operand: placed(value, layout.operandAddress(value, chunk)) }]
      : [];
  });
  const operands = values.map((value) => ({ kind: "rows", stride: storage.stride(value) }) as const);
  return {
    epilogue: { operands, phase: { lets: renumbered.lets, stores: [...all, ...copies] } },
    args: addresses,
  };
}

/** Where a product's rows stand in their documents, and the tables of angles. */
function rotationOf(
  layout: Layout,
  { rotation }: Product,
  n: number,
  chunk: number | undefined,
): { readonly rotation: ProductRotation; readonly args: readonly Argument[] } | undefined {
  if (rotation === undefined) return undefined;
  const { node, like } = rotation;
  const [x = -1, position = -1] = like.inputs;
  const type = layout.graph.values[x]?.type;
  const width = type?.kind === "rows" ? type.widths.find((each) => each !== undefined) : n;
  const headDim = (width ?? n) / like.attributes.heads;
  const { cosine, sine } = rotaryTables(layout, like.attributes.base, headDim);
  return {
    rotation: { headDim, turns: node !== undefined },
    args: [layout.address(position, chunk), at(cosine), at(sine)],
  };
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
