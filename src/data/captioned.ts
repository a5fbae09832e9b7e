// captioned.ts: pictures that stay numbers, beside their captions, to be looked at.
// In: a dataset whose pictures are patches. Out: a few pictures of a split and what is said of them.

import { pictureOfToken } from "./continuous.ts";
import type { Dataset, Documents, Picture } from "./dataset.ts";
import { decodeText } from "./decode.ts";
import { drawDocument } from "./draw.ts";

export type CaptionedPicture = { readonly caption: string; readonly picture: Picture };

/** At most `count`, evenly from all documents with a picture; none where pictures are codes, or there are none. */
export function captionedPictures(
  dataset: Dataset,
  documents: Documents,
  count: number,
): readonly CaptionedPicture[] {
  const m = dataset.modalities.findIndex(({ codec }) => codec.kind === "patches");
  const codec = dataset.modalities[m]?.codec;
  if (codec?.kind !== "patches") return [];
  const every = Math.max(1, documents.count / count);
  const found: CaptionedPicture[] = [];
  for (let i = 0; i < count && Math.floor(i * every) < documents.count; i += 1) {
    const { token, modality } = drawDocument(dataset, documents, Math.floor(i * every), { seed: 0, pass: 0 });
    const patch = token[modality.indexOf(m)];
    if (!modality.includes(m) || patch === undefined) continue;
    const caption = decodeText(
      dataset,
      token.filter((id) => id >= 0),
    );
    found.push({ caption, picture: pictureOfToken(codec, dataset.pictures, patch) });
  }
  return found;
}
