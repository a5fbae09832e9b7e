// views.ts: every kernel kind → its template and view. `tsc` lists the kinds that are still missing.
// Each family stands in a file of its own; this is only the table, and the functions that every module contains.

import type { GridOnlyKind, KernelKind } from "../../kernel/kernel.ts";
import { arrayViews } from "./arrays.ts";
import { attentionViews, headsLibrary } from "./attention.ts";
import { cachedAttentionViews } from "./attention-cached.ts";
import type { KernelText, KernelViews, WasmContext } from "./context.ts";
import { expertViews } from "./experts.ts";
import { lossViews } from "./loss.ts";
import { mathLibrary } from "./math.ts";
import { matmulViews, matrixLibrary } from "./matmul.ts";
import { rowProgram } from "./row-program.ts";
import { rowsLibrary } from "./rows.ts";
import { tokenViews } from "./tokens.ts";
import { updateViews } from "./update.ts";

/** A kernel's text: chosen by its kind. */
export const wasmViews: KernelViews<Exclude<KernelKind, GridOnlyKind>> = {
  ...matmulViews,
  ...arrayViews,
  ...tokenViews,
  ...attentionViews,
  ...cachedAttentionViews,
  ...lossViews,
  ...expertViews,
  ...updateViews,
  row_program: rowProgram,
};

/** Helper functions, printed once at the top of every module. */
export const wasmLibraries: readonly ((context: WasmContext) => Omit<KernelText, "scratchBytes">)[] = [
  matrixLibrary,
  mathLibrary,
  rowsLibrary,
  headsLibrary,
];
