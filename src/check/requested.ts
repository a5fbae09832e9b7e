// requested.ts: what a model asks of its data.
// In: a checked model. Out: its modalities as data preparation wants to hear of them, in declaration order.

import type { Model } from "./model.ts";

export type Requested = {
  readonly name: string;
  /** Codes; 0 for patches. */
  readonly vocab: number;
  readonly patches?: { readonly size: number; readonly channels: number };
};

export function requestedModalities({ modalities }: Pick<Model, "modalities">): readonly Requested[] {
  return modalities.map(({ name, form }) =>
    form.kind === "tokens"
      ? { name, vocab: form.vocab }
      : { name, vocab: 0, patches: { size: form.size, channels: form.channels } },
  );
}
