// types.ts: what "type" means in the tensor IR.
// Two kinds of tensor exist. `rows`: one row per token of the batch, N rows in all, sorted by modality; its width may
// differ by modality, and a modality may have no rows in it (inside an arm). `array`: every size a number.
// Rows may also be those of a routed space (spaces.ts): S of them, sorted by group instead of by modality.
// N, S and the rows per modality or group stay symbolic; nothing here knows how many rows a batch has.

export type DType = "f32" | "i32";

/**
 * `f32[N,64]`; `f32[N,text:344 image:172]` where widths differ; `f32[N,text:64]` where only text has rows;
 * `f32[S0,64]` and `f32[S0,0:64 3:32]` for rows of routed space 0, by group.
 */
export type RowsType = {
  readonly kind: "rows";
  readonly dtype: DType;
  /** Per modality in declaration order; `undefined`: that modality has no rows in this value. */
  readonly widths: readonly (number | undefined)[];
  /** Which of the graph's routed spaces the rows are of, and then `widths` is by group; absent: the tokens. */
  readonly space?: number;
};

/** `f32[172,64]`, `f32[]`; row-major. */
export type ArrayType = { readonly kind: "array"; readonly dtype: DType; readonly shape: readonly number[] };

export type TensorType = RowsType | ArrayType;

export function rowsOf(dtype: DType, widths: readonly (number | undefined)[], space?: number): RowsType {
  return { kind: "rows", dtype, widths, ...(space === undefined ? {} : { space }) };
}

export function arrayOf(dtype: DType, shape: readonly number[]): ArrayType {
  return { kind: "array", dtype, shape };
}

/** The modalities (groups, in a routed space) that have rows, ascending. */
export function presentModalities(type: RowsType): readonly number[] {
  return type.widths.flatMap((width, modality) => (width === undefined ? [] : [modality]));
}

/** Elements of an array type. */
export function sizeOf(type: ArrayType): number {
  return type.shape.reduce((product, size) => product * size, 1);
}

export function sameType(a: TensorType, b: TensorType): boolean {
  if (a.dtype !== b.dtype) return false;
  if (a.kind === "rows") {
    return (
      b.kind === "rows" &&
      a.space === b.space &&
      a.widths.length === b.widths.length &&
      a.widths.every((width, modality) => width === b.widths[modality])
    );
  }
  return (
    b.kind === "array" && a.shape.length === b.shape.length && a.shape.every((size, i) => size === b.shape[i])
  );
}

/** `f32[N,64]`, `f32[N,text:344 image:172]`, `f32[S0,64]`, `f32[172,64]`, `f32[]`. */
export function printType(type: TensorType, modalities: readonly string[]): string {
  if (type.kind === "array") return `${type.dtype}[${type.shape.join(",")}]`;
  const rows = type.space === undefined ? "N" : `S${type.space}`;
  const [first] = type.widths;
  if (first !== undefined && type.widths.every((width) => width === first))
    return `${type.dtype}[${rows},${first}]`;
  const nameOf = (m: number): string => (type.space === undefined ? (modalities[m] ?? "?") : String(m));
  const parts = type.widths.flatMap((width, m) => (width === undefined ? [] : [`${nameOf(m)}:${width}`]));
  return `${type.dtype}[${rows},${parts.join(" ")}]`;
}
