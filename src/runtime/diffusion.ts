// diffusion.ts: pictures out of noise: what a model trained on noisy patches takes away, step by step.
// In: a session compiled to decode, prompts, a codec of patches. Out: the values of each picture's patches.
// DDIM without added noise (Song et al. 2021, equation 12 with η = 0): a step predicts the noise, removes it, and puts
// back as much as the next timestep has. Guidance (Ho and Salimans 2022) compares with the same picture without a
// prompt. Keys and values of the prompts are made once, a step computes the pictures' rows alone; deterministic for a seed.

import { patchCount, patchValues } from "../data/continuous.ts";
import type { Dataset, PatchesCodec } from "../data/dataset.ts";
import { noiseOfSpan, noiseSchedule, timesteps } from "../data/noise.ts";
import { modalityOfKind, promptOf } from "../data/prompts.ts";
import { type Decoder, type NoisySpan, openDecoder } from "./decoder.ts";
import type { Session } from "./session.ts";

export type Denoising = {
  /** Documents up to the marker after which the picture comes. */
  readonly prompts: readonly Int32Array[];
  /** What stands in a prompt's place for guidance: a document without a caption. */
  readonly blank: Int32Array;
  readonly codec: PatchesCodec;
  /** Index of the pictures' modality. */
  readonly modality: number;
  /** Steps from noise to picture, 1 … 1000. */
  readonly steps: number;
  /** 1 follows the prompt as the model does; more follows it more than that. */
  readonly guidance: number;
  readonly seed: number;
};

/** A picture for each caption; throws DataError where pictures are no patches. */
export function denoisingOf(
  dataset: Dataset,
  captions: readonly string[],
  settings: Pick<Denoising, "steps" | "guidance" | "seed">,
): Denoising {
  const { name, codec } = modalityOfKind(dataset, "patches");
  if (codec.kind !== "patches") throw new Error(`${name} is not patches`);
  const begun = { kind: "begun", modality: name } as const;
  return {
    prompts: captions.map((text) => promptOf(dataset, [{ kind: "text", text }, begun])),
    blank: promptOf(dataset, [begun]),
    codec,
    modality: dataset.modalities.findIndex((each) => each.name === name),
    ...settings,
  };
}

/** What each sequence begins with: a prompt; with guidance, as many sequences more that have none. */
export const startsOf = ({
  prompts,
  blank,
  guidance,
}: Pick<Denoising, "prompts" | "blank" | "guidance">): readonly Int32Array[] =>
  guidance === 1 ? prompts : [...prompts, ...prompts.map(() => blank)];

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
  const decoder = openDecoder(session);
  await decoder.append(startsOf(request).map((start) => [...start]));
  let pictures = prompts.map((_, i) => noiseOfSpan(new Float32Array(size), seed, 0, i));
  for (let step = 0; step < steps; step += 1) {
    const [t, next] = [timestepAt(step, steps), step + 1 < steps ? timestepAt(step + 1, steps) : undefined];
    const guesses = await predictNoise(session, decoder, request, pictures, t);
    const { signal, spread } = noiseSchedule(t);
    const after = next === undefined ? { signal: 1, spread: 0 } : noiseSchedule(next);
    pictures = pictures.map((x, i) => {
      const [own, plain] = [guesses[i] ?? x, guesses[prompts.length + i]];
      return x.map((value, j) => {
        const e = guided(own[j] ?? 0, plain?.[j], guidance);
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

/** The predicted noise, moved away from what it would be without a prompt. */
const guided = (own: number, plain: number | undefined, guidance: number): number =>
  plain === undefined ? own : plain + guidance * (own - plain);

/** The middle of each of `steps` stretches, the noisiest first: the very last timestep holds nothing of a picture. */
function timestepAt(step: number, steps: number): number {
  return Math.floor((steps - step - 0.5) * (timesteps / steps));
}

/** The noise in each picture, as the model sees it after its prompt, then after none. */
async function predictNoise(
  session: Session,
  decoder: Decoder,
  { modality }: Denoising,
  pictures: readonly Float32Array[],
  timestep: number,
): Promise<readonly Float32Array[]> {
  const { signal, spread } = noiseSchedule(timestep);
  // The host adds signal · patch and spread · noise: one of them alone makes the values as they are.
  const isSignal = signal > spread;
  const by = 1 / (isSignal ? signal : spread);
  const spans = pictures.map((x): NoisySpan => {
    const [values, none] = [x.map((value) => by * value), new Float32Array(x.length)];
    const [patches, noise] = isSignal ? [values, none] : [none, values];
    return { modality, timestep, patches, noise };
  });
  const all = decoder.lengths.flatMap((_, sequence) => spans[sequence % spans.length] ?? []);
  const guesses = await decoder.look(all, false, outputOf(session, modality));
  return guesses.map((guess) => guess ?? new Float32Array());
}

/** The tensor that predicts this modality's noise. */
function outputOf({ artifact }: Session, modality: number): string {
  const objective = artifact.objectives.find(
    ({ kind, modalities }) => kind === "mean_square" && modalities.includes(modality),
  );
  if (objective === undefined) throw new Error("no objective of the model predicts this modality's noise");
  return objective.output;
}
