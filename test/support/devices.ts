// devices.ts: what to do with tests that need a GPU or a browser where there is none: say so, and count them; or fail,
// where MOTLEY_REQUIRE_DEVICES=1 says that this machine must have both.
// In: what is missing, if anything. Out: a suite that runs, is skipped with the reason in its name, or fails with it.

import { describe, expect, test } from "vitest";
import { type FoundAdapter, findAdapter } from "../../src/runtime/webgpu-node.ts";
import { unpackProblem } from "./unpack.ts";

/** Like `describe`; `problem` is why the suite cannot run here. */
export function describeWith(problem: string | undefined, name: string, body: () => void): void {
  if (problem === undefined) {
    describe(name, body);
  } else if (process.env.MOTLEY_REQUIRE_DEVICES === "1") {
    describe(name, () => {
      test("has what it needs", () => expect.fail(problem));
    });
  } else {
    describe.skip(`${name} (skipped: ${problem})`, body);
  }
}

/** Why there is no GPU in software, if there is none. */
export async function gpuProblem(): Promise<string | undefined> {
  const found = await findAdapter({ software: true });
  return found.adapter === undefined ? (unpackProblem() ?? found.reason) : undefined;
}

/** A GPU in software; for suites that run only where there is one. An adapter makes one device. */
export async function softwareAdapter(): Promise<GPUAdapter> {
  const found: FoundAdapter = await findAdapter({ software: true });
  if (found.adapter === undefined) throw new Error(found.reason);
  return found.adapter;
}
