// dataset.ts: what prepared training material looks like, and what goes wrong on the way to it.
// In: nothing. Out: types, DataError, and the few questions one may ask a Dataset (length, joint ids).
// A document is a few slots (its caption, its picture); a slot has one or more alternatives (captions of one picture),
// and each pass over the documents draws one alternative per slot and an order of the slots anew (draw.ts).
// Every token here is an id of the joint vocabulary: the modalities' codes one after another in declaration order.

/** A modality the model declares as `tokens(vocab: n)`, or with `patches` as that, in declaration order. */
export type RequestedModality = {
  readonly name: string;
  /** 0 for patches. */
  readonly vocab: number;
  readonly patches?: { readonly size: number; readonly channels: number };
};

export type Origin =
  | { readonly kind: "builtin"; readonly name: string }
  | { readonly kind: "folder"; readonly path: string };

/** Called as often as work is done; `total` is 0 where it is not known. */
export type OnProgress = (stage: string, done: number, total: number) => void;

export type DataRequest = {
  readonly data: Origin;
  readonly modalities: readonly RequestedModality[];
  /** Where prepared material is kept; made if absent. `.cache/motley` in the working directory unless given. */
  readonly cacheDir?: string;
  readonly onProgress?: OnProgress;
};

/** How text is cut: `merges` holds pairs of codes, merge r makes code 256 + r (before the markers' shift). */
export type TextCodec = { readonly kind: "text"; readonly merges: Int32Array };

/** How pictures are cut: square patches of a square RGB picture, each replaced by the nearest centroid. */
export type ImageCodec = {
  readonly kind: "image";
  /** Pixels a side of the picture, and of a patch. */
  readonly size: number;
  readonly patch: number;
  /** [codes, patch · patch · 3], 255 − value, so that white is zero. */
  readonly centroids: Float32Array;
};

/** How speech is cut: log-mel frames (mel.ts), two by two, each pair replaced by the nearest centroid. */
export type SpeechCodec = {
  readonly kind: "speech";
  /** [codes, 2 · 40], half decibels above the floor, so that silence is zero. */
  readonly centroids: Float32Array;
};

/** How pictures are cut that stay numbers: square patches, a row of them after another, values −1 … 1. */
export type PatchesCodec = {
  readonly kind: "patches";
  /** Pixels a side of the picture, and of a patch. */
  readonly size: number;
  readonly patch: number;
  readonly channels: number;
};

export type Codec = TextCodec | ImageCodec | SpeechCodec | PatchesCodec;

export type DatasetModality = {
  readonly name: string;
  /** Rows asked for; the joint vocabulary keeps them all. */
  readonly vocab: number;
  /** Distinct codes of this modality that occur in the training split, markers included. */
  readonly found: number;
  /** First id of this modality in the joint vocabulary. */
  readonly offset: number;
  /** Joint id of this modality's first code that is no marker; its codes go on to offset + vocab. */
  readonly firstCode: number;
  readonly codec: Codec;
};

/** Joint ids; all belong to the first modality of tokens and precede its other codes. */
export type Markers = {
  readonly beginDocument: number;
  readonly endDocument: number;
  /** By modality name; text has none. A Map, since names come from the user. */
  readonly spans: ReadonlyMap<string, { readonly begin: number; readonly end: number }>;
};

/** Compact: offsets have one entry more than what they count. Slot s holds the spans alternativeOffset[s] to [s + 1]. */
export type Documents = {
  readonly count: number;
  readonly slotOffset: Int32Array;
  readonly alternativeOffset: Int32Array;
  readonly spanOffset: Int32Array;
  /** Modality of a span, by declaration order. */
  readonly spanModality: Int8Array;
  /**
   * Joint ids, markers not included: draw.ts puts those in. Of a span of patches: patch p of picture n, of P a picture,
   * is −2 − (n · P + p), which is no id and not "empty" (continuous.ts).
   */
  readonly token: Int32Array;
};

/** Nats per target token of a modality; the model has to do better. */
export type Baseline = {
  readonly unigram: number;
  readonly bigram: number;
  readonly targets: number;
};

export type Licence = {
  readonly name: string;
  readonly spdx: string;
  readonly author: string;
  readonly url: string;
};

/** 8 bits a channel, row-major, three channels a pixel. */
export type Picture = {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
};

/** A few originals kept beside their codes, for the contact sheet. */
export type Specimen = {
  readonly split: "train" | "val";
  readonly caption: string;
  readonly original: Picture;
  /** Joint ids. */
  readonly codes: Int32Array;
};

/** Peak signal-to-noise ratio in dB of the mean squared error over all pictures of a split. */
export type Fidelity = {
  readonly train: number;
  readonly val: number | undefined;
};

/** A few recordings kept beside their codes, to be listened to. */
export type Recording = {
  readonly split: "train" | "val";
  readonly caption: string;
  /** Samples at 16 kHz. */
  readonly original: Float32Array;
  /** Joint ids. */
  readonly codes: Int32Array;
};

/** Mean absolute error in dB of the codes' log-mel frames over all clips of a split, and that of the mean training frame. */
export type MelError = {
  readonly train: number;
  readonly val: number | undefined;
  /** On validation, or on training where there is none. */
  readonly meanFrame: number;
};

export type Dataset = {
  readonly name: string;
  /** sha256 in hex of everything that determines the codes: documents, split, codecs, layout of the vocabulary. */
  readonly hash: string;
  readonly modalities: readonly DatasetModality[];
  /** Size of the joint vocabulary. */
  readonly vocab: number;
  readonly markers: Markers;
  readonly train: Documents;
  readonly val: Documents;
  /** What spans of patches are cut from: 32 × 32 × 3 bytes a picture, one after another; empty without such spans. */
  readonly pictures: Uint8Array;
  /** On the validation documents, by modality name; a modality without targets there is absent. */
  readonly baselines: ReadonlyMap<string, Baseline>;
  readonly fidelity: Fidelity | undefined;
  readonly specimens: readonly Specimen[];
  /** Absent without speech. */
  readonly melError: MelError | undefined;
  readonly recordings: readonly Recording[];
  readonly licences: readonly Licence[];
  /** Pictures skipped, lines not understood: worth showing once. */
  readonly warnings: readonly string[];
};

/** The user's material is missing or unusable; the command line shows it as a diagnostic 3xxx and exits with 1. */
export class DataError extends Error {
  readonly help: string | undefined;
  constructor(message: string, help?: string) {
    super(message);
    this.name = "DataError";
    this.help = help;
  }
}

/** Names as they stand in a sentence: "text, image and speech". */
export function enumerate(names: readonly string[]): string {
  return [names.slice(0, -1).join(", "), ...names.slice(-1)].filter((part) => part !== "").join(" and ");
}

/** Declaration-order index of the modality that markers belong to: the first that has ids. */
export function markerModality({ modalities }: Pick<Dataset, "modalities">): number {
  return Math.max(
    0,
    modalities.findIndex(({ codec }) => codec.kind !== "patches"),
  );
}
