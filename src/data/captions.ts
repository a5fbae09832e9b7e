// captions.ts: captions.jsonl: which files of a folder belong together, and what is said of them.
// In: its text. Out: entries; lines that are not understood are named by number.
// Lines that name the same files become one entry: its texts are alternatives for one caption.

export const captionsName = "captions.jsonl";

export type Captioned = {
  readonly image: string | undefined;
  readonly audio: string | undefined;
  readonly texts: string[];
};

type Line = Readonly<Record<"image" | "audio" | "text", string | undefined>>;

function fileName(fields: ReadonlyMap<string, unknown>, field: "image" | "audio"): string | undefined {
  const value = fields.get(field);
  if (value === undefined || typeof value === "string") return value;
  throw new Error(`has an "${field}" that is not a file name`);
}

/** Throws an Error that goes on after "this line". */
function parseLine(line: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error("is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error('is not an object like {"image": "a.png", "text": "…"}');
  const fields = new Map<string, unknown>(Object.entries(value));
  const text = fields.get("text");
  if (["image", "audio", "text"].every((field) => fields.get(field) === undefined))
    throw new Error('has neither "image" nor "audio" nor "text"');
  const other = [...fields.keys()].find((name) => name !== "image" && name !== "audio");
  if (text === undefined && other !== undefined)
    throw new Error(`has ${JSON.stringify(other)}, but no "text"`);
  if (text !== undefined && typeof text !== "string") throw new Error('has a "text" that is not a text');
  return { image: fileName(fields, "image"), audio: fileName(fields, "audio"), text };
}

/** Entries in order; bad lines go to `warnings` by number. */
export function readCaptions(text: string, warnings: string[]): readonly Captioned[] {
  const entries: Captioned[] = [];
  const byFiles = new Map<string, Captioned>();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    let parsed: Line;
    try {
      parsed = parseLine(line);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      warnings.push(`${captionsName}:${index + 1}: this line ${reason}; it is skipped`);
      continue;
    }
    const { image, audio } = parsed;
    const texts = parsed.text === undefined || parsed.text === "" ? [] : [parsed.text];
    const files = image === undefined && audio === undefined ? undefined : JSON.stringify([image, audio]);
    const known = files === undefined ? undefined : byFiles.get(files);
    if (known !== undefined) {
      known.texts.push(...texts);
      continue;
    }
    const entry = { image, audio, texts };
    entries.push(entry);
    if (files !== undefined) byFiles.set(files, entry);
  }
  return entries;
}

/** What captions.jsonl would say of pictures and recordings without captions; undefined if there are none. */
export function listFiles(names: readonly string[]): string | undefined {
  const lines = names.flatMap((name) => {
    if (name.endsWith(".png")) return [JSON.stringify({ image: name })];
    return name.endsWith(".wav") ? [JSON.stringify({ audio: name })] : [];
  });
  return lines.length === 0 ? undefined : lines.join("\n");
}
