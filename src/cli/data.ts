// data.ts: `motley data`: what a model would train on.
// In: a spec, a folder, or the name of a built-in set. Out: a summary, and pictures of what the codes keep.

import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { dataSummary, formatSummary, makeFolder, pictures, prepareData } from "../index.ts";
import { exitCodes } from "./failure.ts";
import { cacheDirectory } from "./machine.ts";
import { say, sayJson } from "./output.ts";
import { preparationProgress } from "./progress.ts";
import { loadSpec, pickVariant } from "./spec.ts";
import { prepare, trainSettings } from "./training.ts";

/** For data looked at without a model. */
const usualModalities = [
  { name: "text", vocab: 1024 },
  { name: "image", vocab: 512 },
] as const;

export async function dataCommand(what: string, options: { readonly json?: boolean }): Promise<number> {
  const dataset = await datasetOf(what);
  const folder = join(cacheDirectory, "pictures");
  makeFolder(folder);
  const file = join(folder, `${dataset.hash.slice(0, 16)}.png`);
  const isDrawn = await pictures(dataset, file);
  if (options.json) sayJson({ ...dataSummary(dataset), ...(isDrawn ? { pictures: file } : {}) });
  else say(`${formatSummary(dataSummary(dataset))}${isDrawn ? `\npictures  ${file}` : ""}`.trimEnd());
  return exitCodes.fine;
}

async function datasetOf(what: string): ReturnType<typeof prepareData> {
  const status = statSync(what, { throwIfNoEntry: false });
  if (status?.isDirectory() !== true && (status !== undefined || what.includes(".") || what.includes("/"))) {
    const model = pickVariant(loadSpec(what), undefined);
    return prepare(model, dirname(what), trainSettings(model, what, {}));
  }
  const progress = preparationProgress();
  try {
    return await prepareData({
      data: status === undefined ? { kind: "builtin", name: what } : { kind: "folder", path: what },
      modalities: status === undefined || hasPictures(what) ? usualModalities : usualModalities.slice(0, 1),
      cacheDir: cacheDirectory,
      onProgress: progress.update,
    });
  } finally {
    progress.done();
  }
}

/** Whether a folder holds more than plain text. */
function hasPictures(folder: string): boolean {
  return readdirSync(folder).some((name) => name === "captions.jsonl" || name.endsWith(".png"));
}
