// What a GPU refuses, loses or lacks: everything that can go wrong ends with one clear error and without hanging.
// In: hand-made shaders on a GPU in software, and adapters that say less than they have. Out: errors by their words.

import { describe, expect, it } from "vitest";
import { DeviceError } from "../src/runtime/device.ts";
import { MemoryError } from "../src/runtime/memory.ts";
import { guardDevice } from "../src/runtime/webgpu-failure.ts";
import { checkWebgpuMemory } from "../src/runtime/webgpu-memory.ts";
import { absenceReason } from "../src/runtime/webgpu-node.ts";
import { describeAdapter } from "../src/runtime/webgpu-traits.ts";
import { describeWith, gpuProblem, softwareAdapter } from "./support/devices.ts";
import { adapterWith, artifact, floatStart, open, parts, rejection } from "./support/small-device.ts";
import { wgslArtifact } from "./support/wgsl-artifact.ts";

const problem = await gpuProblem();

describeWith(problem, "what a GPU refuses", () => {
  it("is named by shader, line and text where it does not compile", async () => {
    const broken = { ...parts, shaders: { ...parts.shaders, scale: "store(i, 1.0)\n  ;store(i, true);" } };
    const error = await rejection(open(wgslArtifact(broken)));
    expect(error).toBeInstanceOf(DeviceError);
    const [first = "", ...rest] = String((error as Error).message).split("\n");
    expect(first).toMatch(/^a kernel failed to compile: `scale`, line \d+: .*store/);
    expect(rest).toEqual(["  ;store(i, true);", expect.stringMatching(/^ +\^$/)]);
  });

  it("is a pipeline that does not fit the bindings", async () => {
    const shaders = { ...parts.shaders, scale: "workgroupBarrier(); if (i == 0u) { workgroupBarrier(); }" };
    await expect(open(wgslArtifact({ ...parts, shaders }))).rejects.toThrow(
      "a kernel failed to compile: `scale`",
    );
  });

  it("is a feature it does not have", async () => {
    const requires = { features: ["shader-f16", "subgroups"] } as const;
    const error = await rejection(open(wgslArtifact({ ...parts, requires })));
    expect(error).toBeInstanceOf(DeviceError);
    expect(String(error)).toMatch(
      /`hand-made` was compiled for a GPU with shader-f16, which SwiftShader.* does not have; compile it/,
    );
  });

  it("is a limit it does not reach", async () => {
    const requires = { limits: { maxComputeInvocationsPerWorkgroup: 4096 } };
    const error = await rejection(open(wgslArtifact({ ...parts, requires })));
    expect(error).toBeInstanceOf(DeviceError);
    expect(String(error)).toMatch(
      /needs a GPU with maxComputeInvocationsPerWorkgroup of 4096, and this one has 256/,
    );
  });

  it("is an artifact of another target", async () => {
    const program = { kind: "wasm", wat: "", relaxedSimd: false, tile: { rows: 6, columns: 8 } } as const;
    await expect(open({ ...artifact, program })).rejects.toThrow("compiled for `wasm`, not for a GPU");
  });

  it("is more memory than it has, by the names of the largest buffers", async () => {
    let calls = 0;
    const adapter = await adapterWith({
      change(gpu) {
        const pop = gpu.popErrorScope.bind(gpu);
        gpu.popErrorScope = async () => {
          calls += 1;
          const isMemory = calls === 1;
          const error = await pop();
          return isMemory ? ({ message: "no memory" } as GPUError) : error;
        };
      },
    });
    const error = await rejection(open(artifact, adapter));
    expect(error).toBeInstanceOf(DeviceError);
    expect(String(error)).toMatch(
      /of memory that `hand-made` needs.* floats \(400 bytes\), packed \(200 bytes\), integers/,
    );
  });
});

describeWith(problem, "a GPU that is lost", () => {
  // Long enough that the loss comes while it runs.
  const slow = wgslArtifact({
    ...parts,
    shaders: {
      spin: "var x = load(i); for (var n = 0; n < 4000000; n++) { x = x * 0.999 + 1; } store(i, x);",
    },
    dispatches: [{ shader: "spin" }],
  });
  const lost = /^the GPU was lost \(.+\); the last checkpoint is good, and --resume goes on from there$/;

  it("ends the run and the reads that wait for it, and every later call", async () => {
    const device = await open(slow);
    const waiting = [device.run(["forward"]), device.readFloats(floatStart, 8), device.run(["forward"])];
    const errors = waiting.map(rejection);
    await new Promise((resolve) => setTimeout(resolve, 5));
    device.gpu.destroy();
    for (const error of await Promise.all(errors)) {
      expect(error).toBeInstanceOf(DeviceError);
      expect((error as Error).message).toMatch(lost);
    }
    const later = [device.run(["forward"]), device.readFloats(floatStart, 1), device.profile(["forward"])];
    for (const error of await Promise.all(later.map(rejection)))
      expect((error as Error).message).toMatch(lost);
    expect(() => device.write(floatStart, new Float32Array(1))).toThrow(lost);
    await device.close();
  });

  it("ends a measured run", async () => {
    const device = await open(slow);
    const error = rejection(device.profile(["forward"]));
    await new Promise((resolve) => setTimeout(resolve, 5));
    device.gpu.destroy();
    expect((await error) as Error).toBeInstanceOf(DeviceError);
  });
});

describeWith(problem, "an adapter", () => {
  it("is described as plain data", async () => {
    const traits = describeAdapter(await softwareAdapter());
    expect(JSON.parse(JSON.stringify(traits))).toEqual(traits);
    expect(traits).toMatchObject({
      isSoftware: true,
      features: ["subgroups", "timestamp-query"],
      subgroupSize: { minimum: 4, maximum: 4 },
      limits: { maxComputeInvocationsPerWorkgroup: 256, minUniformBufferOffsetAlignment: 256 },
    });
    expect(Object.values(traits.limits).every((limit) => limit > 0)).toBe(true);
  });

  it("is never one in software unless that is asked for, and says why", async () => {
    const { findAdapter } = await import("../src/runtime/webgpu-node.ts");
    const found = await findAdapter({ software: false });
    expect(found).toEqual({
      reason: expect.stringMatching(/^there is only SwiftShader.*, which is software/),
    });
  });
});

describe("waiting for a GPU", () => {
  const fakeGpu = () => {
    const { promise: lost, resolve } = Promise.withResolvers<GPUDeviceLostInfo>();
    const gpu = { lost, onuncapturederror: null } as unknown as GPUDevice;
    return {
      gpu,
      lose: () => resolve({ message: "unplugged\nin detail", reason: "unknown" } as GPUDeviceLostInfo),
    };
  };

  it("ends when the GPU is lost, though what it waits for never comes", async () => {
    const { gpu, lose } = fakeGpu();
    const waiting = guardDevice(gpu).wait(new Promise(() => undefined));
    lose();
    await expect(waiting).rejects.toThrow("the GPU was lost (unplugged); the last checkpoint is good");
  });

  it("trusts nothing that comes after the loss, and keeps the first error", async () => {
    const { gpu, lose } = fakeGpu();
    const guard = guardDevice(gpu);
    const onItsWay = guard.wait(gpu.lost.then(() => 1));
    lose();
    await expect(onItsWay).rejects.toThrow("the GPU was lost");
    expect(guard.fail(new DeviceError("later")).message).toMatch(/^the GPU was lost/);
    await expect(guard.wait(Promise.resolve(1))).rejects.toThrow("the GPU was lost");
    await expect(guard.wait(new Promise(() => undefined))).rejects.toThrow("the GPU was lost");
    expect(() => guard.check()).toThrow("the GPU was lost");
  });

  it("takes a refusal to wait for a loss", async () => {
    const { gpu } = fakeGpu();
    const guard = guardDevice(gpu);
    await expect(guard.wait(Promise.reject(new Error("aborted")))).rejects.toThrow(
      "the GPU was lost (aborted)",
    );
    expect(() => guard.check()).toThrow(DeviceError);
  });
});

describe("why there is no GPU", () => {
  it.each([
    [
      "Warning: Couldn't load Vulkan: libvulkan.so.1: cannot open shared object file: No such file",
      "no Vulkan on this machine",
    ],
    ["Warning: vkCreateInstance: Found no drivers!", "Vulkan is here, but no GPU driver"],
    ["", "no GPU was found"],
  ])("is said in plain words: %s", (said, reason) => {
    expect(absenceReason(said)).toContain(reason);
  });
});

describe("memory of a GPU, before anything is allocated", () => {
  const enough = {
    maxBufferSize: 2 ** 20,
    maxStorageBufferBindingSize: 2 ** 20,
    maxStorageBuffersPerShaderStage: 8,
    maxComputeWorkgroupsPerDimension: 65535,
    minUniformBufferOffsetAlignment: 256,
  };
  const errorOf = (limits: Partial<typeof enough>, of = artifact): unknown => {
    try {
      checkWebgpuMemory(of, { ...enough, ...limits });
      return undefined;
    } catch (error) {
      return error;
    }
  };

  it("lets pass what fits", () => expect(errorOf({})).toBeUndefined());

  it.each([
    [
      "a bank over the binding limit",
      { maxStorageBufferBindingSize: 64 },
      "needs a buffer of 128 bytes, and this GPU's largest is 64 bytes",
    ],
    [
      "a buffer over the buffer limit",
      { maxBufferSize: 1024 },
      "needs a buffer of 2.0 KiB, and this GPU's largest is 1.0 KiB",
    ],
    [
      "too many banks",
      { maxStorageBuffersPerShaderStage: 6 },
      "is spread over 7 buffers, and this GPU binds 6 at a time",
    ],
  ])("refuses %s by the names of the largest buffers", (_name, limits, message) => {
    const error = errorOf(limits);
    expect(error).toBeInstanceOf(MemoryError);
    expect((error as MemoryError).message).toContain(message);
    expect((error as MemoryError).message).toContain(
      "floats (400 bytes), packed (200 bytes), integers (64 bytes)",
    );
    expect((error as MemoryError).help).toMatch(/^compile it for this GPU; .*`batch`/);
  });

  it("refuses dispatches that are too wide", () => {
    const wide = wgslArtifact({
      ...parts,
      dispatches: [{ shader: "add", workgroups: [1, 70_000, 1], words: [0] }],
    });
    expect(errorOf({}, wide)).toBeInstanceOf(DeviceError);
    expect(String(errorOf({}, wide))).toContain(
      "maxComputeWorkgroupsPerDimension of 70000, and this one has 65535",
    );
  });

  it("refuses banks that do not hold their region", () => {
    expect(String(errorOf({}, { ...artifact, arenaBytes: artifact.arenaBytes + 2 ** 12 }))).toContain(
      "damaged",
    );
  });
});
