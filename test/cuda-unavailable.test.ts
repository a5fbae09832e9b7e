import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { chooseTarget } from "../src/cli/target.ts";
import { describeWith } from "./support/devices.ts";
import { motley, repository, temporaryFolder } from "./support/motley.ts";
import { openStandIn, standInProblem } from "./support/stand-in-cuda.ts";

const problem = standInProblem();

describeWith(problem, "the command line, where an NVIDIA GPU cannot be had", () => {
  const environment = (settings: string): NodeJS.ProcessEnv => {
    const { driver, compiler } = openStandIn();
    return { MOTLEY_CUDA_DRIVER: driver, MOTLEY_CUDA_COMPILER: compiler, STANDIN_CUDA: settings };
  };
  const spec = join(repository, "examples/hello.mot");

  it.each([
    ["no GPU", "devices=0", {}, "NVIDIA's driver is here, but no NVIDIA GPU", "`nvidia-smi` lists"],
    ["an old one", "capability=75", {}, "has compute capability 7.5", "target `wgsl` runs on it"],
    ["a stub", "init=34", {}, "CUDA's stub, for linking only", "install the driver"],
    [
      "no compiler",
      "",
      { MOTLEY_CUDA_COMPILER: "/nowhere/nvcc" },
      "there is no compiler",
      "install NVIDIA's CUDA toolkit",
    ],
    [
      "no driver",
      "",
      { MOTLEY_CUDA_DRIVER: "/nowhere.so" },
      "there is no NVIDIA driver",
      "install NVIDIA's driver",
    ],
    ["no memory", "free=1000", {}, "`hello` needs ", "smaller"],
  ])("says so, exits with 1 and leaves nothing behind: %s", async (_name, settings, more, message, help) => {
    const folder = temporaryFolder();
    const out = join(folder, "run");
    const { exitCode, stdout, stderr } = await motley(
      ["train", spec, "--target", "cuda", "--steps", "1", "--out", out],
      repository,
      { ...environment(settings), ...more },
    );
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(new RegExp(`^help: .*${help}`, "m"));
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(out)).toBe(false);
  });

  it("says so before it looks at data, which may take minutes to prepare", async () => {
    const folder = temporaryFolder();
    const text = readFileSync(spec, "utf8");
    const [data = ""] = /data \S+/.exec(text) ?? [];
    const lost = join(folder, "lost.mot");
    writeFileSync(lost, text.replace(data, 'data "nowhere"'));
    for (const command of [
      ["train"],
      ["compare"],
      ["profile"],
      ["export", "--out", join(folder, "a.safetensors")],
    ]) {
      const args = [...command, lost, "--target", "cuda"];
      const { exitCode, stderr } = await motley(args, folder, environment("devices=0"));
      expect(stderr, command[0]).toContain("no NVIDIA GPU");
      expect(exitCode).toBe(1);
    }
  });

  it("lists every GPU, and what it lacks", async () => {
    const lines = async (settings: string, more: NodeJS.ProcessEnv = {}) =>
      (await motley(["devices"], repository, { ...environment(settings), ...more })).stdout;
    expect(await lines("devices=2")).toMatch(
      /^cuda {2}Stand-in GPU 0\n {6}compute capability 9\.0, 4 multiprocessors, 8\.0 GiB, nvcc 13\.0, .*\ncuda {2}Stand-in GPU 1$/m,
    );
    expect(await lines("capability=75")).toMatch(
      /^cuda {2}Stand-in GPU 0: not available: .* 7\.5, and target/m,
    );
    expect(await lines("devices=0")).toMatch(
      /^cuda {2}not available: NVIDIA's driver is here, but no NVIDIA GPU$/m,
    );
    expect(await lines("", { MOTLEY_CUDA_COMPILER: "/nowhere/nvcc" })).toMatch(
      /^cuda {2}Stand-in GPU 0: not available: .*there is no compiler.*\n {6}compute/m,
    );
  });

  it("is what is taken unless something else is asked for, where it can be had", async () => {
    const kindOf = async (target: string | undefined, settings: NodeJS.ProcessEnv): Promise<string> => {
      for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
      const chosen = await chooseTarget(target).finally(() => vi.unstubAllEnvs());
      return chosen.kind;
    };
    expect(await kindOf("auto", { ...environment(""), MOTLEY_CUDA_COMPILER: "/nowhere/nvcc" })).not.toBe(
      "cuda",
    );
    expect(await kindOf("auto", { ...environment(""), MOTLEY_CUDA_DRIVER: "/nowhere.so" })).not.toBe("cuda");
    expect(await kindOf("wasm", environment(""))).toBe("wasm");
    openStandIn().set("capability", 75);
    expect(await kindOf("auto", environment(""))).not.toBe("cuda");
    openStandIn().set("capability", 90);
    expect(await kindOf("auto", environment(""))).toBe("cuda");
    expect(await kindOf(undefined, environment(""))).toBe("cuda");
  });

  it("has one precision on the other targets", async () => {
    const { exitCode, stderr } = await motley(["plan", spec, "--precision", "bf16"]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("`--precision` is for target `cuda`")]);
  });
});
