// forms.ts: every kernel kind of a grid without packed weights → its form. `tsc` lists the kinds that are still missing.
// Each family stands in a file of its own; this is only the table.

import { bug } from "../../diagnostics/bug.ts";
import type { KernelBody, KernelKind, PanelOnlyKind, TileOnlyKind } from "../../kernel/kernel.ts";
import { attentionForms } from "./attention.ts";
import type { CudaForm, CudaForms } from "./context.ts";
import { expertRowForms, expertTaskForms } from "./experts.ts";
import { outerForm } from "./outer.ts";
import { productForm } from "./product.ts";
import { rowForms } from "./rows.ts";
import { gradientForms, updateForms } from "./update.ts";

export type CudaKind = Exclude<KernelKind, TileOnlyKind | PanelOnlyKind>;

const forms: CudaForms<CudaKind> = {
  outer: outerForm,
  product: productForm,
  ...rowForms,
  ...expertRowForms,
  ...expertTaskForms,
  ...attentionForms,
  ...gradientForms,
  ...updateForms,
};

/** The form of a body's kind; the table's type says that it takes exactly this kind. */
export function formOf({ kind }: KernelBody): CudaForm<KernelKind> {
  if (!Object.hasOwn(forms, kind)) return bug("cuda", `a grid has no ${kind}`);
  return forms[kind as CudaKind] as CudaForm<KernelKind>;
}
