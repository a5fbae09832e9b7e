// The WebGPU device on hand-made shaders, in software: where bytes go, in which order dispatches run, and what a step
// costs the host.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { DeviceError } from "../src/runtime/device.ts";
import { describeWith, gpuProblem } from "./support/devices.ts";
import {
  adapterWith,
  artifact,
  counting,
  elements,
  floatStart,
  open,
  parts,
  weightStart,
} from "./support/small-device.ts";
import { call, wgslArtifact } from "./support/wgsl-artifact.ts";

const problem = await gpuProblem();

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
