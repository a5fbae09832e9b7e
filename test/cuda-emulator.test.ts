// cuda-emulator.test.ts: the emulator of CUDA itself: hand-written kernels that are right give what they should, in
// whatever order blocks and threads come, and kernels with one mistake each are caught, with what is wrong and where.
// The cases' first line says which they are (`// right: …`, `// caught: …`), the second how much shared memory they get;
// mistakes in the right pipeline stand in support/pipeline-mistakes.ts.

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { CudaTensorMap } from "../src/targets/artifact.ts";
import { type Architecture, compileForEmulator, emulatorProblem } from "./support/cuda-compile.ts";
import { alignedBytes, openEmulatedLibrary, tensorMaps } from "./support/cuda-library.ts";
import { describeWith } from "./support/devices.ts";
import { pipelineMistakes, withMistake } from "./support/pipeline-mistakes.ts";

type Case = {
  readonly name: string;
  readonly source: string;
  readonly caught: string | undefined;
  readonly threads: number;
  readonly sharedBytes: number;
  readonly architecture: Architecture;
};

const folder = new URL("cuda/cases/", import.meta.url);
const textOf = (file: string): string => readFileSync(new URL(file, folder), "utf8");

/** A case, as its text says; `caught` where the text is another's with a mistake. */
function caseOf(name: string, source: string, caught = source.match(/^\/\/ caught: (.*)$/m)?.[1]): Case {
  return {
    ...{ name, source, caught },
    threads: Number(source.match(/^KERNEL\(\w+, (\d+)\)/m)?.[1]),
    sharedBytes: Number(source.match(/^\/\/ launch: (\d+) bytes/m)?.[1]),
    architecture: source.includes("#if HOPPER") ? "sm_90a" : "sm_80",
  };
}

const cases: readonly Case[] = [
  ...readdirSync(folder)
    .filter((file) => file.endsWith(".cu"))
    .map((file) => caseOf(file.replace(".cu", ""), textOf(file))),
  ...pipelineMistakes.map((mistake) =>
    caseOf(mistake.name, withMistake(textOf("right_pipeline.cu"), mistake), mistake.caught),
  ),
];

/** The arena: what a case reads at `x`, what it writes at `y`. */
const arenaBytes = 1 << 16;
const x = 1024;
const y = 49152 - 16384;

/** bf16 matrices from x on, as the cases' maps have them. */
const maps: readonly CudaTensorMap[] = [
  { byteOffset: x, rows: 50, columns: 160, stride: 160, boxRows: 64, boxColumns: 64 },
  { byteOffset: x + 8192, rows: 64, columns: 160, stride: 168, boxRows: 64, boxColumns: 64 },
  { byteOffset: x, rows: 40, columns: 64, stride: 64, boxRows: 64, boxColumns: 64 },
  { byteOffset: x + 8192, rows: 40, columns: 128, stride: 128, boxRows: 64, boxColumns: 64 },
];

/** Small integers: exact in bf16, and in every sum of a case. */
const floatAt = (i: number): number => i % 7;
const bf16At = (i: number): number => ((i * 5 + (i >> 5)) % 7) - 3;

async function launch({ name, source, threads, sharedBytes, architecture }: Case, order: number) {
  const alike = cases.filter((each) => each.architecture === architecture);
  const texts = alike.map((each) => `#line 1 "${each.name}.cu"\n${each.source}`).join("\n");
  const kernels = alike.map((each) => ({ name: each.name, entry: each.name, source: texts }));
  const library = openEmulatedLibrary(await compileForEmulator(kernels, architecture));
  const arena = alignedBytes(arenaBytes);
  const floats = new Float32Array(arena.buffer, arena.byteOffset, arenaBytes / 4);
  if (/bf16/.test(source) || architecture === "sm_90a") {
    const halves = new Uint16Array(arena.buffer, arena.byteOffset, arenaBytes / 2);
    const bits = new Uint32Array(1);
    for (let i = 0; i < (y - x) / 2; i += 1) {
      new Float32Array(bits.buffer)[0] = bf16At(i);
      halves[x / 2 + i] = (bits[0] ?? 0) >>> 16;
    }
  } else {
    for (let i = 0; i < (y - x) / 4; i += 1) floats[x / 4 + i] = floatAt(i);
  }
  library.setOrder(order);
  library.launch({
    ...{ kernel: name, blocks: [2, 1, 1], threads, sharedBytes, arena },
    ...{ records: Int32Array.of(1, x, 0, y, 0, 0), job: Uint32Array.of(0, 6, 0, 0, 0, 0, 0, 0) },
    maps: tensorMaps(library, arena, maps),
  });
  return floats.subarray(y / 4);
}

type Matrix = (row: number, column: number) => number;

/** What the right ones should leave at `y`. */
const expected: Readonly<Record<string, () => readonly number[]>> = {
  right_sums: () => [0, 1].map((block) => sum(1000, (i) => floatAt(1000 * block + i) ** 2)),
  right_handover: () => list(64, (thread) => sum(8, (turn) => floatAt(turn * 64 + 63 - thread))),
  right_counts: () => {
    const bits = new Int32Array([2 * sum(128, (i) => (floatAt(i) > 2 ? 1 : 0))]);
    return [new Float32Array(bits.buffer)[0] ?? 0, sum(32, (i) => (floatAt(i) > 2 ? 1 : 0)), 1];
  },
  right_mma: () => {
    const b: Matrix = (row, column) => bf16At(4096 + 64 * row + column);
    return product(
      64,
      64,
      64,
      (m, k) => bf16At(64 * m + k),
      (n, k) => b(n, k) + b(k, n),
    );
  },
  right_pipeline: () => {
    const a: Matrix = (row, column) => (row < 50 ? bf16At(160 * row + column) : 0);
    return product(64, 64, 160, a, (n, k) => bf16At(4096 + 168 * n + k));
  },
  right_mn_major: () =>
    product(
      64,
      128,
      40,
      (m, k) => bf16At(64 * k + m),
      (n, k) => bf16At(4096 + 128 * k + n),
    ),
  right_order_of_commits: () =>
    product(
      64,
      64,
      64,
      (m, k) => bf16At(64 * m + k),
      (n, k) => 2 * bf16At(64 * n + k),
    ),
};

const list = (count: number, value: (i: number) => number): readonly number[] =>
  Array.from({ length: count }, (_, i) => value(i));
const sum = (count: number, value: (i: number) => number): number =>
  list(count, value).reduce((a, b) => a + b, 0);

/** a[m][k] · b[n][k], rows after rows. */
function product(rows: number, columns: number, depth: number, a: Matrix, b: Matrix): readonly number[] {
  return list(rows * columns, (i) => {
    const m = Math.floor(i / columns);
    return sum(depth, (k) => a(m, k) * b(i % columns, k));
  });
}

describeWith(emulatorProblem(), "the emulator of CUDA", () => {
  const right = cases.filter(({ caught }) => caught === undefined);
  describe.each(right)("runs $name", (each) => {
    test.each([0, 1, 7])("in order %i", async (order) => {
      const values = expected[each.name]?.() ?? [];
      const found = await launch(each, order);
      expect(values.length).toBeGreaterThan(0);
      expect([...found.subarray(0, values.length)]).toEqual(values);
    });
  });

  const wrong = cases.filter(({ caught }) => caught !== undefined);
  test.each(wrong)("catches $name", async (each) => {
    await expect(launch(each, 0)).rejects.toThrow(each.caught);
  });
});
