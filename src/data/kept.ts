// kept.ts: how much of the originals codes keep, and a few originals to judge by.
// In: a corpus and its codes. Out: errors by split, pictures and recordings beside their codes.

import type { Coded, CodedSpeech } from "./coded.ts";
import type { Corpus, Draft, Split } from "./corpus.ts";
import type { Fidelity, MelError, Recording, Specimen } from "./dataset.ts";
import { frameHop, framesPerCode, melBands, pictureBytes, pictureSize } from "./geometry.ts";
import type { EncodedPictures } from "./patches.ts";
import { compareMel, meanFrame, melOfClip, melOfCodes } from "./speech.ts";

const specimensPerSplit = 12;
const recordingsPerSplit = 3;
/** Of a longer recording, this much is kept to be heard. */
const keptCodes = 250;

/** Peak signal-to-noise ratio of the pictures' codes; undefined without training pictures. */
export function measureFidelity(drafts: readonly Draft[], { errors }: EncodedPictures): Fidelity | undefined {
  const decibel = (split: Split) => {
    const numbers = drafts.flatMap((draft) =>
      draft.split === split && draft.picture !== undefined ? [draft.picture] : [],
    );
    if (numbers.length === 0) return undefined;
    const sum = numbers.reduce((total, picture) => total + (errors[picture] ?? 0), 0);
    // No loss at all is shown as 99 dB.
    return sum === 0 ? 99 : 10 * Math.log10((255 * 255 * numbers.length * pictureBytes) / sum);
  };
  const train = decibel("train");
  return train === undefined ? undefined : { train, val: decibel("val") };
}

/** Clips of a split, each once, in order. */
function clipsOf(drafts: readonly Draft[], split: Split): readonly number[] {
  const clips = drafts.flatMap((draft) =>
    draft.split === split && draft.clip !== undefined ? [draft.clip] : [],
  );
  return [...new Set(clips)];
}

/** Mean absolute error of the clips' codes in decibels; undefined without training clips. */
export function measureMelError(
  { drafts, sounds }: Corpus,
  { codec, encoded }: CodedSpeech,
): MelError | undefined {
  if (codec.kind !== "speech") return undefined;
  const mean = (chosen: readonly number[], guess: (clip: number) => (index: number) => number) => {
    let [sum, values] = [0, 0];
    for (const clip of chosen) {
      const one = compareMel(melOfClip(sounds.clips, clip), guess(clip));
      sum += one.sum;
      values += one.values;
    }
    return sum / values;
  };
  const ofCodes = (clip: number) => {
    const mel = melOfCodes(codec, encoded[clip] ?? []);
    return (index: number) => mel[index] ?? 0;
  };
  const [train, val] = [clipsOf(drafts, "train"), clipsOf(drafts, "val")];
  if (train.length === 0) return undefined;
  const frame = meanFrame(sounds.clips, train);
  return {
    train: mean(train, ofCodes),
    val: val.length === 0 ? undefined : mean(val, ofCodes),
    meanFrame: mean(val.length === 0 ? train : val, () => (index) => frame[index % melBands] ?? 0),
  };
}

/** At most `count` of these, evenly spread. */
function spread<T>(all: readonly T[], count: number): readonly T[] {
  const stride = Math.max(1, all.length / count);
  const numbers = Array.from({ length: Math.min(count, all.length) }, (_, i) => Math.floor(i * stride));
  return numbers.flatMap((number) => all[number] ?? []);
}

/** Pictures of both splits with their codes. */
export function chooseSpecimens(corpus: Corpus, pictures: Coded): readonly Specimen[] {
  return (["train", "val"] as const).flatMap((split) => {
    const drafts = corpus.drafts.filter((draft) => draft.split === split && draft.picture !== undefined);
    return spread(drafts, specimensPerSplit).flatMap((draft) => {
      const codes = pictures.spans(draft)[0];
      if (draft.picture === undefined || codes === undefined) return [];
      const rgb = corpus.pictures.slice(draft.picture * pictureBytes, (draft.picture + 1) * pictureBytes);
      return [
        {
          split,
          caption: draft.texts[0] ?? "",
          original: { width: pictureSize, height: pictureSize, rgb },
          codes,
        },
      ];
    });
  });
}

/** Recordings of both splits with their codes. */
export async function chooseRecordings(corpus: Corpus, speech: Coded): Promise<readonly Recording[]> {
  const recordings: Recording[] = [];
  for (const split of ["train", "val"] as const) {
    const drafts = corpus.drafts.filter((draft) => draft.split === split && draft.clip !== undefined);
    for (const draft of spread(drafts, recordingsPerSplit)) {
      const codes = speech.spans(draft)[0];
      if (draft.clip === undefined || codes === undefined) continue;
      const original = (await corpus.sounds.hear(draft.clip)).slice(0, keptCodes * framesPerCode * frameHop);
      recordings.push({
        split,
        caption: draft.texts[0] ?? "",
        original,
        codes: codes.slice(0, keptCodes),
      });
    }
  }
  return recordings;
}
