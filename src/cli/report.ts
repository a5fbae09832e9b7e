// report.ts: what goes into a comparison's report.html beside its document.
// In: the finished comparison, its data and checkpoints. Out: the page, with pictures drawn by every variant.

import { join } from "node:path";
import {
  afterPatches,
  type CaptionedPicture,
  type CompareDocument,
  captionedPictures,
  captionPrompt,
  codesPerImage,
  DataError,
  type Dataset,
  decodeImage,
  decodeSound,
  decodeText,
  denoisingOf,
  drawFromNoise,
  drawPictures,
  encodePng,
  encodeWav,
  loadCheckpoint,
  MemoryError,
  type Model,
  patchCount,
  pictureOfPatches,
  picturePrompt,
  positionsOf,
  promptOf,
  type ReportParts,
  type ReportPicture,
  type ReportSound,
  type ReportText,
  renderReport,
  type Session,
  speakTexts,
  startsOf,
  startWithPictures,
  validationBatches,
  whyNotDecoded,
  writeAtomically,
  writeTexts,
} from "../index.ts";
import { compareTables, seedTables } from "./compare-view.ts";
import { openTrained } from "./drawing.ts";
import { Failure } from "./failure.ts";
import { type Machine, prepareMachine, processorOf } from "./machine.ts";
import { tell } from "./output.ts";
import type { TrainSettings } from "./training.ts";
import { version } from "./version.ts";

export type ReportRequest = {
  readonly documents: readonly CompareDocument[];
  readonly models: readonly Model[];
  readonly settings: TrainSettings;
  readonly dataset: Dataset;
  readonly machine: Machine;
  readonly spec: string;
  /** The folder of a variant's run, whose checkpoint draws. */
  readonly runOf: (variant: string) => string;
};

/** Enough to see whether captions and pictures matter, few enough to take seconds. */
const pictureCount = 6;
const textCount = 4;
const longestCaption = 32;
const denoising = { seed: 1, steps: 50, guidance: 2 } as const;
const drawing = { seed: 1, temperature: 1, topP: 0.9 } as const;

/** Writes ROOT/report.html; returns its path. */
export async function writeReport(root: string, request: ReportRequest): Promise<string> {
  const { documents, models, settings, dataset, machine, spec } = request;
  const [first] = documents;
  const samples = await samplesOf(request).catch((error: unknown) => withoutSamples(error));
  const html = renderReport({
    documents,
    modalities: models[0]?.modalities.map(({ name }) => name) ?? [],
    settings: [
      ["data", dataset.name],
      ["steps", String(settings.steps)],
      ["batch", `${settings.batch} × ${settings.context} tokens`],
      [documents.length > 1 ? "seeds" : "seed", documents.map(({ seed }) => seed).join(", ")],
      ["target", targetOf(machine)],
      ["on", processorOf(machine)],
    ],
    tables: documents.length > 1 ? seedTables(documents) : first === undefined ? [] : compareTables(first),
    ...samples,
    spec,
    origin: `motley ${version}, node ${process.versions.node}. Every number of this page is in compare.json beside it.`,
  });
  const path = join(root, "report.html");
  writeAtomically(path, html);
  return path;
}

/** What keeps keys and values runs on the processor, wherever the models were trained. */
async function samplesOf(request: ReportRequest): Promise<Samples> {
  const { machine } = request;
  const processor = machine.kind === "wasm" ? machine : await prepareMachine({ target: "wasm" });
  return drawAll({ ...request, machine: processor, models: ableToWrite(request.models) });
}

/** The numbers are worth a page without samples, where those cannot be had. */
function withoutSamples(error: unknown): Samples {
  if (!(error instanceof MemoryError || error instanceof Failure || error instanceof DataError)) throw error;
  tell(`the report has no samples: ${error.message}`);
  return { pictureTitles: [], pictures: [], textTitles: [], texts: [], soundTitles: [], sounds: [] };
}

/** The report says nothing of what the others would write; the terminal says why. */
function ableToWrite(models: readonly Model[]): readonly Model[] {
  return models.filter((model) => {
    const reason = whyNotDecoded(model);
    if (reason !== undefined) tell(`the report has no samples of it: ${reason}`);
    return reason === undefined;
  });
}

type Samples = Pick<
  ReportParts,
  "pictureTitles" | "pictures" | "textTitles" | "texts" | "soundTitles" | "sounds"
>;
type Specimen = Dataset["specimens"][number];

function targetOf(machine: Machine): string {
  if (machine.kind !== "wasm") return machine.kind;
  return `${machine.kind}, ${machine.threads} ${machine.threads === 1 ? "thread" : "threads"}`;
}

/** Pictures for captions and captions for pictures; of data without pictures, texts that go on. */
async function drawAll(request: ReportRequest): Promise<Samples> {
  const { models, dataset } = request;
  tell("drawing samples for the report");
  const variants = models.map(({ variant }) => variant);
  const specimens = spread(
    dataset.specimens.filter(({ split }) => split === "val"),
    pictureCount,
  );
  const hasText = dataset.modalities.some(({ codec }) => codec.kind === "text");
  const noisy = captionedPictures(dataset, dataset.val, pictureCount);
  const pictures =
    noisy.length > 0
      ? await drawNoisy(request, noisy)
      : specimens.length === 0
        ? []
        : await drawCaptions(request, hasText, specimens);
  const shown = noisy.slice(0, textCount);
  const texts = !hasText
    ? []
    : shown.length > 0
      ? await captionNoisy(request, shown)
      : await continueTexts(request, specimens.slice(0, textCount));
  return {
    pictureTitles: ["original", ...(noisy.length > 0 ? [] : ["its codes"]), ...variants],
    pictures,
    textTitles: ["in the data", ...variants],
    texts,
    soundTitles: ["recording", "its codes", ...variants],
    sounds: hasText ? await speakCaptions(request) : [],
  };
}

/** Captions of recordings that nobody trained on, as each variant says them. */
async function speakCaptions(request: ReportRequest): Promise<readonly ReportSound[]> {
  const { dataset, settings } = request;
  const modality = dataset.modalities.find(({ codec }) => codec.kind === "speech")?.name ?? "";
  const all = dataset.recordings.filter(({ split }) => split === "val");
  const prompts = all.map(({ caption }) =>
    promptOf(dataset, [
      { kind: "text", text: caption },
      { kind: "begun", modality },
    ]),
  );
  if (prompts.length === 0 || prompts.some(({ length }) => length >= settings.context)) return [];
  const spoken = await byVariant(request, { prompts, context: settings.context }, (session) =>
    speakTexts(session, dataset, prompts, drawing),
  );
  return all.map(({ caption, original, codes }, i) => {
    const sounds = [original, decodeSound(dataset, codes), ...spoken.flatMap((each) => each[i] ?? [])];
    return { caption, wavs: sounds.map(encodeWav) };
  });
}

/** At most `count`, evenly from the whole list. */
function spread<T>(list: readonly T[], count: number): readonly T[] {
  const every = Math.max(1, list.length / count);
  return list.filter((_, i) => Math.floor(i / every) !== Math.floor((i - 1) / every)).slice(0, count);
}

async function drawCaptions(
  request: ReportRequest,
  hasText: boolean,
  specimens: readonly Specimen[],
): Promise<readonly ReportPicture[]> {
  const { dataset } = request;
  const captions = specimens.map(({ caption }) => (hasText ? caption : ""));
  const all = captions.map((caption) => captionPrompt(dataset, caption));
  const room = request.settings.context - codesPerImage(dataset);
  if (room < 2) return [];
  // A caption that leaves no room for its picture is cut; it has the marker at its end all the same.
  const prompts = all.map((prompt) =>
    prompt.length <= room ? prompt : Int32Array.from([...prompt.slice(0, room - 1), prompt.at(-1) ?? 0]),
  );
  const context = Math.max(...prompts.map(({ length }) => length)) + codesPerImage(dataset);
  const drawn = await byVariant(request, { prompts, context }, (session) =>
    drawPictures(session, dataset, prompts, drawing),
  );
  return specimens.map(({ original, codes }, i) => ({
    caption: captions[i] ?? "",
    pngs: [original, decodeImage(dataset, codes), ...drawn.flatMap((each) => each[i] ?? [])].map(encodePng),
  }));
}

/** Pictures of patches, out of noise. */
async function drawNoisy(
  request: ReportRequest,
  shown: readonly CaptionedPicture[],
): Promise<readonly ReportPicture[]> {
  const { dataset, settings } = request;
  const captions = shown.map(({ caption }) => caption);
  const wanted = denoisingOf(dataset, captions, denoising);
  const context = positionsOf(wanted);
  if (context > settings.context) return [];
  const rows = { prompts: startsOf(wanted), context, atOnce: patchCount(wanted.codec) };
  const drawn = await byVariant(request, rows, (session) => drawFromNoise(session, wanted));
  return shown.map(({ caption, picture }, i) => {
    const own = drawn.flatMap((each) => each[i] ?? []);
    const pictures = [picture, ...own.map((values) => pictureOfPatches(wanted.codec, values))];
    return { caption, pngs: pictures.map(encodePng) };
  });
}

/** What is written after pictures of patches. */
async function captionNoisy(
  request: ReportRequest,
  shown: readonly CaptionedPicture[],
): Promise<readonly ReportText[]> {
  const { dataset, settings } = request;
  const prompts = shown.map(() => afterPatches(dataset, ""));
  const { codec } = denoisingOf(dataset, [], denoising);
  const needed = 2 + patchCount(codec) + 1;
  const context = Math.min(settings.context, needed + longestCaption);
  if (needed >= context) return [];
  const start = startWithPictures(
    dataset,
    shown.map(({ picture }) => picture),
  );
  const rows = { prompts, context, atOnce: patchCount(codec) };
  const written = await byVariant(request, rows, (session) =>
    writeTexts(session, dataset, prompts, { ...drawing, start }),
  );
  return shown.map(({ caption, picture }, i) => ({
    given: encodePng(picture),
    endings: [caption, ...written.map((each) => each[i] ?? "")].map((text) => text.trim()),
  }));
}

async function continueTexts(
  request: ReportRequest,
  specimens: readonly Specimen[],
): Promise<readonly ReportText[]> {
  const { dataset, settings } = request;
  const beginnings =
    specimens.length > 0
      ? specimens.map(({ caption, codes }) => ({
          given: encodePng(decodeImage(dataset, codes)),
          prompt: picturePrompt(dataset, codes),
          truth: caption,
        }))
      : textBeginnings(dataset, settings.context);
  const prompts = beginnings.map(({ prompt }) => prompt);
  if (prompts.length === 0) return [];
  const longest = Math.max(...prompts.map(({ length }) => length));
  const context = Math.min(settings.context, longest + longestCaption);
  if (longest >= context) return [];
  const written = await byVariant(request, { prompts, context }, (session) =>
    writeTexts(session, dataset, prompts, drawing),
  );
  return beginnings.map(({ given, truth }, i) => ({
    given,
    endings: [truth, ...written.map((each) => each[i] ?? "")].map((text) => text.trim()),
  }));
}

/** The first halves of a few validation documents, and what follows there. */
function textBeginnings(
  dataset: Dataset,
  context: number,
): readonly { readonly given: string; readonly prompt: Int32Array; readonly truth: string }[] {
  const [batch] = validationBatches(dataset, { count: textCount, batch: textCount, context });
  if (batch === undefined) return [];
  return Array.from({ length: textCount }, (_, row) => {
    const tokens = batch.token
      .subarray(row * context, (row + 1) * context)
      .filter((_, i) => batch.document[row * context + i] === 0);
    const prompt = tokens.slice(0, tokens.length >> 1);
    const rest = tokens.subarray(prompt.length, prompt.length + longestCaption);
    return { given: decodeText(dataset, prompt), prompt, truth: decodeText(dataset, rest) };
  }).filter(({ prompt }) => prompt.length > 0);
}

/** What `make` gets from each variant's trained parameters. */
async function byVariant<Result>(
  { models, machine, runOf }: ReportRequest,
  {
    prompts,
    context,
    atOnce,
  }: { readonly prompts: readonly Int32Array[]; readonly context: number; readonly atOnce?: number },
  make: (session: Session) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const model of models) {
    const checkpoint = loadCheckpoint(join(runOf(model.variant), "checkpoint.safetensors"));
    const session = await openTrained({ model, machine, checkpoint }, prompts, context, atOnce);
    try {
      results.push(await make(session));
    } finally {
      await session.close();
    }
  }
  return results;
}
