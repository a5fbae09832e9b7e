// cuda-settings.ts: the models that the CUDA benchmark steps, one file of bench/specs each.
// In: a setting's name. Out: its two variants, checked, and its sizes as on the peers' command lines.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { checkSource, type Read } from "../../src/check/load.ts";
import type { Model } from "../../src/check/model.ts";
import type { Sizes } from "./model.ts";

export const cudaSettings = ["37m", "124m", "443m"] as const;
export const smokeSetting = "tiny";

export const variants = ["dense", "mot"] as const;
export type Variant = (typeof variants)[number];

export type CudaSetting = {
  readonly name: string;
  readonly sizes: Sizes;
  readonly models: Readonly<Record<Variant, Model>>;
};

const folder = new URL("../specs/", import.meta.url);
const read = (name: string): string => readFileSync(fileURLToPath(new URL(name, folder)), "utf8");

export function readSetting(name: string): CudaSetting {
  const models = { dense: modelOf(name, "dense"), mot: modelOf(name, "mot") };
  const { modalities, train } = models.dense;
  const constant = (key: string): number => Number(models.dense.constants.get(key));
  const vocab = (index: number): number => {
    const form = modalities[index]?.form;
    return form?.kind === "tokens" ? form.vocab : Number.NaN;
  };
  if (train === undefined) throw new Error(`bench/specs/mot-${name}.mot says nothing of training`);
  const sizes = {
    ...{ dim: constant("dim"), layers: constant("layers"), heads: constant("heads"), ffn: constant("ffn") },
    ...{ context: train.context, batch: train.batch, text: vocab(0), image: vocab(1) },
  };
  return { name, sizes, models };
}

function modelOf(name: string, variant: Variant): Model {
  const file = `mot-${name}.mot`;
  const { model, diagnostics } = checkSource({ name: file, text: read(file) }, readImport, { variant });
  if (model === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return model;
}

const readImport: Read = (path) => ({ name: path, text: read(path) });
