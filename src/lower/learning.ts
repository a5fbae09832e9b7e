// learning.ts: which parameters learn, and at which of the rates.
// In: a model. Out: the paths that are frozen, and where in the schedule each other parameter's learning rate stands.
// Without rates by modality the schedule has three numbers, and every parameter takes the first.

import type { AdamW, Model, Parameter } from "../check/model.ts";

export type Learning = {
  readonly frozen: ReadonlySet<string>;
  /** By path; 0 for what is not listed. */
  readonly rates: ReadonlyMap<string, number>;
  /** Length of the schedule. */
  readonly scheduleLength: number;
};

/** Every parameter learns, at one rate. */
export const allLearn: Learning = { frozen: new Set(), rates: new Map(), scheduleLength: 3 };

export function learningOf({ parameters, train }: Pick<Model, "parameters" | "train">): Learning {
  const frozen = new Set(parameters.flatMap(({ path, isFrozen }) => (isFrozen ? [path] : [])));
  const rates = distinctRates(train?.optimizer.lrByModality);
  const placeOf = (parameter: Parameter): number => 3 + rates.indexOf(rateOf(train?.optimizer, parameter));
  return {
    frozen,
    rates: new Map(
      rates.length === 0 ? [] : parameters.map((parameter) => [parameter.path, placeOf(parameter)]),
    ),
    scheduleLength: 3 + rates.length,
  };
}

/** The smallest rate of the modalities that use it. */
function rateOf(optimizer: AdamW | undefined, { modalities }: Parameter): number {
  return Math.min(...modalities.map((m) => optimizer?.lrByModality?.[m] ?? Number.POSITIVE_INFINITY));
}

/** In the order in which the schedule holds them, from its fourth number on. */
function distinctRates(byModality: readonly number[] | undefined): readonly number[] {
  return [...new Set(byModality)];
}
