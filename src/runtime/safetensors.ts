// safetensors.ts: named tensors and a few strings in one file (github.com/huggingface/safetensors).
// In: tensors by name and metadata, or a path. Out: a file that is either whole or absent, or its contents.
// The format: u64 length of a JSON header, the header, then every tensor's little-endian bytes without holes.
// Written tensor by tensor, so a checkpoint needs no second copy in memory; only F32 and I32, all that we make.

import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export type Tensor = {
  readonly shape: readonly number[];
  /** Row-major; the kind of array is the dtype. */
  readonly values: Float32Array | Int32Array;
};

export type TensorFile = {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: ReadonlyMap<string, string>;
};

/** The file is missing, cut short, or no safetensors file; the message says which and names the file. */
export class TensorFileError extends Error {
  constructor(path: string, reason: string) {
    super(`${path}: ${reason}`);
    this.name = "TensorFileError";
  }
}

/** Header longer than this is taken for a file of another format (the reference implementation's limit). */
const longestHeader = 100_000_000;

/** The length word and the header, padded with blanks so that the first tensor starts at a multiple of 8. */
export function encodeHeader(file: TensorFile): Uint8Array {
  const entries: string[] = [];
  const entry = (name: string, value: unknown): unknown =>
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
  if (file.metadata.size > 0) {
    const pairs = [...file.metadata].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    entries.push(`"__metadata__":{${pairs.join(",")}}`);
  }
  let offset = 0;
  for (const [name, { shape, values }] of file.tensors) {
    const count = shape.reduce((product, size) => product * size, 1);
    if (count !== values.length) {
      throw new Error(`tensor ${name} has ${values.length} values for shape [${shape.join(", ")}]`);
    }
    const end = offset + values.byteLength;
    const dtype = values instanceof Float32Array ? "F32" : "I32";
    entry(name, { dtype, shape, data_offsets: [offset, end] });
    offset = end;
  }
  const json = new TextEncoder().encode(`{${entries.join(",")}}`);
  const length = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}

/**
 * Writes a file that a reader sees whole or not at all, whenever the process or the machine stops.
 * - Written beside its place as `PATH.partial`, synced, then renamed over it.
 */
export function writeSafetensors(path: string, file: TensorFile): void {
  const partial = `${path}.partial`;
  const descriptor = openSync(partial, "w");
  try {
    writeAll(descriptor, encodeHeader(file));
    for (const { values } of file.tensors.values()) {
      writeAll(descriptor, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    fsyncSync(descriptor);
  } catch (error) {
    closeSync(descriptor);
    rmSync(partial, { force: true });
    throw error;
  }
  closeSync(descriptor);
  try {
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
}

/** Makes a rename survive a power cut; a file system that cannot sync a folder is left alone. */
function syncFolder(folder: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(folder, "r");
  } catch {
    return; // Windows opens no folders
  }
  try {
    fsyncSync(descriptor);
  } catch {
    // nothing more can be done for it
  } finally {
    closeSync(descriptor);
  }
}

/** Reads a whole file; throws TensorFileError if it is not exactly what a writer of the format leaves. */
export function readSafetensors(path: string): TensorFile {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    throw new TensorFileError(
      path,
      `cannot be opened (${(error as NodeJS.ErrnoException).code ?? "unknown"})`,
    );
  }
  try {
    return readFrom(descriptor, path);
  } finally {
    closeSync(descriptor);
  }
}

function readFrom(descriptor: number, path: string): TensorFile {
  const fail = (reason: string): never => {
    throw new TensorFileError(path, reason);
  };
  const status = fstatSync(descriptor);
  if (!status.isFile()) fail("is not a file");
  if (status.size < 8) fail("is too short for a safetensors file");
  const lengthBytes = readExactly(descriptor, 0, 8);
  const length = Number(new DataView(lengthBytes.buffer).getBigUint64(0, true));
  if (length > longestHeader) fail("is not a safetensors file: its header would be too long");
  if (8 + length > status.size) fail("is cut short within its header, or is not a safetensors file");
  const { metadata, entries } = parseHeader(readExactly(descriptor, 8, length), fail);
  const start = 8 + length;
  let end = 0;
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, end: entryEnd } of entries) {
    if (begin !== end) fail(`has a hole or an overlap before tensor ${name}`);
    end = entryEnd;
    if (start + end > status.size)
      fail(`is cut short: tensor ${name} ends at byte ${start + end} of ${status.size}`);
    const bytes = readExactly(descriptor, start + begin, end - begin);
    const values = dtype === "F32" ? new Float32Array(bytes.buffer) : new Int32Array(bytes.buffer);
    tensors.set(name, { shape, values });
  }
  if (start + end !== status.size) fail(`has ${status.size - start - end} bytes after its last tensor`);
  return { tensors, metadata };
}

function readExactly(descriptor: number, position: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const count = readSync(descriptor, bytes, done, length - done, position + done);
    if (count === 0) throw new Error("the file shrank while it was read");
    done += count;
  }
  return bytes;
}

type HeaderEntry = {
  readonly name: string;
  readonly dtype: "F32" | "I32";
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
};

/** Entries in the order of their bytes. */
function parseHeader(
  bytes: Uint8Array,
  fail: (reason: string) => never,
): { metadata: ReadonlyMap<string, string>; entries: readonly HeaderEntry[] } {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    fail("has a header that is not JSON");
  }
  if (!isRecord(header)) return fail("has a header that is not a JSON object");
  const metadata = new Map<string, string>();
  const entries: HeaderEntry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (!isRecord(value)) return fail(`describes tensor ${name} by something that is not an object`);
    if (name === "__metadata__") {
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== "string") return fail(`has metadata ${key} that is not a string`);
        metadata.set(key, text);
      }
    } else entries.push(parseEntry(name, value, fail));
  }
  // An empty tensor shares its offset with its successor and comes first.
  return { metadata, entries: entries.sort((a, b) => a.begin - b.begin || a.end - b.end) };
}

function parseEntry(
  name: string,
  value: Readonly<Record<string, unknown>>,
  fail: (reason: string) => never,
): HeaderEntry {
  const { dtype, shape, data_offsets: offsets } = value;
  if (dtype !== "F32" && dtype !== "I32") {
    return fail(`holds tensor ${name} as ${String(dtype)}; only F32 and I32 can be read`);
  }
  if (!isSizes(shape)) return fail(`gives tensor ${name} a shape that is not a list of sizes`);
  const [begin, end, ...more] = isSizes(offsets) ? offsets : [];
  if (begin === undefined || end === undefined || more.length > 0) {
    return fail(`gives tensor ${name} no pair of offsets`);
  }
  const byteLength = 4 * shape.reduce((product, size) => product * size, 1);
  if (end - begin !== byteLength) {
    return fail(
      `gives tensor ${name} ${end - begin} bytes where its shape [${shape.join(", ")}] needs ${byteLength}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
