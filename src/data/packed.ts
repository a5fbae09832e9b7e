// packed.ts: a Dataset as plain values and arrays (frame.ts), and back.
// In: a dataset. Out: what the cache keeps of it on disk, and what a page gets of it over the wire.

import type { Codec, Dataset, DatasetModality, Documents, PatchesCodec, Recording } from "./dataset.ts";
import { type Arrays, decodeFrame, type Entry, encodeFrame } from "./frame.ts";
import { patchesPerPicture, patchSize, pictureBytes, pictureSize } from "./geometry.ts";

const documentArrays = ["slotOffset", "alternativeOffset", "spanOffset", "spanModality", "token"] as const;

function packDocuments(prefix: string, documents: Documents): Arrays {
  return Object.fromEntries(documentArrays.map((name) => [`${prefix}.${name}`, documents[name]]));
}

/** A dataset as plain values and arrays. */
export function packDataset(dataset: Dataset): { readonly values: unknown; readonly arrays: Arrays } {
  const { name, hash, vocab, markers, fidelity, melError, licences, warnings, specimens, recordings } =
    dataset;
  const codecArrays = dataset.modalities.flatMap(({ codec }, i) =>
    codec.kind === "patches"
      ? []
      : [[`codec.${i}`, codec.kind === "text" ? codec.merges : codec.centroids] as const],
  );
  return {
    values: {
      name,
      hash,
      vocab,
      markers: { ...markers, spans: [...markers.spans] },
      fidelity,
      melError,
      licences,
      warnings,
      baselines: [...dataset.baselines],
      modalities: dataset.modalities.map(({ codec, ...rest }) => ({
        ...rest,
        kind: codec.kind,
        ...(codec.kind === "patches" ? { patches: codec } : {}),
      })),
      specimens: specimens.map(({ split, caption }) => ({ split, caption })),
      recordings: recordings.map(({ split, caption, original, codes }) => ({
        split,
        caption,
        samples: original.length,
        codes: codes.length,
      })),
    },
    arrays: {
      ...packDocuments("train", dataset.train),
      ...packDocuments("val", dataset.val),
      ...Object.fromEntries(codecArrays),
      pictures: dataset.pictures,
      "specimens.rgb": joined(specimens.map((one) => one.original.rgb)),
      "specimens.codes": Int32Array.from(specimens.flatMap((one) => [...one.codes])),
      "recordings.samples": Float32Array.from(recordings.flatMap((one) => [...one.original])),
      "recordings.codes": Int32Array.from(recordings.flatMap((one) => [...one.codes])),
    },
  };
}

type PackedValues = Pick<
  Dataset,
  "name" | "hash" | "vocab" | "fidelity" | "melError" | "licences" | "warnings"
> & {
  readonly markers: {
    readonly beginDocument: number;
    readonly endDocument: number;
    readonly spans: readonly (readonly [string, { readonly begin: number; readonly end: number }])[];
  };
  readonly baselines: readonly (readonly [
    string,
    { readonly unigram: number; readonly bigram: number; readonly targets: number },
  ])[];
  readonly modalities: readonly (Omit<DatasetModality, "codec"> & {
    readonly kind: Codec["kind"];
    readonly patches?: PatchesCodec;
  })[];
  readonly specimens: readonly { readonly split: "train" | "val"; readonly caption: string }[];
  readonly recordings: readonly (Pick<Recording, "split" | "caption"> & {
    readonly samples: number;
    readonly codes: number;
  })[];
};

function int32(entry: Entry, name: string): Int32Array {
  const array = entry.arrays.get(name);
  return array instanceof Int32Array ? array : new Int32Array();
}

function float32(entry: Entry, name: string): Float32Array {
  const array = entry.arrays.get(name);
  return array instanceof Float32Array ? array : new Float32Array();
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

function unpackCodec(entry: Entry, index: number, kind: Codec["kind"], patches?: PatchesCodec): Codec {
  if (patches !== undefined) return patches;
  if (kind === "patches") throw new Error("a modality of patches lost its sizes");
  if (kind === "text") return { kind, merges: int32(entry, `codec.${index}`) };
  const centroids = float32(entry, `codec.${index}`);
  return kind === "speech" ? { kind, centroids } : { kind, size: pictureSize, patch: patchSize, centroids };
}

function unpackRecordings(entry: Entry, packed: PackedValues["recordings"]): readonly Recording[] {
  const [samples, codes] = [float32(entry, "recordings.samples"), int32(entry, "recordings.codes")];
  let [sampleAt, codeAt] = [0, 0];
  return packed.map((one) => {
    sampleAt += one.samples;
    codeAt += one.codes;
    return {
      split: one.split,
      caption: one.caption,
      original: samples.slice(sampleAt - one.samples, sampleAt),
      codes: codes.slice(codeAt - one.codes, codeAt),
    };
  });
}

/** What `packDataset` was given. */
export function unpackDataset(entry: Entry): Dataset {
  const values = entry.values as PackedValues;
  const pictures = entry.arrays.get("pictures");
  const rgb = entry.arrays.get("specimens.rgb");
  const pixels = rgb instanceof Uint8Array ? rgb : new Uint8Array();
  const codes = int32(entry, "specimens.codes");
  return {
    name: values.name,
    hash: values.hash,
    vocab: values.vocab,
    fidelity: values.fidelity,
    melError: values.melError,
    licences: values.licences,
    warnings: values.warnings,
    markers: { ...values.markers, spans: new Map(values.markers.spans) },
    baselines: new Map(values.baselines),
    modalities: values.modalities.map(({ kind, patches, ...rest }, index) => ({
      ...rest,
      codec: unpackCodec(entry, index, kind, patches),
    })),
    pictures: pictures instanceof Uint8Array ? pictures : new Uint8Array(),
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
    recordings: unpackRecordings(entry, values.recordings),
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A dataset as one run of bytes. */
export function datasetBytes(dataset: Dataset): Uint8Array<ArrayBuffer> {
  const { values, arrays } = packDataset(dataset);
  return encodeFrame(values, arrays);
}

/** The dataset that `datasetBytes` was given. */
export function datasetOfBytes(bytes: Uint8Array): Dataset {
  return unpackDataset(decodeFrame(bytes));
}
