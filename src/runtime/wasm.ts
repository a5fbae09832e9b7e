// wasm.ts: the device that needs nothing: an artifact's module on threads over one shared memory.
// In: an artifact. Out: a Device. One call runs a whole step: the calling thread walks the launches together with the
// workers, which sleep between steps; inside a step they meet at a barrier within WebAssembly.
// This is Node's; the calling thread waits inside a run, which a browser's main thread may not.

import { availableParallelism } from "node:os";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { type Artifact, wasmRecords } from "../targets/artifact.ts";
import { type Device, DeviceError, type DeviceTimes, type Phase } from "./device.ts";
import { type CompileOptions, compileWat } from "./wasm-assemble.ts";
import { layoutMemory, type MemoryLayout, writeRecords } from "./wasm-memory.ts";
import {
  abort,
  type Command,
  commandKinds,
  sendCommand,
  startThread,
  type ThreadSetup,
} from "./wasm-thread.ts";

export type WasmDeviceOptions = CompileOptions & {
  /** The calling thread included; as many as there are processors, at most 8, unless given. */
  readonly threads?: number;
};

/** Turns of the barrier's loop before a thread sleeps: it must outlast a wake-up, but not where threads share a processor. */
const patientSpins = 100_000;
const briefSpins = 500;

const mostThreads = 8;

export function defaultThreads(): number {
  return Math.min(mostThreads, availableParallelism());
}

/**
 * Opens an artifact on threads.
 * - Throws `DeviceError` if the memory cannot be had.
 * - Close it: its workers do not keep the process alive, but they keep its memory.
 */
export async function openWasmDevice(artifact: Artifact, options: WasmDeviceOptions = {}): Promise<Device> {
  const threads = Math.max(1, Math.floor(options.threads ?? defaultThreads()));
  const layout = layoutMemory(artifact, threads);
  const memory = allocate(artifact, layout);
  const words = new Int32Array(memory.buffer);
  words[wasmRecords.control.spins >> 2] = threads <= availableParallelism() ? patientSpins : briefSpins;
  writeRecords(artifact, layout, memory);
  const module = await compileWat(artifact.program.wat, options);
  const setupOf = (thread: number): ThreadSetup => ({
    module,
    memory,
    threads,
    scratch: layout.scratch + thread * layout.scratchStep,
    times: layout.times + thread * layout.timesBytes,
  });
  const workers = await Promise.all(
    Array.from({ length: threads - 1 }, (_, index) => startWorker(setupOf(index + 1))),
  );
  return wasmDevice({ artifact, layout, memory, workers, setup: setupOf(0) });
}

type WorkerHandle = {
  readonly worker: Worker;
  readonly failures: MessagePort;
  readonly exited: Promise<void>;
};

type Parts = {
  readonly artifact: Artifact;
  readonly layout: MemoryLayout;
  readonly memory: WebAssembly.Memory;
  readonly workers: readonly WorkerHandle[];
  readonly setup: ThreadSetup;
};

function wasmDevice({ artifact, layout, memory, workers, setup }: Parts): Device {
  const runLaunches = startThread(setup);
  let failure: DeviceError | undefined;
  let closed = false;

  const run = (phases: readonly Phase[], kind: Command["kind"]): void => {
    if (failure !== undefined) throw failure;
    if (closed) throw new DeviceError("the device is closed");
    for (const [first, end] of rangesOf(artifact, phases)) {
      const at = (index: number): number => layout.records + index * wasmRecords.launch.bytes;
      const command = { kind, record: at(first), end: at(end) };
      if (workers.length > 0) sendCommand(memory, command);
      failure = failureOf(() => runLaunches(command), memory, workers);
      if (failure !== undefined) throw failure;
    }
  };

  return {
    threads: setup.threads,
    write(byteOffset, values) {
      const Values = values instanceof Float32Array ? Float32Array : Int32Array;
      new Values(memory.buffer, layout.arena + byteOffset, values.length).set(values);
    },
    readFloats: async (byteOffset, count) =>
      new Float32Array(new Float32Array(memory.buffer, layout.arena + byteOffset, count)),
    readIntegers: async (byteOffset, count) =>
      new Int32Array(new Int32Array(memory.buffer, layout.arena + byteOffset, count)),
    run: async (phases) => run(phases, commandKinds.run),
    async profile(phases) {
      new Uint8Array(memory.buffer, layout.times, layout.timesBytes * setup.threads).fill(0);
      run(phases, commandKinds.profile);
      return readTimes(layout, memory, setup.threads);
    },
    async close() {
      if (closed) return;
      closed = true;
      for (const { worker } of workers) worker.ref();
      sendCommand(memory, { kind: commandKinds.quit, record: 0, end: 0 });
      await Promise.all(workers.map(({ exited }) => exited));
    },
  };
}

/** Runs this thread's part; what went wrong there or in a worker, if anything did. */
function failureOf(
  runLaunches: () => boolean,
  memory: WebAssembly.Memory,
  workers: readonly WorkerHandle[],
): DeviceError | undefined {
  try {
    if (runLaunches()) return undefined;
  } catch (error) {
    abort(memory);
    return new DeviceError(`a kernel failed: ${describe(error)}`, { cause: error });
  }
  const told = workers
    .map(({ failures }) => receiveMessageOnPort(failures)?.message)
    .find((text) => text !== undefined);
  return new DeviceError(
    `a kernel failed on a worker thread: ${String(told ?? "the worker left no message")}`,
  );
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Runs of consecutive launches whose phase is asked for, as [first, end). */
function rangesOf({ launches }: Artifact, phases: readonly Phase[]): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const [index, { phase }] of launches.entries()) {
    if (!phases.includes(phase)) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index) last[1] = index + 1;
    else ranges.push([index, index + 1]);
  }
  return ranges;
}

function readTimes(layout: MemoryLayout, memory: WebAssembly.Memory, threads: number): DeviceTimes {
  const tables = Array.from(
    { length: threads },
    (_, thread) =>
      new Float64Array(
        memory.buffer,
        layout.times + thread * layout.timesBytes,
        2 * (1 + layout.entries.length),
      ),
  );
  const byThread = (place: number): readonly number[] => tables.map((table) => table[place] ?? 0);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const calls = layout.entries.map((entry, index) => {
    const threadMs = byThread(2 * (index + 1));
    const count = sum(byThread(2 * (index + 1) + 1));
    return { ...entry, milliseconds: sum(threadMs), threadMs, calls: count };
  });
  return { calls, waitMs: byThread(0) };
}

function allocate(artifact: Artifact, { pages }: MemoryLayout): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    const size = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
    const largest = [...artifact.buffers].sort((a, b) => b.byteLength - a.byteLength).slice(0, 3);
    const names = largest.map(({ name, byteLength }) => `${name} ${size(byteLength)}`).join(", ");
    throw new DeviceError(
      `cannot have ${size(pages * 65536)} of memory, of which the largest are ${names}; a smaller batch or context needs less`,
      { cause: error },
    );
  }
}

async function startWorker(setup: ThreadSetup): Promise<WorkerHandle> {
  const { port1, port2 } = new MessageChannel();
  // Beside this file, whether it runs as source or as a published build.
  const entry = new URL(
    import.meta.url.endsWith(".ts") ? "./wasm-worker.ts" : "./wasm-worker.js",
    import.meta.url,
  );
  const worker = new Worker(entry, { workerData: { setup, failures: port2 }, transferList: [port2] });
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    worker.once("message", () => resolve());
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new DeviceError(`a worker thread ended at once with code ${code}`)));
  });
  worker.on("error", () => undefined);
  worker.unref();
  port1.unref();
  return { worker, failures: port1, exited };
}
