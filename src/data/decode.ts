// decode.ts: joint ids back to what people read and see, and prompts to ids.
// In: a dataset and tokens, as a model writes them: markers and other modalities' ids may be among them. Out: text,
// pictures, sound.

import { createTextDecoder, createTextEncoder } from "./bpe.ts";
import type { Codec, Dataset, DatasetModality, Picture } from "./dataset.ts";
import { speechWidth } from "./geometry.ts";
import { pictureOfCodes } from "./patches.ts";
import { decodeSpeech } from "./speech.ts";

/** Codes of one modality's codec among joint ids; markers and strangers are left out. */
function ownCodes(modality: DatasetModality, tokens: Iterable<number>): readonly number[] {
  const end = modality.offset + modality.vocab;
  return [...tokens]
    .filter((token) => token >= modality.firstCode && token < end)
    .map((token) => token - modality.firstCode);
}

/** The text among joint ids; "" if the dataset has no text. */
export function decodeText(dataset: Dataset, tokens: Iterable<number>): string {
  const modality = dataset.modalities.find((one) => one.codec.kind === "text");
  if (modality?.codec.kind !== "text") return "";
  return createTextDecoder(modality.codec.merges)(ownCodes(modality, tokens));
}

/** Text as joint ids, without markers; empty if the dataset has no text. */
export function encodeText(dataset: Dataset, text: string): Int32Array {
  const modality = dataset.modalities.find((one) => one.codec.kind === "text");
  if (modality?.codec.kind !== "text") return new Int32Array();
  return createTextEncoder(modality.codec.merges)(text).map((code) => code + modality.firstCode);
}

/** The picture of the first 64 image codes among joint ids, in raster order; missing ones are white. */
export function decodeImage(dataset: Dataset, tokens: Iterable<number>): Picture {
  const modality = dataset.modalities.find((one) => one.codec.kind === "image");
  if (modality?.codec.kind !== "image") return { width: 0, height: 0, rgb: new Uint8Array() };
  return pictureOfCodes(modality.codec, ownCodes(modality, tokens));
}

/** How many codes of a codec mean something; a modality's table may have more rows than codes were found. */
export function knownCodes(codec: Codec): number {
  if (codec.kind === "patches") return 0;
  if (codec.kind === "text") return 256 + codec.merges.length / 2;
  return codec.centroids.length / (codec.kind === "image" ? codec.patch * codec.patch * 3 : speechWidth);
}

/** How many codes a whole picture has; 0 if the dataset has none. */
export function codesPerImage(dataset: Dataset): number {
  const codec = dataset.modalities.find((one) => one.codec.kind === "image")?.codec;
  return codec?.kind === "image" ? (codec.size / codec.patch) ** 2 : 0;
}

/** The sound of the speech codes among joint ids, samples at 16 kHz; empty if the dataset has no speech. */
export function decodeSound(dataset: Dataset, tokens: Iterable<number>): Float32Array {
  const modality = dataset.modalities.find((one) => one.codec.kind === "speech");
  if (modality?.codec.kind !== "speech") return new Float32Array();
  return decodeSpeech(modality.codec, ownCodes(modality, tokens));
}
