// cuda-emulator.test.ts: the emulator of CUDA itself: hand-written kernels that are right give what they should, and
// kernels with one mistake each are caught, with the kernel, the block, the thread and the line.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compileForEmulator, emulatorProblem } from "./support/cuda-compile.ts";
import { alignedBytes, openEmulatedLibrary } from "./support/cuda-library.ts";
import { describeWith } from "./support/devices.ts";

const sourceOf = (name: string): string =>
  readFileSync(new URL(`cuda/cases/${name}.cu`, import.meta.url), "utf8");

describeWith(emulatorProblem(), "the emulator of CUDA", () => {
  test("runs warps and a block", async () => {
    const path = await compileForEmulator([{ name: "sum", entry: "sum", source: sourceOf("sum") }], "sm_80");
    const arena = alignedBytes(1 << 16);
    const floats = new Float32Array(arena.buffer, arena.byteOffset, arena.byteLength / 4);
    for (let i = 0; i < 3000; i += 1) floats[64 + i] = i % 7;
    const records = Int32Array.of(1, 256, 0, 128, 0);
    const job = Uint32Array.of(0, 5, 0, 0, 0, 0, 0, 0);
    openEmulatedLibrary(path).launch({
      ...{ kernel: "sum", blocks: [3, 1, 1], threads: 128, sharedBytes: 16, arena, records, job },
    });
    const sums = [0, 1, 2].map((row) => {
      let sum = 0;
      for (let i = 0; i < 1000; i += 1) sum += ((1000 * row + i) % 7) ** 2;
      return sum;
    });
    expect([...floats.subarray(32, 35)]).toEqual(sums);
  });
});
