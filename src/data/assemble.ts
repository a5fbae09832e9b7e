// assemble.ts: a corpus → a dataset: codecs fitted, everything encoded, joined into compact documents.
// In: drafts and pictures from a source, the modalities asked for. Out: a Dataset.
// Codecs see the training split only. What the model does not declare is dropped here, span by span.

import { measureBaselines } from "./baselines.ts";
import { contentHash } from "./cache.ts";
import {
  type Coded,
  type CodedPictures,
  type CodedSpeech,
  codePictures,
  codeSpeech,
  codeText,
} from "./coded.ts";
import { keepPictures, patchesCodec, patchSpans } from "./continuous.ts";
import type { Corpus, Draft, Split } from "./corpus.ts";
import {
  DataError,
  type Dataset,
  type DatasetModality,
  type Documents,
  enumerate,
  type OnProgress,
  type RequestedModality,
} from "./dataset.ts";
import { chooseRecordings, chooseSpecimens, measureFidelity, measureMelError } from "./kept.ts";
import { type Layout, layoutVocabulary } from "./vocabulary.ts";

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
    ...(corpus.drafts.some((draft) => draft.clip !== undefined) ? ["speech"] : []),
  ];
  for (const modality of modalities) {
    if (available.includes(modality.name)) continue;
    const has = enumerate(available);
    throw new DataError(
      `the data "${name}" has no \`${modality.name}\`: it has ${has}`,
      `declare only modalities among: ${available.join(", ")}`,
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

function bytesOf(array: Int32Array | Int8Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function hashDataset(parts: Pick<Dataset, "modalities" | "vocab" | "train" | "val" | "pictures">): string {
  const arrays = [parts.train, parts.val].flatMap((one) => [
    one.slotOffset,
    one.alternativeOffset,
    one.spanOffset,
    one.spanModality,
    one.token,
  ]);
  const codecs = parts.modalities.map(({ codec }) => {
    if (codec.kind === "patches") return new TextEncoder().encode(JSON.stringify(codec));
    return bytesOf(codec.kind === "text" ? codec.merges : codec.centroids);
  });
  // Without patches no hash changes: pictures are then what their codes say.
  const pictures = parts.pictures.length === 0 ? [] : [parts.pictures];
  const layout = parts.modalities.map(({ name, vocab, offset, firstCode }) => [
    name,
    vocab,
    offset,
    firstCode,
  ]);
  return contentHash(JSON.stringify([parts.vocab, layout]), ...arrays.map(bytesOf), ...codecs, ...pictures);
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
  const hasPatches = requested.some(({ patches }) => patches !== undefined);
  const kept = hasPatches ? keepPictures(corpus) : { pictures: new Uint8Array(), drafts: corpus.drafts };
  const coded: Coded[] = [];
  let pictures: CodedPictures | undefined;
  let speech: CodedSpeech | undefined;
  for (const [index, { name: modality, patches }] of requested.entries()) {
    const { codes, firstCode } = layout.modalities[index] ?? { codes: 0, firstCode: 0 };
    if (patches !== undefined) {
      const cut = patchesCodec(name, { name: modality, vocab: 0, patches });
      coded.push({ codec: cut, spans: patchSpans(cut) });
      continue;
    }
    if (modality === "image") pictures = await codePictures(corpus, codes, firstCode, onProgress);
    if (modality === "speech") speech = await codeSpeech(corpus, codes, firstCode, onProgress);
    const one = modality === "image" ? pictures : modality === "speech" ? speech : undefined;
    coded.push(one ?? codeText(corpus, codes, firstCode, onProgress));
  }
  onProgress("joining documents", 0, 1);
  const [train, val] = [joinDocuments(kept.drafts, "train", coded), joinDocuments(kept.drafts, "val", coded)];
  const found = findCodes(train, layout, requested);
  const modalities: readonly DatasetModality[] = requested.map(
    ({ patches: _patches, ...modality }, index) => ({
      ...modality,
      found: found[index] ?? 0,
      offset: layout.modalities[index]?.offset ?? 0,
      firstCode: layout.modalities[index]?.firstCode ?? 0,
      codec: coded[index]?.codec ?? { kind: "text", merges: new Int32Array() },
    }),
  );
  const dataset: Dataset = {
    name,
    hash: hashDataset({ modalities, vocab: layout.vocab, train, val, pictures: kept.pictures }),
    modalities,
    vocab: layout.vocab,
    markers: layout.markers,
    train,
    val,
    pictures: kept.pictures,
    baselines: new Map(),
    fidelity: pictures === undefined ? undefined : measureFidelity(corpus.drafts, pictures.encoded),
    specimens: pictures === undefined ? [] : chooseSpecimens(corpus, pictures),
    melError: speech === undefined ? undefined : measureMelError(corpus, speech),
    recordings: speech === undefined ? [] : await chooseRecordings(corpus, speech),
    licences: corpus.licences,
    warnings: corpus.warnings,
  };
  const measured = { ...dataset, baselines: measureBaselines(dataset) };
  onProgress("joining documents", 1, 1);
  return measured;
}
