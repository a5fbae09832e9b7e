// webgpu.ts: the device that runs an artifact on a GPU, in Node and in a browser alike.
// In: an artifact of the WGSL target, and an adapter to run it on. Out: a Device. Everything is made once: a step is
// one command buffer over the same bind group, and what leaves the GPU is what was asked for.

import type { Artifact } from "../targets/artifact.ts";
import { type Device, DeviceError, type Phase } from "./device.ts";
import { callTimes } from "./launch-times.ts";
import { visitParts, wgslOf } from "./webgpu-arena.ts";
import { kernelError, ownGuard } from "./webgpu-failure.ts";
import { stampTimer, waitTimer } from "./webgpu-profile.ts";
import { type Copy, makeReader } from "./webgpu-read.ts";
import { type GpuSource, type Setup, setUp } from "./webgpu-setup.ts";

/** An adapter, which this device uses up, for WebGPU makes one device of it; or a device that several artifacts share. */
export type WebgpuOptions = GpuSource;

/** Counted from the opening on. */
export type WebgpuStats = {
  /** Command buffers handed to the GPU: one a run, and one for what is read in one turn. */
  readonly submits: number;
  readonly dispatches: number;
  readonly writes: number;
  readonly bytesWritten: number;
  readonly reads: number;
  readonly bytesRead: number;
  /** Buffers made after the opening, to read through. */
  readonly buffers: number;
  /** Milliseconds this thread spent recording, submitting and writing. */
  readonly hostMs: number;
};

export type WebgpuDevice = Device & {
  readonly gpu: GPUDevice;
  /** Where the times of `profile` come from: the GPU's clock, or waiting for each dispatch. */
  readonly timing: "timestamps" | "waiting";
  stats(): WebgpuStats;
};

type Counts = { -readonly [Name in keyof WebgpuStats]: number };

/**
 * Opens an artifact on a GPU.
 * - Throws `MemoryError` where it does not fit and `DeviceError` where the GPU lacks something or refuses a kernel.
 * - Close it: its memory on the GPU is not freed otherwise.
 */
export async function openWebgpuDevice(artifact: Artifact, options: WebgpuOptions): Promise<WebgpuDevice> {
  const setup = await setUp(artifact, options);
  if (options.shared === undefined) return webgpuDevice(artifact, setup, () => setup.gpu.destroy());
  return webgpuDevice(artifact, { ...setup, guard: ownGuard(setup.guard) }, setup.destroyBuffers);
}

/** Dispatches that phases stand for, as flat lists: running them allocates nothing. */
type RunList = {
  readonly count: number;
  readonly indices: Uint32Array;
  readonly pipelines: readonly GPUComputePipeline[];
  readonly groups: readonly GPUBindGroup[];
  /** Dynamic offset of each dispatch's job. */
  readonly offsets: Uint32Array;
  /** Three words each. */
  readonly workgroups: Uint32Array;
};

function webgpuDevice(artifact: Artifact, setup: Setup, release: () => void): WebgpuDevice {
  const { gpu, guard } = setup;
  const counts: Counts = {
    ...{ submits: 0, dispatches: 0, writes: 0, bytesWritten: 0 },
    ...{ reads: 0, bytesRead: 0, buffers: 0, hostMs: 0 },
  };
  const reader = makeReader(gpu, guard, counts);
  const { write, copiesOf } = arenaAccess(artifact, setup, counts);
  const listOf = runLists(artifact, setup);
  const run = runner(setup, counts);
  const hasClock = gpu.features.has("timestamp-query");
  let timer: ReturnType<typeof stampTimer> | undefined;

  return {
    gpu,
    threads: 1,
    timing: hasClock ? "timestamps" : "waiting",
    stats: () => ({ ...counts }),
    write,
    async readFloats(byteOffset, count) {
      const values = new Float32Array(count);
      await reader.read(copiesOf(byteOffset, new Uint8Array(values.buffer)));
      return values;
    },
    async readIntegers(byteOffset, count) {
      const values = new Int32Array(count);
      await reader.read(copiesOf(byteOffset, new Uint8Array(values.buffer)));
      return values;
    },
    run: async (phases) => run(listOf(phases)),
    async profile(phases) {
      guard.check();
      const list = listOf(phases);
      const most = Math.max(1, artifact.launches.length);
      timer ??= hasClock ? stampTimer(setup, reader, most) : waitTimer(setup);
      const times = await timer.measure(list.count, encoder(list));
      counts.submits += hasClock ? 1 : list.count;
      counts.dispatches += list.count;
      return { calls: callTimes(artifact, list.indices, times), waitMs: [0] };
    },
    async close() {
      guard.fail(new DeviceError("the device is closed"));
      release();
    },
  };
}

/** Runs a list in one pass of one command buffer, and waits until the GPU has done it. */
function runner({ gpu, guard }: Setup, counts: Counts): (list: RunList) => Promise<void> {
  return async (list) => {
    guard.check();
    if (list.count === 0) return;
    const { count, pipelines, groups, offsets, workgroups } = list;
    const start = performance.now();
    gpu.pushErrorScope("validation");
    const commands = gpu.createCommandEncoder();
    const pass = commands.beginComputePass();
    let current: GPUComputePipeline | undefined;
    for (let i = 0; i < count; i += 1) {
      const pipeline = pipelines[i];
      if (pipeline !== current && pipeline !== undefined) pass.setPipeline(pipeline);
      current = pipeline;
      pass.setBindGroup(0, groups[i], offsets, i, 1);
      pass.dispatchWorkgroups(workgroups[3 * i] ?? 0, workgroups[3 * i + 1], workgroups[3 * i + 2]);
    }
    pass.end();
    gpu.queue.submit([commands.finish()]);
    const refused = gpu.popErrorScope();
    counts.submits += 1;
    counts.dispatches += count;
    counts.hostMs += performance.now() - start;
    const [error] = await guard.wait(Promise.all([refused, gpu.queue.onSubmittedWorkDone()]));
    if (error !== null) throw guard.fail(kernelError(error.message));
  };
}

/** One dispatch of a list, with everything it needs. */
function encoder(list: RunList): (pass: GPUComputePassEncoder, index: number) => void {
  return (pass, i) => {
    const pipeline = list.pipelines[i];
    if (pipeline !== undefined) pass.setPipeline(pipeline);
    pass.setBindGroup(0, list.groups[i], list.offsets, i, 1);
    const { workgroups } = list;
    pass.dispatchWorkgroups(workgroups[3 * i] ?? 0, workgroups[3 * i + 1], workgroups[3 * i + 2]);
  };
}

/** Lists by phases, made when first asked for. */
function runLists(
  artifact: Artifact,
  { pipelines, groupOf, jobStep }: Setup,
): (phases: readonly Phase[]) => RunList {
  const { dispatches } = wgslOf(artifact);
  const known = new Map<string, RunList>();
  return (phases) => {
    const key = phases.join();
    const found = known.get(key);
    if (found !== undefined) return found;
    const chosen = artifact.launches.flatMap(({ phase }, index) => {
      const dispatch = dispatches[index];
      const isEmpty = dispatch === undefined || dispatch.workgroups.includes(0);
      return isEmpty || !phases.includes(phase) ? [] : [{ index, dispatch }];
    });
    const list = {
      count: chosen.length,
      indices: Uint32Array.from(chosen, ({ index }) => index),
      pipelines: chosen.flatMap(({ dispatch }) => pipelines[dispatch.shader] ?? []),
      groups: chosen.map(({ dispatch }) => groupOf(dispatch)),
      offsets: Uint32Array.from(chosen, ({ index }) => index * jobStep),
      workgroups: Uint32Array.from(chosen.flatMap(({ dispatch }) => dispatch.workgroups)),
    };
    if (list.pipelines.length !== list.count)
      throw new DeviceError("this step is damaged: a dispatch names a shader that is not there");
    known.set(key, list);
    return list;
  };
}

type ArenaAccess = {
  readonly write: Device["write"];
  /** What to copy to fill `target` from a place in the arena. */
  readonly copiesOf: (byteOffset: number, target: Uint8Array) => readonly Copy[];
};

function arenaAccess(artifact: Artifact, setup: Setup, counts: Counts): ArenaAccess {
  const { gpu, guard, integers, floats } = setup;
  const place = { program: wgslOf(artifact), arenaBytes: artifact.arenaBytes };
  const bufferOf = (bank: number): GPUBuffer => (bank < 0 ? integers : floats[bank]) ?? integers;
  return {
    write(byteOffset, values) {
      guard.check();
      const start = performance.now();
      const { buffer, byteOffset: origin, byteLength } = values;
      visitParts(place, byteOffset, byteLength, (bank, offset, from, bytes) =>
        gpu.queue.writeBuffer(bufferOf(bank), offset, buffer, origin + from, bytes),
      );
      counts.writes += 1;
      counts.bytesWritten += byteLength;
      counts.hostMs += performance.now() - start;
    },
    copiesOf(byteOffset, target) {
      const copies: Copy[] = [];
      visitParts(place, byteOffset, target.length, (bank, sourceOffset, targetOffset, byteLength) =>
        copies.push({ source: bufferOf(bank), sourceOffset, byteLength, target, targetOffset }),
      );
      return copies;
    },
  };
}
