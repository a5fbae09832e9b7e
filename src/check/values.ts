// values.ts: what an expression stands for while the checker runs the model, and how it is described in messages.
// In: nothing. Out: the types Value, Rows and Constant, and small functions over them.
// Idea: a value that already failed is `unknown` and agrees with everything, so one mistake is reported once. Each
// value remembers where its width was fixed, so that a disagreement can show both sides.

import type { Label } from "../diagnostics/diagnostic.ts";
import { enumeration } from "../diagnostics/suggest.ts";
import type { PerModality, RowsShape, ValueIndex } from "./model.ts";

/** One row per token; `operation` is -1 where an operand failed. */
export type Rows = {
  readonly kind: "rows";
  readonly operation: ValueIndex;
  readonly shape: RowsShape;
  /** Where the width was decided: the call first, then the constant's declaration. */
  readonly fixed: readonly Label[];
};

/** A number, or one per modality. */
export type Constant = {
  readonly kind: "constant";
  readonly values: number | PerModality<number>;
  /** Where it was declared; empty for a number as written. */
  readonly origin: readonly Label[];
  /** The first division in it that left a remainder. */
  readonly division?: { readonly label: Label; readonly left: number; readonly right: number };
};

export type Unknown = { readonly kind: "unknown" };
export type Value = Rows | Constant | Unknown;

export const unknown: Unknown = { kind: "unknown" };

/** The modalities that have rows in a shape, ascending. */
export function modalitiesOf(shape: RowsShape): readonly number[] {
  return shape.widths.flatMap((width, modality) => (width === undefined ? [] : [modality]));
}

/** The one width of all modalities that take part, or nothing where they differ. */
export function oneWidth(shape: RowsShape): number | undefined {
  const widths = new Set(shape.widths.filter((width) => width !== undefined));
  return widths.size === 1 ? [...widths][0] : undefined;
}

/** Same width for every modality that both have, and the same heads. */
export function shapesAgree(a: RowsShape, b: RowsShape): boolean {
  if (a.heads !== b.heads) return false;
  return a.widths.every((width, modality) => {
    const other = b.widths[modality];
    return width === undefined || other === undefined || width === other;
  });
}

/** "64 wide", "4 heads of 16", "text 344 and image 172 wide". */
export function describeShape(shape: RowsShape, modalityNames: readonly string[]): string {
  const width = oneWidth(shape);
  if (width === undefined) {
    const parts = shape.widths.flatMap((each, modality) =>
      each === undefined ? [] : [`${modalityNames[modality]} ${formatNumber(each)}`],
    );
    return `${enumeration(parts)} wide`;
  }
  return shape.heads === undefined
    ? `${formatNumber(width)} wide`
    : `${formatNumber(shape.heads)} heads of ${formatNumber(width / shape.heads)}`;
}

/** Numbers in messages: as short as they are exact. */
export function formatNumber(value: number): string {
  return String(value);
}

/** "[172, 64]" */
export function formatDims(dims: readonly number[]): string {
  return `[${dims.map(formatNumber).join(", ")}]`;
}

/** Labels at distinct places, the first text of each place kept. */
export function distinctLabels(labels: readonly Label[]): readonly Label[] {
  const seen = new Set<string>();
  return labels.filter(({ span }) => {
    const key = `${span.source.name} ${span.start} ${span.end}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
