// icons.ts: the built-in data `icons`: real icons and emoji with their names, from six icon sets.
// In: the sets' npm packages. Out: a corpus of 32 × 32 pictures with captions, split by concept.
// Idea: a concept is an emoji without skin, gender and hair, or an icon's name without its style; icons named like an
// emoji and drawings equal in every pixel join, so that no drawing of a validation concept is ever trained on.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { contentHash, readEntry, writeEntry } from "./cache.ts";
import {
  type Corpus,
  type CorpusSource,
  createGroups,
  type Draft,
  noSounds,
  splitOfGroup,
} from "./corpus.ts";
import { DataError, type Licence, type OnProgress } from "./dataset.ts";
import { conceptKey, type EmojiTable, flagPoints, labelOf, readEmojiTable } from "./emoji.ts";
import { pictureBytes } from "./geometry.ts";
import { randomOrder } from "./random.ts";
import { createRasterizer, type IconShape } from "./svg.ts";

const recipe = "icons-1";
const rasterRecipe = "raster-1";

/** Licences whose art may be used and passed on; a set under another one is refused. */
const allowedLicences = new Set([
  "MIT",
  "Apache-2.0",
  "ISC",
  "CC0-1.0",
  "CC-BY-4.0",
  "CC-BY-3.0",
  "OFL-1.1",
  "BSD-3-Clause",
]);

type SetKind = "emoji" | "flags" | "icons";
type IconSet = { readonly folder: string; readonly style: string; readonly kind: SetKind };

const iconSets: readonly IconSet[] = [
  { folder: "fluent-emoji-flat", style: "fluent", kind: "emoji" },
  { folder: "twemoji", style: "twemoji", kind: "emoji" },
  { folder: "icon-park", style: "icon park", kind: "icons" },
  { folder: "tabler", style: "tabler", kind: "icons" },
  { folder: "flat-color-icons", style: "flat", kind: "icons" },
  { folder: "circle-flags", style: "circle", kind: "flags" },
];

const styleWords = new Set(
  "filled fill outline outlined line rounded round sharp bold thin light duotone twotone solid off one two three four five six seven eight nine".split(
    " ",
  ),
);

const require = createRequire(import.meta.url);

type IconJson = Partial<IconShape> & { readonly body: string; readonly hidden?: boolean };
type SetFile = Partial<Omit<IconShape, "body">> & { readonly icons: Readonly<Record<string, IconJson>> };
type InfoFile = {
  readonly name: string;
  readonly license: { readonly spdx: string; readonly url?: string };
  readonly author: { readonly name: string; readonly url?: string };
};

type OpenedSet = IconSet & {
  readonly text: string;
  readonly licence: Licence;
  /** Code points of an emoji set's icon names. */
  readonly pointsOf: ReadonlyMap<string, string>;
  readonly categoryOf: ReadonlyMap<string, string>;
};

async function readPackageFile(file: string): Promise<string> {
  try {
    return await readFile(require.resolve(file), "utf8");
  } catch {
    const [scope, name] = file.split("/");
    const found = scope?.startsWith("@") ? `${scope}/${name}` : scope;
    throw new DataError(
      `the built-in data \`icons\` needs the package ${found}`,
      "run `npm ci` in the repository, or `npm install -D` that package",
    );
  }
}

async function readJson<T>(file: string, otherwise: T): Promise<T> {
  try {
    return JSON.parse(await readFile(require.resolve(file), "utf8"));
  } catch {
    return otherwise;
  }
}

async function openSet(set: IconSet): Promise<OpenedSet> {
  const root = `@iconify-json/${set.folder}`;
  const text = await readPackageFile(`${root}/icons.json`);
  const about: InfoFile = JSON.parse(await readPackageFile(`${root}/info.json`));
  const spdx = about.license.spdx;
  if (!allowedLicences.has(spdx))
    throw new DataError(`the licence of ${root} is ${spdx}, which is not on the list of those allowed`);
  const chars = await readJson<Readonly<Record<string, string>>>(`${root}/chars.json`, {});
  const { categories = {} } = await readJson<{
    readonly categories?: Readonly<Record<string, readonly string[]>>;
  }>(`${root}/metadata.json`, {});
  return {
    ...set,
    text,
    licence: {
      name: about.name,
      spdx,
      author: about.author.name,
      url: about.license.url ?? about.author.url ?? "",
    },
    pointsOf: new Map(Object.entries(chars).map(([points, name]) => [name, points])),
    categoryOf: new Map(
      Object.entries(categories).flatMap(([category, names]) =>
        names.map((name) => [name, category.toLowerCase()]),
      ),
    ),
  };
}

type DrawnSet = { readonly names: readonly string[]; readonly pictures: Uint8Array };

/** Every visible icon of a set that draws and is not blank, drawn now or found in the cache. */
async function drawSet(set: OpenedSet, cacheDir: string, onIcon: (done: number) => void): Promise<DrawnSet> {
  const key = contentHash(rasterRecipe, set.text);
  const kept = await readEntry(cacheDir, "raster", key);
  const keptPictures = kept?.arrays.get("pictures");
  if (kept !== undefined && keptPictures instanceof Uint8Array)
    return { names: kept.values as readonly string[], pictures: keptPictures };
  const file: SetFile = JSON.parse(set.text);
  const draw = await createRasterizer();
  const icons = Object.entries(file.icons).filter(([, icon]) => icon.hidden !== true);
  const pictures = new Uint8Array(icons.length * pictureBytes);
  const names: string[] = [];
  for (const [done, [name, icon]] of icons.entries()) {
    const { left = 0, top = 0, width = 16, height = 16 } = { ...file, ...icon };
    const rgb = draw({ body: icon.body, left, top, width, height });
    if (done % 64 === 0) onIcon(done);
    if (rgb === undefined || rgb.every((value) => value === 255)) continue;
    pictures.set(rgb, names.length * pictureBytes);
    names.push(name);
  }
  const used = pictures.slice(0, names.length * pictureBytes);
  await writeEntry(cacheDir, "raster", key, names, { pictures: used });
  return { names, pictures: used };
}

/** An icon's name in words, without the words that only say how it is drawn. */
function plainWords(name: string): string {
  const words = name.split("-");
  const kept = words.filter((word) => !styleWords.has(word) && !/^\d+$/.test(word));
  return (kept.length > 0 ? kept : words).join(" ");
}

type Item = { readonly set: OpenedSet; readonly name: string };
type Described = { readonly key: string; readonly name: string; readonly keywords: readonly string[] };

/** Key, caption and keywords of one icon; `emojiByName` is empty of duplicates. */
function describe(
  { set, name }: Item,
  table: EmojiTable,
  emojiByName: ReadonlyMap<string, string>,
): Described {
  const spoken = name.replaceAll("-", " ");
  const points = set.kind === "flags" ? flagPoints(name) : set.pointsOf.get(name);
  if (points !== undefined) {
    const label = labelOf(table, points);
    return { key: conceptKey(points), name: label?.name ?? spoken, keywords: label?.keywords ?? [] };
  }
  if (set.kind !== "icons")
    return {
      key: `${set.kind} ${spoken}`,
      name: set.kind === "flags" ? `flag ${spoken}` : spoken,
      keywords: [],
    };
  const concept = plainWords(name);
  const emoji = emojiByName.get(concept);
  const category = set.categoryOf.get(name);
  return {
    key: emoji === undefined ? `icon ${concept}` : conceptKey(emoji),
    name: spoken,
    keywords: [
      ...(category === undefined ? [] : [category]),
      ...(emoji === undefined ? [] : (labelOf(table, emoji)?.keywords ?? [])),
    ],
  };
}

/** Captions to choose from: the name, the name with the style, and up to two handfuls of keywords. */
function captionsOf(described: Described, style: string, number: number): readonly string[] {
  const { name, keywords } = described;
  const captions = [name, `${style}: ${name}`];
  for (let variant = 0; variant < 2 && keywords.length >= 2; variant += 1) {
    const order = randomOrder(keywords.length, 7, number, variant);
    const count = 2 + ((number + variant) % 3);
    captions.push([...order.subarray(0, count)].map((at) => keywords[at]).join(", "));
  }
  return [...new Set(captions)];
}

function emojiNames(table: EmojiTable): ReadonlyMap<string, string> {
  return new Map(
    [...table].map(([points, entry]) => [entry.name.toLowerCase().replaceAll("-", " "), points]),
  );
}

function makeDrafts(items: readonly Item[], pictures: Uint8Array, table: EmojiTable): readonly Draft[] {
  const byName = emojiNames(table);
  const described = items.map((item) => describe(item, table, byName));
  const groups = createGroups();
  for (const [i, { key }] of described.entries()) {
    groups.join(key, `pixels ${contentHash(pictures.subarray(i * pictureBytes, (i + 1) * pictureBytes))}`);
  }
  return described.map((one, i) => {
    const group = groups.find(one.key);
    return {
      group,
      split: splitOfGroup(group, true),
      texts: captionsOf(one, items[i]?.set.style ?? "", i),
      picture: i,
      clip: undefined,
    };
  });
}

async function loadCorpus(
  sets: readonly OpenedSet[],
  table: EmojiTable,
  cacheDir: string,
  onProgress: OnProgress,
): Promise<Corpus> {
  const total = 16800; // only for the progress shown; the true number is known at the end
  const drawn: DrawnSet[] = [];
  let before = 0;
  for (const set of sets) {
    const one = await drawSet(set, cacheDir, (done) => onProgress("drawing icons", before + done, total));
    before += one.names.length;
    drawn.push(one);
  }
  onProgress("drawing icons", before, before);
  const items = sets.flatMap((set, i) => (drawn[i]?.names ?? []).map((name) => ({ set, name })));
  const pictures = new Uint8Array(Buffer.concat(drawn.map((one) => one.pictures)));
  return {
    drafts: makeDrafts(items, pictures, table),
    pictures,
    sounds: noSounds,
    licences: sets.map((set) => set.licence),
    warnings: [],
  };
}

/** The built-in data; DataError if a package is missing or a licence is not allowed. */
export async function openIcons(): Promise<CorpusSource> {
  const sets: OpenedSet[] = [];
  for (const set of iconSets) sets.push(await openSet(set));
  const names = await readPackageFile("unicode-emoji-json/data-by-emoji.json");
  const keywords = await readPackageFile("emojilib/dist/emoji-en-US.json");
  const table = readEmojiTable(JSON.parse(names), JSON.parse(keywords));
  return {
    name: "icons",
    fingerprint: contentHash(recipe, rasterRecipe, names, keywords, ...sets.map((set) => set.text)),
    load: (cacheDir, onProgress) => loadCorpus(sets, table, cacheDir, onProgress),
  };
}
