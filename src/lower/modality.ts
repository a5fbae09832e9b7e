// modality.ts: what makes it a mixture of transformers, all of it.
// In: which parameter each modality uses. Out: a node's weights, one value per modality.
// Idea: rows are sorted by modality for the whole network, so an op over rows only has to know which weight each run
// of rows takes. Shared and global parameters name one value for every modality; nothing below asks which it was.

import type { ParameterIndex, PerModality } from "../check/model.ts";
import { bug } from "../diagnostics/bug.ts";
import type { ValueId } from "../ir/graph.ts";

/** The values of the parameters that each modality uses; `undefined` where it takes no part. */
export function weightsOf(
  context: { readonly parameters: readonly ValueId[] },
  weight: PerModality<ParameterIndex>,
): PerModality<ValueId> {
  return mapPresent(
    weight,
    (index) => context.parameters[index] ?? bug("lower", `parameter ${index} is not in the model's list`),
  );
}

/** `transform` of what each modality has. */
export function mapPresent<A, B>(list: PerModality<A>, transform: (item: A) => B): PerModality<B> {
  return list.map((item) => (item === undefined ? undefined : transform(item)));
}
