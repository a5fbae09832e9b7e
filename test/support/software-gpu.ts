// software-gpu.ts: a GPU in software for every test process: SwiftShader, a Vulkan driver that needs nothing installed.
// In: nothing; Vitest runs it once, before any test process starts. Out: the environment that those inherit. A loader
// reads these variables when a process starts, so a test process could not set them for itself.

import { join } from "node:path";
import { unpack, unpackProblem } from "./unpack.ts";

/** Vitest's entry. Where the files are of no use, suites that need a GPU say so themselves. */
export async function setup(): Promise<void> {
  if (unpackProblem() !== undefined) return;
  Object.assign(process.env, await softwareGpuEnvironment());
}

/** What a process needs in its environment to find SwiftShader, and no other GPU. */
export async function softwareGpuEnvironment(): Promise<Readonly<Record<string, string>>> {
  const folder = await unpack("swiftshader");
  const inherited = process.env.LD_LIBRARY_PATH ?? "";
  return {
    VK_ICD_FILENAMES: join(folder, "vk_swiftshader_icd.json"),
    LD_LIBRARY_PATH: inherited === "" ? folder : `${folder}:${inherited}`,
  };
}
