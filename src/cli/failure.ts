// failure.ts: how a command ends when it cannot do what was asked.
// In: whatever was thrown. Out: an exit code and words for the user; never a stack trace.
// What is the user's to fix (a file, an option, the data, memory) exits with 1 or 2 and says what to do. Anything else
// is a bug of ours: exit code 70, the stage, and how to show it to us.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CompilerBug,
  DataError,
  DeviceError,
  type Diagnostic,
  isRunFolderProblem,
  MemoryError,
  NonFiniteError,
} from "../index.ts";

export const exitCodes = { fine: 0, failed: 1, usage: 2, bug: 70, interrupted: 130 } as const;

/** Something the user can fix; the message is one lower-case line, `help` says what to write instead. */
export class Failure extends Error {
  readonly help: string | undefined;
  readonly exitCode: number;
  constructor(message: string, help?: string, exitCode: number = exitCodes.failed) {
    super(message);
    this.name = "Failure";
    this.help = help;
    this.exitCode = exitCode;
  }
}

/** The user's mistakes were shown already; what is left is the exit code, and a document for readers of JSON. */
export class Reported extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super("the spec has errors");
    this.name = "Reported";
    this.diagnostics = diagnostics;
  }
}

export type Explained = { readonly exitCode: number; readonly message: string; readonly help?: string };

/** Words for a failure of any kind. */
export function explainFailure(error: unknown, commandLine: string): Explained {
  if (error instanceof Failure) return withHelp(error.exitCode, error.message, error.help);
  if (error instanceof DataError || error instanceof MemoryError)
    return withHelp(exitCodes.failed, error.message, error.help);
  if (isRunFolderProblem(error))
    return withHelp(exitCodes.failed, error.message, "help" in error ? error.help : undefined);
  if (error instanceof NonFiniteError) {
    const help = "the last checkpoint is kept; a smaller `lr`, a longer `warmup` or a `clip` usually helps";
    return withHelp(exitCodes.failed, error.message, help);
  }
  // Where the user can go on, or report what we cannot see, the error says how.
  if (error instanceof DeviceError && (error.help !== undefined || !isOurs(error)))
    return withHelp(exitCodes.failed, firstLine(error.message), error.help);
  if (isSystemError(error)) return withHelp(exitCodes.failed, systemMessage(error));
  return explainBug(error, commandLine);
}

function withHelp(exitCode: number, message: string, help?: string): Explained {
  return { exitCode, message, ...(help === undefined ? {} : { help }) };
}

function isOurs({ message }: DeviceError): boolean {
  return message.startsWith("a kernel failed") || message.startsWith("compiler bug");
}

function explainBug(error: unknown, commandLine: string): Explained {
  const message = error instanceof Error ? error.message : String(error);
  const words = error instanceof CompilerBug ? message : `compiler bug: ${firstLine(message)}`;
  const details = writeDetails(error, commandLine);
  const where = details === undefined ? "" : ` and ${details}`;
  const help = `this is a mistake in Motley, not in your files; please report it with the spec${where}
to see every stage before it: MOTLEY_DUMP=all ${commandLine}`;
  return { exitCode: exitCodes.bug, message: words, help };
}

/** The stack is for us; the terminal only names the file that holds it. */
function writeDetails(error: unknown, commandLine: string): string | undefined {
  const folder = join(".cache", "motley");
  const path = join(folder, "bug.txt");
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const cause =
    error instanceof Error && error.cause instanceof Error ? `\n\ncaused by ${error.cause.stack}` : "";
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, `${commandLine}\nnode ${process.versions.node}\n\n${stack}${cause}\n`);
    return path;
  } catch {
    return undefined;
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

type SystemError = Error & {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
  readonly dest?: string;
};

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "syscall" in error && "code" in error;
}

const reasons: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "no such file or folder"],
  ["EACCES", "permission denied"],
  ["EPERM", "not permitted"],
  ["EISDIR", "it is a folder"],
  ["ENOTDIR", "a part of the path is no folder"],
  ["ENOSPC", "the disk is full"],
  ["EROFS", "the disk is read-only"],
  ["EMFILE", "too many open files"],
  ["EEXIST", "it exists already"],
  ["ELOOP", "symbolic links go round in a circle"],
  ["ENAMETOOLONG", "the name is too long"],
]);

/** Why the operating system refused, in words. */
export function systemReason(error: unknown): string {
  if (!isSystemError(error)) return error instanceof Error ? firstLine(error.message) : String(error);
  return reasons.get(error.code) ?? error.code;
}

function systemMessage(error: SystemError): string {
  return `cannot ${error.syscall === "open" ? "open" : "use"} ${error.dest ?? error.path ?? "a file"}: ${systemReason(error)}`;
}
