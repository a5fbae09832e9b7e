// views.ts: every kernel kind → its template and view. `tsc` lists the kinds that are still missing.
// Each family stands in a file of its own; this is only the table, and the functions that every module contains.

import type { KernelKind } from "../../kernel/kernel.ts";
import type { KernelText, KernelViews, WasmContext } from "./context.ts";
import { matmulViews, matrixLibrary } from "./matmul.ts";

/** A kernel's text: chosen by its kind. */
export const wasmViews: Partial<KernelViews<KernelKind>> = { ...matmulViews };

/** Helper functions, printed once at the top of every module. */
export const wasmLibraries: readonly ((context: WasmContext) => Omit<KernelText, "scratchBytes">)[] = [
  matrixLibrary,
];
