// coded.ts: a corpus's texts, pictures and sounds as codes, one function a modality.
// In: a corpus, how many codes, the joint id of the first. Out: the codec, and what each draft's spans become.
// Codecs are fitted to the training split alone.

import { createTextEncoder, trainMerges } from "./bpe.ts";
import type { Corpus, Draft } from "./corpus.ts";
import type { Codec, OnProgress } from "./dataset.ts";
import { patchesPerPicture } from "./geometry.ts";
import { type EncodedPictures, encodePictures, fitImageCodec } from "./patches.ts";
import { encodeClips, fitSpeechCodec } from "./speech.ts";

/** Characters of text the merges are learned from, at most. */
const trainCharacters = 4_000_000;

export type Coded = { readonly codec: Codec; spans(draft: Draft): readonly Int32Array[] };

/** Every n-th text, so that what is learned from stays small but covers everything. */
function textSample(drafts: readonly Draft[]): readonly string[] {
  const texts = drafts.filter((draft) => draft.split === "train").flatMap((draft) => draft.texts);
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  const every = Math.ceil(characters / trainCharacters);
  return texts.filter((_, i) => i % every === 0);
}

/** Byte-pair codes of the texts. */
export function codeText(corpus: Corpus, codes: number, firstCode: number, onProgress: OnProgress): Coded {
  onProgress("learning text codes", 0, 1);
  const merges = trainMerges(textSample(corpus.drafts), codes - 256);
  onProgress("learning text codes", 1, 1);
  const encode = createTextEncoder(merges);
  return {
    codec: { kind: "text", merges },
    spans: (draft) => draft.texts.map((text) => encode(text).map((code) => code + firstCode)),
  };
}

export type CodedPictures = Coded & { readonly encoded: EncodedPictures };

/** Patch codes of the pictures. */
export async function codePictures(
  corpus: Corpus,
  codes: number,
  firstCode: number,
  onProgress: OnProgress,
): Promise<CodedPictures> {
  const trained = corpus.drafts.flatMap((draft) =>
    draft.split === "train" && draft.picture !== undefined ? [draft.picture] : [],
  );
  const codec = await fitImageCodec(corpus.pictures, trained, codes, (done, total) =>
    onProgress("learning picture codes", done, total),
  );
  const encoded = await encodePictures(codec, corpus.pictures, (done, total) =>
    onProgress("encoding pictures", done, total),
  );
  return {
    codec,
    encoded,
    spans: ({ picture }) => {
      if (picture === undefined) return [];
      return [
        encoded.codes
          .slice(picture * patchesPerPicture, (picture + 1) * patchesPerPicture)
          .map((code) => code + firstCode),
      ];
    },
  };
}

export type CodedSpeech = Coded & {
  /** Codes of each clip, not joint ids. */
  readonly encoded: readonly Int32Array[];
};

/** Codes of the clips of speech. */
export async function codeSpeech(
  corpus: Corpus,
  codes: number,
  firstCode: number,
  onProgress: OnProgress,
): Promise<CodedSpeech> {
  const { clips } = corpus.sounds;
  const trained = new Set(
    corpus.drafts.flatMap(({ split, clip }) => (split === "train" && clip !== undefined ? [clip] : [])),
  );
  const codec = await fitSpeechCodec(clips, [...trained], codes, (done, total) =>
    onProgress("learning speech codes", done, total),
  );
  const encoded = await encodeClips(codec, clips, (done, total) =>
    onProgress("encoding speech", done, total),
  );
  return {
    codec,
    encoded,
    spans: ({ clip }) =>
      clip === undefined ? [] : [(encoded[clip] ?? new Int32Array()).map((code) => code + firstCode)],
  };
}
