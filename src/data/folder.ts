// folder.ts: a user's own folder as a corpus.
// In: a folder with `captions.jsonl` (lines of "image", "audio" and "text"), PNG, WAV and *.txt files. Out: drafts,
// pictures and sounds. Without `captions.jsonl`, the PNG and WAV files are pictures and recordings without captions.
// Idea: what cannot be read is skipped and named, with its line; only if nothing is left is that an error. A picture's
// lines are alternatives for one caption; pictures that look alike share a group, recordings that sound alike too, and
// so does everything from one text file (or, if there is only one, from one run of paragraphs).

import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { contentHash } from "./cache.ts";
import { type Captioned, captionsName, listFiles, readCaptions } from "./captions.ts";
import {
  type Corpus,
  type CorpusSource,
  createGroups,
  type Draft,
  type Split,
  splitOfGroup,
} from "./corpus.ts";
import { DataError } from "./dataset.ts";
import {
  type Decoded,
  type DecodedSounds,
  decodeImages,
  decodeSounds,
  type Files,
  readFiles,
  reasonOf,
} from "./folder-files.ts";
import { pictureBytes } from "./geometry.ts";
import { melOfClip } from "./speech.ts";

const recipe = "folder-2";
/** Characters at most in a document made of a text file. */
const chunkLength = 4000;

/** Paragraphs of a text in runs of about `length` characters; a longer paragraph is cut, at line ends if it has any. */
function cutParagraphs(text: string, length: number): readonly string[] {
  const piece = new RegExp(`[^]{1,${length}}(?:\\n|$)|[^]{1,${length}}`, "gu");
  const chunks: string[] = [];
  let chunk = "";
  for (const paragraph of text.split(/(?<=\n)\s*\n/).flatMap((one) => one.match(piece) ?? [])) {
    if (chunk !== "" && chunk.length + paragraph.length > length) {
      chunks.push(chunk);
      chunk = "";
    }
    chunk += chunk === "" ? paragraph : `\n${paragraph}`;
  }
  return [...chunks, chunk].map((one) => one.trim()).filter((one) => one !== "");
}

type Keyed = Omit<Draft, "split">;

function captionedDrafts(
  files: Files,
  { pictures, numbers }: Decoded,
  { sounds, clips }: DecodedSounds,
  warnings: string[],
): readonly Keyed[] {
  if (files.captions === undefined) return [];
  const groups = createGroups();
  const entries = readCaptions(files.captions, warnings).map((entry) => ({
    ...entry,
    picture: entry.image === undefined ? undefined : numbers.get(entry.image),
    clip: entry.audio === undefined ? undefined : clips.get(entry.audio),
  }));
  const keyOf = ({ image, audio, texts }: Captioned) =>
    image === undefined && audio === undefined
      ? `line ${texts[0]}`
      : image === undefined
        ? `audio ${audio}`
        : `image ${image}`;
  for (const entry of entries) {
    if (entry.picture !== undefined) {
      const pixels = pictures.subarray(entry.picture * pictureBytes, (entry.picture + 1) * pictureBytes);
      groups.join(keyOf(entry), `pixels ${contentHash(pixels)}`);
    }
    if (entry.clip !== undefined)
      groups.join(keyOf(entry), `sound ${contentHash(melOfClip(sounds.clips, entry.clip))}`);
  }
  return entries.flatMap((entry) => {
    const { image, audio, texts, picture, clip } = entry;
    const isBare = image === undefined && audio === undefined && texts.length > 0;
    // A caption without the picture or the recording it is about goes with it.
    if (!isBare && picture === undefined && clip === undefined) return [];
    return [{ group: groups.find(keyOf(entry)), texts, picture, clip }];
  });
}

function textDrafts(files: Files): readonly Keyed[] {
  const isOnly = files.texts.size === 1;
  return [...files.texts].flatMap(([name, text]) => {
    // A single small file must still fall into enough pieces to be split.
    const length = isOnly ? Math.ceil(Math.min(chunkLength, Math.max(200, text.length / 40))) : chunkLength;
    return cutParagraphs(text, length).map((chunk, i) => ({
      group: isOnly ? `text ${name} ${i}` : `text ${name}`,
      texts: [chunk],
      picture: undefined,
      clip: undefined,
    }));
  });
}

/** One group in twenty validates; where chance chose none, the group that came nearest to it does. */
function splitDrafts(drafts: readonly Keyed[]): readonly Draft[] {
  const groups = [...new Set(drafts.map((draft) => draft.group))];
  const splits = new Map<string, Split>(groups.map((group) => [group, splitOfGroup(group, false)]));
  const sorted = groups.toSorted((a, b) => (contentHash(a) < contentHash(b) ? -1 : 1));
  const [first] = sorted;
  const last = sorted.at(-1);
  if (first !== undefined && groups.length >= 2) {
    if (!groups.some((group) => splits.get(group) === "val")) splits.set(first, "val");
    if (last !== undefined && !groups.some((group) => splits.get(group) === "train"))
      splits.set(last, "train");
  } else if (first !== undefined) splits.set(first, "train");
  return drafts.map((draft) => ({ ...draft, split: splits.get(draft.group) ?? "train" }));
}

function makeSource(folder: string, files: Files, readWarnings: readonly string[]): CorpusSource {
  const parts = [...files.texts, ...files.images, ...files.audios].flat();
  return {
    name: folder,
    fingerprint: contentHash(recipe, files.captions ?? "", ...parts, ...readWarnings),
    async load(cacheDir, onProgress): Promise<Corpus> {
      const warnings = [...readWarnings];
      const decoded = await decodeImages(files, cacheDir, onProgress, warnings);
      const heard = await decodeSounds(files, cacheDir, onProgress, warnings);
      const captioned = captionedDrafts(files, decoded, heard, warnings);
      const drafts = splitDrafts([...captioned, ...textDrafts(files)]);
      if (drafts.length === 0) {
        throw new DataError(
          [`there is nothing to train on in ${folder}`, ...warnings.slice(0, 5)].join("\n  "),
          `put a ${captionsName} with lines like {"image": "a.png", "text": "an apple"} there, or *.txt files`,
        );
      }
      return { drafts, pictures: decoded.pictures, sounds: heard.sounds, licences: [], warnings };
    },
  };
}

/** Reads a folder's files; DataError if it is none or cannot be read. */
export async function openFolder(folder: string): Promise<CorpusSource> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined)
    throw new DataError(
      `there is no folder ${folder}`,
      "`data` takes a folder relative to the file, or `icons`",
    );
  if (!found.isDirectory())
    throw new DataError(
      `${folder} is not a folder`,
      `\`data\` takes a folder that holds ${captionsName} or *.txt files`,
    );
  const warnings: string[] = [];
  try {
    const files = await readFiles(folder, warnings);
    return makeSource(folder, files, warnings);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`cannot read ${folder}: ${reasonOf(error)}`);
  }
}

/** What a folder seems to hold, by modality name, without decoding anything; nothing for a folder that cannot be read. */
export async function folderModalities(folder: string): Promise<readonly string[]> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  const captions = names.includes(captionsName)
    ? await readFile(path.join(folder, captionsName), "utf8").catch(() => "")
    : (listFiles(names) ?? "");
  const entries = readCaptions(captions, []);
  const hasText =
    names.some((name) => name.endsWith(".txt")) || entries.some((entry) => entry.texts.length > 0);
  return [
    ...(hasText ? ["text"] : []),
    ...(entries.some((entry) => entry.image !== undefined) ? ["image"] : []),
    ...(entries.some((entry) => entry.audio !== undefined) ? ["speech"] : []),
  ];
}
