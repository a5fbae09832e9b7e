// prepare.ts: the way from `data icons` or `data "folder"` to a Dataset.
// In: a request. Out: a Dataset, from the cache if the very same material was prepared before.
// Idea: the key is a hash of all content read and of what is asked for, so a cached dataset is never stale;
// pictures are cached on their own before that, so that another vocabulary or an interrupted run need not draw again.

import path from "node:path";
import { assembleDataset } from "./assemble.ts";
import { readBundled } from "./bundled.ts";
import { contentHash, readEntry, writeEntry } from "./cache.ts";
import type { CorpusSource } from "./corpus.ts";
import {
  DataError,
  type DataRequest,
  type Dataset,
  enumerate,
  type Origin,
  type RequestedModality,
} from "./dataset.ts";
import { folderModalities, openFolder } from "./folder.ts";
import { openIcons } from "./icons.ts";
import { packDataset, unpackDataset } from "./packed.ts";
import { openSpokenIcons } from "./spoken-icons.ts";

/** Changes whenever the same content would give other codes; old entries are then left behind. */
export const recipe = "dataset-2";

type Builtin = { readonly open: () => Promise<CorpusSource>; readonly modalities: readonly string[] };

const builtins: ReadonlyMap<string, Builtin> = new Map([
  ["icons", { open: openIcons, modalities: ["text", "image"] }],
  ["spoken-icons", { open: openSpokenIcons, modalities: ["text", "image", "speech"] }],
]);

async function openSource(origin: Origin): Promise<CorpusSource> {
  if (origin.kind === "folder") return openFolder(origin.path);
  const builtin = builtins.get(origin.name);
  if (builtin !== undefined) return builtin.open();
  const names = [...builtins.keys()].map((name) => `\`data ${name}\``).join(" or ");
  throw new DataError(
    `there is no built-in data \`${origin.name}\``,
    `write ${names}, or \`data "folder"\` for a folder of your own`,
  );
}

/** Refuses, before anything is drawn or spoken, what a built-in set does not have, and names one that has it. */
function refuseLacking(origin: Origin, modalities: readonly RequestedModality[]): void {
  if (origin.kind === "folder") return;
  const has = builtins.get(origin.name)?.modalities ?? [];
  const lacking = modalities.find(({ name }) => !has.includes(name))?.name;
  if (lacking === undefined) return;
  const wanted = modalities.map(({ name }) => name);
  const other = [...builtins].find(([, one]) => wanted.every((name) => one.modalities.includes(name)))?.[0];
  throw new DataError(
    `the data "${origin.name}" has no \`${lacking}\`: it has ${enumerate(has)}`,
    other === undefined
      ? `declare only modalities among: ${has.join(", ")}`
      : `write \`data ${other}\`, which has it`,
  );
}

/** What this data seems to have, by modality name, as far as one can tell without preparing it. */
export async function availableModalities(origin: Origin): Promise<readonly string[]> {
  if (origin.kind === "folder") return folderModalities(origin.path);
  return builtins.get(origin.name)?.modalities ?? [];
}

/**
 * Everything a run trains on, prepared or found prepared.
 * - The modalities are those the model declares, in declaration order.
 * - Throws DataError for whatever is wrong with the material or does not fit the modalities.
 */
export async function prepareData(request: DataRequest): Promise<Dataset> {
  const { data, modalities, onProgress = () => undefined } = request;
  const cacheDir = request.cacheDir ?? path.join(process.cwd(), ".cache", "motley");
  const bundled = data.kind === "builtin" ? await readBundled(recipe, data.name, modalities) : undefined;
  if (bundled !== undefined) return bundled;
  const source = await openSource(data);
  refuseLacking(data, modalities);
  const asked = modalities.map(({ name, vocab, patches }) => [name, vocab, ...(patches ? [patches] : [])]);
  const key = contentHash(recipe, source.fingerprint, JSON.stringify([source.name, asked]));
  const kept = await readEntry(cacheDir, "dataset", key);
  if (kept !== undefined) return unpackDataset(kept);
  const corpus = await source.load(cacheDir, onProgress);
  const dataset = await assembleDataset(source.name, corpus, modalities, onProgress);
  const { values, arrays } = packDataset(dataset);
  await writeEntry(cacheDir, "dataset", key, values, arrays);
  return dataset;
}
