// interpret-tensor.ts: how the interpreter sees a tensor, and how it finds a row in one.
// In: types and offsets. Out: views of rows. The layout is described at the top of interpret.ts.

import { bug } from "../diagnostics/bug.ts";
import type { OpAttributes, OpName } from "./ops.ts";
import type { Space } from "./spaces.ts";
import { sizeOf, type TensorType } from "./types.ts";

export type Tensor = Float64Array | Int32Array;

export type Operand = { readonly type: TensorType; readonly numbers: Tensor };
/** Starts as zeros; the evaluator fills it in. */
export type Result = { readonly type: TensorType; readonly numbers: Float64Array };

/** What an evaluator is given; operands and results already fit the op table. */
export type Call<O extends OpName> = {
  readonly inputs: readonly Operand[];
  readonly weights: readonly (Operand | undefined)[];
  readonly results: readonly Result[];
  readonly attributes: OpAttributes[O];
  /** Where the runs of rows (modalities or groups) begin in the space of the node's first result that has rows. */
  readonly offsets: readonly number[];
  /** The same for any type: the ops between tokens and routed rows read both. */
  readonly offsetsOf: (type: TensorType) => readonly number[];
  readonly spaces: readonly Space[];
};

export type Evaluate<O extends OpName> = (call: Call<O>) => void;

/** Where one modality's rows lie in a value: row r (counted over the batch) starts at `start + (r − first) · width`. */
export type Run<T extends Tensor = Tensor> = {
  readonly numbers: T;
  readonly start: number;
  readonly width: number;
  /** First row of the modality, and one past its last. */
  readonly first: number;
  readonly end: number;
};

export function elementCount(type: TensorType, offsets: readonly number[]): number {
  if (type.kind === "array") return sizeOf(type);
  return type.widths.reduce<number>((sum, width, m) => sum + (width ?? 0) * rowCount(offsets, m), 0);
}

const rowCount = (offsets: readonly number[], m: number): number => (offsets[m + 1] ?? 0) - (offsets[m] ?? 0);

/** The rows of modality `m`, or `undefined` where the value has none of that modality. */
export function runOf<T extends Tensor>(
  value: { readonly type: TensorType; readonly numbers: T } | undefined,
  m: number,
  offsets: readonly number[],
): Run<T> | undefined {
  if (value === undefined || value.type.kind !== "rows")
    return bug("interpret", "an array stands where rows are read");
  const width = value.type.widths[m];
  if (width === undefined) return undefined;
  let start = 0;
  for (let before = 0; before < m; before += 1)
    start += (value.type.widths[before] ?? 0) * rowCount(offsets, before);
  return { numbers: value.numbers, start, width, first: offsets[m] ?? 0, end: offsets[m + 1] ?? 0 };
}

/** As `runOf`, for an operand that must have what its companion has. */
export function needRun<T extends Tensor>(
  value: { readonly type: TensorType; readonly numbers: T } | undefined,
  m: number,
  offsets: readonly number[],
): Run<T> {
  return runOf(value, m, offsets) ?? bug("interpret", `an operand lacks modality ${m}`);
}

/** Index of component `column` of row `row`. */
export const at = (run: Run, row: number, column = 0): number =>
  run.start + (row - run.first) * run.width + column;

/** Component `column` of row `row`. */
export const read = (run: Run, row: number, column = 0): number =>
  run.numbers[at(run, row, column)] ?? Number.NaN;

/** Calls `visit` for every modality, or group. */
export function eachModality(offsets: readonly number[], visit: (m: number) => void): void {
  for (let m = 0; m + 1 < offsets.length; m += 1) visit(m);
}

/** Operand `i`, which the op table promises. */
export const input = (call: { readonly inputs: readonly Operand[] }, i: number): Operand =>
  call.inputs[i] ?? bug("interpret", `operand ${i} is missing`);

export const result = (call: { readonly results: readonly Result[] }, i: number): Result =>
  call.results[i] ?? bug("interpret", `result ${i} is missing`);

/** Size `axis` of an array operand. */
export function sizeAt(type: TensorType, axis: number): number {
  return type.kind === "array"
    ? (type.shape[axis] ?? 1)
    : bug("interpret", "rows stand where an array is read");
}
