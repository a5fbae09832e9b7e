// drawing.ts: what a trained model writes and draws, for `motley sample` and for a comparison's report.
// In: a run's model and checkpoint, and prompts. Out: texts and pictures.
// The structure of a span is given, not sampled: a picture is exactly as many codes as pictures have, drawn from codes
// that mean something; a text goes on until a marker, or until the context is full.

import {
  type Checkpoint,
  codesPerImage,
  type Dataset,
  decodeImage,
  decodeText,
  encodeText,
  type Ids,
  type Model,
  type Picture,
  restoreCheckpoint,
  type SampleRequest,
  type Session,
  sample,
} from "../index.ts";
import { Failure } from "./failure.ts";
import type { Machine } from "./machine.ts";
import { compileFor, openSessions } from "./training.ts";

export type Drawing = { readonly seed: number; readonly temperature: number; readonly topP: number };
type OnToken = (done: number, total: number) => void;
type Modality = Dataset["modalities"][number];

/** New tokens of a document that one run takes: a caption is one run, a picture's codes are two. */
const widestSpan = 64;

/** A trained model ready to write on: `batch` documents of `context` tokens, the prompt's included. */
export async function openTrained(
  trained: { readonly model: Model; readonly machine: Machine; readonly checkpoint: Checkpoint },
  prompts: readonly Int32Array[],
  context: number,
): Promise<Session> {
  const longest = Math.max(1, ...prompts.map(({ length }) => length));
  const sizes = { batch: prompts.length, context, span: Math.min(longest, widestSpan) };
  const artifact = compileFor(trained.model, trained.machine, "decode", sizes);
  const [session] = await openSessions([artifact], trained.machine);
  if (session === undefined) throw new Error("no session was opened");
  try {
    await restoreCheckpoint(session, trained.checkpoint);
  } catch (error) {
    await session.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(
      reason,
      "the spec beside the checkpoint was changed; put back the one it was trained with",
    );
  }
  return session;
}

/** The modality with pictures or with text; throws `Failure` where there is none. */
function modalityOf(dataset: Dataset, kind: "text" | "image"): Modality {
  const found = dataset.modalities.find(({ codec }) => codec.kind === kind);
  if (found === undefined)
    throw new Failure(kind === "text" ? "the model has no text" : "the model has no pictures");
  return found;
}

/** Ids of a modality's codes that mean something: a table may have more rows than codes were found. */
function codesOf({ firstCode, codec }: Modality): readonly [number, number] {
  const count =
    codec.kind === "text"
      ? 256 + codec.merges.length / 2
      : codec.centroids.length / (codec.patch * codec.patch * 3);
  return [firstCode, firstCode + count];
}

/** A document that begins with a text. */
export function textPrompt(dataset: Dataset, text: string): Int32Array {
  if (text !== "") modalityOf(dataset, "text");
  return Int32Array.from([dataset.markers.beginDocument, ...encodeText(dataset, text)]);
}

/** The same, and the marker after which a picture comes. */
export function captionPrompt(dataset: Dataset, caption: string): Int32Array {
  const { begin } = pictureMarkers(dataset);
  return Int32Array.from([...textPrompt(dataset, caption), begin]);
}

/** A document that begins with a whole picture: a caption may follow. */
export function picturePrompt(dataset: Dataset, codes: Int32Array): Int32Array {
  const { begin, end } = pictureMarkers(dataset);
  return Int32Array.from([dataset.markers.beginDocument, begin, ...codes, end]);
}

function pictureMarkers({ markers, modalities }: Dataset): { readonly begin: number; readonly end: number } {
  const name = modalities.find(({ codec }) => codec.kind === "image")?.name ?? "";
  const found = markers.spans.get(name);
  if (found === undefined) throw new Failure("the model has no pictures");
  return found;
}

/** What a model adds to documents, as text; prompts are not repeated. */
export async function writeTexts(
  session: Session,
  dataset: Dataset,
  prompts: readonly Int32Array[],
  drawing: Drawing,
  onToken: OnToken = () => undefined,
): Promise<readonly string[]> {
  const text = modalityOf(dataset, "text");
  const ends = [
    dataset.markers.endDocument,
    ...[...dataset.markers.spans.values()].map(({ begin }) => begin),
  ];
  const length = session.artifact.context;
  const request = {
    prompts,
    length,
    next: choosing(session, text, [codesOf(text), ...ends.map((id) => [id, id + 1] as const)]),
    stop: ends,
    ...drawing,
  };
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
  const image = modalityOf(dataset, "image");
  const length = codesPerImage(dataset);
  const request = {
    prompts,
    length,
    next: choosing(session, image, [codesOf(image)]),
    stop: [],
    ...drawing,
  };
  const answers = await sample(session, request, (done) => onToken(done, length));
  return answers.map((tokens) => decodeImage(dataset, tokens));
}

/** One of these ids, whatever came before. */
function choosing(session: Session, { name }: Modality, allowed: Ids): SampleRequest["next"] {
  const choice = { allowed, logits: logitsOf(session, name) };
  return () => choice;
}

/** The logits of the objective that counts this modality's targets. */
function logitsOf({ artifact }: Session, name: string): string {
  const m = artifact.modalities.findIndex((modality) => modality.name === name);
  const k = artifact.objectives.find(({ modalities }) => modalities.includes(m))?.logits ?? 0;
  return k === 0 ? "logits" : `logits.${k}`;
}
