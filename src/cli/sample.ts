// sample.ts: `motley sample`: what a trained run writes and draws.
// In: a run's folder, perhaps the beginning of a document. Out: texts on stdout, pictures as PNG and sounds as WAV files.

import { readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import {
  afterPatches,
  codesPerImage,
  contactSheet,
  type Dataset,
  type Drawing,
  drawPictures,
  encodeImage,
  encodeSound,
  holdsRun,
  type PromptPart,
  patchCount,
  promptOf,
  readPng,
  requireCheckpoint,
  requireSameData,
  type Session,
  speakTexts,
  startWithPictures,
  type WrittenPart,
  writeDocuments,
  writePng,
  writeTexts,
  writeWav,
} from "../index.ts";
import { openTrained, refuseExpertChoice } from "./drawing.ts";
import { openRun } from "./export.ts";
import { exitCodes, Failure, Reported, systemReason } from "./failure.ts";
import { prepareMachine } from "./machine.ts";
import { say } from "./output.ts";
import { bar, live } from "./progress.ts";
import { samplePatches } from "./sample-patches.ts";
import { prepare } from "./training.ts";

export type SampleOptions = Drawing & {
  readonly prompt?: string;
  /** A picture that stands before the prompt. */
  readonly image?: string;
  /** A recording, likewise. */
  readonly audio?: string;
  readonly modality?: string;
  /** Of a picture drawn from noise. */
  readonly steps: number;
  readonly guidance: number;
  readonly count: number;
  readonly out?: string;
};

/** What to make: one modality's span, or whatever the model likes. */
type Kind = "text" | "image" | "speech" | "any";

/** Side of a drawn pixel, and pictures in a row of a sheet. */
const zoom = 4;
const sheetColumns = 8;

export async function sampleCommand(path: string, options: SampleOptions): Promise<number> {
  const { model, folder, settings, checkpoint } = openTrainedRun(path);
  refuseExpertChoice(model);
  const dataset = await prepare(model, folder, settings);
  requireSameData(path, dataset);
  const wanted = options.modality ?? usualModality(dataset);
  const patches = dataset.modalities.find(({ name, codec }) => codec.kind === "patches" && name === wanted);
  if (patches !== undefined) {
    refuseBeforeNoise(options);
    const trained = { model, checkpoint, trainedContext: settings.context };
    await samplePatches(path, trained, dataset, options);
    return exitCodes.fine;
  }
  const kind = chosenKind(dataset, wanted);
  const shown = shownPatches(dataset, kind, options);
  const prompt =
    shown === undefined
      ? promptOf(dataset, await promptParts(dataset, kind, options))
      : afterPatches(dataset, options.prompt ?? "");
  const context = contextFor(dataset, kind, prompt, {
    trained: settings.context,
    shown: shown?.positions ?? 0,
  });
  const machine = await prepareMachine({ target: "wasm" });
  const prompts = Array.from({ length: options.count }, () => prompt);
  const session = await openTrained({ model, machine, checkpoint }, prompts, context, shown?.positions);
  try {
    const start = shown === undefined ? {} : { start: shown.start };
    await make(session, dataset, { kind, prompts, path }, { ...options, ...start });
    return exitCodes.fine;
  } finally {
    await session.close();
  }
}

/** In the order in which they stand: picture, recording, text, and the marker of what is to come. */
async function promptParts(
  dataset: Dataset,
  kind: Kind,
  { prompt = "", image, audio }: SampleOptions,
): Promise<readonly PromptPart[]> {
  const spanOf = async (
    what: keyof typeof sources,
    file: string | undefined,
  ): Promise<readonly PromptPart[]> =>
    file === undefined ? [] : [{ kind: "codes", ...(await codesOfFile(dataset, what, file)) }];
  const begun = dataset.modalities.find(({ codec }) => codec.kind === kind && kind !== "text")?.name;
  return [
    ...(await spanOf("image", image)),
    ...(await spanOf("speech", audio)),
    { kind: "text", text: prompt },
    ...(begun === undefined ? [] : [{ kind: "begun", modality: begun } as const]),
  ];
}

/** A picture of patches that stands before a text: it is no list of ids. */
function shownPatches(
  dataset: Dataset,
  kind: Kind,
  { image, audio, count }: SampleOptions,
): { readonly start: NonNullable<Drawing["start"]>; readonly positions: number } | undefined {
  const codec = dataset.modalities.find((one) => one.codec.kind === "patches")?.codec;
  if (image === undefined || codec?.kind !== "patches") return undefined;
  if (kind !== "text")
    throw new Failure("a picture that is shown is gone on from with text alone", "leave out `--modality`");
  if (audio !== undefined)
    throw new Failure(
      "a picture that is shown stands there alone, without a recording",
      "leave out `--audio`",
    );
  const bytes = readFile(image);
  try {
    const picture = readPng(bytes, codec.size);
    const start = startWithPictures(
      dataset,
      Array.from({ length: count }, () => picture),
    );
    return { start, positions: 2 + patchCount(codec) };
  } catch (error) {
    throw unusable(image, error, "a PNG file");
  }
}

function readFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Failure(`cannot read ${file}: ${systemReason(error)}`);
  }
}

function unusable(file: string, error: unknown, format: string): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  return new Failure(`${file} cannot be used: ${reason}`, `name ${format}`);
}

/** What a file may hold, and how it becomes codes. */
const sources = {
  image: { encode: encodeImage, lacks: "no pictures", format: "a PNG file" },
  speech: { encode: encodeSound, lacks: "no speech", format: "a WAV file" },
} as const;

async function codesOfFile(
  dataset: Dataset,
  what: keyof typeof sources,
  file: string,
): Promise<{ readonly modality: string; readonly codes: Int32Array }> {
  const { encode, lacks, format } = sources[what];
  const modality = dataset.modalities.find(({ codec }) => codec.kind === what)?.name;
  if (modality === undefined) throw new Failure(`the run has ${lacks}, so ${file} means nothing to it`);
  const bytes = readFile(file);
  try {
    return { modality, codes: await encode(dataset, bytes) };
  } catch (error) {
    throw unusable(file, error, format);
  }
}

type Task = {
  readonly kind: Kind;
  readonly prompts: readonly Int32Array[];
  readonly path: string;
};

async function make(
  session: Session,
  dataset: Dataset,
  { kind, prompts, path }: Task,
  options: SampleOptions,
): Promise<void> {
  const { seed, temperature, topP, start, out } = options;
  const drawing = { seed, temperature, topP, ...(start === undefined ? {} : { start }) };
  const picture = live();
  const onToken = (done: number, total: number): void => picture.show(() => bar(done, total));
  if (kind === "image") {
    const drawn = await drawPictures(session, dataset, prompts, drawing, onToken);
    picture.clear();
    const file = out ?? join(path, "sample.png");
    await writePng(file, contactSheet(drawn, Math.min(sheetColumns, drawn.length), zoom));
    say(file);
    return;
  }
  if (kind === "speech") {
    const spoken = await speakTexts(session, dataset, prompts, drawing, onToken);
    picture.clear();
    const file = out ?? join(path, "sample.wav");
    for (const [i, samples] of spoken.entries()) {
      const name = spoken.length === 1 ? file : `${stemOf(file)}-${i + 1}.wav`;
      await writeWav(name, samples);
      say(name);
    }
    return;
  }
  if (kind === "any") {
    const documents = await writeDocuments(session, dataset, prompts, drawing, onToken);
    picture.clear();
    await showDocuments(documents, options, out ?? join(path, "sample.txt"));
    return;
  }
  const added = await writeTexts(session, dataset, prompts, drawing, onToken);
  picture.clear();
  showText(added.map((more) => `${options.prompt ?? ""}${more}`).join("\n"), out);
}

function showText(text: string, out: string | undefined): void {
  if (out === undefined) say(text);
  else {
    writeFileSync(out, `${text}\n`);
    say(out);
  }
}

const stemOf = (file: string): string => file.slice(0, file.length - extname(file).length);

/** A line per document; pictures and sounds stand in it as the names of their files, beside `file`. */
async function showDocuments(
  documents: readonly (readonly WrittenPart[])[],
  { prompt = "", out }: SampleOptions,
  file: string,
): Promise<void> {
  const lines: string[] = [];
  for (const [d, parts] of documents.entries()) {
    let line = prompt;
    for (const [i, part] of parts.entries()) {
      const name = `${stemOf(file)}-${d + 1}-${i + 1}`;
      if (part.kind === "text") line += part.text;
      else if (part.kind === "image") {
        await writePng(`${name}.png`, contactSheet([part.picture], 1, zoom));
        line += `[${name}.png]`;
      } else {
        await writeWav(`${name}.wav`, part.samples);
        line += `[${name}.wav]`;
      }
    }
    lines.push(line);
  }
  showText(lines.join("\n"), out);
}

/** A run's model and checkpoint; throws `Failure` that says what is missing. */
function openTrainedRun(path: string): ReturnType<typeof openRun> {
  if (holdsRun(path)) requireCheckpoint(path);
  try {
    return openRun(path, {});
  } catch (error) {
    if (!(error instanceof Reported)) throw error;
    const help =
      "it was changed by hand, or written by another version of Motley; put it back, or train again";
    throw new Failure(`the run's own spec, ${join(path, "spec.mot")}, does not check any more`, help);
  }
}

/** What is made unless something is asked for: text; without any, what comes first. */
function usualModality({ modalities }: Dataset): string {
  return (modalities.find(({ codec }) => codec.kind === "text") ?? modalities[0])?.name ?? "";
}

function refuseBeforeNoise({ image, audio }: SampleOptions): void {
  if (image === undefined && audio === undefined) return;
  throw new Failure(
    "a picture is drawn from noise for a text: no picture or recording stands before it",
    `leave out \`--${image === undefined ? "audio" : "image"}\``,
  );
}

function chosenKind(dataset: Dataset, wanted: string): Kind {
  const names = dataset.modalities.map(({ name }) => `\`${name}\``).join(", ");
  const found = dataset.modalities.find(({ name }) => name === wanted);
  if (found !== undefined && found.codec.kind !== "patches") return found.codec.kind;
  if (wanted === "any") return "any";
  throw new Failure(
    `the run has no modality \`${wanted}\``,
    `it has ${names}; \`any\` lets the model choose as it goes`,
  );
}

/** Positions to compile for: all the model was trained on for text, as many as it takes for a picture. */
function contextFor(
  dataset: Dataset,
  kind: Kind,
  prompt: Int32Array,
  { trained, shown }: { readonly trained: number; readonly shown: number },
): number {
  const needed = shown + prompt.length + (kind === "image" ? codesPerImage(dataset) : 1);
  if (needed <= trained) return kind === "image" ? needed : trained;
  const picture = kind === "image" ? ` and a picture has ${codesPerImage(dataset)}` : "";
  throw new Failure(
    `the prompt is too long: with its markers it has ${shown + prompt.length} tokens${picture}, and the model was trained on ${trained} at once`,
    "write a shorter prompt, or train with a longer `context`",
  );
}
