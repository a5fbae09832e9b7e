// cache.ts: results kept on disk under the hash of what they were made from.
// In: a folder, a key, named typed arrays and plain values. Out: the same, or nothing if they are absent or damaged.
// A file is a magic word, the sha256 of the rest, then the rest: a frame (frame.ts), deflated.
// It is written to a temporary name, synced and renamed: a reader sees a whole entry or none. Damage is found by the
// checksum and read as absence, so that the entry is simply made again.

import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { deflateSync, inflateSync } from "node:zlib";
import { DataError } from "./dataset.ts";
import { type Arrays, decodeFrame, type Entry, encodeFrame } from "./frame.ts";

const magic = Buffer.from("motley-cache-1\n");
const digestBytes = 32;

/** sha256 in hex of texts and bytes, each preceded by its length so that no two lists run together alike. */
export function contentHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex");
}

function encodeEntry(values: unknown, arrays: Arrays): Buffer {
  const rest = deflateSync(encodeFrame(values, arrays), { level: 1 });
  return Buffer.concat([magic, createHash("sha256").update(rest).digest(), rest]);
}

function decodeEntry(file: Buffer): Entry | undefined {
  const rest = file.subarray(magic.length + digestBytes);
  const digest = file.subarray(magic.length, magic.length + digestBytes);
  const isWhole =
    file.subarray(0, magic.length).equals(magic) && createHash("sha256").update(rest).digest().equals(digest);
  return isWhole ? decodeFrame(inflateSync(rest)) : undefined;
}

function entryPath(folder: string, kind: string, key: string): string {
  return path.join(folder, `${kind}-${key.slice(0, 40)}.bin`);
}

/** What was kept under this key, or undefined: never written, or damaged since. */
export async function readEntry(folder: string, kind: string, key: string): Promise<Entry | undefined> {
  try {
    return decodeEntry(await readFile(entryPath(folder, kind, key)));
  } catch {
    return undefined;
  }
}

/** Keeps values (plain JSON) and arrays under this key; DataError if the folder cannot be written. */
export async function writeEntry(
  folder: string,
  kind: string,
  key: string,
  values: unknown,
  arrays: Arrays,
): Promise<void> {
  const target = entryPath(folder, kind, key);
  const temporary = `${target}.${process.pid}-${randomBytes(4).toString("hex")}.tmp`;
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(temporary, "w");
    try {
      await file.writeFile(encodeEntry(values, arrays));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError(
      `cannot keep prepared data in ${folder}: ${reason}`,
      "make room there, or run from a folder that can be written",
    );
  }
}
