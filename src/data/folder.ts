// folder.ts: a user's own folder as a corpus.
// In: a folder with `captions.jsonl` ({"image", "text"} or {"text"} lines), PNG files and *.txt files. Out: drafts and pictures.
// Without `captions.jsonl`, the PNG files are pictures without captions.
// Idea: what cannot be read is skipped and named, with its line; only if nothing is left is that an error. A picture's
// lines are alternatives for one caption, pictures that look alike share a group, and so does everything from one text
// file (or, if there is only one, from one run of paragraphs).

import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { contentHash, readEntry, writeEntry } from "./cache.ts";
import {
  type Corpus,
  type CorpusSource,
  createGroups,
  type Draft,
  type Split,
  splitOfGroup,
} from "./corpus.ts";
import { DataError, type OnProgress } from "./dataset.ts";
import { pictureBytes, pictureSize } from "./geometry.ts";
import { readPng } from "./png.ts";

const recipe = "folder-1";
const captionsName = "captions.jsonl";
const shardSize = 512;
/** Characters at most in a document made of a text file. */
const chunkLength = 4000;

type Captioned = { readonly image: string | undefined; readonly texts: string[] };
type Files = {
  readonly captions: string | undefined;
  readonly texts: ReadonlyMap<string, string>;
  readonly images: ReadonlyMap<string, Uint8Array>;
};

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function parseLine(
  line: string,
): { readonly image: string | undefined; readonly text: string | undefined } | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "is not JSON";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return 'is not an object like {"image": "a.png", "text": "…"}';
  const fields = new Map<string, unknown>(Object.entries(value));
  const [image, text] = [fields.get("image"), fields.get("text")];
  if (image === undefined && text === undefined) return 'has neither "image" nor "text"';
  const other = [...fields.keys()].find((name) => name !== "image");
  if (text === undefined && other !== undefined) return `has ${JSON.stringify(other)}, but no "text"`;
  if (image !== undefined && typeof image !== "string") return 'has an "image" that is not a file name';
  if (text !== undefined && typeof text !== "string") return 'has a "text" that is not a text';
  return { image, text };
}

/** Lines that name one picture become one entry; bad lines go to `warnings` by number. */
function readCaptions(text: string, warnings: string[]): readonly Captioned[] {
  const entries: Captioned[] = [];
  const byImage = new Map<string, Captioned>();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const parsed = parseLine(line);
    if (typeof parsed === "string") {
      warnings.push(`${captionsName}:${index + 1}: this line ${parsed}; it is skipped`);
      continue;
    }
    const texts = parsed.text === undefined || parsed.text === "" ? [] : [parsed.text];
    const known = parsed.image === undefined ? undefined : byImage.get(parsed.image);
    if (known !== undefined) {
      known.texts.push(...texts);
      continue;
    }
    const entry = { image: parsed.image, texts };
    entries.push(entry);
    if (parsed.image !== undefined) byImage.set(parsed.image, entry);
  }
  return entries;
}

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

/** UTF-8; a byte order mark is no part of the text. */
async function readText(file: string): Promise<string> {
  const text = await readFile(file, "utf8");
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

/** What captions.jsonl would say of pictures without captions. */
function listPictures(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names.map((image) => JSON.stringify({ image })).join("\n");
}

async function readFiles(folder: string, warnings: string[]): Promise<Files> {
  const names = (await readdir(folder)).sort();
  const texts = new Map<string, string>();
  for (const name of names.filter((one) => one.endsWith(".txt"))) {
    texts.set(name, await readText(path.join(folder, name)));
  }
  const captions = names.includes(captionsName)
    ? await readText(path.join(folder, captionsName))
    : listPictures(names.filter((name) => name.endsWith(".png")));
  const images = new Map<string, Uint8Array>();
  for (const entry of captions === undefined ? [] : readCaptions(captions, [])) {
    if (entry.image === undefined) continue;
    try {
      images.set(entry.image, await readFile(path.join(folder, entry.image)));
    } catch (error) {
      warnings.push(
        `${entry.image}: ${reasonOf(error).startsWith("ENOENT") ? "there is no such picture" : reasonOf(error)}; it is skipped`,
      );
    }
  }
  return { captions, texts, images };
}

type Shard = { readonly pictures: Uint8Array; readonly failed: readonly (string | undefined)[] };

/** Decodes up to 512 pictures, or finds them decoded; a failed one is white and has its reason in `failed`. */
async function decodeShard(files: readonly Uint8Array[], cacheDir: string): Promise<Shard> {
  const key = contentHash(recipe, ...files);
  const kept = await readEntry(cacheDir, "pictures", key);
  const keptPictures = kept?.arrays.get("pictures");
  if (kept !== undefined && keptPictures instanceof Uint8Array) {
    const reasons = kept.values as readonly (string | null)[];
    return { pictures: keptPictures, failed: reasons.map((one) => one ?? undefined) };
  }
  const pictures = new Uint8Array(files.length * pictureBytes).fill(255);
  const failed = files.map((file, i) => {
    try {
      pictures.set(readPng(file, pictureSize).rgb, i * pictureBytes);
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  });
  await writeEntry(
    cacheDir,
    "pictures",
    key,
    failed.map((one) => one ?? null),
    { pictures },
  );
  return { pictures, failed };
}

type Decoded = { readonly pictures: Uint8Array; readonly numbers: ReadonlyMap<string, number> };

async function decodeImages(
  files: Files,
  cacheDir: string,
  onProgress: OnProgress,
  warnings: string[],
): Promise<Decoded> {
  const names = [...files.images.keys()];
  const good: Uint8Array[] = [];
  const numbers = new Map<string, number>();
  for (let start = 0; start < names.length; start += shardSize) {
    const part = names.slice(start, start + shardSize);
    const shard = await decodeShard(
      part.flatMap((name) => files.images.get(name) ?? []),
      cacheDir,
    );
    for (const [i, name] of part.entries()) {
      const reason = shard.failed[i];
      if (reason === undefined) {
        numbers.set(name, good.length);
        good.push(shard.pictures.subarray(i * pictureBytes, (i + 1) * pictureBytes));
      } else warnings.push(`${name}: this picture cannot be read (${reason}); it is skipped`);
    }
    onProgress("reading pictures", Math.min(names.length, start + shardSize), names.length);
  }
  return { pictures: new Uint8Array(Buffer.concat(good)), numbers };
}

type Keyed = Omit<Draft, "split">;

function captionedDrafts(files: Files, decoded: Decoded, warnings: string[]): readonly Keyed[] {
  if (files.captions === undefined) return [];
  const groups = createGroups();
  const entries = readCaptions(files.captions, warnings);
  const keyOf = (entry: Captioned) =>
    entry.image === undefined ? `line ${entry.texts[0]}` : `image ${entry.image}`;
  for (const entry of entries) {
    const picture = decoded.numbers.get(entry.image ?? "");
    if (picture === undefined || entry.image === undefined) continue;
    const pixels = decoded.pictures.subarray(picture * pictureBytes, (picture + 1) * pictureBytes);
    groups.join(keyOf(entry), `pixels ${contentHash(pixels)}`);
  }
  return entries.flatMap((entry) => {
    const picture = entry.image === undefined ? undefined : decoded.numbers.get(entry.image);
    // A caption without the picture it is about goes with the picture.
    if (picture === undefined && (entry.image !== undefined || entry.texts.length === 0)) return [];
    return [{ group: groups.find(keyOf(entry)), texts: entry.texts, picture }];
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
  const parts = [...files.texts, ...files.images].flat();
  return {
    name: folder,
    fingerprint: contentHash(recipe, files.captions ?? "", ...parts, ...readWarnings),
    async load(cacheDir, onProgress): Promise<Corpus> {
      const warnings = [...readWarnings];
      const decoded = await decodeImages(files, cacheDir, onProgress, warnings);
      const drafts = splitDrafts([...captionedDrafts(files, decoded, warnings), ...textDrafts(files)]);
      if (drafts.length === 0) {
        throw new DataError(
          [`there is nothing to train on in ${folder}`, ...warnings.slice(0, 5)].join("\n  "),
          `put a ${captionsName} with lines like {"image": "a.png", "text": "an apple"} there, or *.txt files`,
        );
      }
      return { drafts, pictures: decoded.pictures, licences: [], warnings };
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
