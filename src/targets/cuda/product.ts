// product.ts: rows times weights, summed over terms: x · wᵀ, or dy · w for the gradient.
// In: a product. Out: its form: by ordinary cores (f32), by tensor cores (bf16, product-tensor.ts), where the tiles of
// rows, the runs of columns and the merged calls are work that the blocks walk through.
// A weight stands as it is, [out, in]: along k for x · wᵀ, across it for dy · w. Rows of it that do not begin at multiples
// of 16 bytes are loaded element by element.

import { bug } from "../../diagnostics/bug.ts";
import type { ProductTerm } from "../../kernel/product-kernel.ts";
import type { View } from "../render.ts";
import type { CudaContext, CudaForm, Element, KernelText } from "./context.ts";
import { comment, isWide, type Product, productsOf, recordOf, weightsOf, wordsOf } from "./product-record.ts";
import { mapsOf, tensorSource } from "./product-tensor.ts";
import { plainConfigurations, plainText, plainView, tensorPart } from "./tile.ts";

export const productForm: CudaForm<"product"> = {
  source: (body, elements, context) =>
    context.precision === "f32"
      ? plainSource(body, elements, context)
      : tensorSource(body, elements, context),
  words: wordsOf,
  blocks: (body, _sizes, { precision, tile }) => [
    0,
    Math.ceil(body.n / (precision === "f32" ? tile.columns : tensorPart / productsOf(body))),
  ],
  isPersistent: true,
  maps: (body, sizes, { precision }) => (precision === "bf16" ? mapsOf(body, sizes.rows) : []),
};

function plainSource(body: Product, elements: readonly Element[], { tile }: CudaContext): KernelText {
  if (body.epilogue !== undefined || body.rotation !== undefined)
    return bug("cuda", "ordinary cores only store their sums");
  return {
    template: "cuda/product_simt",
    view: {
      comment: comment(body, plainText(tile)),
      ...plainView(tile),
      record: recordOf(body, elements),
      residual: body.residual,
      terms: body.terms.map((term, t) => plainTerm(term, t)),
    },
    configurations: plainConfigurations(tile),
  };
}

/** How four neighbours of the weights are found and loaded: `at` counts the vectors of a tile, line by line. */
function plainTerm(term: ProductTerm, t: number): View {
  const { transposed } = weightsOf(term);
  const width = transposed ? `k${t}` : "n";
  return {
    t,
    transposed,
    line: transposed ? "column0 + at / (depth / 4)" : "begin + at / (columns / 4)",
    column: transposed ? "begin + at % (depth / 4) * 4" : "column0 + at % (columns / 4) * 4",
    lines: transposed ? "n" : `k${t}`,
    width,
    load: isWide(term) ? "load4(from, column)" : `load_first(from, column, ${width} - column)`,
  };
}
