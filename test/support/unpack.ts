// unpack.ts: the packed files of `@sparticuz/chromium`, unpacked once.
// In: what is wanted of that package. Out: a folder with the files, named after the archives' content. It appears
// under its name when it is whole, so that any number of processes may ask for it at once.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";

/** The archives that make up each folder, and the file that a bare one (no tar) becomes. */
const folders = {
  /** SwiftShader and a Vulkan loader. */
  swiftshader: [{ file: "swiftshader.tar.br" }],
  /** Chromium, which looks for SwiftShader beside itself; the libraries it needs, in `lib`; fonts, in `fonts`. */
  browser: [
    { file: "chromium.br", bare: "chromium" },
    { file: "swiftshader.tar.br" },
    { file: "al2023.tar.br" },
    { file: "fonts.tar.br" },
  ],
} as const satisfies Readonly<Record<string, readonly { readonly file: string; readonly bare?: string }[]>>;

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, ".cache", "motley", "unpacked");

/** Why the package's files are of no use here, if they are not. */
export function unpackProblem(): string | undefined {
  return process.platform === "linux" && process.arch === "x64"
    ? undefined
    : `the tests' GPU in software and browser are for Linux on x64, and this is ${process.platform} on ${process.arch}`;
}

/** The folder of that name with its archives' files. */
export async function unpack(name: keyof typeof folders): Promise<string> {
  const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const packed = await Promise.all(
    folders[name].map(({ file }) => readFile(join(dirname(entry), "..", "bin", file))),
  );
  const hash = createHash("sha256");
  for (const bytes of packed) hash.update(bytes);
  const folder = join(cache, `${name}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(folder)) return folder;

  const unfinished = `${folder}.${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  for (const [i, archive] of folders[name].entries()) {
    const bytes = await promisify(brotliDecompress)(packed[i] ?? new Uint8Array());
    const files = "bare" in archive ? [{ path: archive.bare, bytes }] : filesOf(bytes);
    for (const file of files) await place(join(unfinished, file.path), file.bytes);
  }
  try {
    await rename(unfinished, folder);
  } catch (error) {
    // Another process was first; its files are the same.
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

async function place(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes, { mode: 0o755 });
}

const blockBytes = 512;

type TarFile = { readonly path: string; readonly bytes: Uint8Array };

/** The regular files of a tar: a block with name and size, then the content in whole blocks. */
export function filesOf(tar: Uint8Array): readonly TarFile[] {
  const text = (at: number, length: number): string => {
    const field = Buffer.from(tar.buffer, tar.byteOffset + at, length).toString("utf8");
    return field.split("\0", 1)[0] ?? "";
  };
  const files: TarFile[] = [];
  let at = 0;
  while (at + blockBytes <= tar.length && text(at, 100) !== "") {
    const [name, prefix] = [text(at, 100), text(at + 345, 155)];
    const size = Number.parseInt(text(at + 124, 12), 8);
    const kind = text(at + 156, 1);
    const path = prefix === "" ? name : `${prefix}/${name}`;
    const begin = at + blockBytes;
    if (kind === "" || kind === "0") files.push({ path, bytes: tar.subarray(begin, begin + size) });
    else if (kind !== "5") throw new Error(`${path} is neither a file nor a folder, but of kind ${kind}`);
    at = begin + Math.ceil(size / blockBytes) * blockBytes;
  }
  return files;
}
