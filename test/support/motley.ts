// motley.ts: the command line as a child process, for tests.
// In: arguments and a working folder. Out: exit code and what was printed. The pinned Node runs it, as it does for users.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export const repository = join(import.meta.dirname, "..", "..");
const entry = join(repository, "bin", "motley.mjs");

export type Finished = {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** An empty folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "motley-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs to the end; the working folder is the repository unless given. */
export async function motley(
  args: readonly string[],
  cwd = repository,
  environment: NodeJS.ProcessEnv = {},
): Promise<Finished> {
  const child = start(args, cwd, environment);
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return { exitCode: await ended(child), stdout, stderr };
}

/** Starts and sends `signal` as soon as the metrics have `lineCount` lines; the exit code, null if it was killed. */
export async function motleyUntil(
  args: readonly string[],
  metricsPath: string,
  lineCount: number,
  signal: NodeJS.Signals,
  environment: NodeJS.ProcessEnv = {},
): Promise<number | null> {
  const child = start(args, repository, environment);
  const end = ended(child);
  const watch = setInterval(() => {
    if (lines(metricsPath).length < lineCount) return;
    clearInterval(watch);
    child.kill(signal);
  }, 2);
  try {
    return await end;
  } finally {
    clearInterval(watch);
  }
}

/** The whole lines of a file; none if it is not there. */
export function lines(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}

/** Metrics without the one number that may differ between equal runs. */
export function metricsOf(path: string): readonly Readonly<Record<string, unknown>>[] {
  return lines(path).map((line) => {
    const { wallMs: _, ...rest } = JSON.parse(line) as Record<string, unknown>;
    return rest;
  });
}

function start(args: readonly string[], cwd: string, environment: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [entry, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code));
  });
}
