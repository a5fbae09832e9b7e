// suggest.ts: did you mean …?
// In: a name that was not found and the names in scope. Out: at most three of them, best first.
// A name that differs only in case comes first; after it, names whose edit distance is under a third of the length.

const shownCount = 3;

/** The names of `candidates` that `written` may have been meant to be, best first, at most three. */
export function suggest(written: string, candidates: Iterable<string>): readonly string[] {
  const lower = written.toLowerCase();
  const ranked: { readonly name: string; readonly distance: number }[] = [];
  for (const name of new Set(candidates)) {
    if (name === written) continue;
    if (name.toLowerCase() === lower) ranked.push({ name, distance: -1 });
    else {
      const allowed = Math.max(1, Math.floor(Math.max(written.length, name.length) / 3));
      // Names of one or two letters are all alike: a hint would be noise.
      if (Math.abs(name.length - written.length) > allowed || Math.min(name.length, written.length) < 3)
        continue;
      const distance = editDistance(lower, name.toLowerCase());
      if (distance <= allowed) ranked.push({ name, distance });
    }
  }
  ranked.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return ranked.slice(0, shownCount).map((entry) => entry.name);
}

/** "did you mean `a` or `b`?", or nothing where no name is close. */
export function didYouMean(written: string, candidates: Iterable<string>): string | undefined {
  const names = suggest(written, candidates);
  return names.length === 0 ? undefined : `did you mean ${alternatives(names.map((name) => `\`${name}\``))}?`;
}

/** "a", "a or b", "a, b or c". */
export function alternatives(words: readonly string[]): string {
  return listed(words, "or");
}

/** "a", "a and b", "a, b and c". */
export function enumeration(words: readonly string[]): string {
  return listed(words, "and");
}

function listed(words: readonly string[], conjunction: string): string {
  if (words.length <= 1) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${conjunction} ${words.at(-1)}`;
}

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwap) best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
