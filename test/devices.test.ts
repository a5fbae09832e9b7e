// What a machine can run, and what a command picks of it: a GPU in hardware where there is one, one in software only
// when asked for, and a reason for everything that cannot be used. Nothing but the answer reaches the terminal.

import { execFile } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { chooseTarget, openGpu } from "../src/cli/target.ts";
import { describeWith, gpuProblem } from "./support/devices.ts";
import { motley, repository, temporaryFolder } from "./support/motley.ts";
import { wgslArtifact } from "./support/wgsl-artifact.ts";

const problem = await gpuProblem();
const withoutDriver = { VK_ICD_FILENAMES: "/nowhere.json" };
const withoutVulkan = { VK_ICD_FILENAMES: "", LD_LIBRARY_PATH: "/nowhere" };

type Listed = { readonly target: string; readonly available: boolean; readonly reason?: string };

async function listed(environment: NodeJS.ProcessEnv): Promise<readonly Listed[]> {
  const { exitCode, stdout, stderr } = await motley(["devices", "--json"], repository, environment);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return (JSON.parse(stdout) as { readonly devices: readonly Listed[] }).devices;
}

describe("motley devices", () => {
  it("has the processor, which is always there", async () => {
    const [wasm] = await listed(withoutDriver);
    expect(wasm).toMatchObject({ target: "wasm", available: true, tile: expect.stringMatching(/^\d+x\d+$/) });
  });
});

describeWith(problem, "motley devices with a GPU in software", () => {
  it("lists it, as nothing that is chosen by itself", async () => {
    const found = (await listed({})).filter(({ target }) => target === "wgsl");
    expect(found).toMatchObject([
      {
        available: false,
        isSoftware: true,
        reason: expect.stringContaining("never chosen unless asked for"),
      },
    ]);
    const { stdout } = await motley(["devices"]);
    expect(stdout).toMatch(
      /^wgsl {2}SwiftShader.*: software, for checking only;.*\n {6}no f16, subgroups of 4, /m,
    );
  });

  it("says why there is no GPU", async () => {
    const { stdout, stderr } = await motley(["devices"], repository, withoutDriver);
    expect(stdout).toMatch(/^wgsl {2}not available: \S/m);
    expect(stderr).toBe("");
  });

  it("tells a missing driver from a missing library", async () => {
    const reasonOf = async (environment: NodeJS.ProcessEnv) =>
      (await listed(environment)).find(({ target }) => target === "wgsl")?.reason;
    expect(await reasonOf(withoutDriver)).toBe("Vulkan is here, but no GPU driver for it");
    // A machine may have a Vulkan of its own.
    expect(await reasonOf(withoutVulkan)).toMatch(/Vulkan|software/);
  });
});

describe("the package for GPUs", () => {
  it("may be missing", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    for (const name of ["webgpu-node.ts", "webgpu-probe.ts", "webgpu-traits.ts"])
      copyFileSync(join(repository, "src/runtime", name), join(folder, name));
    const program = `
      const { listAdapters } = await import(${JSON.stringify(pathToFileURL(join(folder, "webgpu-node.ts")).href)});
      console.log((await listAdapters()).reason);`;
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
    expect(await run).toMatchObject({
      stdout: "the optional package `webgpu` is not installed (npm install webgpu)\n",
      stderr: "",
    });
  });
});

describeWith(problem, "a target", () => {
  it("is the processor where the only GPU is in software", async () => {
    vi.stubEnv("MOTLEY_CUDA_DRIVER", "/nowhere.so");
    onTestFinished(() => void vi.unstubAllEnvs());
    expect([await chooseTarget(undefined), await chooseTarget("auto"), await chooseTarget("wasm")]).toEqual(
      Array.from({ length: 3 }, () => ({ kind: "wasm" })),
    );
    await expect(chooseTarget("wgsl")).rejects.toThrow(
      /needs a GPU, and there is only SwiftShader.*, in software$/,
    );
  });

  it("is a GPU in software if that was asked for, and opens more than once", async () => {
    const chosen = await chooseTarget("wgsl", { software: true });
    if (chosen.kind !== "wgsl") throw new Error("there is a GPU");
    const artifact = wgslArtifact({
      ...{ integers: 16, weights: 16, floats: 16, bankFloats: 16, dispatches: [] },
      shaders: { one: "store(i, 1);" },
    });
    const devices = [await openGpu(artifact, chosen.traits), await openGpu(artifact, chosen.traits)];
    for (const device of devices) await device.close();
  });
});
