// drawing.ts: what a trained model writes and draws.
// In: a session compiled to decode, a dataset, prompts (src/data/prompts.ts). Out: texts, pictures, sounds, documents.
// The structure of a span is given, not sampled: a picture is exactly as many codes as pictures have, drawn from codes
// that mean something; a text goes on until a marker, or until the context is full.

import { patchesOfPicture } from "../data/continuous.ts";
import { DataError, type Dataset, type Picture } from "../data/dataset.ts";
import { codesPerImage, decodeImage, decodeSound, decodeText } from "../data/decode.ts";
import { codesOf, following } from "../data/following.ts";
import { modalityOfKind, readDocument, type WrittenPart } from "../data/prompts.ts";
import type { Decoder } from "./decoder.ts";
import { type Ids, type SampleRequest, sample } from "./sample.ts";
import type { Session } from "./session.ts";

export type Drawing = Pick<SampleRequest, "seed" | "temperature" | "topP" | "start">;
type OnToken = (done: number, total: number) => void;

/** What a model adds to documents, as text, until anything else begins; prompts are not repeated. */
export async function writeTexts(
  session: Session,
  dataset: Dataset,
  prompts: readonly Int32Array[],
  drawing: Drawing,
  onToken: OnToken = () => undefined,
): Promise<readonly string[]> {
  const text = modalityOfKind(dataset, "text");
  const { endDocument, spans } = dataset.markers;
  const stop = [endDocument, ...[...spans.values()].map(({ begin }) => begin)];
  const length = session.artifact.context;
  const next = choosing(session, text.name, [codesOf(text), ...stop.map((id) => [id, id + 1] as const)]);
  const request = { prompts, length, next, stop, ...drawing };
  const answers = await sample(session, request, (done) => onToken(done, length));
  return answers.map((tokens) => decodeText(dataset, tokens));
}

/** A picture for each prompt that ends in the marker of one. */
export async function drawPictures(
  session: Session,
  dataset: Dataset,
  prompts: readonly Int32Array[],
  drawing: Drawing,
  onToken: OnToken = () => undefined,
): Promise<readonly Picture[]> {
  const image = modalityOfKind(dataset, "image");
  const length = codesPerImage(dataset);
  const next = choosing(session, image.name, [codesOf(image)]);
  const request = { prompts, length, next, stop: [], ...drawing };
  const answers = await sample(session, request, (done) => onToken(done, length));
  return answers.map((tokens) => decodeImage(dataset, tokens));
}

/** Samples at 16 kHz for each prompt that ends in the marker of speech; it ends where the model ends it. */
export async function speakTexts(
  session: Session,
  dataset: Dataset,
  prompts: readonly Int32Array[],
  drawing: Drawing,
  onToken: OnToken = () => undefined,
): Promise<readonly Float32Array[]> {
  const speech = modalityOfKind(dataset, "speech");
  const end = dataset.markers.spans.get(speech.name)?.end ?? -1;
  const length = session.artifact.context;
  const logits = logitsOf(session, speech.name);
  // At least one code: what is said has a sound.
  const next: SampleRequest["next"] = (answer) => ({
    allowed: [codesOf(speech), ...(answer.length > 0 ? [[end, end + 1] as const] : [])],
    logits,
  });
  const request = { prompts, length, next, stop: [end], ...drawing };
  const answers = await sample(session, request, (done) => onToken(done, length));
  return answers.map((tokens) => decodeSound(dataset, tokens));
}

/** What a model adds to documents as it likes, across modalities, until it ends them or the context is full. */
export async function writeDocuments(
  session: Session,
  dataset: Dataset,
  prompts: readonly Int32Array[],
  drawing: Drawing,
  onToken: OnToken = () => undefined,
): Promise<readonly (readonly WrittenPart[])[]> {
  const { context } = session.artifact;
  const next: SampleRequest["next"] = (answer, row) => {
    const document = [...(prompts[row] ?? []), ...answer];
    const may = following(dataset, document, context - document.length);
    return "token" in may ? may : { allowed: may.ids, logits: logitsOf(session, may.modality) };
  };
  const request = { prompts, length: context, next, stop: [dataset.markers.endDocument], ...drawing };
  const answers = await sample(session, request, (done) => onToken(done, context));
  return answers.map((tokens) => readDocument(dataset, tokens));
}

/** Rows that begin with pictures of patches: a document, its marker, the picture without noise. Its end is to follow. */
export function startWithPictures(
  { markers, modalities }: Dataset,
  pictures: readonly Picture[],
): (decoder: Decoder) => Promise<void> {
  const modality = modalities.findIndex(({ codec }) => codec.kind === "patches");
  const own = modalities[modality];
  const begin = markers.spans.get(own?.name ?? "")?.begin;
  if (own?.codec.kind !== "patches" || begin === undefined)
    throw new DataError("the model has no pictures of patches");
  const { codec } = own;
  const spans = pictures.map((picture) => {
    const patches = patchesOfPicture(codec, picture);
    return { modality, timestep: 0, patches, noise: new Float32Array(patches.length) };
  });
  return async (decoder) => {
    await decoder.append(spans.map(() => [markers.beginDocument, begin]));
    await decoder.look(spans, true);
  };
}

/** One of these ids, whatever came before. */
function choosing(session: Session, modality: string, allowed: Ids): SampleRequest["next"] {
  const choice = { allowed, logits: logitsOf(session, modality) };
  return () => choice;
}

/** The logits of the objective that counts this modality's targets. */
function logitsOf({ artifact }: Session, name: string): string {
  const m = artifact.modalities.findIndex((modality) => modality.name === name);
  return artifact.objectives.find(({ modalities }) => modalities.includes(m))?.output ?? "logits";
}
