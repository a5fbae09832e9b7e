// folder-files.ts: the files of a user's folder, read and decoded.
// In: a folder. Out: its texts, its pictures at 32 × 32, its recordings as log-mel clips; what cannot be read is named.
// Decoding is cached in shards of files, so that an interrupted preparation goes on where it was.

import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { contentHash, readEntry, writeEntry } from "./cache.ts";
import { captionsName, listFiles, readCaptions } from "./captions.ts";
import type { Sounds } from "./corpus.ts";
import type { OnProgress } from "./dataset.ts";
import { pictureBytes, pictureSize } from "./geometry.ts";
import { hearFile } from "./hear.ts";
import { logMel } from "./mel.ts";
import { readPng } from "./png.ts";
import { joinClips } from "./speech.ts";

const recipe = "folder-1";
const soundRecipe = "sound-1";
const shardSize = 512;

export type Files = {
  readonly captions: string | undefined;
  readonly texts: ReadonlyMap<string, string>;
  readonly images: ReadonlyMap<string, Uint8Array>;
  readonly audios: ReadonlyMap<string, Uint8Array>;
};

/** Why something could not be done, in the words of what was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** UTF-8; a byte order mark is no part of the text. */
async function readText(file: string): Promise<string> {
  const text = await readFile(file, "utf8");
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

/** The bytes of files by name; those that cannot be read are named. */
async function readAll(
  folder: string,
  names: readonly (string | undefined)[],
  what: string,
  warnings: string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const name of new Set(names)) {
    if (name === undefined) continue;
    try {
      found.set(name, await readFile(path.join(folder, name)));
    } catch (error) {
      const reason = reasonOf(error);
      warnings.push(
        `${name}: ${reason.startsWith("ENOENT") ? `there is no such ${what}` : reason}; it is skipped`,
      );
    }
  }
  return found;
}

/** Everything in a folder that could be trained on, as bytes and text; throws what reading a folder throws. */
export async function readFiles(folder: string, warnings: string[]): Promise<Files> {
  const names = (await readdir(folder)).sort();
  const texts = new Map<string, string>();
  for (const name of names.filter((one) => one.endsWith(".txt"))) {
    texts.set(name, await readText(path.join(folder, name)));
  }
  const captions = names.includes(captionsName)
    ? await readText(path.join(folder, captionsName))
    : listFiles(names);
  const entries = captions === undefined ? [] : readCaptions(captions, []);
  const images = await readAll(
    folder,
    entries.map((entry) => entry.image),
    "picture",
    warnings,
  );
  const audios = await readAll(
    folder,
    entries.map((entry) => entry.audio),
    "recording",
    warnings,
  );
  return { captions, texts, images, audios };
}

type Shard = { readonly pictures: Uint8Array; readonly failed: readonly (string | undefined)[] };

/** Decodes up to 512 pictures, or finds them decoded; a failed one is white and has its reason in `failed`. */
async function decodeShard(files: readonly Uint8Array[], cacheDir: string): Promise<Shard> {
  const key = contentHash(recipe, ...files);
  const kept = await readEntry(cacheDir, "pictures", key);
  const keptPictures = kept?.arrays.get("pictures");
  if (kept !== undefined && keptPictures instanceof Uint8Array) {
    const reasons = kept.values as readonly (string | null)[];
    return { pictures: keptPictures, failed: reasons.map((one) => one ?? undefined) };
  }
  const pictures = new Uint8Array(files.length * pictureBytes).fill(255);
  const failed = files.map((file, i) => {
    try {
      pictures.set(readPng(file, pictureSize).rgb, i * pictureBytes);
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  });
  await writeEntry(
    cacheDir,
    "pictures",
    key,
    failed.map((one) => one ?? null),
    { pictures },
  );
  return { pictures, failed };
}

export type Decoded = { readonly pictures: Uint8Array; readonly numbers: ReadonlyMap<string, number> };

/** Pictures in order of their names' first mention, and their numbers by name; corrupt ones are named and left out. */
export async function decodeImages(
  files: Files,
  cacheDir: string,
  onProgress: OnProgress,
  warnings: string[],
): Promise<Decoded> {
  const names = [...files.images.keys()];
  const good: Uint8Array[] = [];
  const numbers = new Map<string, number>();
  for (let start = 0; start < names.length; start += shardSize) {
    const part = names.slice(start, start + shardSize);
    const shard = await decodeShard(
      part.flatMap((name) => files.images.get(name) ?? []),
      cacheDir,
    );
    for (const [i, name] of part.entries()) {
      const reason = shard.failed[i];
      if (reason === undefined) {
        numbers.set(name, good.length);
        good.push(shard.pictures.subarray(i * pictureBytes, (i + 1) * pictureBytes));
      } else warnings.push(`${name}: this picture cannot be read (${reason}); it is skipped`);
    }
    onProgress("reading pictures", Math.min(names.length, start + shardSize), names.length);
  }
  return { pictures: new Uint8Array(Buffer.concat(good)), numbers };
}

/** A recording's log-mel frames, made now or found in the cache; or why there are none. */
async function melOfFile(bytes: Uint8Array, cacheDir: string): Promise<Uint8Array | string> {
  const key = contentHash(soundRecipe, bytes);
  const kept = await readEntry(cacheDir, "sound", key);
  const keptMel = kept?.arrays.get("mel");
  if (typeof kept?.values === "string") return kept.values;
  if (keptMel instanceof Uint8Array) return keptMel;
  let mel = new Uint8Array();
  let reason: string | null = null;
  try {
    const heard = hearFile(bytes);
    if (heard.length === 0) throw new Error("it is silent");
    mel = new Uint8Array(logMel(heard));
  } catch (error) {
    reason = reasonOf(error);
  }
  await writeEntry(cacheDir, "sound", key, reason, { mel });
  return reason ?? mel;
}

export type DecodedSounds = { readonly sounds: Sounds; readonly clips: ReadonlyMap<string, number> };

/** Recordings as clips, and their numbers by name; corrupt and silent ones are named and left out. */
export async function decodeSounds(
  files: Files,
  cacheDir: string,
  onProgress: OnProgress,
  warnings: string[],
): Promise<DecodedSounds> {
  const mels: Uint8Array[] = [];
  const good: Uint8Array[] = [];
  const clips = new Map<string, number>();
  for (const [name, bytes] of files.audios) {
    const mel = await melOfFile(bytes, cacheDir);
    if (typeof mel === "string")
      warnings.push(`${name}: this recording cannot be read (${mel}); it is skipped`);
    else {
      clips.set(name, mels.length);
      mels.push(mel);
      good.push(bytes);
    }
    onProgress("reading recordings", mels.length, files.audios.size);
  }
  const hear = async (clip: number) => {
    const bytes = good[clip];
    return bytes === undefined ? new Float32Array() : hearFile(bytes);
  };
  return { sounds: { clips: joinClips(mels), hear }, clips };
}
