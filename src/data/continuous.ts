// continuous.ts: pictures that stay numbers: spans of patches in documents, and their values in batches.
// In: a corpus and the patches asked for; later a dataset and a patch of it. Out: spans; values −1 … 1.
// A dataset keeps pictures as bytes, a third of what their values would take, and documents name patches by number.

import type { Corpus, Draft } from "./corpus.ts";
import { DataError, type PatchesCodec, type Picture, type RequestedModality } from "./dataset.ts";
import { pictureBytes, pictureSize } from "./geometry.ts";

/** Channels of a pixel: red, green, blue. */
const colours = 3;

/** Patches of a picture. */
export function patchCount({ size, patch }: PatchesCodec): number {
  return (size / patch) ** 2;
}

/** Numbers in a patch: rows of pixels, three numbers a pixel. */
export function patchValues({ patch, channels }: PatchesCodec): number {
  return patch * patch * channels;
}

/** Throws DataError, naming both sides, where the pictures of the data cannot be cut as asked. */
export function patchesCodec(data: string, { name, patches }: RequestedModality): PatchesCodec {
  const { size, channels } = patches ?? { size: 0, channels: 0 };
  const sides = Array.from({ length: pictureSize }, (_, i) => i + 1).filter(
    (side) => pictureSize % side === 0,
  );
  if (name !== "image")
    throw new DataError(
      `\`${name}\` is declared as patches, and of the data "${data}" only \`image\` has pixels`,
      `write \`modality ${name} = tokens(vocab: 1024)\``,
    );
  if (!sides.includes(size))
    throw new DataError(
      `\`${name}\` asks for patches of ${size} × ${size} pixels, and the pictures of "${data}" are ${pictureSize} × ${pictureSize}`,
      `choose a \`size\` that divides ${pictureSize}: ${sides.join(", ")}`,
    );
  if (channels !== colours)
    throw new DataError(
      `\`${name}\` asks for ${channels} channels, and the pictures of "${data}" have ${colours}`,
      `write \`channels: ${colours}\``,
    );
  return { kind: "patches", size: pictureSize, patch: size, channels };
}

/** The span of a draft's picture: its patches by number. */
export function patchSpans(codec: PatchesCodec): (draft: Draft) => readonly Int32Array[] {
  const count = patchCount(codec);
  return ({ picture }) =>
    picture === undefined
      ? []
      : [Int32Array.from({ length: count }, (_, patch) => patchToken(picture * count + patch))];
}

/** What stands for a patch where others have an id, and back. */
const patchToken = (number: number): number => -2 - number;
const patchNumber = (token: number): number => -2 - token;

/** Only the pictures that documents name, numbered anew: what others are for is another model's business. */
export function keepPictures(corpus: Pick<Corpus, "pictures" | "drafts">): {
  readonly pictures: Uint8Array;
  readonly drafts: readonly Draft[];
} {
  const kept = new Map<number, number>();
  const drafts = corpus.drafts.map((draft) => {
    if (draft.picture === undefined || draft.split === "test") return draft;
    const number = kept.get(draft.picture) ?? kept.size;
    kept.set(draft.picture, number);
    return { ...draft, picture: number };
  });
  const pictures = new Uint8Array(kept.size * pictureBytes);
  for (const [from, to] of kept)
    pictures.set(corpus.pictures.subarray(from * pictureBytes, (from + 1) * pictureBytes), to * pictureBytes);
  return { pictures, drafts };
}

/** Writes the values of a patch to `into` from `at` on. */
export function readPatchValues(
  codec: PatchesCodec,
  pictures: Uint8Array,
  token: number,
  into: Float32Array,
  at: number,
): void {
  const { size, patch, channels } = codec;
  const [count, perSide, rowValues] = [patchCount(codec), size / patch, patch * channels];
  const number = patchNumber(token);
  const [picture, place] = [Math.floor(number / count), number % count];
  const corner = Math.floor(place / perSide) * patch * size + (place % perSide) * patch;
  const from = picture * pictureBytes + corner * channels;
  for (let y = 0; y < patch; y += 1) {
    for (let i = 0; i < rowValues; i += 1) {
      into[at + y * rowValues + i] = (pictures[from + y * size * channels + i] ?? 0) / 127.5 - 1;
    }
  }
}

/** The picture that a patch is cut from, as the data has it. */
export function pictureOfToken(codec: PatchesCodec, pictures: Uint8Array, token: number): Picture {
  const start = Math.floor(patchNumber(token) / patchCount(codec)) * pictureBytes;
  return { width: codec.size, height: codec.size, rgb: pictures.slice(start, start + pictureBytes) };
}

/** The values of a whole picture's patches, one after another; the picture is as large as the codec's. */
export function patchesOfPicture(codec: PatchesCodec, { rgb }: Picture): Float32Array {
  const width = patchValues(codec);
  const values = new Float32Array(patchCount(codec) * width);
  for (let patch = 0; patch < patchCount(codec); patch += 1)
    readPatchValues(codec, rgb, patchToken(patch), values, patch * width);
  return values;
}

/** The picture whose patches have these values, cut to −1 … 1. */
export function pictureOfPatches(codec: PatchesCodec, values: Float32Array): Picture {
  const { size, patch, channels } = codec;
  const [perSide, width, rowValues] = [size / patch, patchValues(codec), patch * channels];
  const rgb = new Uint8Array(size * size * channels);
  for (let place = 0; place < perSide * perSide; place += 1) {
    const corner = Math.floor(place / perSide) * patch * size + (place % perSide) * patch;
    for (let y = 0; y < patch; y += 1) {
      for (let i = 0; i < rowValues; i += 1) {
        const value = values[place * width + y * rowValues + i] ?? 1;
        rgb[(corner + y * size) * channels + i] = Math.max(0, Math.min(255, Math.round((value + 1) * 127.5)));
      }
    }
  }
  return { width: size, height: size, rgb };
}
