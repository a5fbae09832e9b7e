// The CUDA device on hand-made kernels, on a stand-in for NVIDIA's driver: where bytes go, in which order launches run,
// what becomes a graph, and that everything is given back.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, it } from "vitest";
import { type CudaDevice, openCudaDevice } from "../src/runtime/cuda.ts";
import { type CudaGpu, openCudaGpu } from "../src/runtime/cuda-gpu.ts";
import type { Artifact } from "../src/targets/artifact.ts";
import { type CudaParts, cudaArtifact, floatStart } from "./support/cuda-artifact.ts";
import { describeWith } from "./support/devices.ts";
import { openStandIn, standInProblem } from "./support/stand-in-cuda.ts";

const problem = standInProblem();
const elements = 100;
const parts: CudaParts = {
  floats: elements,
  kernels: {
    twice: `if (i < ${elements}) floats[i] *= 2;`,
    add: `if (i < ${elements}) floats[i] += argument(0);`,
    scale: `if (i < ${elements}) floats[i] *= integers[3];`,
    count: "if (i == 0) floats[0] = blocks;",
  },
  launches: [
    { kernel: "twice", phase: "forward", blocks: [2, 1, 1] },
    { kernel: "add", phase: "forward", blocks: [2, 1, 1], words: [3] },
    { kernel: "add", phase: "backward", blocks: [0, 1, 1], words: [1000] },
    { kernel: "twice", phase: "backward", blocks: [2, 1, 1] },
    { kernel: "add", phase: "update", blocks: [2, 1, 1], words: [9, -5] },
    { kernel: "scale", phase: "update", blocks: [2, 1, 1] },
  ],
};
const artifact = cudaArtifact(parts);
const counting = (count: number, from = 0): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => from + i);

const cacheDirectory = mkdtempSync(join(tmpdir(), "motley-cuda-"));
afterAll(() => rmSync(cacheDirectory, { recursive: true }));

const opened: (CudaDevice | CudaGpu)[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function open(of: Artifact = artifact): Promise<CudaDevice> {
  const { driver, compiler } = openStandIn();
  const gpu = await openCudaGpu({ driver, compiler, cacheDirectory });
  opened.push(gpu);
  const device = await openCudaDevice(of, gpu);
  opened.push(device);
  return device;
}

describeWith(problem, "the arena on an NVIDIA GPU", () => {
  it("keeps what is written, and starts with zeros", async () => {
    const device = await open();
    expect(await device.readFloats(floatStart, elements)).toEqual(new Float32Array(elements));
    device.write(floatStart, counting(elements));
    device.write(8, Int32Array.of(-1, 7));
    expect(await device.readFloats(floatStart, elements)).toEqual(counting(elements));
    expect([...(await device.readIntegers(0, 5))]).toEqual([0, 0, -1, 7, 0]);
    expect(await device.readFloats(floatStart, 0)).toEqual(new Float32Array());
  });

  it("writes the part that a view shows", async () => {
    const device = await open();
    device.write(floatStart + 4, counting(10).subarray(4, 6));
    expect(await device.readFloats(floatStart, 4)).toEqual(Float32Array.of(0, 4, 5, 0));
  });

  it("is no wider than it is", async () => {
    const device = await open();
    for (const [offset, count] of [
      [-4, 1],
      [floatStart, elements + 1],
    ] as const) {
      expect(() => device.write(offset, new Float32Array(count))).toThrow("outside of the arena");
      await expect(device.readFloats(offset, count)).rejects.toThrow("outside of the arena");
    }
  });

  it("takes more than fits the way there, by several readers at once", async () => {
    const many = 3 * 2 ** 20 + 5;
    const device = await open(cudaArtifact({ ...parts, floats: many }));
    const values = counting(many);
    device.write(floatStart, values);
    // Many small ones after it: the halves of the way change places.
    for (let i = 0; i < 3000; i += 1) device.write(floatStart + 4 * i, Float32Array.of(-i));
    values.set(values.subarray(0, 3000).map((x) => -x));
    const reads = [0, 1, 2 ** 20 - 1, 2 ** 21].map((from) =>
      device.readFloats(floatStart + 4 * from, many - from).then((found) => ({ from, found })),
    );
    for (const { from, found } of await Promise.all(reads))
      expect(Buffer.compare(Buffer.from(found.buffer), Buffer.from(values.slice(from).buffer))).toBe(0);
  });
});

describeWith(problem, "runs on an NVIDIA GPU", () => {
  it("have the artifact's order, whatever the order of the phases", async () => {
    const device = await open();
    device.write(floatStart, counting(elements));
    await device.run(["backward", "forward"]);
    expect(await device.readFloats(floatStart, elements)).toEqual(
      counting(elements).map((x) => 2 * (2 * x + 3)),
    );
  });

  it("see records, integers and what was written before, the first time and later", async () => {
    const device = await open();
    for (let round = 0; round < 4; round += 1) {
      device.write(12, Int32Array.of(7));
      device.write(floatStart, counting(elements));
      const run = device.run(["update"]);
      const read = device.readFloats(floatStart, elements);
      device.write(12, Int32Array.of(-1));
      device.write(floatStart, new Float32Array(elements));
      await run;
      expect(await read).toEqual(counting(elements).map((x) => 7 * (x + 9)));
    }
  });

  it("go launch by launch once, and are one graph from then on", async () => {
    const device = await open();
    device.write(floatStart, counting(elements));
    for (let step = 0; step < 5; step += 1) await device.run(["forward", "backward"]);
    expect(device.stats()).toEqual({ launches: 3, graphsCaptured: 1, graphLaunches: 4 });
    const expected = counting(elements).map((x) => {
      let y = x;
      for (let step = 0; step < 5; step += 1) y = 2 * (2 * y + 3);
      return y;
    });
    expect(await device.readFloats(floatStart, elements)).toEqual(expected);
  });

  it("may be of nothing", async () => {
    const device = await open();
    for (let round = 0; round < 2; round += 1) await device.run(["prepare"]);
    expect((await device.profile(["prepare"])).calls).toEqual([]);
  });

  it("let the event loop go on", async () => {
    const { set } = openStandIn();
    const device = await open();
    await device.run(["forward"]);
    set("slow_ms", 40);
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await device.run(["forward"]);
    clearInterval(timer);
    set("slow_ms", 0);
    expect(turns).toBeGreaterThan(3);
  });

  it("take no more blocks than run at once where a kernel walks its work", async () => {
    const launches = [{ kernel: "count", blocks: [1000, 1, 1], isPersistent: true }] as const;
    const device = await open(cudaArtifact({ ...parts, launches }));
    await device.run(["forward"]);
    // 4 multiprocessors of 2 blocks each.
    expect(await device.readFloats(floatStart, 1)).toEqual(Float32Array.of(8));
  });

  it("are measured by the GPU's clock, launch by launch", async () => {
    const device = await open();
    for (let round = 0; round < 3; round += 1) {
      const { calls, waitMs } = await device.profile(["forward", "backward"]);
      expect(calls.map(({ launch }) => launch)).toEqual([0, 1, 3]);
      expect(calls.every(({ milliseconds }) => milliseconds >= 0)).toBe(true);
      expect(waitMs).toEqual([0]);
    }
    expect(device.stats()).toEqual({ launches: 3, graphsCaptured: 1, graphLaunches: 2 });
  });

  it("give everything back", async () => {
    const { live } = openStandIn();
    const before = live();
    const device = await open();
    for (let round = 0; round < 2; round += 1) await device.run(["forward"]);
    for (let round = 0; round < 2; round += 1) await device.profile(["forward"]);
    await device.readFloats(floatStart, elements);
    await device.close();
    opened.splice(opened.indexOf(device), 1);
    expect(live()).toBe(before);
    await expect(device.run(["forward"])).rejects.toThrow("the device is closed");
    expect(() => device.write(floatStart, new Float32Array(1))).toThrow("the device is closed");
  });

  it("share what was compiled and loaded", async () => {
    const first = await open();
    const second = await openCudaDevice(artifact, first.gpu);
    opened.push(second);
    expect(first.gpu.functions.size).toBe(4);
    first.write(floatStart, counting(elements));
    await Promise.all([first.run(["forward"]), second.run(["forward"])]);
    expect(await second.readFloats(floatStart, 2)).toEqual(Float32Array.of(3, 3));
    expect(await first.readFloats(floatStart, 2)).toEqual(Float32Array.of(3, 5));
  });
});
