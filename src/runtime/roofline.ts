// roofline.ts: what this machine can do at best: multiply-adds, and bytes to and from memory.
// In: a probe (an artifact of two launches: arithmetic without memory, and long trips through memory), and how to open
// it. Out: two rates. Measured on as many threads as the step will have, all at once, because processors share clocks
// and memory; rates are of one thread, and a GPU counts as one.

import type { Artifact } from "../targets/artifact.ts";
import type { Device, DeviceTimes } from "./device.ts";

/** Peak rates of one thread while all run. */
export type Roofline = {
  /** 10⁹ floating-point operations a second. */
  readonly gflopsPerThread: number;
  /** 10⁹ bytes a second. */
  readonly gigabytesPerThread: number;
};

/** Launch 0 of the artifact is arithmetic, launch 1 moves memory. */
export type RooflineProbe = {
  readonly artifact: Artifact;
  /** What to write before it runs. */
  readonly inputs: readonly { readonly byteOffset: number; readonly values: Float32Array | Int32Array }[];
  readonly flops: number;
  readonly bytes: number;
};

const rounds = 8;

/** Takes about 0.2 s. */
export async function measureRoofline(
  { artifact, inputs, flops, bytes }: RooflineProbe,
  open: (artifact: Artifact) => Promise<Device>,
): Promise<Roofline> {
  const device = await open(artifact);
  try {
    for (const { byteOffset, values } of inputs) device.write(byteOffset, values);
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
