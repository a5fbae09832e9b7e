// wasm-assemble.ts: WebAssembly text → a compiled module, its bytes kept in a cache folder by the text's hash.
// In: WAT. Out: a WebAssembly.Module. This is Node's; a page assembles at every start.

import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DeviceError } from "./device.ts";
import { assembleWat } from "./wasm-text.ts";
import { survivesRevectorizer } from "./wasm-turbo.ts";

/** Bumped when the same text would be assembled differently. */
const assemblerVersion = 1;

export type CompileOptions = {
  /** Assembled bytes are kept here and found again. */
  readonly cacheDirectory?: string;
  /** V8's revectoriser is on: make sure that it survives the module. */
  readonly turbo?: boolean;
};

/** Assembles and compiles; throws `DeviceError` if the revectoriser would crash. */
export async function compileWat(wat: string, options: CompileOptions = {}): Promise<WebAssembly.Module> {
  const bytes = await bytesOfWat(wat, options.cacheDirectory);
  if (options.turbo === true && !(await survivesRevectorizer(bytes, options.cacheDirectory))) {
    throw new DeviceError("V8's revectoriser crashes on this model's code: run it without --turbo");
  }
  return WebAssembly.compile(bytes);
}

async function bytesOfWat(wat: string, cacheDirectory: string | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const hash = createHash("sha256").update(`${assemblerVersion}\n`).update(wat).digest("hex");
  const path = cacheDirectory === undefined ? undefined : join(cacheDirectory, `${hash}.wasm`);
  const kept = path === undefined ? undefined : await readFile(path).catch(() => undefined);
  if (kept !== undefined && WebAssembly.validate(bytesOf(kept))) return bytesOf(kept);
  const bytes = await assembleWat(wat);
  if (cacheDirectory !== undefined && path !== undefined) await writeWhole(cacheDirectory, path, bytes);
  return bytes;
}

/** Under another name first, so that a reader never finds half a file; a cache that cannot be written is no error. */
async function writeWhole(directory: string, path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(draft, bytes);
    await rename(draft, path);
  } catch {
    // The next start assembles again.
  }
}

function bytesOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
