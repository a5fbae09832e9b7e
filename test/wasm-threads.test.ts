// The walker and the barrier of the wasm device: any number of threads gives the same bits, a trap anywhere becomes an
// error, thousands of empty launches pass, and times are counted for every call.

import { describe, expect, it } from "vitest";
import type { Kernel } from "../src/kernel/kernel.ts";
import type { Device } from "../src/runtime/device.ts";
import { openWasmDevice } from "../src/runtime/wasm.ts";
import type { Artifact, ArtifactLaunch } from "../src/targets/artifact.ts";
import { artifactOf, callOf, engines, type Tile, writeTiles } from "./support/wasm-artifact.ts";

const engine = engines[3] ?? { tile: { rows: 6, columns: 8 }, relaxedSimd: true };
const width = 40;
const stride = 48;
const rows = 333;
const floatBytes = 4;

const kernels: readonly Kernel[] = [
  {
    name: "square",
    body: {
      kind: "matmul",
      k: width,
      n: width,
      aStride: stride,
      cStride: stride,
      residual: false,
      dStride: stride,
    },
  },
  {
    name: "add",
    body: {
      kind: "matmul",
      k: width,
      n: width,
      aStride: stride,
      cStride: stride,
      residual: true,
      dStride: stride,
    },
  },
  {
    name: "outer",
    body: { kind: "outer", out: width, inner: width, aStride: stride, bStride: stride, taskRows: 8 },
  },
  { name: "pack", body: { kind: "pack", out: width, inner: width, transposed: true } },
];

const x = { at: 0 };
const y = { at: x.at + rows * stride * floatBytes };
const z = { at: y.at + rows * stride * floatBytes };
const dw = { at: z.at + rows * stride * floatBytes };
const packed = { at: dw.at + width * width * floatBytes };
const segments = { at: packed.at + width * width * floatBytes };
const arenaBytes = segments.at + 64;
const tiles: readonly Tile[] = Array.from({ length: 12 }, (_, i) => [
  i * 28,
  Math.min(28, rows - i * 28),
  i % 2,
]);

/** Rows, then weights' gradients, then the gradient as the next round's weight: every launch depends on the one before. */
function rounds(count: number): readonly ArtifactLaunch[] {
  const tasksOnly = (kernel: number, args: Parameters<typeof callOf>[1], number: number): ArtifactLaunch => ({
    phase: "backward",
    stages: [],
    tasks: [{ call: callOf(kernel, args), count: number, modalities: [] }],
  });
  const round: readonly ArtifactLaunch[] = [
    tasksOnly(3, [dw, packed], width / 8),
    {
      phase: "backward",
      stages: [
        [callOf(0, [x, packed, y]), callOf(1, [y, packed, z, x])],
        [callOf(1, [x, packed, y, x]), callOf(0, [y, packed, z])],
      ],
      tasks: [],
    },
    tasksOnly(2, [y, z, dw, segments, 0], width / 8),
  ];
  return Array.from({ length: count }, () => round).flat();
}

function fill(device: Device, artifact: Artifact): void {
  const pattern = (count: number, scale: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => scale * Math.sin(i * 1.7 + scale));
  device.write(x.at, pattern(rows * stride, 0.05));
  device.write(dw.at, pattern(width * width, 0.2));
  device.write(segments.at, Int32Array.of(2, 0, 100, 120, rows));
  writeTiles(device, artifact, tiles);
}

/** What every array holds in the end; all of it finite and alive, or equality would say nothing. */
async function bitsWith(threads: number): Promise<string> {
  const artifact = artifactOf({ kernels, engine, launches: rounds(2), arenaBytes, tiles });
  const device = await openWasmDevice(artifact, { threads });
  for (let step = 0; step < 40; step += 1) {
    fill(device, artifact);
    await device.run(["backward"]);
  }
  const result = await device.readIntegers(0, (packed.at + width * width * floatBytes) / 4);
  const gradient = await device.readFloats(dw.at, width * width);
  await device.close();
  expect(gradient.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
  return Buffer.from(result.buffer).toString("base64");
}

/** Task 3 of `outer` traps. */
const trapping = (emitted: string): string =>
  emitted.replace(
    /\(func \$outer \(type \$kernel\).*\n(?:\s*\(local .*\n)*/,
    (head) => `${head}  (if (i32.eq (local.get $task) (i32.const 3)) (then (unreachable)))\n`,
  );

describe("threads", () => {
  it("give the same bits in any number", async () => {
    const one = await bitsWith(1);
    expect(await bitsWith(2)).toBe(one);
    expect(await bitsWith(3)).toBe(one);
  });

  it.each([1, 2, 3])("%i of them stop with an error when a kernel traps", async (threads) => {
    const artifact = artifactOf({ kernels, engine, launches: rounds(3), arenaBytes, tiles, wat: trapping });
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const device = await openWasmDevice(artifact, { threads });
      fill(device, artifact);
      await expect(device.run(["backward"])).rejects.toThrow(/a kernel failed.*unreachable/s);
      await expect(device.run(["backward"])).rejects.toThrow(/a kernel failed/);
      await device.close();
    }
  });

  it("pass ten thousand empty launches", async () => {
    const empty: ArtifactLaunch = { phase: "forward", stages: [], tasks: [] };
    const artifact = artifactOf({
      kernels,
      engine,
      launches: Array.from({ length: 1000 }, () => empty),
      arenaBytes,
    });
    const device = await openWasmDevice(artifact, { threads: 2 });
    for (let step = 0; step < 10; step += 1) await device.run(["forward"]);
    await device.close();
  });

  it("run only the phases asked for, in the artifact's order", async () => {
    const launches = rounds(1).map(
      (launch, index) => ({ ...launch, phase: index === 1 ? "update" : "forward" }) as const,
    );
    const artifact = artifactOf({ kernels, engine, launches, arenaBytes, tiles });
    const device = await openWasmDevice(artifact, { threads: 2 });
    fill(device, artifact);
    await device.run(["forward"]);
    expect((await device.readFloats(y.at, rows * stride)).every((value) => value === 0)).toBe(true);
    await device.run(["update"]);
    expect((await device.readFloats(y.at, width)).every((value) => value !== 0)).toBe(true);
    await device.close();
  });

  it("count every call when profiling", async () => {
    const artifact = artifactOf({ kernels, engine, launches: rounds(2), arenaBytes, tiles });
    const device = await openWasmDevice(artifact, { threads: 2 });
    fill(device, artifact);
    const { calls: times, waitMs } = await device.profile(["backward"]);
    await device.close();
    expect(waitMs).toHaveLength(2);
    expect(times.map(({ launch, modality, position, calls }) => [launch, modality, position, calls])).toEqual(
      [0, 3].flatMap((launch) => [
        [launch, undefined, 0, 5],
        [launch + 1, 0, 0, 6],
        [launch + 1, 0, 1, 6],
        [launch + 1, 1, 0, 6],
        [launch + 1, 1, 1, 6],
        [launch + 2, undefined, 0, 5],
      ]),
    );
    expect(times.every(({ milliseconds, threadMs: [a = -1, b = -1] }) => milliseconds === a + b)).toBe(true);
  });

  it("refuse to run after closing", async () => {
    const device = await openWasmDevice(artifactOf({ kernels, engine, launches: rounds(1), arenaBytes }), {
      threads: 2,
    });
    await device.close();
    await device.close();
    await expect(device.run(["backward"])).rejects.toThrow("closed");
  });

  it("say which buffers are too large for any memory", async () => {
    const artifact = artifactOf({ kernels, engine, launches: [], arenaBytes: 2 ** 33 });
    await expect(openWasmDevice(artifact, { threads: 1 })).rejects.toThrow(
      /cannot have 8192 MiB.*arena 8192 MiB/,
    );
  });

  it("quote the line of text that does not assemble", async () => {
    const artifact = artifactOf({
      kernels,
      engine,
      launches: [],
      arenaBytes,
      wat: (text) => text.replace("i32.mul", "i32.mull"),
    });
    await expect(openWasmDevice(artifact, { threads: 1 })).rejects.toThrow(/compiler bug.*i32\.mull/s);
  });
});
