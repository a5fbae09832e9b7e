// bundled.ts: built-in data that came prepared, in a bundle (scripts/bundle.ts) for a machine without a network.
// In: a built-in set's name and the modalities asked for. Out: its packed Dataset, or nothing: then it is prepared.
// A bundle leaves out the packages that pictures are drawn from and names are spoken by. So what it brings has no hash of
// that material in its key: it stands beside the sources it was packed with, and in no cache.

import { fileURLToPath } from "node:url";
import { contentHash, readEntry, writeEntry } from "./cache.ts";
import type { Dataset, RequestedModality } from "./dataset.ts";
import { packDataset, unpackDataset } from "./packed.ts";

/** Beside `src`, in an unpacked bundle; a checkout has none. */
export const bundledFolder = "prepared";

const ownFolder = fileURLToPath(new URL(`../../${bundledFolder}`, import.meta.url));

function keyOf(recipe: string, name: string, modalities: readonly RequestedModality[]): string {
  const asked = modalities.map((one) => [one.name, one.vocab, one.patches ?? {}]);
  return contentHash("bundled", recipe, name, JSON.stringify(asked));
}

export async function readBundled(
  recipe: string,
  name: string,
  modalities: readonly RequestedModality[],
): Promise<Dataset | undefined> {
  const entry = await readEntry(ownFolder, "dataset", keyOf(recipe, name, modalities));
  return entry === undefined ? undefined : unpackDataset(entry);
}

/** Writes what `readBundled` finds, into the folder of a bundle that is being packed. */
export async function writeBundled(
  folder: string,
  recipe: string,
  modalities: readonly RequestedModality[],
  dataset: Dataset,
): Promise<void> {
  const { values, arrays } = packDataset(dataset);
  await writeEntry(folder, "dataset", keyOf(recipe, dataset.name, modalities), values, arrays);
}
