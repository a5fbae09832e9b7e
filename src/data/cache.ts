// cache.ts: results kept on disk under the hash of what they were made from.
// In: a folder, a key, named typed arrays and plain values. Out: the same, or nothing if they are absent or damaged.
// A file is a magic word, the sha256 of the rest, then the rest, deflated: lengths and values as JSON, then the bytes.
// It is written to a temporary name, synced and renamed: a reader sees a whole entry or none. Damage is found by the
// checksum and read as absence, so that the entry is simply made again.

import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { deflateSync, inflateSync } from "node:zlib";
import { DataError } from "./dataset.ts";

export type Arrays = Readonly<Record<string, Int32Array | Int8Array | Uint8Array | Float32Array>>;

export type Entry = { readonly values: unknown; readonly arrays: ReadonlyMap<string, Arrays[string]> };

const magic = Buffer.from("motley-cache-1\n");
const digestBytes = 32;

const arrayMakers = {
  Int32Array: (bytes: ArrayBuffer) => new Int32Array(bytes),
  Int8Array: (bytes: ArrayBuffer) => new Int8Array(bytes),
  Uint8Array: (bytes: ArrayBuffer) => new Uint8Array(bytes),
  Float32Array: (bytes: ArrayBuffer) => new Float32Array(bytes),
};

type ArrayHeader = { readonly name: string; readonly type: keyof typeof arrayMakers; readonly bytes: number };
type Header = { readonly values: unknown; readonly arrays: readonly ArrayHeader[] };

/** sha256 in hex of texts and bytes, each preceded by its length so that no two lists run together alike. */
export function contentHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex");
}

function bytesOf(array: Arrays[string]): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

function encodeEntry(values: unknown, arrays: Arrays): Buffer {
  const headers = Object.entries(arrays).map(([name, array]) => ({
    name,
    type: array.constructor.name,
    bytes: array.byteLength,
  }));
  const header = Buffer.from(JSON.stringify({ values, arrays: headers }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const rest = deflateSync(Buffer.concat([length, header, ...Object.values(arrays).map(bytesOf)]), {
    level: 1,
  });
  return Buffer.concat([magic, createHash("sha256").update(rest).digest(), rest]);
}

function decodeEntry(file: Buffer): Entry | undefined {
  const rest = file.subarray(magic.length + digestBytes);
  const digest = file.subarray(magic.length, magic.length + digestBytes);
  const isWhole =
    file.subarray(0, magic.length).equals(magic) && createHash("sha256").update(rest).digest().equals(digest);
  if (!isWhole) return undefined;
  const plain = inflateSync(rest);
  const headerEnd = 4 + plain.readUInt32LE(0);
  const header: Header = JSON.parse(plain.toString("utf8", 4, headerEnd));
  const arrays = new Map<string, Arrays[string]>();
  let at = headerEnd;
  for (const { name, type, bytes } of header.arrays) {
    const own = new Uint8Array(plain.subarray(at, at + bytes)).buffer;
    arrays.set(name, arrayMakers[type](own));
    at += bytes;
  }
  return { values: header.values, arrays };
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
