// equal-models.ts: specs and parameters that must mean the same, made from one another.
// In: a spec's text, or a model and its parameters. Out: the same thing said in another way, for tests of identities:
// without `per modality`, with the modalities declared in another order, with towers that hold the dense weights.

import type { Model } from "../../src/check/model.ts";
import type { Batch } from "../../src/runtime/batch.ts";
import { modelOf, type Parameters } from "./interpreted.ts";

/** The spec without variants, with every `per modality` block opened, and norms numbered, since labels no longer part them. */
export function withoutPerModality(text: string): string {
  const lines = text.split("\n").filter((line) => !/^(variant|compare)/.test(line));
  const opened = lines.join("\n").replace(/per modality \w+ \{([^{}]*)\}/g, "$1");
  let norms = 0;
  return opened.replace(/\bas norm\b/g, () => {
    norms += 1;
    return `as norm${norms}`;
  });
}

/** A MoT model's parameters that all hold a dense model's, and which dense tensor each of them copies. */
export function towers(
  dense: Model,
  mot: Model,
  weights: Parameters,
): { readonly copies: Parameters; readonly denseOf: ReadonlyMap<string, string> } {
  const byDraw = new Map(dense.parameters.map((p) => [p.drawPath, p.path]));
  const denseOf = new Map(mot.parameters.map((p) => [p.path, byDraw.get(p.drawPath) ?? ""]));
  const none = { shape: [], values: new Float32Array() };
  const copies = new Map([...denseOf].map(([path, from]) => [path, weights.get(from) ?? none]));
  return { copies, denseOf };
}

/** Gradients of towers added up under the dense tensor they belong to. */
export function towerSums(
  gradients: ReadonlyMap<string, ArrayLike<number>>,
  denseOf: ReadonlyMap<string, string>,
): ReadonlyMap<string, Float64Array> {
  const sums = new Map<string, Float64Array>();
  for (const [path, from] of denseOf) {
    const gradient = gradients.get(path) ?? [];
    const sum = sums.get(from) ?? new Float64Array(gradient.length);
    sums.set(
      from,
      sum.map((x, i) => x + (gradient[i] ?? 0)),
    );
  }
  return sums;
}

export type Reversed = {
  readonly model: Model;
  readonly parameters: (of: Parameters) => Parameters;
  readonly batch: (of: Batch) => Batch;
};

/** The model with its modalities declared in reverse order; ids of the joint vocabulary move, and rows of its tables. */
export function reversed(text: string, variant: string): Reversed {
  const model = modelOf(text, variant);
  const lines = text.split("\n").filter((line) => line.trim().startsWith("modality "));
  const other = modelOf(text.replace(lines.join("\n"), lines.toReversed().join("\n")), variant);
  const moved = moveIds(model, other);
  const id = (old: number): number => (old < 0 ? old : (moved[old] ?? -1));
  return {
    model: other,
    parameters: (of) =>
      new Map(
        [...of].map(([path, tensor]) => {
          if (path !== "embedding" && path !== "head") return [path, tensor];
          const width = tensor.shape[1] ?? 0;
          const values = new Float32Array(tensor.values.length);
          for (const [from, to] of moved.entries())
            values.set(tensor.values.subarray(from * width, (from + 1) * width), to * width);
          return [path, { shape: tensor.shape, values }];
        }),
      ),
    batch: (of) => ({
      ...of,
      token: of.token.map(id),
      target: of.target.map(id),
      modality: of.modality.map((m) => (m < 0 ? m : model.modalities.length - 1 - m)),
    }),
  };
}

/** New id of every id of the joint vocabulary, when the same modalities are declared in another order. */
function moveIds(from: Model, to: Model): readonly number[] {
  const start = new Map(
    to.modalities.map(({ name, form }) => [name, form.kind === "tokens" ? form.vocabStart : 0]),
  );
  return from.modalities.flatMap(({ name, form }) =>
    form.kind === "tokens" ? Array.from({ length: form.vocab }, (_, i) => (start.get(name) ?? 0) + i) : [],
  );
}
