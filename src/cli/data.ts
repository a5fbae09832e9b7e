// data.ts: `motley data`: what a model would train on.
// In: a spec, a folder, or the name of a built-in set. Out: a summary, and pictures and sound of what the
// codes keep.

import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  availableModalities,
  type Dataset,
  dataSummary,
  formatSummary,
  makeFolder,
  pictures,
  prepareData,
  sounds,
} from "../index.ts";
import { cacheDirectory } from "./cache.ts";
import { exitCodes } from "./failure.ts";
import { say, sayJson } from "./output.ts";
import { preparationProgress } from "./progress.ts";
import { loadSpec, pickVariant } from "./spec.ts";
import { prepare, trainSettings } from "./training.ts";

/** For data looked at without a model. */
const usualModalities = [
  { name: "text", vocab: 1024 },
  { name: "image", vocab: 512 },
  { name: "speech", vocab: 500 },
] as const;

export async function dataCommand(what: string, options: { readonly json?: boolean }): Promise<number> {
  const { dataset, context } = await datasetOf(what);
  const folder = join(cacheDirectory, "pictures");
  makeFolder(folder);
  const file = join(folder, `${dataset.hash.slice(0, 16)}.png`);
  const [wav, spectrograms] = [`${file.slice(0, -4)}.wav`, `${file.slice(0, -4)}-sounds.png`];
  const made = {
    ...((await pictures(dataset, file)) ? { pictures: file } : {}),
    ...((await sounds(dataset, wav, spectrograms)) ? { sounds: wav, spectrograms } : {}),
  };
  const summary = dataSummary(dataset, context);
  const lines = Object.entries(made).map(([name, path]) => `${name.padEnd(13)} ${path}`);
  if (options.json) sayJson({ ...summary, ...made });
  else say([formatSummary(summary), ...lines].join("\n").trimEnd());
  return exitCodes.fine;
}

/** `context` is that of the model, where there is one. */
async function datasetOf(what: string): Promise<{ readonly dataset: Dataset; readonly context?: number }> {
  const status = statSync(what, { throwIfNoEntry: false });
  if (status?.isDirectory() !== true && (status !== undefined || what.includes(".") || what.includes("/"))) {
    const model = pickVariant(loadSpec(what), undefined);
    const settings = trainSettings(model, what, {});
    return { dataset: await prepare(model, dirname(what), settings), context: settings.context };
  }
  const data =
    status === undefined
      ? ({ kind: "builtin", name: what } as const)
      : ({ kind: "folder", path: what } as const);
  const available = await availableModalities(data);
  const found = usualModalities.filter(({ name }) => available.includes(name));
  const progress = preparationProgress();
  try {
    // Where nothing is found, asking for text is what leads to the right message.
    const modalities = found.length > 0 ? found : usualModalities.slice(0, 1);
    const onProgress = progress.update;
    return { dataset: await prepareData({ data, modalities, cacheDir: cacheDirectory, onProgress }) };
  } finally {
    progress.done();
  }
}
