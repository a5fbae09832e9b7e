// run-folder.ts: what a run leaves on disk: spec.mot, manifest.json, metrics.jsonl, checkpoint.safetensors.
// In: a folder's path and what to record. Out: the folder, opened fresh or for going on.
// Metrics are appended a line per step and handed to the operating system at once; resuming cuts the file back to the
// checkpoint's step and leaves the earlier lines byte for byte.

import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Checkpoint, loadCheckpoint } from "./checkpoint.ts";
import { lockFolder, makeFolder } from "./folder.ts";
import type { Metrics, RunRecord, Timing, Validation } from "./record.ts";
import { TensorFileError } from "./safetensors.ts";

/** Bumped whenever the meaning of a file in the folder changes. */
export const runFormat = 1;

export type Manifest = {
  readonly format: typeof runFormat;
  readonly motley: string;
  readonly engine: string;
  readonly flags: readonly string[];
  readonly processor: string;
  readonly threads: number;
  readonly target: string;
  readonly model: string;
  readonly variant: string;
  readonly dataHash: string;
  /** Of the checked model with its training settings: equal for specs that differ in layout and comments only. */
  readonly specHash: string;
  /** Folder of the spec the run was started from, relative to the run's: `data "folder"` is relative to it. */
  readonly specFolder: string;
  readonly seed: number;
  readonly steps: number;
  /** The learning rate, where a sweep chose another than the spec's. */
  readonly lr?: number;
  /** The run whose checkpoint the parameters were taken from at step 0. */
  readonly warmStart?: WarmSource;
};

export type WarmSource = {
  /** Its folder, relative to this run's. */
  readonly run: string;
  readonly variant: string;
  readonly step: number;
  /** Of the checkpoint's bytes. */
  readonly hash: string;
};

export type RunFolder = {
  readonly path: string;
  readonly checkpointPath: string;
  append(metrics: Metrics): void;
  appendTiming(timing: Timing): void;
  appendValidation(validation: Validation): void;
  /** Makes what was appended survive a power cut; a checkpoint must not know of steps that the lines forgot. */
  sync(): void;
};

/** The folder cannot be used as asked; the message says what to do instead. */
export class RunFolderError extends Error {
  readonly help: string | undefined;
  constructor(message: string, help?: string) {
    super(message);
    this.name = "RunFolderError";
    this.help = help;
  }
}

const metricsFile = "metrics.jsonl";
const timingFile = "timing.jsonl";
const validationFile = "validation.jsonl";
const manifestFile = "manifest.json";
const checkpointFile = "checkpoint.safetensors";

/** Opens a folder for a new run; refuses one that holds a run already. */
export function createRunFolder(path: string, spec: string, manifest: Manifest): RunFolder {
  // The manifest is written last: a start that was killed before it has left nothing worth keeping.
  if (existsSync(join(path, manifestFile)) || hasContent(join(path, metricsFile))) {
    throw new RunFolderError(
      `${path} holds a run already`,
      "go on with it by `--resume`, or name another folder with `--out`",
    );
  }
  makeFolder(path);
  holdFolder(path);
  writeFileSync(join(path, "spec.mot"), spec);
  writeFileSync(join(path, metricsFile), "");
  writeAtomically(join(path, manifestFile), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return runFolder(path);
}

/** Refuses a folder that another process writes to: two writers would mix two runs. */
function holdFolder(path: string): void {
  const holder = lockFolder(path);
  if (holder === undefined) return;
  throw new RunFolderError(
    `${path} is in use by process ${holder}`,
    "wait until it ends, or name another folder with `--out`; if that process is no motley, remove the file `lock` there",
  );
}

/**
 * Opens a run's folder to go on with it.
 * - Refuses a folder of another format version, model, variant, seed, number of steps, target or precision.
 * - `checkpoint` is undefined where the run stopped before its first one: it then starts at step 1.
 */
export function resumeRunFolder(
  path: string,
  wanted: Manifest,
): { readonly folder: RunFolder; readonly checkpoint: Checkpoint | undefined } {
  const manifest = readManifest(path);
  holdFolder(path);
  if (manifest.specHash !== wanted.specHash) {
    throw new RunFolderError(
      `the run in ${path} was started from another spec`,
      `compare it with ${join(path, "spec.mot")}; layout and comments may differ, the model and its settings may not`,
    );
  }
  for (const key of ["model", "variant", "seed", "steps", "target", "dataHash"] as const) {
    if (manifest[key] !== wanted[key]) {
      throw new RunFolderError(
        `the run in ${path} has ${key} ${String(manifest[key])}, not ${String(wanted[key])}`,
        "a resumed run goes on with the settings it was started with: its schedule spans all its steps",
      );
    }
  }
  const [precision, other] = [precisionOf(manifest), precisionOf(wanted)];
  if (precision !== other) {
    throw new RunFolderError(
      `the run in ${path} has ${precision}, not ${other}`,
      "a resumed run goes on in the precision that it was started in: give it with `--precision`",
    );
  }
  if (manifest.warmStart?.hash !== wanted.warmStart?.hash) {
    throw new RunFolderError(
      `the run in ${path} was started from ${startOf(manifest)}, not from ${startOf(wanted)}`,
      "leave out `--warm-start`: a resumed run knows where it came from",
    );
  }
  const folder = runFolder(path);
  const checkpoint = existsSync(folder.checkpointPath) ? loadCheckpoint(folder.checkpointPath) : undefined;
  const step = checkpoint?.progress.step ?? 0;
  const metricsPath = join(path, metricsFile);
  const { lineCount } = linesUpTo(metricsPath, step);
  if (lineCount !== step) {
    throw new RunFolderError(
      `${metricsPath} has ${lineCount} of the ${step} lines up to its checkpoint`,
      "the file was changed by hand, or the disk lost a part of it; start a new run elsewhere",
    );
  }
  for (const file of [metricsFile, timingFile, validationFile]) cutLines(join(path, file), step);
  return { folder, checkpoint };
}

/** `precision f32`, of targets that have more than one. */
function precisionOf({ flags }: Manifest): string | undefined {
  return flags.find((flag) => flag.startsWith("precision "));
}

function startOf({ warmStart }: Manifest): string {
  return warmStart === undefined ? "its seed alone" : `step ${warmStart.step} of ${warmStart.run}`;
}

function hasContent(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** True if there is a run in the folder to go on with. */
export function holdsRun(path: string): boolean {
  return existsSync(join(path, manifestFile));
}

/** Reads and checks the manifest of a run folder. */
export function readManifest(path: string): Manifest {
  let text: string;
  try {
    text = readFileSync(join(path, manifestFile), "utf8");
  } catch {
    throw new RunFolderError(`${path} holds no run`, "leave out `--resume` to start one there");
  }
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text) as Manifest;
  } catch {
    throw new RunFolderError(
      `${join(path, manifestFile)} is not valid JSON`,
      "the folder was changed by hand; start a new run elsewhere",
    );
  }
  if (typeof manifest !== "object" || manifest === null || manifest.format !== runFormat) {
    throw new RunFolderError(
      `${path} has run format ${String(manifest?.format)}; this version reads format ${runFormat}`,
      "use the version of Motley that wrote it, or start a new run",
    );
  }
  return manifest;
}

function runFolder(path: string): RunFolder {
  return {
    path,
    checkpointPath: join(path, checkpointFile),
    append: (metrics) => appendLine(join(path, metricsFile), metrics),
    appendTiming: (timing) => appendLine(join(path, timingFile), timing),
    appendValidation: (validation) => appendLine(join(path, validationFile), validation),
    sync() {
      for (const file of [metricsFile, timingFile, validationFile]) syncFile(join(path, file));
    },
  };
}

function appendLine(path: string, line: unknown): void {
  appendFileSync(path, `${JSON.stringify(line)}\n`);
}

function syncFile(path: string): void {
  if (!existsSync(path)) return;
  const descriptor = openSync(path, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Everything a run folder has recorded; a last line cut short by a kill is left out. */
export function readRecord(path: string): RunRecord {
  return {
    metrics: readLines<Metrics>(join(path, metricsFile)),
    timings: readLines<Timing>(join(path, timingFile)),
    validations: readLines<Validation>(join(path, validationFile)),
  };
}

function readLines<Line>(path: string): readonly Line[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return whole.flatMap((line, i) => {
    if (line === "") return [];
    try {
      return [JSON.parse(line) as Line];
    } catch {
      throw new RunFolderError(
        `line ${i + 1} of ${path} is not valid JSON`,
        "the file was changed by hand; start a new run elsewhere",
      );
    }
  });
}

/** Keeps the whole lines of steps up to `step`; a line cut short by a kill goes. */
function cutLines(path: string, step: number): void {
  if (existsSync(path)) truncateSync(path, linesUpTo(path, step).byteLength);
}

/** How many lines at the start of a file are whole and of steps up to `step`, and their bytes. */
function linesUpTo(path: string, step: number): { readonly lineCount: number; readonly byteLength: number } {
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  let [lineCount, byteLength] = [0, 0];
  for (;;) {
    const end = bytes.indexOf(0x0a, byteLength);
    if (end < 0 || stepOfLine(bytes.toString("utf8", byteLength, end)) > step) break;
    lineCount += 1;
    byteLength = end + 1;
  }
  return { lineCount, byteLength };
}

function stepOfLine(line: string): number {
  try {
    return (JSON.parse(line) as Metrics).step;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** A reader sees the old file or the new one. */
export function writeAtomically(path: string, text: string): void {
  writeFileSync(`${path}.partial`, text);
  renameSync(`${path}.partial`, path);
}

/** True for errors that are about a file the user named rather than about us. */
export function isRunFolderProblem(error: unknown): error is RunFolderError | TensorFileError {
  return error instanceof RunFolderError || error instanceof TensorFileError;
}
