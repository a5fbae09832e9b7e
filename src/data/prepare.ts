// prepare.ts: the way from `data icons` or `data "folder"` to a Dataset.
// In: a request. Out: a Dataset, from the cache if the very same material was prepared before.
// Idea: the key is a hash of all content read and of what is asked for, so a cached dataset is never stale;
// pictures are cached on their own before that, so that another vocabulary or an interrupted run need not draw again.

import path from "node:path";
import { assembleDataset } from "./assemble.ts";
import { type Arrays, contentHash, type Entry, readEntry, writeEntry } from "./cache.ts";
import type { CorpusSource } from "./corpus.ts";
import {
  type Codec,
  DataError,
  type DataRequest,
  type Dataset,
  type DatasetModality,
  type Documents,
  type Origin,
} from "./dataset.ts";
import { openFolder } from "./folder.ts";
import { openIcons } from "./icons.ts";
import { patchesPerPicture, patchSize, pictureBytes, pictureSize } from "./patches.ts";

/** Changes whenever the same content would give other codes; old entries are then left behind. */
const recipe = "dataset-1";

async function openSource(origin: Origin): Promise<CorpusSource> {
  if (origin.kind === "folder") return openFolder(origin.path);
  if (origin.name === "icons") return openIcons();
  throw new DataError(
    `there is no built-in data \`${origin.name}\``,
    'write `data icons`, or `data "folder"` for a folder of your own',
  );
}

const documentArrays = ["slotOffset", "alternativeOffset", "spanOffset", "spanModality", "token"] as const;

function packDocuments(prefix: string, documents: Documents): Arrays {
  return Object.fromEntries(documentArrays.map((name) => [`${prefix}.${name}`, documents[name]]));
}

function packDataset(dataset: Dataset): { readonly values: unknown; readonly arrays: Arrays } {
  const { name, hash, vocab, markers, fidelity, licences, warnings } = dataset;
  const codecArrays = dataset.modalities.map(({ codec }, i) => [
    `codec.${i}`,
    codec.kind === "text" ? codec.merges : codec.centroids,
  ]);
  const { specimens } = dataset;
  return {
    values: {
      name,
      hash,
      vocab,
      markers: { ...markers, spans: [...markers.spans] },
      fidelity,
      licences,
      warnings,
      baselines: [...dataset.baselines],
      modalities: dataset.modalities.map(({ codec, ...rest }) => ({ ...rest, kind: codec.kind })),
      specimens: specimens.map(({ split, caption }) => ({ split, caption })),
    },
    arrays: {
      ...packDocuments("train", dataset.train),
      ...packDocuments("val", dataset.val),
      ...Object.fromEntries(codecArrays),
      "specimens.rgb": new Uint8Array(Buffer.concat(specimens.map((one) => one.original.rgb))),
      "specimens.codes": Int32Array.from(specimens.flatMap((one) => [...one.codes])),
    },
  };
}

type PackedValues = Pick<Dataset, "name" | "hash" | "vocab" | "fidelity" | "licences" | "warnings"> & {
  readonly markers: {
    readonly beginDocument: number;
    readonly endDocument: number;
    readonly spans: readonly (readonly [string, { readonly begin: number; readonly end: number }])[];
  };
  readonly baselines: readonly (readonly [
    string,
    { readonly unigram: number; readonly bigram: number; readonly targets: number },
  ])[];
  readonly modalities: readonly (Omit<DatasetModality, "codec"> & { readonly kind: Codec["kind"] })[];
  readonly specimens: readonly { readonly split: "train" | "val"; readonly caption: string }[];
};

function int32(entry: Entry, name: string): Int32Array {
  const array = entry.arrays.get(name);
  return array instanceof Int32Array ? array : new Int32Array();
}

function unpackDocuments(entry: Entry, prefix: string): Documents {
  const spanModality = entry.arrays.get(`${prefix}.spanModality`);
  const slotOffset = int32(entry, `${prefix}.slotOffset`);
  return {
    count: slotOffset.length - 1,
    slotOffset,
    alternativeOffset: int32(entry, `${prefix}.alternativeOffset`),
    spanOffset: int32(entry, `${prefix}.spanOffset`),
    spanModality: spanModality instanceof Int8Array ? spanModality : new Int8Array(),
    token: int32(entry, `${prefix}.token`),
  };
}

function unpackCodec(entry: Entry, index: number, kind: Codec["kind"]): Codec {
  if (kind === "text") return { kind, merges: int32(entry, `codec.${index}`) };
  const centroids = entry.arrays.get(`codec.${index}`);
  return {
    kind,
    size: pictureSize,
    patch: patchSize,
    centroids: centroids instanceof Float32Array ? centroids : new Float32Array(),
  };
}

function unpackDataset(entry: Entry): Dataset {
  const values = entry.values as PackedValues;
  const rgb = entry.arrays.get("specimens.rgb");
  const pixels = rgb instanceof Uint8Array ? rgb : new Uint8Array();
  const codes = int32(entry, "specimens.codes");
  return {
    name: values.name,
    hash: values.hash,
    vocab: values.vocab,
    fidelity: values.fidelity,
    licences: values.licences,
    warnings: values.warnings,
    markers: { ...values.markers, spans: new Map(values.markers.spans) },
    baselines: new Map(values.baselines),
    modalities: values.modalities.map(({ kind, ...rest }, index) => ({
      ...rest,
      codec: unpackCodec(entry, index, kind),
    })),
    train: unpackDocuments(entry, "train"),
    val: unpackDocuments(entry, "val"),
    specimens: values.specimens.map((one, i) => ({
      ...one,
      original: {
        width: pictureSize,
        height: pictureSize,
        rgb: pixels.slice(i * pictureBytes, (i + 1) * pictureBytes),
      },
      codes: codes.slice(i * patchesPerPicture, (i + 1) * patchesPerPicture),
    })),
  };
}

/**
 * Everything a run trains on, prepared or found prepared.
 * - The modalities are those the model declares as tokens, in declaration order.
 * - Throws DataError for whatever is wrong with the material or does not fit the modalities.
 */
export async function prepareData(request: DataRequest): Promise<Dataset> {
  const { data, modalities, onProgress = () => undefined } = request;
  const cacheDir = request.cacheDir ?? path.join(process.cwd(), ".cache", "motley");
  const source = await openSource(data);
  const asked = modalities.map(({ name, vocab }) => [name, vocab]);
  const key = contentHash(recipe, source.fingerprint, JSON.stringify([source.name, asked]));
  const kept = await readEntry(cacheDir, "dataset", key);
  if (kept !== undefined) return unpackDataset(kept);
  const corpus = await source.load(cacheDir, onProgress);
  const dataset = await assembleDataset(source.name, corpus, modalities, onProgress);
  const { values, arrays } = packDataset(dataset);
  await writeEntry(cacheDir, "dataset", key, values, arrays);
  return dataset;
}
