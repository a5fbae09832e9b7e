// wasm-device.ts: an artifact's module on threads over one shared memory, wherever the threads come from.
// In: an artifact, and how its host compiles a module and starts a thread. Out: a Device. One call runs a whole step: the
// calling thread walks the launches together with the workers, which sleep between steps; inside a step they meet at a
// barrier within WebAssembly. The calling thread waits there, so in a page it is a worker itself (wasm-leader.ts).

import { type Artifact, wasmRecords } from "../targets/artifact.ts";
import { type Device, DeviceError, type DeviceTimes, type Phase } from "./device.ts";
import { layoutMemory, type MemoryLayout, writeRecords } from "./wasm-memory.ts";
import {
  abort,
  type Command,
  commandKinds,
  sendCommand,
  startThread,
  type ThreadSetup,
} from "./wasm-thread.ts";

/** A thread beside the calling one: it serves commands until told to quit or something fails. */
export type WorkerHandle = {
  /** What it said when it failed; nothing if it did not. */
  failure(): Promise<string | undefined>;
  /** Called once it was told to quit: resolves when it has. */
  ended(): Promise<void>;
};

export type WasmHost = {
  /** The calling thread included. */
  readonly threads: number;
  /** How many run at the same time. */
  readonly processors: number;
  readonly compile: (wat: string) => Promise<WebAssembly.Module>;
  /** Resolves when the thread waits for commands. */
  readonly startWorker: (setup: ThreadSetup) => Promise<WorkerHandle>;
};

/** Turns of the barrier's loop before a thread sleeps: it must outlast a wake-up, but not where threads share a processor. */
const patientSpins = 100_000;
const briefSpins = 500;

/** More threads than this only wait for one another. */
const mostThreads = 8;

/** As many threads as there are processors, at most 8. */
export function usualThreads(processors: number): number {
  return Math.max(1, Math.min(mostThreads, processors));
}

/** Opens an artifact on a host's threads; throws `DeviceError` if the memory cannot be had. */
export async function openOnThreads(artifact: Artifact, host: WasmHost): Promise<Device> {
  const { program } = artifact;
  if (program.kind !== "wasm")
    throw new DeviceError(`an artifact for ${artifact.target} does not run on wasm`);
  const { threads } = host;
  const layout = layoutMemory(artifact, threads);
  const memory = allocate(artifact, layout);
  const words = new Int32Array(memory.buffer);
  words[wasmRecords.control.spins >> 2] = threads <= host.processors ? patientSpins : briefSpins;
  writeRecords(artifact, layout, memory);
  const module = await host.compile(program.wat);
  const setupOf = (thread: number): ThreadSetup => ({
    module,
    memory,
    threads,
    scratch: layout.scratch + thread * layout.scratchStep,
    times: layout.times + thread * layout.timesBytes,
  });
  const workers = await Promise.all(
    Array.from({ length: threads - 1 }, (_, index) => host.startWorker(setupOf(index + 1))),
  );
  return wasmDevice({ artifact, layout, memory, workers, setup: setupOf(0) });
}

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

  const run = async (phases: readonly Phase[], kind: Command["kind"]): Promise<void> => {
    if (failure !== undefined) throw failure;
    if (closed) throw new DeviceError("the device is closed");
    for (const [first, end] of rangesOf(artifact, phases)) {
      const at = (index: number): number => layout.records + index * wasmRecords.launch.bytes;
      const command = { kind, record: at(first), end: at(end) };
      if (workers.length > 0) sendCommand(memory, command);
      const outcome = attempt(() => runLaunches(command), memory);
      if (outcome === "done") continue;
      failure = outcome === "stopped" ? await workerFailure(workers) : outcome;
      throw failure;
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
    run: (phases) => run(phases, commandKinds.run),
    async profile(phases) {
      new Uint8Array(memory.buffer, layout.times, layout.timesBytes * setup.threads).fill(0);
      await run(phases, commandKinds.profile);
      return readTimes(layout, memory, setup.threads);
    },
    async close() {
      if (closed) return;
      closed = true;
      sendCommand(memory, { kind: commandKinds.quit, record: 0, end: 0 });
      await Promise.all(workers.map((worker) => worker.ended()));
    },
  };
}

/** Runs this thread's part. `stopped`: another thread failed. */
function attempt(runLaunches: () => boolean, memory: WebAssembly.Memory): "done" | "stopped" | DeviceError {
  try {
    return runLaunches() ? "done" : "stopped";
  } catch (error) {
    abort(memory);
    return new DeviceError(`a kernel failed: ${describe(error)}`, { cause: error });
  }
}

async function workerFailure(workers: readonly WorkerHandle[]): Promise<DeviceError> {
  const told = (await Promise.all(workers.map((worker) => worker.failure()))).find(
    (text) => text !== undefined,
  );
  return new DeviceError(`a kernel failed on a worker thread: ${told ?? "the worker left no message"}`);
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
