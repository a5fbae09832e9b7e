// product-bits.ts: runs products with a 6 × 16 micro-kernel often enough to be optimised, and prints a hash of them.
// In: nothing; V8's flags are the caller's. Out: 64 hexadecimal digits on stdout.

import { createHash } from "node:crypto";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { openWasmDevice } from "../../src/runtime/wasm.ts";
import { artifactOf, callOf, type Tile, writeTiles } from "./wasm-artifact.ts";

const [rows, width, stride] = [96, 64, 80];
const [x, packed, y, dw, segments] = [0, 40_960, 81_920, 122_880, 163_840].map((at) => ({ at }));
if (!x || !packed || !y || !dw || !segments) throw new Error("five places");
const kernels: readonly Kernel[] = [
  {
    name: "forward",
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
    name: "outer",
    body: { kind: "outer", out: width, inner: width, aStride: stride, bStride: stride, taskRows: 48 },
  },
];
const tiles: readonly Tile[] = [
  [0, 48, 0],
  [48, 48, 0],
];
const artifact = artifactOf({
  kernels,
  engine: { tile: { rows: 6, columns: 16 }, relaxedSimd: true },
  arenaBytes: segments.at + 64,
  tiles,
  launches: [
    { phase: "forward", stages: [[callOf(0, [x, packed, y])]], tasks: [] },
    {
      phase: "backward",
      stages: [],
      tasks: [{ call: callOf(1, [y, x, dw, segments, 0]), count: 2, modalities: [] }],
    },
  ],
});
const device = await openWasmDevice(artifact, { threads: 1 });
const wave = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * 0.7));
device.write(x.at, wave(rows * stride));
device.write(packed.at, wave(width * width));
device.write(segments.at, Int32Array.of(1, 0, rows));
writeTiles(device, artifact, tiles);
for (let turn = 0; turn < 600; turn += 1) await device.run(["forward", "backward"]);
const result = [
  ...(await device.readIntegers(y.at, rows * stride)),
  ...(await device.readIntegers(dw.at, width * width)),
];
await device.close();
process.stdout.write(createHash("sha256").update(Int32Array.from(result)).digest("hex"));
