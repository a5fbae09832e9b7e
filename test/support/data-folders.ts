// data-folders.ts: folders of a user's files for tests, and preparing them into a cache of their own.
// In: files. Out: a folder of this test file's, which is gone when its tests are; the data set that it makes.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { DataRequest, Dataset } from "../../src/data/dataset.ts";
import { prepareData } from "../../src/data/prepare.ts";

export type DataFolders = {
  /** A place beside the folders. */
  place(name: string): string;
  makeFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string>;
  /** `cache`: prepared anew in each of them. */
  prepare(folder: string, modalities: DataRequest["modalities"], cache?: string): Promise<Dataset>;
};

/** Called where a test file begins: it says what happens before and after the file's tests. */
export function dataFolders(): DataFolders {
  let scratch = "";
  beforeAll(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), "motley-data-"));
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));
  return {
    place: (name) => path.join(scratch, name),
    async makeFolder(files) {
      const folder = await mkdtemp(path.join(scratch, "folder-"));
      for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
      return folder;
    },
    prepare: (folder, modalities, cache = "cache") =>
      prepareData({
        data: { kind: "folder", path: folder },
        modalities,
        cacheDir: path.join(scratch, cache),
      }),
  };
}
