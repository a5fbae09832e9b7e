// golden.ts: texts kept under test/golden.
// In: a path and what a test made. Out: nothing, or a failure that shows the first lines that differ and the command
// that accepts them. MOTLEY_BLESS=1 writes instead.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect } from "vitest";

const root = join(import.meta.dirname, "..", "golden");
const isBlessing = process.env.MOTLEY_BLESS === "1";
const shownLines = 12;

/** Fails unless test/golden/PATH holds exactly this text; `bless` is the command that accepts it. */
export function expectGolden(path: string, actual: string, bless: string): void {
  const file = join(root, path);
  const expected = readGolden(path);
  if (isBlessing) {
    mkdirSync(dirname(file), { recursive: true });
    if (expected !== actual) writeFileSync(file, actual);
    return;
  }
  if (expected === actual) return;
  const what = expected === undefined ? "does not exist" : `is another:\n${difference(expected, actual)}`;
  expect.fail(`test/golden/${path} ${what}\nto accept what was made: ${bless}`);
}

/** Each of these folders of test/golden is kept by a suite of its own; the rest by golden.test.ts. */
const ownFolders = ["built", "cuda", "wgsl"] as const;

/** Fails if a suite's part of test/golden holds other files than these; blessing removes them. */
export function expectNoOtherGoldens(paths: readonly string[], folder?: (typeof ownFolders)[number]): void {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [relative(root, join(entry.parentPath, entry.name))] : [],
  );
  const suiteOf = (file: string): string | undefined => ownFolders.find((own) => file.startsWith(`${own}/`));
  const others = files.filter((file) => suiteOf(file) === folder && !paths.includes(file));
  if (isBlessing) for (const other of others) rmSync(join(root, other));
  else expect(others, "nothing writes these").toEqual([]);
}

/** A text that is kept; undefined where there is none. */
export function readGolden(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return undefined;
  }
}

/** The first lines that differ, and how many do. */
export function difference(expected: string, actual: string): string {
  const [before, after] = [expected.split("\n"), actual.split("\n")];
  const lines: string[] = [];
  let count = 0;
  for (let i = 0; i < Math.max(before.length, after.length); i += 1) {
    if (before[i] === after[i]) continue;
    count += 1;
    if (lines.length >= 2 * shownLines) continue;
    if (before[i] !== undefined) lines.push(`${i + 1} - ${before[i]}`);
    if (after[i] !== undefined) lines.push(`${i + 1} + ${after[i]}`);
  }
  return [...lines, `(${count} lines differ)`].join("\n");
}
