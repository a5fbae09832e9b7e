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
 * - Waits a moment for a holder that is about to end: a killed one finishes its step.
 * - Returns the process that holds it still; undefined once it is ours.
 */
export function lockFolder(path: string): number | undefined {
  const file = join(path, lockFile);
  const own = identityOf(process.pid) ?? String(process.pid);
  try {
    writeFileSync(file, own, { flag: "wx" });
  } catch {
    for (let attempts = patience / pause; isHeld(file, own); attempts -= 1) {
      if (attempts <= 0) return holderOf(file).pid;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    }
    writeFileSync(file, own);
  }
  process.once("exit", () => rmSync(file, { force: true }));
  return undefined;
}

/** Milliseconds. */
const patience = 2000;
const pause = 50;

function holderOf(file: string): { readonly pid: number; readonly identity: string } {
  const identity = existsSync(file) ? readFileSync(file, "utf8") : "";
  return { pid: Number(identity.split(" ")[0]), identity };
}

function isHeld(file: string, own: string): boolean {
  const { pid, identity } = holderOf(file);
  return identity !== own && Number.isInteger(pid) && pid > 0 && identityOf(pid) === identity;
}

/** A process by its number and, since numbers are used again, its start; undefined where none runs. */
function identityOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return undefined;
  }
  const status = `/proc/${pid}/stat`;
  if (!existsSync("/proc/self/stat")) return String(pid);
  try {
    // After the name in brackets: the state, and as the 20th word the start in ticks since the machine's.
    const words = readFileSync(status, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return words[0] === "Z" ? undefined : `${pid} ${words[19]}`;
  } catch {
    return undefined;
  }
}
