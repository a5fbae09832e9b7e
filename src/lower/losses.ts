// losses.ts: the objectives as graph nodes.
// In: the model's objectives, whose operands are lowered already. Out: the result `loss`, f32[1+M].
// Idea: objectives that compare the same values are one loss: which targets count, and how much (the objective's weight
// over the number of its targets), is a number per row that the host computes. So one pass over the logits serves all
// of them, and the mean over "all its targets in the batch" needs no division on the device.

import type { Objective } from "../check/model.ts";
import type { NodeOptions } from "../ir/builder.ts";
import type { ValueId } from "../ir/graph.ts";
import { rowsOf } from "../ir/types.ts";
import { type LowerContext, lowered } from "./context.ts";
import { lowerBalances } from "./experts.ts";
import { lossWeightInput } from "./inputs.ts";

/** For each objective, the number of the loss it belongs to: those that compare the same values, with one z-loss, share it. */
export function lossNumbers(objectives: readonly Objective[]): readonly number[] {
  const key = (objective: Objective): string =>
    objective.kind === "cross_entropy"
      ? `${objective.logits} ${objective.zLoss}`
      : `${objective.prediction} - ${objective.target}`;
  const keys = [...new Set(objectives.map(key))];
  return objectives.map((objective) => keys.indexOf(key(objective)));
}

const lossOrigin = { origin: { scope: "", name: "loss", phase: "forward" } } as const;

/**
 * Adds one loss per row and `loss_sums` per distinct comparison, their sum with what keeps experts in balance, and the
 * result `loss`.
 */
export function lowerLosses(context: LowerContext, objectives: readonly Objective[]): void {
  const { builder, model } = context;
  const numbers = lossNumbers(objectives);
  const widths = model.modalities.map(() => 1);
  let total: ValueId | undefined;
  for (const [index, objective] of objectives.entries()) {
    const k = numbers[index] ?? 0;
    if (numbers.indexOf(k) !== index) continue;
    const options = { origin: { span: objective.span, scope: "", name: "loss", phase: "forward" } } as const;
    const loss = lossOfRows(context, objective, options);
    const weight = builder.input(lossWeightInput(k), rowsOf("f32", widths));
    // A patch is its row's own target, a token the next row's.
    const modality = context.input(objective.kind === "mean_square" ? "modality" : "target_modality");
    const sums = builder.value("loss_sums", [loss, weight, modality], { modalities: widths.length }, options);
    total = total === undefined ? sums : builder.value("add", [total, sums], {}, options);
  }
  if (total === undefined) return;
  const balance = lowerBalances(context);
  builder.result(
    "loss",
    balance === undefined ? total : builder.value("add", [total, balance], {}, lossOrigin),
  );
}

/** A loss per row that has what is compared. */
function lossOfRows(context: LowerContext, objective: Objective, options: NodeOptions): ValueId {
  const { builder } = context;
  if (objective.kind === "mean_square") {
    const sides = [lowered(context, objective.prediction), lowered(context, objective.target)];
    return builder.value("mean_square", sides, {}, options);
  }
  const inputs = [lowered(context, objective.logits), context.input("target")];
  return builder.value("cross_entropy", inputs, { zLoss: objective.zLoss }, options);
}
