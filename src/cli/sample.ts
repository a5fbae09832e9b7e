// sample.ts: `motley sample`: what a trained run writes and draws.
// In: a run's folder, perhaps the beginning of a caption. Out: texts on stdout, or pictures in a PNG.

import { join } from "node:path";
import {
  codesPerImage,
  contactSheet,
  type Dataset,
  decodeImage,
  decodeText,
  encodeText,
  type Picture,
  type Session,
  sample,
  writePng,
} from "../index.ts";
import { openRun } from "./export.ts";
import { exitCodes, Failure } from "./failure.ts";
import { say } from "./output.ts";
import { bar, live } from "./progress.ts";
import { compileFor, openSessions, prepare, prepareEngine } from "./training.ts";

export type SampleOptions = {
  readonly prompt?: string;
  readonly modality?: string;
  readonly seed: number;
  readonly temperature: number;
  readonly topP: number;
  readonly count: number;
  readonly out?: string;
};

/** New tokens of a text, at most; the end marker usually comes long before. */
const longestText = 200;

export async function sampleCommand(run: string, options: SampleOptions): Promise<number> {
  const { model, settings, folder, checkpoint } = openRun(run, {});
  const dataset = await prepare(model, folder, settings);
  const modality = chosenModality(dataset, options.modality);
  const artifact = compileFor(model, await prepareEngine({}), "infer", options.count);
  const [session] = await openSessions([artifact], {});
  if (session === undefined) throw new Error("no session was opened");
  const picture = live();
  try {
    await restoreParameters(session, checkpoint.tensors);
    const prompts = Array.from({ length: options.count }, () => options.prompt ?? "");
    const onToken = (done: number, total: number): void => picture.show(() => bar(done, total));
    if (modality === "text") {
      const texts = await writeTexts(session, dataset, prompts, options, onToken);
      picture.clear();
      for (const text of texts) say(text);
    } else {
      const drawn = await drawPictures(session, dataset, prompts, options, onToken);
      picture.clear();
      const file = options.out ?? join(run, "sample.png");
      await writePng(file, contactSheet(drawn, Math.min(8, drawn.length), 4));
      say(file);
    }
    return exitCodes.fine;
  } finally {
    await session.close();
  }
}

function chosenModality(dataset: Dataset, wanted: string | undefined): "text" | "image" {
  const known = dataset.modalities.map(({ codec }) => codec.kind);
  const names = dataset.modalities.map(({ name }) => `\`${name}\``).join(", ");
  const index =
    wanted === undefined
      ? Math.max(0, known.indexOf("text"))
      : dataset.modalities.findIndex(({ name }) => name === wanted);
  const kind = known[index];
  if (kind === undefined) throw new Failure(`the run has no modality \`${wanted}\``, `it has ${names}`);
  return kind;
}

/** Parameters alone: the optimizer's moments are for training. */
export async function restoreParameters(
  session: Session,
  tensors: ReadonlyMap<string, { readonly values: Float32Array | Int32Array }>,
): Promise<void> {
  const values = new Map<string, Float32Array>();
  for (const name of Object.keys(session.artifact.tensors)) {
    if (!name.startsWith("param/")) continue;
    const tensor = tensors.get(name);
    if (!(tensor?.values instanceof Float32Array))
      throw new Failure(`the checkpoint has no tensor \`${name}\``);
    values.set(name, tensor.values);
  }
  await session.restore(values);
}

type Drawing = Pick<SampleOptions, "seed" | "temperature" | "topP">;
type OnToken = (done: number, total: number) => void;

/** Prompts with what the model makes of them. */
export async function writeTexts(
  session: Session,
  dataset: Dataset,
  prompts: readonly string[],
  { seed, temperature, topP }: Drawing,
  onToken: OnToken = () => undefined,
): Promise<readonly string[]> {
  const text = dataset.modalities.find(({ codec }) => codec.kind === "text");
  if (text === undefined) throw new Failure("the run has no text");
  const { beginDocument, endDocument, spans } = dataset.markers;
  const begins = [...spans.values()].map(({ begin }) => begin);
  const answers = await sample(
    session,
    {
      prompts: prompts.map((prompt) => Int32Array.from([beginDocument, ...encodeText(dataset, prompt)])),
      length: longestText,
      allowed: [
        [text.firstCode, text.offset + text.vocab],
        ...[endDocument, ...begins].map((id) => [id, id + 1] as const),
      ],
      stop: [endDocument, ...begins],
      ...{ temperature, topP, seed },
    },
    (done) => onToken(done, longestText),
  );
  return answers.map((tokens, i) => `${prompts[i]}${decodeText(dataset, tokens)}`);
}

/** A picture for each caption: after it and the marker that begins a picture only the codes of pictures may come. */
export async function drawPictures(
  session: Session,
  dataset: Dataset,
  captions: readonly string[],
  { seed, temperature, topP }: Drawing,
  onToken: OnToken = () => undefined,
): Promise<readonly Picture[]> {
  const image = dataset.modalities.find(({ codec }) => codec.kind === "image");
  const marker = dataset.markers.spans.get(image?.name ?? "");
  if (image === undefined || marker === undefined) throw new Failure("the run has no pictures");
  const length = codesPerImage(dataset);
  const room = session.artifact.context - length - 2;
  if (room < 0) throw new Failure(`a picture has ${length} codes, which the context cannot hold`);
  const prompts = captions.map((caption) => [
    dataset.markers.beginDocument,
    ...encodeText(dataset, caption).slice(0, room),
    marker.begin,
  ]);
  const answers = await sample(
    session,
    {
      prompts: prompts.map((prompt) => Int32Array.from(prompt)),
      length,
      allowed: [[image.firstCode, image.offset + image.vocab]],
      stop: [],
      ...{ temperature, topP, seed },
    },
    (done) => onToken(done, length),
  );
  return answers.map((tokens) => decodeImage(dataset, tokens));
}
