// numbers.ts: numbers as people read them.
// In: numbers. Out: text, or a dash for what there is none of.

const none = "–";

/** 493,888 */
export function count(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? none : Math.round(value).toLocaleString("en");
}

/** 2.74M */
export function short(value: number): string {
  const power = Math.max(0, Math.min(5, Math.floor(Math.log10(Math.max(1, Math.abs(value))) / 3)));
  return `${Number((value / 1000 ** power).toPrecision(3))}${["", "k", "M", "G", "T", "P"][power]}`;
}

/** 2.971 */
export function decimal(value: number | null | undefined, digits = 3): string {
  return value === undefined || value === null || !Number.isFinite(value) ? none : value.toFixed(digits);
}

/** "1 min 5 s" */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
