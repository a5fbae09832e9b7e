// diffusion.ts: pictures out of noise: what a model trained on noisy patches takes away, step by step.
// In: a session compiled to infer, prompts, a codec of patches. Out: the values of each picture's patches.
// DDIM without added noise (Song et al. 2021, equation 12 with η = 0): a step predicts the noise, removes it, and puts
// back as much as the next timestep has. Guidance (Ho and Salimans 2022) compares with the same picture without a
// prompt. Every step is a whole forward pass; deterministic for a seed.

import { patchCount, patchValues } from "../data/continuous.ts";
import type { PatchesCodec } from "../data/dataset.ts";
import { noiseOfSpan, noiseSchedule, timesteps } from "../data/noise.ts";
import type { Batch } from "./batch.ts";
import type { Session } from "./session.ts";

export type Denoising = {
  /** Documents up to the marker after which the picture comes. */
  readonly prompts: readonly Int32Array[];
  /** What stands in a prompt's place for guidance: a document without a caption. */
  readonly blank: Int32Array;
  readonly codec: PatchesCodec;
  /** Index of the pictures' modality, and of the tokens'. */
  readonly modality: number;
  readonly textModality: number;
  /** Steps from noise to picture, 1 … 1000. */
  readonly steps: number;
  /** 1 follows the prompt as the model does; more follows it more than that. */
  readonly guidance: number;
  readonly seed: number;
};

/** Sequences that one forward pass needs: a second one for each picture where there is guidance. */
export const sequencesOf = ({ prompts, guidance }: Pick<Denoising, "prompts" | "guidance">): number =>
  prompts.length * (guidance === 1 ? 1 : 2);

/** Positions of the longest document. */
export const positionsOf = ({ prompts, blank, codec }: Denoising): number =>
  Math.max(blank.length, ...prompts.map(({ length }) => length)) + patchCount(codec);

/** The values of the patches of each picture, −1 … 1; `onStep` hears how many steps are done. */
export async function drawFromNoise(
  session: Session,
  request: Denoising,
  onStep: (done: number, total: number) => void = () => undefined,
): Promise<readonly Float32Array[]> {
  const { prompts, codec, steps, guidance, seed } = request;
  const size = patchCount(codec) * patchValues(codec);
  let pictures = prompts.map((_, i) => noiseOfSpan(new Float32Array(size), seed, 0, i));
  for (let step = 0; step < steps; step += 1) {
    const [t, next] = [timestepAt(step, steps), step + 1 < steps ? timestepAt(step + 1, steps) : undefined];
    const guesses = await predictNoise(session, request, pictures, t);
    const { signal, spread } = noiseSchedule(t);
    const after = next === undefined ? { signal: 1, spread: 0 } : noiseSchedule(next);
    pictures = pictures.map((x, i) => {
      const [own, blank] = [guesses[i] ?? x, guesses[prompts.length + i]];
      return x.map((value, j) => {
        const plain = blank?.[j];
        const e = plain === undefined ? (own[j] ?? 0) : plain + guidance * ((own[j] ?? 0) - plain);
        // What is left without the noise, inside of what values may be; then the noise that would explain it.
        const clean = Math.max(-1, Math.min(1, (value - spread * e) / signal));
        const noise = (value - signal * clean) / spread;
        return after.signal * clean + after.spread * noise;
      });
    });
    onStep(step + 1, steps);
  }
  return pictures;
}

/** The middle of each of `steps` stretches, the noisiest first: the very last timestep holds nothing of a picture. */
function timestepAt(step: number, steps: number): number {
  return Math.floor((steps - step - 0.5) * (timesteps / steps));
}

/** The noise in each picture, as the model sees it after its prompt, then after none. */
async function predictNoise(
  session: Session,
  request: Denoising,
  pictures: readonly Float32Array[],
  t: number,
): Promise<readonly Float32Array[]> {
  const { prompts, blank, guidance, codec } = request;
  const starts = guidance === 1 ? prompts : [...prompts, ...prompts.map(() => blank)];
  session.writeBatch(noisyBatch(session, request, starts, pictures, t));
  await session.run(["forward"]);
  const output = outputOf(session, request.modality);
  const all = await session.read(output);
  const width = (session.artifact.tensors[output]?.shape[1] ?? 0) || patchValues(codec);
  const own = patchValues(codec);
  return starts.map((start, sequence) => {
    const guess = new Float32Array(patchCount(codec) * own);
    for (let patch = 0; patch < patchCount(codec); patch += 1) {
      const row = session.rowOf(sequence * session.artifact.context + start.length + patch);
      guess.set(all.subarray(row * width, row * width + own), patch * own);
    }
    return guess;
  });
}

/** The tensor that predicts this modality's noise. */
function outputOf({ artifact }: Session, modality: number): string {
  const objective = artifact.objectives.find(
    ({ kind, modalities }) => kind === "mean_square" && modalities.includes(modality),
  );
  if (objective === undefined) throw new Error("no objective of the model predicts this modality's noise");
  return objective.output;
}

/** A document per sequence: its start, then the picture, noisy as it is. */
function noisyBatch(
  { artifact: { batch, context } }: Session,
  { codec, modality: own, textModality }: Denoising,
  starts: readonly Int32Array[],
  pictures: readonly Float32Array[],
  t: number,
): Batch {
  const filled = (): Int32Array => new Int32Array(batch * context).fill(-1);
  const [token, modality, document, span, timestep] = [filled(), filled(), filled(), filled(), filled()];
  const position = new Int32Array(batch * context);
  const width = patchValues(codec);
  const patches = new Float32Array(batch * context * width);
  const noise = new Float32Array(batch * context * width);
  const { signal, spread } = noiseSchedule(t);
  for (const [sequence, start] of starts.entries()) {
    const picture = pictures[sequence % pictures.length] ?? new Float32Array();
    for (let i = 0; i < start.length + patchCount(codec); i += 1) {
      const at = sequence * context + i;
      document[at] = 0;
      position[at] = i;
      if (i < start.length) {
        token[at] = start[i] ?? -1;
        modality[at] = textModality;
        continue;
      }
      modality[at] = own;
      span[at] = sequence;
      timestep[at] = t;
      // The host adds signal · patch and spread · noise: one of them alone makes the values as they are.
      const isSignal = signal > spread;
      const values = isSignal ? patches : noise;
      const by = 1 / (isSignal ? signal : spread);
      const from = (i - start.length) * width;
      for (let j = 0; j < width; j += 1) values[at * width + j] = by * (picture[from + j] ?? 0);
    }
  }
  const target = filled();
  return { batch, context, token, target, modality, document, position, span, timestep, patches, noise };
}
