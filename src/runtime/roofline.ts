// roofline.ts: what this machine can do at best: multiply-adds, and bytes to and from memory.
// In: a probe (an artifact of two launches: one matmul repeated in cache, long additions out of memory). Out: two rates.
// Measured on as many threads as the step will have, all at once, because processors share clocks and memory; rates are
// of one thread. The matmul is the very micro-kernel that a model's linears run.

import type { Artifact } from "../targets/artifact.ts";
import type { DeviceTimes } from "./device.ts";
import { openWasmDevice, type WasmDeviceOptions } from "./wasm.ts";

/** Peak rates of one thread while all run. */
export type Roofline = {
  /** 10⁹ floating-point operations a second. */
  readonly gflopsPerThread: number;
  /** 10⁹ bytes a second. */
  readonly gigabytesPerThread: number;
};

/** Launch 0 of the artifact is the matmul, launch 1 the additions. */
export type RooflineProbe = {
  readonly artifact: Artifact;
  /** Tile table and where chunk 0's tiles end, as the artifact's layout wants them. */
  readonly tiles: Int32Array;
  readonly tileStarts: Int32Array;
  readonly flops: number;
  readonly bytes: number;
};

const rounds = 8;

/** Takes about 0.2 s. */
export async function measureRoofline(probe: RooflineProbe, options: WasmDeviceOptions): Promise<Roofline> {
  const { artifact, tiles, tileStarts, flops, bytes } = probe;
  const device = await openWasmDevice(artifact, options);
  try {
    // Ones: zeros and denormals could take another path through the processor.
    device.write(0, new Float32Array(artifact.arenaBytes / 4).fill(1));
    device.write(artifact.layout.tiles, tiles);
    device.write(artifact.layout.tileStarts, tileStarts);
    const rate = async (launch: number, phase: "forward" | "backward", amount: number): Promise<number> => {
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < rounds; round += 1)
        best = Math.min(best, threadMsOf(await device.profile([phase]), launch));
      return amount / best / 1e6;
    };
    return {
      gflopsPerThread: await rate(0, "forward", flops),
      gigabytesPerThread: await rate(1, "backward", bytes),
    };
  } finally {
    await device.close();
  }
}

function threadMsOf({ calls }: DeviceTimes, launch: number): number {
  return calls.reduce((sum, call) => (call.launch === launch ? sum + call.milliseconds : sum), 0);
}
