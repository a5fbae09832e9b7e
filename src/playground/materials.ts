// materials.ts: what the page gets from its server: specs, and prepared data sets.
// In: what is asked for. Out: sources, and the very dataset that Node would train on. A static copy of the page has
// specs and no data; it says so.

import { DataError, type Dataset, datasetOfBytes, type Model } from "../browser.ts";

export type Spec = { readonly name: string; readonly text: string };

export async function fetchSpecs(): Promise<readonly Spec[]> {
  return (await fetch("./specs.json")).json();
}

/** `done` of `total`, which is 0 where it is not known. */
export type Preparation = { readonly stage?: string; readonly done?: number; readonly total?: number };

const pollMs = 300;

/**
 * The data a model asks for.
 * - The first time, preparing it takes the server a while; `onProgress` is told how far it is.
 * - Throws `DataError` for what is wrong with the material.
 */
export async function fetchDataset(
  model: Model,
  spec: string,
  onProgress: (preparation: Preparation) => void,
): Promise<Dataset> {
  const timer = setInterval(async () => {
    const preparation = await fetch("./progress.json").then(
      (answer) => answer.json(),
      () => ({}),
    );
    onProgress(preparation);
  }, pollMs);
  try {
    const answer = await fetch(`./data.bin?${queryOf(model, spec)}`);
    const type = answer.headers.get("Content-Type") ?? "";
    if (type.startsWith("application/octet-stream"))
      return datasetOfBytes(new Uint8Array(await answer.arrayBuffer()));
    if (!answer.ok || !type.startsWith("application/json")) {
      throw new DataError(
        "nothing answers here that prepares data",
        "in a copy of Motley, `npm run view` serves this page together with its data",
      );
    }
    const { error, help } = await answer.json();
    throw new DataError(error, help);
  } finally {
    clearInterval(timer);
  }
}

function queryOf({ train, modalities }: Model, spec: string): string {
  const asked = modalities.flatMap(({ name, form }) => (form.kind === "tokens" ? [[name, form.vocab]] : []));
  const query = new URLSearchParams({ spec, modalities: JSON.stringify(asked) });
  if (train?.data.kind === "builtin") query.set("builtin", train.data.name);
  else query.set("folder", train?.data.path ?? "");
  return query.toString();
}
