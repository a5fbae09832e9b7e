// folder.ts: folders for results: made step by step, and held by one process at a time.
// In: paths. Out: folders and locks on disk.
// Node's recursive mkdir never returns where a parent exists and yet nothing can be made in it (/proc), so parents are
// made one by one. A lock names its process: one left behind by a killed process binds nobody.

import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const lockFile = "lock";

/** Makes a folder and the folders above it; throws the system's error where it cannot. */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have been faster.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

/**
 * Holds a folder until this process ends.
 * - Returns the process that holds it already, if that one still runs; else undefined.
 */
export function lockFolder(path: string): number | undefined {
  const file = join(path, lockFile);
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
  } catch {
    const holder = existsSync(file) ? Number(readFileSync(file, "utf8")) : Number.NaN;
    if (holder !== process.pid && isRunning(holder)) return holder;
    writeFileSync(file, String(process.pid));
  }
  process.once("exit", () => rmSync(file, { force: true }));
  return undefined;
}

function isRunning(holder: number): boolean {
  if (!Number.isInteger(holder) || holder <= 0) return false;
  try {
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
