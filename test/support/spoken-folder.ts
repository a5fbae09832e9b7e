// spoken-folder.ts: a small folder of real material in three modalities: emoji, their names, and the names spoken.
// In: nothing. Out: a folder whose documents are text and picture, text and speech, or speech and picture.

import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { openSpeaker, readFlite, voices } from "../../src/data/flite.ts";
import { pictureSize } from "../../src/data/geometry.ts";
import { encodePng } from "../../src/data/png.ts";
import { createRasterizer } from "../../src/data/svg.ts";
import { encodeWav } from "../../src/data/wav.ts";

const names =
  "cat,dog,horse,grapes,banana,carrot,cherries,bread,key,bell,crown,guitar,trumpet,violin,bicycle,rocket,anchor,umbrella,snowflake,rainbow,cactus,tulip,spider,octopus";

/** Writes PNG, WAV and captions.jsonl for 24 names, three documents each, into an empty folder. */
export async function writeSpokenFolder(folder: string): Promise<void> {
  const file = createRequire(import.meta.url).resolve("@iconify-json/twemoji/icons.json");
  const { icons } = JSON.parse(readFileSync(file, "utf8"));
  const draw = await createRasterizer();
  const speak = await openSpeaker(await readFlite());
  const lines: string[] = [];
  for (const [i, name] of names.split(",").entries()) {
    const rgb = draw({ body: icons[name].body, left: 0, top: 0, width: 36, height: 36 }) ?? new Uint8Array();
    const [image, audio] = [`${name}.png`, `${name}.wav`];
    await writeFile(path.join(folder, image), encodePng({ width: pictureSize, height: pictureSize, rgb }));
    await writeFile(path.join(folder, audio), encodeWav(speak(name, voices[i % voices.length] ?? "slt")));
    const text = name;
    lines.push(
      ...[
        { image, text },
        { audio, text },
        { audio, image },
      ].map((line) => JSON.stringify(line)),
    );
  }
  await writeFile(path.join(folder, "captions.jsonl"), lines.join("\n"));
}
