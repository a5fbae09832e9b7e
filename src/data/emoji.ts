// emoji.ts: what an emoji is called, and which emoji show the same thing.
// In: code points as icon sets write them ("1f44b-1f3fb"). Out: names and keywords; a key that skin, gender and hair share.
// Idea: names come from the Unicode data of the base emoji; a skin tone is said in words after it.

const zeroWidthJoiner = "200d";
const variationSelector = "fe0f";
const skinTones = new Map([
  ["1f3fb", "light skin tone"],
  ["1f3fc", "medium-light skin tone"],
  ["1f3fd", "medium skin tone"],
  ["1f3fe", "medium-dark skin tone"],
  ["1f3ff", "dark skin tone"],
]);
// Male, female, hair styles, and "facing right": they vary a concept, they are none.
const variations = new Set([
  variationSelector,
  zeroWidthJoiner,
  "2640",
  "2642",
  "1f9b0",
  "1f9b1",
  "1f9b2",
  "1f9b3",
  "27a1",
]);
const neutral = new Map([
  ["1f468", "1f9d1"],
  ["1f469", "1f9d1"],
  ["1f466", "1f9d2"],
  ["1f467", "1f9d2"],
]);
const regionA = 0x1f1e6;

export type EmojiEntry = { readonly name: string; readonly keywords: readonly string[] };

/** Entries by code points without variation selectors, in lower-case hexadecimal joined by "-". */
export type EmojiTable = ReadonlyMap<string, EmojiEntry>;

export type EmojiLabel = { readonly name: string; readonly keywords: readonly string[] };

function pointsOf(emoji: string): readonly string[] {
  return [...emoji].map((character) => (character.codePointAt(0) ?? 0).toString(16));
}

function plain(points: readonly string[]): string {
  return points.filter((point) => point !== variationSelector).join("-");
}

/** From `unicode-emoji-json` (emoji → {name}) and `emojilib` (emoji → keywords, its own slug first). */
export function readEmojiTable(
  names: Readonly<Record<string, { readonly name: string }>>,
  keywords: Readonly<Record<string, readonly string[]>>,
): EmojiTable {
  return new Map(
    Object.entries(names).map(([emoji, { name }]) => {
      const words = (keywords[emoji] ?? []).slice(1).map((word) => word.replaceAll("_", " "));
      // Emoticons such as ":D" say nothing about what is seen.
      return [
        plain(pointsOf(emoji)),
        { name, keywords: words.filter((word) => /^[a-z]/i.test(word) && word !== name) },
      ];
    }),
  );
}

/** Name and keywords of an emoji in any skin tone, or undefined if Unicode has no name for it. */
export function labelOf(table: EmojiTable, codePoints: string): EmojiLabel | undefined {
  const points = codePoints.split("-").filter((point) => point !== variationSelector);
  const tones = points.flatMap((point) => skinTones.get(point) ?? []);
  const isFacingRight = points.length > 2 && points.at(-1) === "27a1" && points.at(-2) === zeroWidthJoiner;
  const facing = isFacingRight ? points.slice(0, -2) : points;
  const exact = table.get(plain(facing));
  const base = exact ?? table.get(plain(facing.filter((point) => !skinTones.has(point))));
  if (base === undefined) return undefined;
  const said = exact === undefined ? [...new Set(tones)] : [];
  if (isFacingRight) said.push("facing right");
  return { name: [base.name, ...said].join(" "), keywords: base.keywords };
}

/** What all drawings of one concept share: the code points without skin, gender, hair and direction. */
export function conceptKey(codePoints: string): string {
  const points = codePoints.split("-").filter((point) => point !== variationSelector);
  const kept = points.filter((point) => !skinTones.has(point) && !variations.has(point));
  const concept = kept.length > 0 ? kept : points;
  return `emoji ${concept.map((point) => neutral.get(point) ?? point).join("-")}`;
}

/** Code points of the flag of a two-letter region ("fr"), or undefined for anything else. */
export function flagPoints(region: string): string | undefined {
  if (!/^[a-z]{2}$/.test(region)) return undefined;
  return [...region].map((letter) => (regionA + letter.charCodeAt(0) - 97).toString(16)).join("-");
}
