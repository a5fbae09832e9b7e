// The probe of what an NVIDIA GPU can do at best, in emulation: its kernels do what is counted, by the emulator's rules.

import { expect, it } from "vitest";
import type { Artifact } from "../src/targets/artifact.ts";
import { cudaEngine } from "../src/targets/cuda.ts";
import { cudaRoofline } from "../src/targets/cuda-roofline.ts";
import type { GpuRoofline } from "../src/targets/roofline.ts";
import { emulatorProblem } from "./support/cuda-compile.ts";
import { openEmulatedDevice } from "./support/cuda-device.ts";
import { describeWith } from "./support/devices.ts";

/** One step instead of hundreds. */
function shortened({ artifact }: GpuRoofline): Artifact {
  const { program } = artifact;
  if (program.kind !== "cuda") throw new Error("a probe for CUDA");
  const kernels = program.kernels.map((kernel) => ({
    ...kernel,
    source: kernel.source.replaceAll(/step < \d+/g, "step < 1"),
  }));
  return { ...artifact, program: { ...program, kernels } };
}

describeWith(emulatorProblem(), "the probe of an NVIDIA GPU", () => {
  it.each([
    ["f32", "sm_80"],
    ["bf16", "sm_80"],
    ["bf16", "sm_90a"],
  ] as const)(
    "runs in %s for %s, and copies what it says",
    { timeout: 120_000 },
    async (precision, configuration) => {
      const size = { multiprocessors: 1, memoryBytes: 2 ** 21, configuration };
      const probe = cudaRoofline(cudaEngine(precision), size);
      const device = await openEmulatedDevice(shortened(probe), { architecture: configuration });
      const values = Float32Array.from({ length: 1024 }, (_, i) => i);
      const [{ byteOffset = 0 } = {}] = probe.inputs;
      device.write(byteOffset, values);
      await device.run(["forward"]);
      await device.run(["backward"]);
      expect(await device.readFloats(byteOffset + probe.bytes / 2, 1024)).toEqual(values);
      await device.close();
    },
  );

  it("counts more for tensor cores", () => {
    const flops = (precision: "f32" | "bf16", configuration: "sm_80" | "sm_90a") =>
      cudaRoofline(cudaEngine(precision), { multiprocessors: 2, memoryBytes: 2 ** 30, configuration }).flops;
    expect(flops("f32", "sm_80")).toBe(32 * 256 * 512 * 32);
    expect(flops("bf16", "sm_80")).toBe(32 * 8 * 1024 * 16 * 4096);
    expect(flops("bf16", "sm_90a")).toBe(32 * 256 * 8 * 2 * 64 * 128 * 16);
  });
});
