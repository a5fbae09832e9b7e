// following.ts: the grammar of documents: what may come next, whatever a model finds likely.
// In: a dataset, a document so far, how many tokens may still be added. Out: ids that may follow, or the one that must.
// Text goes on, ends the document, or turns to a span; a picture is exactly as many codes as pictures have, then its end.
// The model chooses among what is possible; only what has a meaning in the data is.

import type { Dataset, DatasetModality } from "./dataset.ts";
import { codesPerImage, knownCodes } from "./decode.ts";

export type Following =
  /** `modality`: whose targets these are, first of all: its logits decide. */
  | { readonly ids: readonly (readonly [first: number, end: number])[]; readonly modality: string }
  | { readonly token: number };

/** Ids of a modality's codes that mean something: a table may have more rows than codes were found. */
export function codesOf({ firstCode, codec }: DatasetModality): readonly [number, number] {
  return [firstCode, firstCode + knownCodes(codec)];
}

/** What may follow a document that has begun; `room`: tokens that may be added at most. */
export function following(dataset: Dataset, tokens: ArrayLike<number>, room: number): Following {
  const open = openSpan(dataset, tokens);
  if (open !== undefined) {
    const { modality, end, length } = open;
    const whole = spanLength(dataset, modality);
    if (whole !== undefined && length >= whole) return { token: end };
    if (whole === undefined && room <= 1) return { token: end };
    const ids = [codesOf(modality), ...(whole === undefined && length > 0 ? [[end, end + 1] as const] : [])];
    return { ids, modality: modality.name };
  }
  const { markers, modalities } = dataset;
  const text = modalities.find(({ codec }) => codec.kind === "text");
  // A span begins only where a whole one has room.
  const begins = modalities.flatMap((modality) => {
    const begin = markers.spans.get(modality.name)?.begin;
    // Patches have no codes to write: pictures of them are drawn from noise.
    if (
      begin === undefined ||
      modality.codec.kind === "patches" ||
      room < 2 + (spanLength(dataset, modality) ?? 1)
    )
      return [];
    return [[begin, begin + 1] as const];
  });
  const end = [markers.endDocument, markers.endDocument + 1] as const;
  const ids = [...(text === undefined ? [] : [codesOf(text)]), ...begins, end];
  return { ids, modality: (text ?? modalities[0])?.name ?? "" };
}

/** Codes of a whole span; `undefined` where it ends when the model says so. */
function spanLength(dataset: Dataset, { codec }: DatasetModality): number | undefined {
  return codec.kind === "image" ? codesPerImage(dataset) : undefined;
}

type OpenSpan = { readonly modality: DatasetModality; readonly end: number; readonly length: number };

/** The span that a document stands in, if any, and how many codes of it are there. */
function openSpan({ markers, modalities }: Dataset, tokens: ArrayLike<number>): OpenSpan | undefined {
  for (let at = tokens.length - 1; at >= 0; at -= 1) {
    for (const [name, { begin, end }] of markers.spans) {
      if (tokens[at] === end) return undefined;
      const modality = modalities.find((other) => other.name === name);
      if (tokens[at] === begin && modality !== undefined)
        return { modality, end, length: tokens.length - 1 - at };
    }
  }
  return undefined;
}
