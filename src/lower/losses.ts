// losses.ts: the objectives as graph nodes.
// In: the model's objectives, whose logits are lowered already. Out: the result `loss`, f32[1+M].
// Idea: objectives that read the same logits are one cross-entropy: which targets count, and how much (the objective's
// weight over the number of its targets), is a number per row that the host computes. So one pass over the logits
// serves all of them, and the mean over "all its targets in the batch" needs no division on the device.

import type { Objective } from "../check/model.ts";
import type { ValueId } from "../ir/graph.ts";
import { rowsOf } from "../ir/types.ts";
import { type LowerContext, lowered } from "./context.ts";
import { lowerBalances } from "./experts.ts";
import { lossWeightInput } from "./inputs.ts";

/** For each objective, the number of the cross-entropy it belongs to: those of one logits value and z-loss share it. */
export function crossEntropyOf(objectives: readonly Objective[]): readonly number[] {
  const key = ({ logits, zLoss }: Objective): string => `${logits} ${zLoss}`;
  const keys = [...new Set(objectives.map(key))];
  return objectives.map((objective) => keys.indexOf(key(objective)));
}

const loss = { origin: { scope: "", name: "loss", phase: "forward" } } as const;

/**
 * Adds one `cross_entropy` and `loss_sums` per distinct logits, their sum with what keeps experts in balance, and the
 * result `loss`.
 */
export function lowerLosses(context: LowerContext, objectives: readonly Objective[]): void {
  const { builder, model } = context;
  const numbers = crossEntropyOf(objectives);
  const widths = model.modalities.map(() => 1);
  let total: ValueId | undefined;
  for (const [index, objective] of objectives.entries()) {
    const k = numbers[index] ?? 0;
    if (numbers.indexOf(k) !== index) continue;
    const options = { origin: { span: objective.span, scope: "", name: "loss", phase: "forward" } } as const;
    const inputs = [lowered(context, objective.logits), context.input("target")];
    const perRow = builder.value("cross_entropy", inputs, { zLoss: objective.zLoss }, options);
    const weight = builder.input(lossWeightInput(k), rowsOf("f32", widths));
    const operands = [perRow, weight, context.input("target_modality")];
    const sums = builder.value("loss_sums", operands, { modalities: widths.length }, options);
    total = total === undefined ? sums : builder.value("add", [total, sums], {}, options);
  }
  if (total === undefined) return;
  const balance = lowerBalances(context);
  builder.result("loss", balance === undefined ? total : builder.value("add", [total, balance], {}, loss));
}
