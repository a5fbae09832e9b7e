// assemble.ts: a corpus → a dataset: codecs fitted, everything encoded, joined into compact documents.
// In: drafts and pictures from a source, the modalities asked for. Out: a Dataset.
// Codecs see the training split only. What the model does not declare is dropped here, span by span.

import { measureBaselines } from "./baselines.ts";
import { createTextEncoder, trainMerges } from "./bpe.ts";
import { contentHash } from "./cache.ts";
import type { Corpus, Draft, Split } from "./corpus.ts";
import {
  type Codec,
  DataError,
  type Dataset,
  type DatasetModality,
  type Documents,
  type Fidelity,
  type OnProgress,
  type RequestedModality,
  type Specimen,
} from "./dataset.ts";
import { patchesPerPicture, pictureBytes, pictureSize } from "./geometry.ts";
import { type EncodedPictures, encodePictures, fitImageCodec } from "./patches.ts";
import { type Layout, layoutVocabulary } from "./vocabulary.ts";

/** Characters of text the merges are learned from, at most. */
const trainCharacters = 4_000_000;
const specimensPerSplit = 12;

type Coded = { readonly codec: Codec; spans(draft: Draft): readonly Int32Array[] };

/** Every n-th text, so that what is learned from stays small but covers everything. */
function textSample(drafts: readonly Draft[]): readonly string[] {
  const texts = drafts.filter((draft) => draft.split === "train").flatMap((draft) => draft.texts);
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  const every = Math.ceil(characters / trainCharacters);
  return texts.filter((_, i) => i % every === 0);
}

function codeText(corpus: Corpus, codes: number, firstCode: number, onProgress: OnProgress): Coded {
  onProgress("learning text codes", 0, 1);
  const merges = trainMerges(textSample(corpus.drafts), codes - 256);
  onProgress("learning text codes", 1, 1);
  const encode = createTextEncoder(merges);
  return {
    codec: { kind: "text", merges },
    spans: (draft) => draft.texts.map((text) => encode(text).map((code) => code + firstCode)),
  };
}

type CodedPictures = Coded & { readonly encoded: EncodedPictures };

async function codePictures(
  corpus: Corpus,
  codes: number,
  firstCode: number,
  onProgress: OnProgress,
): Promise<CodedPictures> {
  const trained = corpus.drafts.flatMap((draft) =>
    draft.split === "train" && draft.picture !== undefined ? [draft.picture] : [],
  );
  const codec = await fitImageCodec(corpus.pictures, trained, codes, (done, total) =>
    onProgress("learning picture codes", done, total),
  );
  const encoded = await encodePictures(codec, corpus.pictures, (done, total) =>
    onProgress("encoding pictures", done, total),
  );
  return {
    codec,
    encoded,
    spans: ({ picture }) => {
      if (picture === undefined) return [];
      return [
        encoded.codes
          .slice(picture * patchesPerPicture, (picture + 1) * patchesPerPicture)
          .map((code) => code + firstCode),
      ];
    },
  };
}

function joinDocuments(drafts: readonly Draft[], split: Split, coded: readonly Coded[]): Documents {
  const slotOffset = [0];
  const alternativeOffset = [0];
  const spanOffset = [0];
  const spanModality: number[] = [];
  const spans: Int32Array[] = [];
  let length = 0;
  for (const draft of drafts) {
    if (draft.split !== split) continue;
    const slots = coded.map((one) => one.spans(draft));
    if (slots.every((alternatives) => alternatives.length === 0)) continue;
    for (const [modality, alternatives] of slots.entries()) {
      if (alternatives.length === 0) continue;
      for (const span of alternatives) {
        spans.push(span);
        length += span.length;
        spanOffset.push(length);
        spanModality.push(modality);
      }
      alternativeOffset.push(spanModality.length);
    }
    slotOffset.push(alternativeOffset.length - 1);
  }
  const token = new Int32Array(length);
  for (const [i, span] of spans.entries()) token.set(span, spanOffset[i] ?? 0);
  return {
    count: slotOffset.length - 1,
    slotOffset: Int32Array.from(slotOffset),
    alternativeOffset: Int32Array.from(alternativeOffset),
    spanOffset: Int32Array.from(spanOffset),
    spanModality: Int8Array.from(spanModality),
    token,
  };
}

/** Refuses a modality the corpus has nothing of, naming what it has. */
function checkAvailable(name: string, corpus: Corpus, modalities: readonly RequestedModality[]): void {
  const available = [
    ...(corpus.drafts.some((draft) => draft.texts.length > 0) ? ["text"] : []),
    ...(corpus.drafts.some((draft) => draft.picture !== undefined) ? ["image"] : []),
  ];
  for (const modality of modalities) {
    if (available.includes(modality.name)) continue;
    const has = available.join(" and ");
    throw new DataError(
      `the data "${name}" has no \`${modality.name}\`: it has ${has}`,
      `declare only modalities among: ${has}`,
    );
  }
}

function findCodes(
  documents: Documents,
  layout: Layout,
  modalities: readonly RequestedModality[],
): readonly number[] {
  const seen = new Uint8Array(layout.vocab);
  for (const token of documents.token) seen[token] = 1;
  for (const id of [layout.markers.beginDocument, layout.markers.endDocument]) seen[id] = 1;
  for (const { begin, end } of layout.markers.spans.values()) seen[begin] = seen[end] = 1;
  return modalities.map(({ vocab }, index) => {
    const offset = layout.modalities[index]?.offset ?? 0;
    return seen.subarray(offset, offset + vocab).reduce((sum, one) => sum + one, 0);
  });
}

function measureFidelity(drafts: readonly Draft[], { errors }: EncodedPictures): Fidelity | undefined {
  const decibel = (split: Split) => {
    const numbers = drafts.flatMap((draft) =>
      draft.split === split && draft.picture !== undefined ? [draft.picture] : [],
    );
    if (numbers.length === 0) return undefined;
    const sum = numbers.reduce((total, picture) => total + (errors[picture] ?? 0), 0);
    // No loss at all is shown as 99 dB.
    return sum === 0 ? 99 : 10 * Math.log10((255 * 255 * numbers.length * pictureBytes) / sum);
  };
  const train = decibel("train");
  return train === undefined ? undefined : { train, val: decibel("val") };
}

function chooseSpecimens(corpus: Corpus, pictures: Coded): readonly Specimen[] {
  return (["train", "val"] as const).flatMap((split) => {
    const drafts = corpus.drafts.filter((draft) => draft.split === split && draft.picture !== undefined);
    const stride = Math.max(1, drafts.length / specimensPerSplit);
    return Array.from(
      { length: Math.min(specimensPerSplit, drafts.length) },
      (_, i) => drafts[Math.floor(i * stride)],
    ).flatMap((draft) => {
      const codes = draft === undefined ? undefined : pictures.spans(draft)[0];
      if (draft?.picture === undefined || codes === undefined) return [];
      const rgb = corpus.pictures.slice(draft.picture * pictureBytes, (draft.picture + 1) * pictureBytes);
      return [
        {
          split,
          caption: draft.texts[0] ?? "",
          original: { width: pictureSize, height: pictureSize, rgb },
          codes,
        },
      ];
    });
  });
}

function bytesOf(array: Int32Array | Int8Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function hashDataset(parts: Pick<Dataset, "modalities" | "vocab" | "train" | "val">): string {
  const arrays = [parts.train, parts.val].flatMap((one) => [
    one.slotOffset,
    one.alternativeOffset,
    one.spanOffset,
    one.spanModality,
    one.token,
  ]);
  const codecs = parts.modalities.map(({ codec }) =>
    codec.kind === "text" ? codec.merges : codec.centroids,
  );
  const layout = parts.modalities.map(({ name, vocab, offset, firstCode }) => [
    name,
    vocab,
    offset,
    firstCode,
  ]);
  return contentHash(JSON.stringify([parts.vocab, layout]), ...[...arrays, ...codecs].map(bytesOf));
}

/** Fits, encodes and measures; DataError if a modality is missing from the corpus or too small. */
export async function assembleDataset(
  name: string,
  corpus: Corpus,
  requested: readonly RequestedModality[],
  onProgress: OnProgress,
): Promise<Dataset> {
  const layout = layoutVocabulary(requested);
  checkAvailable(name, corpus, requested);
  const coded: Coded[] = [];
  let pictures: CodedPictures | undefined;
  for (const [index, modality] of requested.entries()) {
    const { codes, firstCode } = layout.modalities[index] ?? { codes: 0, firstCode: 0 };
    if (modality.name === "text") coded.push(codeText(corpus, codes, firstCode, onProgress));
    else {
      pictures = await codePictures(corpus, codes, firstCode, onProgress);
      coded.push(pictures);
    }
  }
  onProgress("joining documents", 0, 1);
  const [train, val] = [
    joinDocuments(corpus.drafts, "train", coded),
    joinDocuments(corpus.drafts, "val", coded),
  ];
  const found = findCodes(train, layout, requested);
  const modalities: readonly DatasetModality[] = requested.map((modality, index) => ({
    ...modality,
    found: found[index] ?? 0,
    offset: layout.modalities[index]?.offset ?? 0,
    firstCode: layout.modalities[index]?.firstCode ?? 0,
    codec: coded[index]?.codec ?? { kind: "text", merges: new Int32Array() },
  }));
  const dataset: Dataset = {
    name,
    hash: hashDataset({ modalities, vocab: layout.vocab, train, val }),
    modalities,
    vocab: layout.vocab,
    markers: layout.markers,
    train,
    val,
    baselines: new Map(),
    fidelity: pictures === undefined ? undefined : measureFidelity(corpus.drafts, pictures.encoded),
    specimens: pictures === undefined ? [] : chooseSpecimens(corpus, pictures),
    licences: corpus.licences,
    warnings: corpus.warnings,
  };
  const measured = { ...dataset, baselines: measureBaselines(dataset) };
  onProgress("joining documents", 1, 1);
  return measured;
}
