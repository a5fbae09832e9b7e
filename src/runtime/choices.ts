// choices.ts: what was measured once on this machine, kept for the next start.
// In: a folder, a file of it, and what the choice depends on as a key. Out: the choice, or nothing.
// A file that cannot be read or written costs a measurement, never a run.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where choices of one kind are kept; nowhere without a folder. */
export type ChoiceFile = { readonly folder: string | undefined; readonly name: string };

export async function recallChoice(file: ChoiceFile, key: string): Promise<unknown> {
  return file.folder === undefined ? undefined : (await readChoices(file.folder, file.name)).get(key);
}

export async function keepChoice({ folder, name }: ChoiceFile, key: string, choice: unknown): Promise<void> {
  if (folder === undefined) return;
  try {
    await mkdir(folder, { recursive: true });
    const choices = (await readChoices(folder, name)).set(key, choice);
    await writeFile(join(folder, name), JSON.stringify(Object.fromEntries(choices)));
  } catch {
    // Measured again at the next start.
  }
}

async function readChoices(folder: string, name: string): Promise<Map<string, unknown>> {
  try {
    const kept: unknown = JSON.parse(await readFile(join(folder, name), "utf8"));
    return new Map(Object.entries(kept as Record<string, unknown>));
  } catch {
    return new Map();
  }
}
