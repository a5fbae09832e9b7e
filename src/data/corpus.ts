// corpus.ts: material as a source delivers it, before any code is made.
// In: nothing. Out: the types every source (icons, a folder) fills, and the rule that splits them.
// A draft's group is what must not be cut apart: all drawings of one concept, and all that is said of it, are trained on or none is.

import { createHash } from "node:crypto";
import type { Licence, OnProgress } from "./dataset.ts";
import type { Clips } from "./speech.ts";

export type Split = "train" | "val" | "test";

export type Draft = {
  readonly group: string;
  readonly split: Split;
  /** Alternatives for one text; may be empty. */
  readonly texts: readonly string[];
  /** Number of its picture in the corpus, or undefined. */
  readonly picture: number | undefined;
  /** Number of its clip of speech in the corpus, or undefined. */
  readonly clip: number | undefined;
};

/** Recordings, as far as codes need them; `hear` gives one back as samples at 16 kHz, without silence at its ends. */
export type Sounds = { readonly clips: Clips; hear(clip: number): Promise<Float32Array> };

export type Corpus = {
  readonly drafts: readonly Draft[];
  /** Pictures of 32 × 32 × 3 bytes one after another. */
  readonly pictures: Uint8Array;
  readonly sounds: Sounds;
  readonly licences: readonly Licence[];
  readonly warnings: readonly string[];
};

/** A corpus without sound. */
export const noSounds: Sounds = {
  clips: { mel: new Uint8Array(), offset: new Int32Array(1) },
  hear: async () => new Float32Array(),
};

/** Something a corpus can be read from. */
export type CorpusSource = {
  readonly name: string;
  /** Hash of everything that `load` reads. */
  readonly fingerprint: string;
  load(cacheDir: string, onProgress: OnProgress): Promise<Corpus>;
};

/** The split of a group: one twentieth validates, and where `hasTest`, another is kept for a last test. */
export function splitOfGroup(group: string, hasTest: boolean): Split {
  const digest = createHash("sha256").update(`v1|${group}`).digest();
  // The digest read as one big number, modulo 20.
  const remainder = digest.reduce((rest, byte) => (rest * 256 + byte) % 20, 0);
  if (remainder === 0) return "val";
  return hasTest && remainder === 1 ? "test" : "train";
}

/** Joins keys that must stay together; `find` gives one key for all that were joined, the same for any order of joining. */
export function createGroups(): { join(a: string, b: string): void; find(key: string): string } {
  const parents = new Map<string, string>();
  const find = (key: string): string => {
    let root = key;
    for (let up = parents.get(root); up !== undefined; up = parents.get(root)) root = up;
    // Paths are shortened behind us, or long chains would cost a walk each time.
    for (let at = key; at !== root; ) {
      const up = parents.get(at) ?? root;
      parents.set(at, root);
      at = up;
    }
    return root;
  };
  return {
    find,
    join(a, b) {
      const [x, y] = [find(a), find(b)];
      if (x === y) return;
      // The smaller key is the root, whatever came first.
      if (x < y) parents.set(y, x);
      else parents.set(x, y);
    },
  };
}
