// forms.ts: every kernel kind of a grid → its form. `tsc` lists the kinds that are still missing.
// Each family stands in a file of its own; this is only the table.

import { bug } from "../../diagnostics/bug.ts";
import type { KernelBody, KernelKind, MirrorOnlyKind, TileOnlyKind } from "../../kernel/kernel.ts";
import { attentionForms } from "./attention.ts";
import { attentionRowsForms } from "./attention-rows.ts";
import type { WgslContext, WgslForm, WgslForms } from "./context.ts";
import { expertRowForms, expertTaskForms } from "./experts.ts";
import { productForm } from "./product.ts";
import { rowForms } from "./rows.ts";
import { gradientForms, updateForms } from "./update.ts";
import { weightForms } from "./weights.ts";

type GridKind = Exclude<KernelKind, TileOnlyKind | MirrorOnlyKind>;

const forms: WgslForms<GridKind> = {
  ...weightForms,
  product: productForm,
  ...rowForms,
  ...expertRowForms,
  ...expertTaskForms,
  ...attentionForms,
  ...gradientForms,
  ...updateForms,
};

/** The form of a body's kind; the table's type says that it takes exactly this kind. */
export function formOf(body: KernelBody, { attention }: WgslContext): WgslForm<KernelKind> {
  if (attention === "rows" && (body.kind === "attention" || body.kind === "attention_grad"))
    return attentionRowsForms[body.kind] as WgslForm<KernelKind>;
  if (!Object.hasOwn(forms, body.kind)) return bug("wgsl", `a grid has no ${body.kind}`);
  return forms[body.kind as GridKind] as WgslForm<KernelKind>;
}
