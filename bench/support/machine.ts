// machine.ts: where and of what a run was made.
// In: nothing. Out: the machine, the commit, the versions of what takes part.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export function describeMachine(): Readonly<Record<string, string | number>> {
  return {
    processor: cpus()[0]?.model ?? "",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
  };
}

export type Commit = { readonly commit: string; readonly isDirty: boolean };

/** What a bundle was packed from; a bundle has no repository to ask. */
export const packedCommit = "commit.json";

/** The commit, and whether anything that is measured differs from it. */
export function describeCommit(): Commit {
  const packed = join(root, packedCommit);
  if (existsSync(packed)) return JSON.parse(readFileSync(packed, "utf8")) as Commit;
  return {
    commit: git("rev-parse", "HEAD"),
    isDirty: git("status", "--porcelain", "--", "src", "grammar", "templates", "bench/peers") !== "",
  };
}

function git(...args: readonly string[]): string {
  try {
    return execFileSync("git", args, { encoding: "utf8", cwd: root, stdio: "pipe" }).trim();
  } catch {
    return "unknown";
  }
}

/** Of the jax-js that `bench/peers/jax` asks for. */
export function jaxVersion(): string | undefined {
  return dependencyOf("bench/peers/jax/package.json", "dependencies", "@jax-js/jax");
}

/** Of Dawn for Node, as the project asks for it. */
export function dawnVersion(): string | undefined {
  return dependencyOf("package.json", "optionalDependencies", "webgpu");
}

function dependencyOf(file: string, list: string, name: string): string | undefined {
  const found = JSON.parse(readFileSync(`${root}/${file}`, "utf8")) as Readonly<
    Record<string, Readonly<Record<string, string>> | undefined>
  >;
  return found[list]?.[name];
}
