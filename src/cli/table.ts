// table.ts: rows and columns of text, aligned.
// In: cells as text. Out: lines; the first column to the left, numbers to the right.

/** A header and rows of equally many cells; two blanks between columns, a rule under the header. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return [line(header), rule, ...rows.map(line)].join("\n");
}

/** 1234567 → 1,234,567. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** 12.3M, 456k, 789: three digits. */
export function short(value: number): string {
  const units = ["", "k", "M", "G", "T", "P"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return power === 0 ? String(Math.round(value)) : `${(value / 1000 ** power).toPrecision(3)}${units[power]}`;
}

/** A loss or a ratio with `digits` decimals; a dash where there is none. */
export function decimal(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined || Number.isNaN(value) ? "–" : value.toFixed(digits);
}

/** A learning rate in the shorter of two forms: `3e-4`, `0.01`. */
export function rateName(rate: number): string {
  const [plain, exponential] = [String(rate), rate.toExponential()];
  return exponential.length < plain.length ? exponential : plain;
}
