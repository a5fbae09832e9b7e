// random-spec-writer.ts: what the parts of a random spec's text are written with.
// In: a recipe of random-spec.ts. Out: a writer, which names parameters and keeps what later parts have to know; lines.

import type { Recipe, Routing } from "./random-spec.ts";

const modalityNames = ["text", "image", "speech", "constructor"] as const;

export type Writer = {
  readonly recipe: Recipe;
  readonly modalities: readonly string[];
  readonly features: Set<string>;
  /** A parameter name not used before. */
  readonly fresh: () => string;
  /** Label → whether each of its tensors has one shape for all modalities, so that they may be shared. */
  readonly labels: Map<string, boolean>;
  /** Untied parameters that exist in every variant: they may be shared by path. */
  readonly paths: string[];
  /** `experts` rules of the variant. */
  readonly rules: string[];
};

export function startWriter(recipe: Recipe): Writer {
  let parameters = 0;
  return {
    recipe,
    modalities: modalityNames.slice(0, recipe.vocabs.length),
    features: new Set(),
    fresh: () => {
      parameters += 1;
      return `w${parameters}`;
    },
    labels: new Map(),
    paths: [],
    rules: [],
  };
}

export const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

/** A block of statements under a routing; `isAlike`: every tensor in it has one shape for all modalities. */
export function routed(
  writer: Writer,
  routing: Routing,
  label: string,
  isAlike: boolean,
  body: readonly string[],
) {
  writer.features.add(routing);
  if (routing === "global") return body;
  if (routing === "without a label") {
    if (!isAlike) writer.labels.set("", false);
    return ["per modality {", ...indent(body), "}"];
  }
  noteLabel(writer, label, isAlike);
  return [`per modality ${label} {`, ...indent(body), "}"];
}

export function noteLabel(writer: Writer, label: string, isAlike: boolean): void {
  writer.labels.set(label, isAlike && (writer.labels.get(label) ?? true));
}

/** Dropout around what is written, if the recipe has any. */
export function dropped({ recipe, features }: Writer, text: string): string {
  if (recipe.dropout === 0) return text;
  features.add("dropout");
  return `dropout(${text}, ${recipe.dropout})`;
}

/** Names of the modalities that are patches. */
export function continuous({ recipe, modalities }: Writer): readonly string[] {
  return modalities.filter((_, m) => recipe.patches[m] !== undefined);
}
