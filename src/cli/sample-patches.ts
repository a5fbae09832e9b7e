// sample-patches.ts: `motley sample` for pictures that are drawn from noise.
// In: a run whose pictures are patches, perhaps a caption. Out: a sheet of them as PNG.

import { join } from "node:path";
import {
  type Checkpoint,
  contactSheet,
  type Dataset,
  type Denoising,
  denoisingOf,
  drawFromNoise,
  type Model,
  patchCount,
  pictureOfPatches,
  positionsOf,
  startsOf,
  writePng,
} from "../index.ts";
import { openTrained } from "./drawing.ts";
import { Failure } from "./failure.ts";
import { prepareMachine } from "./machine.ts";
import { say } from "./output.ts";
import { bar, live } from "./progress.ts";

export type PatchOptions = {
  readonly prompt?: string;
  readonly count: number;
  readonly seed: number;
  readonly steps: number;
  readonly guidance: number;
  readonly out?: string;
};

type Trained = { readonly model: Model; readonly checkpoint: Checkpoint; readonly trainedContext: number };

const zoom = 4;
const sheetColumns = 8;

/** Draws `count` pictures of one prompt from noise; `path` is the run's folder. */
export async function samplePatches(
  path: string,
  { model, checkpoint, trainedContext }: Trained,
  dataset: Dataset,
  options: PatchOptions,
): Promise<void> {
  const { prompt = "", count, seed, steps, guidance } = options;
  const captions = Array.from({ length: count }, () => prompt);
  const request = denoisingOf(dataset, captions, { seed, steps, guidance });
  refuseLong(request, trainedContext);
  const machine = await prepareMachine({ target: "wasm" });
  const session = await openTrained(
    { model, machine, checkpoint },
    startsOf(request),
    positionsOf(request),
    patchCount(request.codec),
  );
  const progress = live();
  try {
    const drawn = await drawFromNoise(session, request, (done, total) =>
      progress.show(() => bar(done, total)),
    );
    progress.clear();
    const file = options.out ?? join(path, "sample.png");
    const pictures = drawn.map((values) => pictureOfPatches(request.codec, values));
    await writePng(file, contactSheet(pictures, Math.min(sheetColumns, pictures.length), zoom));
    say(file);
  } finally {
    progress.clear();
    await session.close();
  }
}

function refuseLong(request: Denoising, trained: number): void {
  const needed = positionsOf(request);
  if (needed <= trained) return;
  throw new Failure(
    `the prompt and its picture take ${needed} positions, and the model was trained on ${trained} at once`,
    "write a shorter prompt, or train with a longer `context`",
  );
}
