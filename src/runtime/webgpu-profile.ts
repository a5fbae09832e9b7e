// webgpu-profile.ts: what each dispatch took.
// In: a set-up program and the dispatches to run. Out: milliseconds a dispatch, from the GPU's own clock where it has
// one, else by waiting for each dispatch; and a table of times in the artifact's terms, launch by launch.

import type { Artifact, ArtifactCall, ArtifactLaunch } from "../targets/artifact.ts";
import type { CallTime } from "./device.ts";
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

/** A launch's time, shared out among its calls; a dispatch does not tell which of them took it. */
export function callTimes(
  { launches }: Artifact,
  dispatches: ArrayLike<number>,
  milliseconds: readonly number[],
): readonly CallTime[] {
  return milliseconds.flatMap((time, i) => {
    const index = dispatches[i] ?? 0;
    const launch = launches[index];
    return launch === undefined ? [] : timesOf(launch, index, time);
  });
}

type Entry = Pick<CallTime, "launch" | "modality" | "position" | "calls"> & { readonly call: ArtifactCall };

function timesOf({ stages, tasks }: ArtifactLaunch, launch: number, time: number): readonly CallTime[] {
  const rows = stages.flatMap((calls, modality) =>
    calls.map((call, position): Entry => ({ launch, modality, position, calls: 1, call })),
  );
  const pieces = tasks.map(({ call, count }, position): Entry => ({ launch, position, calls: count, call }));
  const entries = [...rows, ...pieces];
  const isCounted = entries.every(({ call }) => call.flopsPerRow > 0);
  const weightOf = ({ call }: Entry): number => (isCounted ? call.flopsPerRow : 1);
  const total = entries.reduce((sum, entry) => sum + weightOf(entry), 0);
  return entries.map(({ call: _call, ...entry }, i) => {
    const each = entries[i];
    const milliseconds = each === undefined ? 0 : (time * weightOf(each)) / total;
    return { ...entry, milliseconds, threadMs: [milliseconds] };
  });
}
