// prompts.ts: how a document begins that a model is to go on with; and what a document it wrote holds.
// In: a dataset, texts and pictures; tokens a model wrote. Out: joint ids with their markers; texts and pictures.

import { DataError, type Dataset, type DatasetModality, type Picture } from "./dataset.ts";
import { decodeImage, decodeText, encodeText } from "./decode.ts";
import { encodePictures } from "./patches.ts";
import { readPng } from "./png.ts";

type Kind = DatasetModality["codec"]["kind"];

/** A piece of a document. Text stands as it is, anything else between its markers; `begun` is a span to be filled. */
export type PromptPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "codes"; readonly modality: string; readonly codes: Int32Array }
  | { readonly kind: "begun"; readonly modality: string };

/** What a model wrote, in order. */
export type WrittenPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "image"; readonly picture: Picture };

const nothing = {
  image: "the model has no pictures",
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

/** A PNG of any size as joint ids of picture codes; throws DataError where the data has no pictures. */
export async function encodeImage(dataset: Dataset, png: Uint8Array): Promise<Int32Array> {
  const { codec, firstCode } = modalityOfKind(dataset, "image");
  if (codec.kind !== "image") return new Int32Array();
  const { codes } = await encodePictures(codec, readPng(png, codec.size).rgb, () => undefined);
  return codes.map((code) => code + firstCode);
}

/** The spans of a document, or of a piece of one, in order; empty texts are left out. */
export function readDocument(dataset: Dataset, tokens: Iterable<number>): readonly WrittenPart[] {
  const image = dataset.modalities.find(({ codec }) => codec.kind === "image")?.name ?? "";
  const markers = dataset.markers.spans.get(image);
  const parts: WrittenPart[] = [];
  let open: number[] = [];
  const closeText = (): void => {
    const text = decodeText(dataset, open);
    if (text !== "") parts.push({ kind: "text", text });
    open = [];
  };
  for (const token of tokens) {
    if (token === markers?.begin) closeText();
    else if (token === markers?.end) {
      parts.push({ kind: "image", picture: decodeImage(dataset, open) });
      open = [];
    } else open.push(token);
  }
  closeText();
  return parts;
}
