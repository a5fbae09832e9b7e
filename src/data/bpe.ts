// bpe.ts: byte-level byte-pair encoding: trainer, encoder, decoder.
// In: texts. Out: merges, and codes: 0 to 255 are bytes, 256 + r is what merge r made.
// Idea: texts are cut into short words first; merges never cross a word, so training counts each distinct word once
// and encoding remembers words it has seen. Any text comes back exactly (a lone surrogate as U+FFFD).

const byteCodes = 256;
const pairBase = 1048576;
// Letters (all of Unicode beyond ASCII counts as such: no table of a Unicode version decides), digits, spaces, the rest.
const wordPattern =
  / ?[A-Za-z\u0080-\u{10ffff}]{1,32}| ?[0-9]{1,32}|\s{1,32}| ?[^\sA-Za-z0-9\u0080-\u{10ffff}]{1,32}/gu;

function cutWords(text: string): readonly string[] {
  return text.match(wordPattern) ?? [];
}

/** Largest count first, then the smaller pair; stale entries are recognised when they come up. */
class PairHeap {
  private readonly heap: { readonly count: number; readonly pair: number }[] = [];

  private isBefore(a: number, b: number): boolean {
    const x = this.heap[a];
    const y = this.heap[b];
    if (x === undefined || y === undefined) return false;
    return x.count > y.count || (x.count === y.count && x.pair < y.pair);
  }

  private swap(a: number, b: number): void {
    const x = this.heap[a];
    const y = this.heap[b];
    if (x === undefined || y === undefined) return;
    this.heap[a] = y;
    this.heap[b] = x;
  }

  push(pair: number, count: number): void {
    this.heap.push({ count, pair });
    for (let i = this.heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.isBefore(i, parent)) break;
      this.swap(i, parent);
      i = parent;
    }
  }

  pop(): { readonly count: number; readonly pair: number } | undefined {
    const top = this.heap[0];
    const last = this.heap.pop();
    if (this.heap.length === 0 || last === undefined) return top;
    this.heap[0] = last;
    for (let i = 0; ; ) {
      let best = i;
      if (this.isBefore(2 * i + 1, best)) best = 2 * i + 1;
      if (this.isBefore(2 * i + 2, best)) best = 2 * i + 2;
      if (best === i) return top;
      this.swap(i, best);
      i = best;
    }
  }
}

type Word = { codes: number[]; readonly count: number };

/** Pair counts kept up to date while words change. */
class PairTable {
  readonly counts = new Map<number, number>();
  private readonly words = new Map<number, Set<number>>();
  private readonly touched = new Set<number>();

  add(word: number, codes: readonly number[], count: number): void {
    for (let i = 0; i + 1 < codes.length; i += 1) {
      const pair = (codes[i] ?? 0) * pairBase + (codes[i + 1] ?? 0);
      this.counts.set(pair, (this.counts.get(pair) ?? 0) + count);
      this.touched.add(pair);
      if (count < 0) continue;
      const holders = this.words.get(pair);
      if (holders === undefined) this.words.set(pair, new Set([word]));
      else holders.add(word);
    }
  }

  /** Words that hold a pair, or once did. */
  holders(pair: number): readonly number[] {
    return [...(this.words.get(pair) ?? [])];
  }

  /** Pairs whose count changed since the last call go to the heap. */
  flush(heap: PairHeap): void {
    for (const pair of this.touched) {
      const count = this.counts.get(pair) ?? 0;
      if (count > 0) heap.push(pair, count);
    }
    this.touched.clear();
  }
}

function applyMerge(codes: readonly number[], left: number, right: number, made: number): number[] {
  const merged: number[] = [];
  for (let i = 0; i < codes.length; i += 1) {
    const isPair = codes[i] === left && codes[i + 1] === right;
    merged.push(isPair ? made : (codes[i] ?? 0));
    if (isPair) i += 1;
  }
  return merged;
}

function countWords(texts: Iterable<string>): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts) for (const word of cutWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const encoder = new TextEncoder();
  return [...counts].map(([word, count]) => ({ codes: [...encoder.encode(word)], count }));
}

/** Learns up to `mergeCount` merges, [left, right] each; fewer if no pair is left that occurs twice. */
export function trainMerges(texts: Iterable<string>, mergeCount: number): Int32Array {
  const words = countWords(texts);
  const table = new PairTable();
  const heap = new PairHeap();
  for (const [index, word] of words.entries()) table.add(index, word.codes, word.count);
  table.flush(heap);
  const merges: number[] = [];
  while (merges.length < 2 * mergeCount) {
    const top = heap.pop();
    if (top === undefined || top.count < 2) break;
    if (table.counts.get(top.pair) !== top.count) continue; // stale: the true count is further down
    const left = Math.floor(top.pair / pairBase);
    const right = top.pair % pairBase;
    const made = byteCodes + merges.length / 2;
    merges.push(left, right);
    for (const index of table.holders(top.pair)) {
      const word = words[index];
      if (word === undefined) continue;
      table.add(index, word.codes, -word.count);
      word.codes = applyMerge(word.codes, left, right, made);
      table.add(index, word.codes, word.count);
    }
    table.flush(heap);
  }
  return Int32Array.from(merges);
}

/** An encoder for these merges; it remembers the words it has met. */
export function createTextEncoder(merges: Int32Array): (text: string) => Int32Array {
  const ranks = new Map<number, number>();
  for (let r = 0; 2 * r < merges.length; r += 1) {
    ranks.set((merges[2 * r] ?? 0) * pairBase + (merges[2 * r + 1] ?? 0), r);
  }
  const bytes = new TextEncoder();
  const known = new Map<string, readonly number[]>();
  const encodeWord = (word: string): readonly number[] => {
    let codes = [...bytes.encode(word)];
    for (;;) {
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i + 1 < codes.length; i += 1) {
        best = Math.min(best, ranks.get((codes[i] ?? 0) * pairBase + (codes[i + 1] ?? 0)) ?? best);
      }
      if (best === Number.POSITIVE_INFINITY) return codes;
      codes = applyMerge(codes, merges[2 * best] ?? 0, merges[2 * best + 1] ?? 0, byteCodes + best);
    }
  };
  return (text) => {
    const codes: number[] = [];
    for (const word of cutWords(text)) {
      let own = known.get(word);
      if (own === undefined) {
        own = encodeWord(word);
        known.set(word, own);
      }
      for (const code of own) codes.push(code);
    }
    return Int32Array.from(codes);
  };
}

/** Bytes of every code. */
function expandCodes(merges: Int32Array): readonly (readonly number[])[] {
  const bytes: (readonly number[])[] = Array.from({ length: byteCodes }, (_, byte) => [byte]);
  for (let r = 0; 2 * r < merges.length; r += 1) {
    bytes.push([...(bytes[merges[2 * r] ?? 0] ?? []), ...(bytes[merges[2 * r + 1] ?? 0] ?? [])]);
  }
  return bytes;
}

/** Codes back to text; unknown codes are left out, broken UTF-8 becomes U+FFFD. */
export function createTextDecoder(merges: Int32Array): (codes: Iterable<number>) => string {
  const table = expandCodes(merges);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return (codes) => decoder.decode(Uint8Array.from([...codes].flatMap((code) => table[code] ?? [])));
}
