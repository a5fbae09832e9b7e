// draw.ts: one document as this pass sees it.
// In: the compact documents, a document's number, seed and pass. Out: its tokens with markers, in order.
// Idea: which caption is used and whether it stands before or after its picture is drawn per (seed, pass, document),
// so that every pass over the same pictures reads differently and any pass can be made again.

import { type Dataset, type Documents, markerModality } from "./dataset.ts";
import { randomBelow, randomBits } from "./random.ts";

/** Tokens are joint ids with markers; modality[i] is that of token[i]. All have the document's length. */
export type DrawnDocument = {
  /** Below −1 where a patch stands: which one. */
  readonly token: Int32Array;
  readonly modality: Int8Array;
  /** Number of the span in the document, text and its markers apart: −1 there. */
  readonly span: Int8Array;
  /** No span but text: such a document may be cut at the edge of a context. */
  readonly isText: boolean;
};

/** Shares of the documents of a text and something else: where the text comes first, and where it is left out. */
export type Captions = { readonly first: number; readonly drop: number };

/** What a pass draws from; seed and pass are non-negative integers. Without `captions` every order is as likely. */
export type Draw = { readonly seed: number; readonly pass: number; readonly captions?: Captions | undefined };

const orderStream = 1;
const alternativeStream = 2;
const captionStream = 5;
const dropStream = 6;

/** Markers a span of this modality stands between: 2 or 0. */
function markerCount(dataset: Dataset, modality: number): number {
  const name = dataset.modalities[modality]?.name ?? "";
  return dataset.markers.spans.has(name) ? 2 : 0;
}

function slotsInOrder(dataset: Dataset, documents: Documents, index: number, draw: Draw): readonly number[] {
  const first = documents.slotOffset[index] ?? 0;
  const slots = Array.from(
    { length: (documents.slotOffset[index + 1] ?? first) - first },
    (_, i) => first + i,
  );
  for (let i = slots.length - 1; i > 0; i -= 1) {
    const j = randomBelow(i + 1, draw.seed, draw.pass, index, orderStream, i);
    [slots[i], slots[j]] = [slots[j] ?? first, slots[i] ?? first];
  }
  return placeCaption(dataset, documents, index, draw, slots);
}

/** The text in front of everything else, behind it, or left out, as often as is asked for. */
function placeCaption(
  { modalities }: Dataset,
  { alternativeOffset, spanModality }: Documents,
  index: number,
  { seed, pass, captions }: Draw,
  slots: readonly number[],
): readonly number[] {
  if (captions === undefined) return slots;
  const isText = (slot: number): boolean =>
    modalities[spanModality[alternativeOffset[slot] ?? 0] ?? 0]?.name === "text";
  const [texts, others] = [slots.filter(isText), slots.filter((slot) => !isText(slot))];
  if (texts.length === 0 || others.length === 0) return slots;
  const share = (stream: number): number => randomBits(seed, pass, index, stream) / 2 ** 32;
  if (share(dropStream) < captions.drop) return others;
  return share(captionStream) < captions.first ? [...texts, ...others] : [...others, ...texts];
}

function chooseSpans(dataset: Dataset, documents: Documents, index: number, draw: Draw): readonly number[] {
  return slotsInOrder(dataset, documents, index, draw).map((slot) => {
    const first = documents.alternativeOffset[slot] ?? 0;
    const count = (documents.alternativeOffset[slot + 1] ?? first) - first;
    const slotInDocument = slot - (documents.slotOffset[index] ?? 0);
    return first + randomBelow(count, draw.seed, draw.pass, index, alternativeStream, slotInDocument);
  });
}

/** Begin marker, the spans in the drawn order between their own markers, end marker. */
export function drawDocument(
  dataset: Dataset,
  documents: Documents,
  index: number,
  draw: Draw,
): DrawnDocument {
  const spans = chooseSpans(dataset, documents, index, draw);
  let length = 2;
  let isText = true;
  for (const span of spans) {
    const modality = documents.spanModality[span] ?? 0;
    length +=
      (documents.spanOffset[span + 1] ?? 0) -
      (documents.spanOffset[span] ?? 0) +
      markerCount(dataset, modality);
    if (dataset.modalities[modality]?.name !== "text") isText = false;
  }
  const token = new Int32Array(length);
  const modality = new Int8Array(length).fill(markerModality(dataset));
  const spanOf = new Int8Array(length).fill(-1);
  let at = 0;
  token[at++] = dataset.markers.beginDocument;
  for (const [number, span] of spans.entries()) {
    const own = documents.spanModality[span] ?? 0;
    const marker = dataset.markers.spans.get(dataset.modalities[own]?.name ?? "");
    if (marker !== undefined) token[at++] = marker.begin;
    const codes = documents.token.subarray(
      documents.spanOffset[span] ?? 0,
      documents.spanOffset[span + 1] ?? 0,
    );
    token.set(codes, at);
    modality.fill(own, at, at + codes.length);
    if (marker !== undefined) spanOf.fill(number, at, at + codes.length);
    at += codes.length;
    if (marker !== undefined) token[at++] = marker.end;
  }
  token[at] = dataset.markers.endDocument;
  return { token, modality, span: spanOf, isText };
}

/** What is known of a document before it is drawn. */
export type ShortestForm = {
  /** Tokens of the shortest form it can be drawn in, markers included. */
  readonly length: number;
  readonly isText: boolean;
  /** Modalities of its spans, whichever are drawn. */
  readonly modalities: ReadonlySet<number>;
};

export function shortestForm(dataset: Dataset, documents: Documents, index: number): ShortestForm {
  const modalities = new Set<number>();
  let length = 2;
  const [firstSlot, endSlot] = [documents.slotOffset[index] ?? 0, documents.slotOffset[index + 1] ?? 0];
  for (let slot = firstSlot; slot < endSlot; slot += 1) {
    let shortest = Number.POSITIVE_INFINITY;
    const end = documents.alternativeOffset[slot + 1] ?? 0;
    for (let span = documents.alternativeOffset[slot] ?? 0; span < end; span += 1) {
      const modality = documents.spanModality[span] ?? 0;
      const own = (documents.spanOffset[span + 1] ?? 0) - (documents.spanOffset[span] ?? 0);
      shortest = Math.min(shortest, own + markerCount(dataset, modality));
      modalities.add(modality);
    }
    length += shortest;
  }
  const isText = [...modalities].every((modality) => dataset.modalities[modality]?.name === "text");
  return { length, isText, modalities };
}
