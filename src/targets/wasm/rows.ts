// rows.ts: the functions on one row that several kernels call.
// In: how a multiply-add is written. Out: the view of templates/wasm/rows.wat.hbs, and the exponentials that the rows of
// attention's scores need as well.

import type { View } from "../render.ts";
import type { KernelText, WasmContext } from "./context.ts";
import { get } from "./lanes.ts";
import { boundedExp, createConstants, createStatements, flushed, four, type MathContext } from "./math.ts";

export function rowsLibrary({ fma }: WasmContext): Omit<KernelText, "scratchBytes"> {
  return { template: "wasm/rows", view: { ...exponentials(fma), flushed: flushed({ four }, get("z")) } };
}

/** The lines that compute e^x0, and e^x0 with e^x1, of numbers that are at most 0, with their locals and constants. */
export function exponentials(fma: WasmContext["fma"]): View {
  const constants = createConstants();
  const context = { fma, four: constants.four };
  const one = linesOf(context, 1);
  const two = linesOf(context, 2);
  return { one, two, locals: [...two.locals, ...constants.locals()], constants: constants.lines() };
}

function linesOf(context: MathContext, count: 1 | 2) {
  const statements = createStatements();
  const results = Array.from({ length: count }, (_, i) => boundedExp(statements, context, get(`x${i}`)));
  const [first = ""] = results;
  return { lines: statements.lines, locals: statements.locals(), first, last: results.at(-1) ?? "" };
}
