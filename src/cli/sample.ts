// sample.ts: `motley sample`: what a trained run writes and draws.
// In: a run's folder, perhaps the beginning of a caption. Out: texts on stdout, or pictures in a PNG.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codesPerImage, contactSheet, type Dataset, readManifest, type Session, writePng } from "../index.ts";
import { captionPrompt, type Drawing, drawPictures, openTrained, textPrompt, writeTexts } from "./drawing.ts";
import { openRun } from "./export.ts";
import { exitCodes, Failure, Reported } from "./failure.ts";
import { prepareMachine } from "./machine.ts";
import { say } from "./output.ts";
import { bar, live } from "./progress.ts";
import { prepare } from "./training.ts";

export type SampleOptions = Drawing & {
  readonly prompt?: string;
  readonly modality?: string;
  readonly count: number;
  readonly out?: string;
};

/** Side of a drawn pixel, and pictures in a row of a sheet. */
const zoom = 4;
const sheetColumns = 8;

export async function sampleCommand(path: string, options: SampleOptions): Promise<number> {
  const run = openTrainedRun(path);
  const { model, folder, settings, checkpoint } = run;
  const dataset = await prepare(model, folder, settings);
  if (dataset.hash !== readManifest(path).dataHash) {
    const help = "its codes would mean other text and pictures; restore the data, or train again";
    throw new Failure(`the run in ${path} was trained on other data than there is now`, help);
  }
  const kind = chosenKind(dataset, options.modality);
  const prompt = (kind === "text" ? textPrompt : captionPrompt)(dataset, options.prompt ?? "");
  const context = contextFor(dataset, kind, prompt, settings.context);
  const machine = await prepareMachine({ target: "wasm" });
  const prompts = Array.from({ length: options.count }, () => prompt);
  const session = await openTrained({ model, machine, checkpoint }, prompts, context);
  try {
    await make(session, dataset, { kind, prompts, path }, options);
    return exitCodes.fine;
  } finally {
    await session.close();
  }
}

type Task = {
  readonly kind: "text" | "image";
  readonly prompts: readonly Int32Array[];
  readonly path: string;
};

async function make(
  session: Session,
  dataset: Dataset,
  { kind, prompts, path }: Task,
  options: SampleOptions,
): Promise<void> {
  const { seed, temperature, topP } = options;
  const picture = live();
  const onToken = (done: number, total: number): void => picture.show(() => bar(done, total));
  if (kind === "image") {
    const drawn = await drawPictures(session, dataset, prompts, { seed, temperature, topP }, onToken);
    picture.clear();
    const file = options.out ?? join(path, "sample.png");
    await writePng(file, contactSheet(drawn, Math.min(sheetColumns, drawn.length), zoom));
    say(file);
    return;
  }
  const added = await writeTexts(session, dataset, prompts, { seed, temperature, topP }, onToken);
  picture.clear();
  const text = added.map((more) => `${options.prompt ?? ""}${more}`).join("\n");
  if (options.out === undefined) say(text);
  else {
    writeFileSync(options.out, `${text}\n`);
    say(options.out);
  }
}

/** A run's model and checkpoint; throws `Failure` that says what is missing. */
function openTrainedRun(path: string): ReturnType<typeof openRun> {
  if (existsSync(join(path, "manifest.json")) && !existsSync(join(path, "checkpoint.safetensors"))) {
    const help = "wait for the first one, or train with a smaller `--checkpoint-every`";
    throw new Failure(`the run in ${path} has no checkpoint yet`, help);
  }
  try {
    return openRun(path, {});
  } catch (error) {
    if (!(error instanceof Reported)) throw error;
    const help =
      "it was changed by hand, or written by another version of Motley; put it back, or train again";
    throw new Failure(`the run's own spec, ${join(path, "spec.mot")}, does not check any more`, help);
  }
}

function chosenKind(dataset: Dataset, wanted: string | undefined): "text" | "image" {
  const names = dataset.modalities.map(({ name }) => `\`${name}\``).join(", ");
  const isText = dataset.modalities.some(({ codec }) => codec.kind === "text");
  const fallback = dataset.modalities.find(({ codec }) => codec.kind === (isText ? "text" : "image"))?.name;
  const found = dataset.modalities.find(({ name }) => name === (wanted ?? fallback));
  if (found !== undefined) return found.codec.kind;
  throw new Failure(`the run has no modality \`${wanted}\``, `it has ${names}`);
}

/** Positions to compile for: all the model was trained on for text, as many as it takes for a picture. */
function contextFor(dataset: Dataset, kind: Task["kind"], prompt: Int32Array, trained: number): number {
  const needed = prompt.length + (kind === "text" ? 1 : codesPerImage(dataset));
  if (needed <= trained) return kind === "text" ? trained : needed;
  const picture = kind === "text" ? "" : ` and a picture has ${codesPerImage(dataset)}`;
  throw new Failure(
    `the prompt is too long: with its markers it has ${prompt.length} tokens${picture}, and the model was trained on ${trained} at once`,
    "write a shorter prompt, or train with a longer `context`",
  );
}
