// webgpu-profile.ts: what each dispatch took.
// In: a set-up program and the dispatches to run. Out: milliseconds a dispatch, from the GPU's own clock where it has
// one, else by waiting for each dispatch.

import type { Reader } from "./webgpu-read.ts";
import { bufferUsage, type Setup } from "./webgpu-setup.ts";

/** Adds dispatch `index` of a list of runs to a pass. */
export type Encode = (pass: GPUComputePassEncoder, index: number) => void;

type Timer = { measure(count: number, encode: Encode): Promise<readonly number[]> };

/** WebGPU's own limit on queries in a set. */
const queriesPerSet = 4096;
const bytesPerQuery = 8;
const nanosecondsPerMs = 1e6;

/** Two time stamps around every dispatch, each in a pass of its own, all in one submit. */
export function stampTimer({ gpu, guard }: Setup, reader: Reader, most: number): Timer {
  const { queryResolve, copySource } = bufferUsage;
  const sets = Array.from({ length: Math.ceil((2 * most) / queriesPerSet) }, (_, i) =>
    gpu.createQuerySet({
      type: "timestamp",
      count: Math.min(queriesPerSet, 2 * most - i * queriesPerSet),
    }),
  );
  const resolved = gpu.createBuffer({
    label: "time stamps",
    size: 2 * most * bytesPerQuery,
    usage: queryResolve | copySource,
  });
  return {
    async measure(count, encode) {
      const encoder = gpu.createCommandEncoder();
      for (let i = 0; i < count; i += 1) {
        const at = (2 * i) % queriesPerSet;
        const querySet = sets[Math.floor((2 * i) / queriesPerSet)];
        if (querySet === undefined) throw new Error("more dispatches than there are queries for");
        const timestampWrites = {
          querySet,
          beginningOfPassWriteIndex: at,
          endOfPassWriteIndex: at + 1,
        };
        const pass = encoder.beginComputePass({ timestampWrites });
        encode(pass, i);
        pass.end();
      }
      for (const [i, set] of sets.entries()) {
        const first = i * queriesPerSet;
        const used = Math.min(set.count, 2 * count - first);
        if (used > 0) encoder.resolveQuerySet(set, 0, used, resolved, first * bytesPerQuery);
      }
      gpu.queue.submit([encoder.finish()]);
      const stamps = new BigUint64Array(2 * count);
      const target = new Uint8Array(stamps.buffer);
      await guard.wait(
        reader.read([
          { source: resolved, sourceOffset: 0, byteLength: target.length, target, targetOffset: 0 },
        ]),
      );
      return Array.from({ length: count }, (_, i) => {
        const elapsed = Number((stamps[2 * i + 1] ?? 0n) - (stamps[2 * i] ?? 0n));
        // Some drivers set their clock back between passes.
        return Math.max(0, elapsed) / nanosecondsPerMs;
      });
    },
  };
}

/** Waits for every dispatch: what it takes to ask and to be told is in the times. */
export function waitTimer({ gpu, guard }: Setup): Timer {
  return {
    async measure(count, encode) {
      const times: number[] = [];
      await guard.wait(gpu.queue.onSubmittedWorkDone());
      for (let i = 0; i < count; i += 1) {
        const start = performance.now();
        const encoder = gpu.createCommandEncoder();
        const pass = encoder.beginComputePass();
        encode(pass, i);
        pass.end();
        gpu.queue.submit([encoder.finish()]);
        await guard.wait(gpu.queue.onSubmittedWorkDone());
        times.push(performance.now() - start);
      }
      return times;
    },
  };
}
