// loss-weights.ts: how much each row's target counts in each loss.
// In: the modality of every row and of its next token, and the objectives. Out: a weight per row and loss, and how many
// targets of each modality there are.
// Idea: a weight depends on the two modalities of a row alone, its own and its target's, so it is looked up in a table.

import type { Artifact } from "../targets/artifact.ts";

export type TargetWeights = {
  /** By number of the loss; Σ over its objectives that count the row's target: weight / number of targets counted. */
  readonly weights: ReadonlyMap<number, Float32Array>;
  /** i32[M]: tokens to predict, or patches. */
  readonly targetCounts: Int32Array;
};

type Objective = Artifact["objectives"][number];

export function weighTargets(
  { modalities, objectives }: Pick<Artifact, "modalities" | "objectives">,
  rowModality: Int32Array,
  targetModality: Int32Array,
): TargetWeights {
  const columns = modalities.length + 1;
  // Of row modality m and target modality t; the first column is of rows without a target.
  const cell = (m: number, t: number): number => m * columns + t + 1;
  const counts = new Int32Array(modalities.length * columns);
  for (const [row, m] of rowModality.entries()) {
    if (m < 0) continue;
    const i = cell(m, targetModality[row] ?? -1);
    counts[i] = (counts[i] ?? 0) + 1;
  }
  const everyTarget = modalities.map((_, t) => t);
  const cellsOf = ({ kind, rows, modalities: counted }: Objective): readonly number[] =>
    kind === "cross_entropy"
      ? rows.flatMap((m) => counted.map((t) => cell(m, t)))
      : counted.flatMap((m) => [-1, ...everyTarget].map((t) => cell(m, t)));
  const countOf = (cells: readonly number[]): number => cells.reduce((sum, i) => sum + (counts[i] ?? 0), 0);
  const tables = new Map<number, Float64Array>();
  for (const objective of objectives) {
    const table = tables.get(objective.loss) ?? new Float64Array(counts.length);
    tables.set(objective.loss, table);
    const cells = cellsOf(objective);
    const counted = countOf(cells);
    if (counted > 0) for (const i of cells) table[i] = (table[i] ?? 0) + objective.weight / counted;
  }
  const perRow = (table: Float64Array): Float32Array =>
    Float32Array.from(rowModality, (m, row) =>
      m < 0 ? 0 : (table[cell(m, targetModality[row] ?? -1)] ?? 0),
    );
  return {
    weights: new Map([...tables].map(([loss, table]) => [loss, perRow(table)])),
    targetCounts: Int32Array.from(modalities, ({ kind }, t) => {
      if (kind === "patches") return countOf([-1, ...everyTarget].map((other) => cell(t, other)));
      const counting = objectives.filter(
        (objective) => objective.kind === "cross_entropy" && objective.modalities.includes(t),
      );
      const rows = new Set(
        counting.length === 0 ? everyTarget : counting.flatMap((objective) => objective.rows),
      );
      return countOf([...rows].map((m) => cell(m, t)));
    }),
  };
}
