// The products of linear layers on the wasm device, for every micro-kernel, against plain float64 loops.
// Sizes cover every rest: rows, columns and k that are not multiples of anything.

import { describe, expect, it } from "vitest";
import type { Kernel } from "../src/kernel/kernel.ts";
import { rowStride } from "../src/kernel/schedule.ts";
import { openWasmDevice } from "../src/runtime/wasm.ts";
import { artifactOf, callOf, engines, type Tile, writeTiles } from "./support/wasm-artifact.ts";

const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 31, 33, 50];
const tolerance = 2e-6;
const floatBytes = 4;

/** Deterministic values in (−1, 1), none of them round. */
function values(count: number, seed: number): Float32Array {
  let state = (seed * 2654435761) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Rows of `stride` floats whose columns from `width` on are NaN: they must not matter. */
function padded(rows: number, width: number, stride: number, seed: number): Float32Array {
  const dense = values(rows * width, seed);
  return Float32Array.from({ length: rows * stride }, (_, i) =>
    i % stride < width ? (dense[Math.floor(i / stride) * width + (i % stride)] ?? 0) : Number.NaN,
  );
}

/** Places arrays one after another, each on a line of 64 bytes. */
function arena(): {
  readonly place: (floats: number) => { readonly at: number };
  readonly bytes: () => number;
} {
  let next = 0;
  return {
    place: (floats) => {
      const at = next;
      next = Math.ceil((next + floats * floatBytes) / 64) * 64;
      return { at };
    },
    bytes: () => next,
  };
}

/** Σ over k of a·b and of |a·b|, in float64. */
function dot(count: number, a: (k: number) => number, b: (k: number) => number): readonly [number, number] {
  let sum = 0;
  let size = 1e-6;
  for (let k = 0; k < count; k += 1) {
    sum += a(k) * b(k);
    size += Math.abs(a(k) * b(k));
  }
  return [sum, size];
}

type Shape = { readonly rows: number; readonly k: number; readonly n: number };

const shapes: readonly Shape[] = [
  ...sizes.flatMap((n, i) => [
    { rows: 50, k: sizes[(i * 5 + 3) % sizes.length] ?? 1, n },
    { rows: sizes[(i * 3 + 1) % sizes.length] ?? 1, k: 17, n },
  ]),
  { rows: 13, k: 520, n: 24 },
  { rows: 50, k: 1030, n: 9 },
];

/** pack, then matmul over two tiles, one of them of an untied modality's own weights; row 0 and the last stay untouched. */
async function checkMatmul(
  engine: (typeof engines)[number],
  { rows, k, n }: Shape,
  transposed: boolean,
  residual: boolean,
) {
  const [aStride, cStride, dStride] = [
    rowStride(k),
    Math.max(16, rowStride(n)),
    Math.max(16, rowStride(n)) + 16,
  ];
  const [out, inner] = transposed ? [n, k] : [k, n];
  const panels = Math.ceil(n / engine.tile.columns);
  const kernels: readonly Kernel[] = [
    { name: "pack", body: { kind: "pack", out, inner, transposed } },
    { name: "matmul", body: { kind: "matmul", k, n, aStride, cStride, residual, dStride } },
  ];
  const total = rows + 2;
  const { place, bytes } = arena();
  const a = place(total * aStride);
  const w = place(k * n);
  const packed = place(panels * k * engine.tile.columns);
  const c = place(total * cStride);
  const d = place(total * dStride);
  const tiles: Tile[] =
    rows > 20
      ? [
          [1, 20, 0],
          [21, rows - 20, 0],
        ]
      : [[1, rows, 0]];
  const artifact = artifactOf({
    kernels,
    engine,
    arenaBytes: bytes(),
    tiles,
    launches: [
      {
        phase: "prepare",
        stages: [],
        tasks: [{ call: callOf(0, [w, packed]), count: panels, modalities: [] }],
      },
      { phase: "forward", stages: [[callOf(1, residual ? [a, packed, c, d] : [a, packed, c])]], tasks: [] },
    ],
  });
  const device = await openWasmDevice(artifact, { threads: 1 });
  const [aValues, wValues, dValues] = [
    padded(total, k, aStride, 1),
    values(k * n, 2),
    padded(total, n, dStride, 3),
  ];
  device.write(a.at, aValues);
  device.write(w.at, wValues);
  device.write(c.at, new Float32Array(total * cStride).fill(7));
  device.write(d.at, dValues);
  writeTiles(device, artifact, tiles);
  await device.run(["prepare", "forward"]);
  const result = await device.readFloats(c.at, total * cStride);
  await device.close();
  let worst = 0;
  for (let r = 1; r <= rows; r += 1) {
    for (let j = 0; j < n; j += 1) {
      const weight = (kk: number): number => wValues[transposed ? j * k + kk : kk * n + j] ?? 0;
      const [sum, size] = dot(k, (kk) => aValues[r * aStride + kk] ?? 0, weight);
      const start = residual ? (dValues[r * dStride + j] ?? 0) : 0;
      const error =
        Math.abs((result[r * cStride + j] ?? Number.NaN) - sum - start) / (size + Math.abs(start));
      worst = Math.max(worst, Number.isNaN(error) ? 1 : error);
    }
  }
  expect(worst, `${engine.name} ${rows}x${n}x${k}`).toBeLessThan(tolerance);
  expect(result.subarray(0, cStride).every((value) => value === 7)).toBe(true);
  expect(result.subarray((rows + 1) * cStride).every((value) => value === 7)).toBe(true);
}

type OuterCase = {
  readonly out: number;
  readonly inner: number;
  readonly segments: readonly (readonly [number, number])[];
};

const outerCases: readonly OuterCase[] = [
  ...sizes.map((out, i) => ({
    out,
    inner: sizes[(i * 5 + 2) % sizes.length] ?? 1,
    segments: [
      [3, 40],
      [50, 51],
    ] as const,
  })),
  { out: 100, inner: 40, segments: [[0, 300]] },
  { out: 50, inner: 17, segments: [] },
];

async function checkOuter(
  engine: (typeof engines)[number],
  { out, inner, segments }: OuterCase,
  accumulate: boolean,
) {
  const rows = Math.max(8, ...segments.map(([, end]) => end)) + 1;
  const [aStride, bStride] = [rowStride(out), Math.max(16, rowStride(inner))];
  const taskRows = 48;
  const { place, bytes } = arena();
  const a = place(rows * aStride);
  const b = place(rows * bStride);
  const before = place(1);
  const dw = place(out * inner);
  const after = place(1);
  const pairs = place(1 + 2 * segments.length);
  const artifact = artifactOf({
    kernels: [{ name: "outer", body: { kind: "outer", out, inner, aStride, bStride, taskRows } }],
    engine,
    arenaBytes: bytes(),
    launches: [
      {
        phase: "backward",
        stages: [],
        tasks: [
          {
            call: callOf(0, [a, b, { at: dw.at + floatBytes }, pairs, accumulate ? 1 : 0]),
            count: Math.ceil(out / taskRows),
            modalities: [],
          },
        ],
      },
    ],
  });
  const device = await openWasmDevice(artifact, { threads: 1 });
  const [aValues, bValues, dwValues] = [
    padded(rows, out, aStride, 4),
    padded(rows, inner, bStride, 5),
    values(out * inner, 6),
  ];
  device.write(a.at, aValues);
  device.write(b.at, bValues);
  device.write(before.at, Float32Array.of(7));
  device.write(dw.at, Float32Array.of(7));
  device.write(dw.at + floatBytes, dwValues);
  device.write(after.at + floatBytes, Float32Array.of(7));
  device.write(pairs.at, Int32Array.from([segments.length, ...segments.flat()]));
  await device.run(["backward"]);
  const result = await device.readFloats(dw.at + floatBytes, out * inner);
  const edges = [
    ...(await device.readFloats(dw.at, 1)),
    ...(await device.readFloats(after.at + floatBytes, 1)),
  ];
  await device.close();
  const counted = segments.flatMap(([first, end]) =>
    Array.from({ length: end - first }, (_, i) => first + i),
  );
  let worst = 0;
  for (let o = 0; o < out; o += 1) {
    for (let i = 0; i < inner; i += 1) {
      const [sum, size] = dot(
        counted.length,
        (at) => aValues[(counted[at] ?? 0) * aStride + o] ?? 0,
        (at) => bValues[(counted[at] ?? 0) * bStride + i] ?? 0,
      );
      const start = accumulate ? (dwValues[o * inner + i] ?? 0) : 0;
      const error = Math.abs((result[o * inner + i] ?? Number.NaN) - sum - start) / (size + Math.abs(start));
      worst = Math.max(worst, Number.isNaN(error) ? 1 : error);
    }
  }
  expect(worst, `${engine.name} ${out}x${inner}`).toBeLessThan(tolerance);
  expect(edges).toEqual([7, 7]);
}

describe.each(engines)("products on $name", (engine) => {
  it("multiplies rows by packed weights at every size", async () => {
    for (const [index, shape] of shapes.entries())
      await checkMatmul(engine, shape, index % 2 === 0, index % 3 === 0);
    await checkMatmul(engine, { rows: 31, k: 1030, n: 33 }, false, true);
  });

  it("sums outer products over segments of rows at every size", async () => {
    for (const [index, one] of outerCases.entries()) await checkOuter(engine, one, index % 2 === 1);
    await checkOuter(engine, { out: 50, inner: 17, segments: [] }, true);
  });
});
