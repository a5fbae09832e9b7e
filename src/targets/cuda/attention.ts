// attention.ts: which form attention and its gradient take: on tensor cores in bf16, on ordinary cores in f32.
// In: kernels. Out: forms. Very wide heads go to ordinary cores in either precision: their sums would not fit into the
// registers of a warp that multiplies with tensor cores.

import { type Body, blocksOf, forwardWords, gradientWords } from "./attention-record.ts";
import { simtRows, simtText } from "./attention-simt.ts";
import { tensorShape, tensorText, widestTensorHead } from "./attention-tensor.ts";
import type { CudaContext, CudaForms, Element, KernelText } from "./context.ts";

const usesTensorCores = ({ headDim }: Body, { precision }: CudaContext): boolean =>
  precision === "bf16" && headDim <= widestTensorHead;

const ownRowsOf = (body: Body, context: CudaContext): number =>
  usesTensorCores(body, context) ? tensorShape(body).ownRows : simtRows;

const textOf = (body: Body, elements: readonly Element[], context: CudaContext): KernelText =>
  usesTensorCores(body, context) ? tensorText(body, elements) : simtText(body, elements);

export const attentionForms: CudaForms<"attention" | "attention_grad"> = {
  attention: {
    source: textOf,
    words: forwardWords,
    blocks: (body, sizes, context) => blocksOf(body, sizes, ownRowsOf(body, context)),
  },
  attention_grad: {
    source: textOf,
    words: gradientWords,
    blocks: (body, sizes, context) => blocksOf(body, sizes, ownRowsOf(body, context)),
  },
};
