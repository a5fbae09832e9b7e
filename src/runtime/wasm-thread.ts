// wasm-thread.ts: what one thread does with a module: make an instance of its own over the shared memory, run launches,
// and, as a worker, wait for commands.
// In: a compiled module and where the thread's scratch and times stand. Out: launches run.
// A thread that fails says so first and then opens the barrier, so that nobody waits for it.

import { wasmRecords } from "../targets/artifact.ts";

export type ThreadSetup = {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly threads: number;
  readonly scratch: number;
  readonly times: number;
};

/** 0 quits. */
export type Command = { readonly kind: 0 | 1 | 2; readonly record: number; readonly end: number };
export const commandKinds = { quit: 0, run: 1, profile: 2 } as const;

/** Runs the launches of a command; false if some thread failed. */
export type RunLaunches = (command: Command) => boolean;

type Exports = {
  readonly scratch: WebAssembly.Global;
  readonly times: WebAssembly.Global;
  readonly run: (threads: number, record: number, end: number) => number;
  readonly run_timed: (threads: number, record: number, end: number) => number;
};

export function startThread({ module, memory, threads, scratch, times }: ThreadSetup): RunLaunches {
  const now = (): number => performance.now();
  const exports = new WebAssembly.Instance(module, { env: { memory, now } }).exports as Exports;
  exports.scratch.value = scratch;
  exports.times.value = times;
  return ({ kind, record, end }) => {
    const run = kind === commandKinds.profile ? exports.run_timed : exports.run;
    return run(threads, record, end) !== 0;
  };
}

/** Lets every thread that waits at the barrier leave it with a failure. */
export function abort(memory: WebAssembly.Memory): void {
  const words = new Int32Array(memory.buffer);
  const { abort: aborted, generation } = wasmRecords.control;
  Atomics.store(words, aborted >> 2, 1);
  Atomics.add(words, generation >> 2, 1);
  Atomics.notify(words, generation >> 2);
}

const commandWord = wasmRecords.control.command >> 2;

/** Tells waiting workers what to do next. */
export function sendCommand(memory: WebAssembly.Memory, { kind, record, end }: Command): void {
  const words = new Int32Array(memory.buffer);
  words.set([kind, record, end], commandWord + 1);
  Atomics.add(words, commandWord, 1);
  Atomics.notify(words, commandWord);
}

/** A worker's life: wait for a command, run it, until told to quit or something fails. */
export function serve(setup: ThreadSetup, report: (message: string) => void): void {
  const words = new Int32Array(setup.memory.buffer);
  const run = startThread(setup);
  let seen = 0;
  for (;;) {
    Atomics.wait(words, commandWord, seen);
    const sequence = Atomics.load(words, commandWord);
    if (sequence === seen) continue;
    seen = sequence;
    const [kind = 0, record = 0, end = 0] = words.subarray(commandWord + 1, commandWord + 4);
    if (kind === commandKinds.quit) return;
    try {
      if (!run({ kind: kind as Command["kind"], record, end })) return;
    } catch (error) {
      report(error instanceof Error ? (error.stack ?? error.message) : String(error));
      abort(setup.memory);
      return;
    }
  }
}
