// The WebGPU device on hand-made shaders, in software: where bytes go, in which order dispatches run, what a step costs
// the host, and that everything that can go wrong ends with one clear error and without hanging.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { DeviceError } from "../src/runtime/device.ts";
import { MemoryError } from "../src/runtime/memory.ts";
import { openWebgpuDevice, type WebgpuDevice } from "../src/runtime/webgpu.ts";
import { guardDevice } from "../src/runtime/webgpu-failure.ts";
import { checkWebgpuMemory } from "../src/runtime/webgpu-memory.ts";
import { absenceReason } from "../src/runtime/webgpu-node.ts";
import { describeAdapter } from "../src/runtime/webgpu-traits.ts";
import type { Artifact } from "../src/targets/artifact.ts";
import { describeWith, gpuProblem, softwareAdapter } from "./support/devices.ts";
import { call, regionsOf, type WgslParts, wgslArtifact } from "./support/wgsl-artifact.ts";

const elements = 100;

const parts: WgslParts = {
  integers: 16,
  weights: 50,
  floats: elements,
  bankFloats: 32,
  shaders: {
    double: `if (i < ${elements}u) { store(i, 2 * load(i)); }`,
    add: `if (i < ${elements}u) { store(i, load(i) + argument(0)); }`,
    scale: `if (i < ${elements}u) { store(i, load(i) * f32(host[3])); }`,
    pack: "if (i < 50u) { pack(i, load(i)); }",
    reverse: "if (i < 50u) { store(i, packed(49u - i)); }",
  },
  dispatches: [
    { shader: "pack", phase: "prepare" },
    { shader: "reverse", phase: "prepare" },
    { shader: "double", phase: "forward", workgroups: [2, 1, 1] },
    { shader: "add", phase: "forward", workgroups: [2, 1, 1], words: [3] },
    { shader: "add", phase: "backward", workgroups: [0, 1, 1], words: [1000] },
    { shader: "double", phase: "backward", workgroups: [2, 1, 1] },
    { shader: "add", phase: "update", workgroups: [2, 1, 1], words: [9, -5] },
    { shader: "scale", phase: "update", workgroups: [2, 1, 1] },
  ],
};
const { weightStart, floatStart } = regionsOf(parts);
const artifact = wgslArtifact(parts);
const counting = (count: number, from = 0): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => from + i);
const problem = await gpuProblem();

const opened: WebgpuDevice[] = [];
afterEach(async () => {
  for (const device of opened.splice(0)) await device.close();
});

async function open(of: Artifact = artifact, adapter?: GPUAdapter): Promise<WebgpuDevice> {
  const device = await openWebgpuDevice(of, { adapter: adapter ?? (await softwareAdapter()) });
  opened.push(device);
  return device;
}

/** An adapter that says less, or whose device does something else. */
async function adapterWith(changes: {
  readonly features?: ReadonlySet<string>;
  readonly change?: (gpu: GPUDevice) => void;
}): Promise<GPUAdapter> {
  const real = await softwareAdapter();
  return {
    info: real.info,
    limits: real.limits,
    features: changes.features ?? real.features,
    async requestDevice(descriptor?: GPUDeviceDescriptor) {
      const gpu = await real.requestDevice(descriptor);
      changes.change?.(gpu);
      return gpu;
    },
  } as GPUAdapter;
}

const rejection = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no error",
    (error: unknown) => error,
  );

describeWith(problem, "the arena on a GPU", () => {
  it("keeps what is written, across banks", async () => {
    const device = await open();
    device.write(floatStart, counting(elements));
    expect(await device.readFloats(floatStart, elements)).toEqual(counting(elements));
    device.write(floatStart + 4 * 30, counting(40, 1000));
    expect(await device.readFloats(floatStart + 4 * 29, 42)).toEqual(
      Float32Array.of(29, ...counting(40, 1000), 70),
    );
    expect(await device.readFloats(floatStart + 4 * 99, 1)).toEqual(Float32Array.of(99));
    expect(await device.readFloats(floatStart, 0)).toEqual(new Float32Array());
  });

  it("starts with zeros, and keeps integers apart from floats", async () => {
    const device = await open();
    device.write(4 * 2, Int32Array.of(-1, 7));
    expect(await device.readIntegers(0, 16)).toEqual(
      Int32Array.from({ length: 16, 2: -1, 3: 7 }, (x) => x ?? 0),
    );
    expect(await device.readFloats(floatStart, elements)).toEqual(new Float32Array(elements));
  });

  it("writes the part that a view shows", async () => {
    const device = await open();
    device.write(floatStart + 4, counting(10).subarray(4, 6));
    expect(await device.readFloats(floatStart, 4)).toEqual(Float32Array.of(0, 4, 5, 0));
  });

  it("has packed weights that are the GPU's own", async () => {
    const device = await open();
    for (const [offset, count] of [
      [weightStart, 1],
      [weightStart - 4, 2],
      [floatStart - 4, 2],
      [floatStart, elements + 1],
      [-4, 1],
    ] as const) {
      expect(() => device.write(offset, new Float32Array(count))).toThrow("are not the host's");
      await expect(device.readFloats(offset, count)).rejects.toThrow("are not the host's");
    }
  });

  it("is read in pieces where it is large, by several readers at once", async () => {
    const many = 3 * 2 ** 20 + 5;
    const large = wgslArtifact({ ...parts, floats: many, bankFloats: 2 ** 21 });
    const device = await open(large);
    const values = counting(many);
    device.write(floatStart, values);
    const reads = [0, 1, 2 ** 20 - 1, 2 ** 21].map((from) =>
      device.readFloats(floatStart + 4 * from, many - from).then((found) => ({ from, found })),
    );
    for (const { from, found } of await Promise.all(reads)) {
      expect(Buffer.compare(Buffer.from(found.buffer), Buffer.from(values.slice(from).buffer))).toBe(0);
    }
    expect(device.stats().buffers).toBe(3);
  });
});

describeWith(problem, "runs on a GPU", () => {
  it("have the artifact's order, whatever the order of the phases", async () => {
    const device = await open();
    device.write(floatStart, counting(elements));
    await device.run(["backward", "forward"]);
    expect(await device.readFloats(floatStart, elements)).toEqual(
      counting(elements).map((x) => 2 * (2 * x + 3)),
    );
  });

  it("see records, integers and what was written before", async () => {
    const device = await open();
    device.write(12, Int32Array.of(7));
    device.write(floatStart, counting(elements));
    const run = device.run(["update"]);
    device.write(12, Int32Array.of(-1));
    await run;
    expect(await device.readFloats(floatStart, elements)).toEqual(counting(elements).map((x) => 7 * (x + 9)));
    await device.run(["update"]);
    expect((await device.readFloats(floatStart, 1))[0]).toBe(-(7 * 9 + 9));
  });

  it("pack weights across banks", async () => {
    const device = await open();
    device.write(floatStart, counting(elements));
    await device.run(["prepare"]);
    expect(await device.readFloats(floatStart, 51)).toEqual(Float32Array.of(...counting(50).reverse(), 50));
  });

  it("are one submit each, and what is read in one turn another", async () => {
    const device = await open();
    const start = device.stats();
    expect(start).toMatchObject({ submits: 0, dispatches: 0, bytesRead: 0, bytesWritten: 0, buffers: 0 });
    for (let step = 0; step < 3; step += 1) {
      device.write(floatStart, new Float32Array(10));
      await device.run(["forward", "backward"]);
      await device.run(["update"]);
    }
    // A dispatch of no workgroups is none.
    expect(device.stats()).toMatchObject({
      submits: 6,
      dispatches: 15,
      bytesRead: 0,
      bytesWritten: 120,
      buffers: 0,
    });
    await Promise.all([
      device.readFloats(floatStart, 2),
      device.readFloats(floatStart + 4 * 31, 2),
      device.readIntegers(0, 1),
    ]);
    expect(device.stats()).toMatchObject({ submits: 7, reads: 3, bytesRead: 20, buffers: 1 });
    await device.readFloats(floatStart, 2);
    expect(device.stats()).toMatchObject({ submits: 8, bytesRead: 28, buffers: 1 });
    expect(device.stats().hostMs).toBeGreaterThan(0);
    await device.run([]);
    expect(device.stats().submits).toBe(8);
  });
});

describeWith(problem, "a measured run on a GPU", () => {
  const measured = wgslArtifact({
    ...parts,
    dispatches: [
      { shader: "double", phase: "forward", workgroups: [2, 1, 1] },
      {
        shader: "add",
        phase: "backward",
        words: [1],
        tasks: [
          { call: call("a", 30), count: 4, modalities: [0] },
          { call: call("b", 10), count: 6, modalities: [1] },
        ],
      },
    ],
  });

  it.each(["timestamps", "waiting"] as const)(
    "does the same work, and has a time for every call: %s",
    async (timing) => {
      const adapter = await adapterWith(timing === "waiting" ? { features: new Set() } : {});
      const device = await open(measured, adapter);
      expect([device.timing, device.threads]).toEqual([timing, 1]);
      device.write(floatStart, counting(elements));
      const { calls, waitMs } = await device.profile(["forward", "backward"]);
      expect((await device.readFloats(floatStart, 3)) as unknown).toEqual(Float32Array.of(1, 3, 5));
      expect(waitMs).toEqual([0]);
      expect(calls).toMatchObject([
        { launch: 0, modality: 0, position: 0, calls: 1 },
        { launch: 1, position: 0, calls: 4 },
        { launch: 1, position: 1, calls: 6 },
      ]);
      for (const { milliseconds, threadMs } of calls) {
        expect(milliseconds).toBeGreaterThanOrEqual(0);
        expect(threadMs).toEqual([milliseconds]);
      }
      const [, first, second] = calls;
      expect(first?.milliseconds).toBeCloseTo(3 * (second?.milliseconds ?? -1), 6);
      expect((await device.profile(["backward"])).calls.map(({ launch }) => launch)).toEqual([1, 1]);
    },
  );

  it("may have thousands of dispatches", async () => {
    const count = 2100;
    const device = await open(
      wgslArtifact({
        ...parts,
        dispatches: Array.from({ length: count }, () => ({ shader: "add", words: [1] })),
      }),
    );
    const { calls } = await device.profile(["forward"]);
    expect(calls.length).toBe(count);
    expect(calls.every(({ milliseconds }) => milliseconds < 1000)).toBe(true);
    expect(await device.readFloats(floatStart, 1)).toEqual(Float32Array.of(count));
  });
});

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

describeWith(problem, "a device on a GPU", () => {
  it("trusts nothing after an error that nobody waited for", async () => {
    const device = await open();
    device.gpu.createBuffer({ size: 16, usage: 0 });
    await expect(
      (async () => {
        for (let i = 0; i < 100; i += 1) await device.run(["forward"]);
      })(),
    ).rejects.toThrow("a kernel failed: ");
    await expect(device.readFloats(floatStart, 1)).rejects.toThrow(DeviceError);
  });

  it("refuses work when it is closed", async () => {
    const device = await open();
    await device.close();
    await device.close();
    await expect(device.run(["forward"])).rejects.toThrow("the device is closed");
    await expect(device.readFloats(floatStart, 1)).rejects.toThrow(DeviceError);
    expect(() => device.write(floatStart, new Float32Array(1))).toThrow("the device is closed");
  });

  it("lets the process end, closed or not, and writes nothing to the terminal", async () => {
    const module = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
    const program = `
      const { findAdapter } = await import(${module("../src/runtime/webgpu-node.ts")});
      const { openWebgpuDevice } = await import(${module("../src/runtime/webgpu.ts")});
      const { adapter } = await findAdapter({ software: true });
      const device = await openWebgpuDevice(${JSON.stringify(artifact)}, { adapter });
      await device.run(["forward"]);
      console.log((await device.readFloats(${floatStart}, 1))[0]);`;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", program],
      { timeout: 30_000 },
    );
    expect([stdout, stderr]).toEqual(["3\n", ""]);
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
