// prompts.ts: how a document begins that a model is to go on with; and what a document it wrote holds.
// In: a dataset, texts, pictures and sounds; tokens a model wrote. Out: joint ids with their markers; and back.

import { DataError, type Dataset, type DatasetModality, type Picture } from "./dataset.ts";
import { decodeImage, decodeSound, decodeText, encodeText } from "./decode.ts";
import { hearFile } from "./hear.ts";
import { logMel } from "./mel.ts";
import { encodePictures } from "./patches.ts";
import { readPng } from "./png.ts";
import { encodeClips, joinClips } from "./speech.ts";

type Kind = DatasetModality["codec"]["kind"];

/** A piece of a document. Text stands as it is, anything else between its markers; `begun` is a span to be filled. */
export type PromptPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "codes"; readonly modality: string; readonly codes: Int32Array }
  | { readonly kind: "begun"; readonly modality: string };

/** What a model wrote, in order. */
export type WrittenPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "image"; readonly picture: Picture }
  /** Samples at 16 kHz. */
  | { readonly kind: "speech"; readonly samples: Float32Array };

const nothing = {
  image: "the model has no pictures of codes",
  patches: "the model has no pictures of patches",
  speech: "the model has no speech",
  text: "the model has no text",
} as const;

/** The modality of a kind; throws DataError where there is none. */
export function modalityOfKind(dataset: Pick<Dataset, "modalities">, kind: Kind): DatasetModality {
  const found = dataset.modalities.find(({ codec }) => codec.kind === kind);
  if (found === undefined) throw new DataError(nothing[kind]);
  return found;
}

/** The beginning of a document; it is not closed. */
export function promptOf(dataset: Dataset, parts: readonly PromptPart[]): Int32Array {
  const markersOf = (modality: string): { readonly begin: number; readonly end: number } => {
    const found = dataset.markers.spans.get(modality);
    if (found === undefined) throw new DataError(`the model has no spans of \`${modality}\``);
    return found;
  };
  const ids = parts.flatMap((part) => {
    if (part.kind === "text") {
      if (part.text !== "") modalityOfKind(dataset, "text");
      return [...encodeText(dataset, part.text)];
    }
    const { begin, end } = markersOf(part.modality);
    return part.kind === "begun" ? [begin] : [begin, ...part.codes, end];
  });
  return Int32Array.from([dataset.markers.beginDocument, ...ids]);
}

/** A document that begins with a text. */
export function textPrompt(dataset: Dataset, text: string): Int32Array {
  return promptOf(dataset, [{ kind: "text", text }]);
}

/** The same, and the marker after which a picture comes. */
export function captionPrompt(dataset: Dataset, caption: string): Int32Array {
  const { name } = modalityOfKind(dataset, "image");
  return promptOf(dataset, [
    { kind: "text", text: caption },
    { kind: "begun", modality: name },
  ]);
}

/** A document that begins with a whole picture: a caption may follow. */
export function picturePrompt(dataset: Dataset, codes: Int32Array): Int32Array {
  const { name } = modalityOfKind(dataset, "image");
  return promptOf(dataset, [{ kind: "codes", modality: name, codes }]);
}

/** What closes a picture of patches that stands before, and a text after it. */
export function afterPatches(dataset: Dataset, text: string): Int32Array {
  const { name } = modalityOfKind(dataset, "patches");
  const end = dataset.markers.spans.get(name)?.end ?? -1;
  return Int32Array.from([end, ...encodeText(dataset, text)]);
}

/** A PNG of any size as joint ids of picture codes; throws DataError where the data has no pictures. */
export async function encodeImage(dataset: Dataset, png: Uint8Array): Promise<Int32Array> {
  const { codec, firstCode } = modalityOfKind(dataset, "image");
  if (codec.kind !== "image") return new Int32Array();
  const { codes } = await encodePictures(codec, readPng(png, codec.size).rgb, () => undefined);
  return codes.map((code) => code + firstCode);
}

/** A WAV file as joint ids of speech codes; throws DataError where the data has no speech, or the file no sound. */
export async function encodeSound(dataset: Dataset, wav: Uint8Array): Promise<Int32Array> {
  const { codec, firstCode } = modalityOfKind(dataset, "speech");
  if (codec.kind !== "speech") return new Int32Array();
  const heard = hearFile(wav);
  if (heard.length === 0) throw new DataError("there is nothing to be heard in it");
  const [codes = new Int32Array()] = await encodeClips(codec, joinClips([logMel(heard)]), () => undefined);
  return codes.map((code) => code + firstCode);
}

/** The spans of a document, or of a piece of one, in order; empty texts are left out. */
export function readDocument(dataset: Dataset, tokens: Iterable<number>): readonly WrittenPart[] {
  const begins = new Map<number, DatasetModality>();
  const ends = new Map<number, DatasetModality>();
  for (const modality of dataset.modalities) {
    const markers = dataset.markers.spans.get(modality.name);
    if (markers === undefined) continue;
    begins.set(markers.begin, modality);
    ends.set(markers.end, modality);
  }
  const parts: WrittenPart[] = [];
  let open: number[] = [];
  const closeText = (): void => {
    const text = decodeText(dataset, open);
    if (text !== "") parts.push({ kind: "text", text });
    open = [];
  };
  for (const token of tokens) {
    const ended = ends.get(token)?.codec.kind;
    if (begins.has(token)) closeText();
    else if (ended !== undefined) {
      if (ended === "image") parts.push({ kind: "image", picture: decodeImage(dataset, open) });
      if (ended === "speech") parts.push({ kind: "speech", samples: decodeSound(dataset, open) });
      open = [];
    } else open.push(token);
  }
  closeText();
  return parts;
}
