// vocabulary.ts: the joint vocabulary: which ids are whose.
// In: the modalities asked for. Out: where each begins, the markers, and room for codes; or a DataError.
// Layout: the modalities one after another in declaration order, each keeping all rows asked for (patches have none);
// those of the first modality of tokens begin with the markers: begin and end of a document, then begin and end of a
// span for every modality but text.

import { DataError, type Markers, type RequestedModality } from "./dataset.ts";

export type Layout = {
  readonly vocab: number;
  readonly markers: Markers;
  /** By declaration order; `codes` is how many ids are left for codes that are no markers. */
  readonly modalities: readonly {
    readonly offset: number;
    readonly firstCode: number;
    readonly codes: number;
  }[];
};

const byteCodes = 256;
const maxVocab = 1 << 20;

function markersOf(modalities: readonly RequestedModality[]): {
  readonly markers: Markers;
  readonly count: number;
} {
  const spans = new Map<string, { readonly begin: number; readonly end: number }>();
  let count = 2;
  for (const { name } of modalities) {
    if (name === "text") continue;
    spans.set(name, { begin: count, end: count + 1 });
    count += 2;
  }
  return { markers: { beginDocument: 0, endDocument: 1, spans }, count };
}

function checkRoom({ name, vocab }: RequestedModality, codes: number, markerCount: number): void {
  if (vocab > maxVocab) throw new DataError(`\`${name}\` asks for ${vocab} codes; ${maxVocab} is the most`);
  const [least, what] = name === "text" ? [byteCodes, "bytes"] : [2, "codes"];
  if (codes >= least) return;
  const needed = least + markerCount;
  throw new DataError(
    `\`vocab: ${vocab}\` is too small for ${name}: ${least} ${what}${markerCount > 0 ? ` and ${markerCount} markers` : ""} need ${needed}`,
    `write \`modality ${name} = tokens(vocab: ${needed})\` or more`,
  );
}

/** Lays the modalities out; DataError if one is too small for what it has to hold. */
export function layoutVocabulary(modalities: readonly RequestedModality[]): Layout {
  const first = modalities.findIndex(({ patches }) => patches === undefined);
  if (first < 0)
    throw new DataError(
      "the model declares no modality of tokens, and documents begin and end with one",
      "add one: `modality text = tokens(vocab: 1024)`",
    );
  const { markers, count } = markersOf(modalities);
  let offset = 0;
  const laid = modalities.map((modality, index) => {
    const own = index === first ? count : 0;
    if (modality.patches === undefined) checkRoom(modality, modality.vocab - own, own);
    const place = { offset, firstCode: offset + own, codes: modality.vocab - own };
    offset += modality.vocab;
    return place;
  });
  return { vocab: offset, markers, modalities: laid };
}
