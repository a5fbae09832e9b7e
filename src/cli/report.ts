// report.ts: what goes into a comparison's report.html beside its document.
// In: the finished comparison, its data and checkpoints. Out: the page, with pictures drawn by every variant.

import { join } from "node:path";
import {
  type CompareDocument,
  codesPerImage,
  type Dataset,
  decodeImage,
  type Engine,
  encodePng,
  loadCheckpoint,
  type Model,
  type Picture,
  type ReportPicture,
  renderReport,
  writeAtomically,
} from "../index.ts";
import { compareTables, seedTables } from "./compare-view.ts";
import { captionPrompt, drawPictures, openTrained } from "./drawing.ts";
import { tell } from "./output.ts";
import type { DeviceOptions, TrainSettings } from "./training.ts";

export type ReportRequest = {
  readonly documents: readonly CompareDocument[];
  readonly models: readonly Model[];
  readonly settings: TrainSettings;
  readonly dataset: Dataset;
  readonly engine: Engine;
  readonly threads: number;
  readonly spec: string;
  /** Folder of a comparison whose checkpoints draw. */
  readonly runs: string;
};

/** Pictures in the report: enough to see whether a caption matters. */
const pictureCount = 6;
const drawing = { seed: 1, temperature: 1, topP: 0.9 } as const;

/** Writes ROOT/report.html; returns its path. */
export async function writeReport(root: string, request: ReportRequest): Promise<string> {
  const { documents, models, settings, dataset, threads, spec } = request;
  const [first] = documents;
  const { titles, pictures } = await drawAll(request, { threads });
  const html = renderReport({
    documents,
    modalities: models[0]?.modalities.map(({ name }) => name) ?? [],
    settings: [
      ["data", dataset.name],
      ["steps", String(settings.steps)],
      ["batch", `${settings.batch} × ${settings.context} tokens`],
      [documents.length > 1 ? "seeds" : "seed", documents.map(({ seed }) => seed).join(", ")],
      ["target", `${first?.target ?? "wasm"}, ${threads} threads`],
    ],
    tables: documents.length > 1 ? seedTables(documents) : first === undefined ? [] : compareTables(first),
    pictureTitles: titles,
    pictures,
    spec,
  });
  const path = join(root, "report.html");
  writeAtomically(path, html);
  return path;
}

async function drawAll(
  { models, dataset, engine, runs }: ReportRequest,
  options: DeviceOptions,
): Promise<{ readonly titles: readonly string[]; readonly pictures: readonly ReportPicture[] }> {
  const specimens = dataset.specimens.filter(({ split }) => split === "val").slice(0, pictureCount);
  if (specimens.length === 0) return { titles: [], pictures: [] };
  tell("drawing pictures for the report");
  const prompts = specimens.map(({ caption }) => captionPrompt(dataset, caption));
  const context = Math.max(...prompts.map(({ length }) => length)) + codesPerImage(dataset);
  const drawn: (readonly Picture[])[] = [];
  for (const model of models) {
    const checkpoint = loadCheckpoint(join(runs, model.variant, "checkpoint.safetensors"));
    const sizes = { batch: prompts.length, context };
    const session = await openTrained({ model, engine, checkpoint }, sizes, options);
    try {
      drawn.push(await drawPictures(session, dataset, prompts, drawing));
    } finally {
      await session.close();
    }
  }
  const pictures = specimens.map(({ caption, original, codes }, i) => ({
    caption,
    pngs: [original, decodeImage(dataset, codes), ...drawn.flatMap((each) => each[i] ?? [])].map(encodePng),
  }));
  return { titles: ["original", "what the codes keep", ...models.map(({ variant }) => variant)], pictures };
}
