// types.ts: what "type" means in the tensor IR.
// Two kinds of tensor exist. `rows`: one row per token of the batch, N rows in all, sorted by modality; its width may
// differ by modality, and a modality may have no rows in it (inside an arm). `array`: every size a number.
// N and the tokens per modality stay symbolic; nothing here knows how many rows a batch has.

export type DType = "f32" | "i32";

/** `f32[N,64]`; `f32[N,text:344 image:172]` where widths differ; `f32[N,text:64]` where only text has rows. */
export type RowsType = {
  readonly kind: "rows";
  readonly dtype: DType;
  /** Per modality in declaration order; `undefined`: that modality has no rows in this value. */
  readonly widths: readonly (number | undefined)[];
};

/** `f32[172,64]`, `f32[]`; row-major. */
export type ArrayType = { readonly kind: "array"; readonly dtype: DType; readonly shape: readonly number[] };

export type TensorType = RowsType | ArrayType;

export function rowsOf(dtype: DType, widths: readonly (number | undefined)[]): RowsType {
  return { kind: "rows", dtype, widths };
}

export function arrayOf(dtype: DType, shape: readonly number[]): ArrayType {
  return { kind: "array", dtype, shape };
}

/** The modalities that have rows, ascending. */
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
      a.widths.length === b.widths.length &&
      a.widths.every((width, modality) => width === b.widths[modality])
    );
  }
  return (
    b.kind === "array" && a.shape.length === b.shape.length && a.shape.every((size, i) => size === b.shape[i])
  );
}

/** `f32[N,64]`, `f32[N,text:344 image:172]`, `f32[172,64]`, `f32[]`. */
export function printType(type: TensorType, modalities: readonly string[]): string {
  if (type.kind === "array") return `${type.dtype}[${type.shape.join(",")}]`;
  const [first] = type.widths;
  if (first !== undefined && type.widths.every((width) => width === first))
    return `${type.dtype}[N,${first}]`;
  const parts = type.widths.flatMap((width, m) => (width === undefined ? [] : [`${modalities[m]}:${width}`]));
  return `${type.dtype}[N,${parts.join(" ")}]`;
}
