// wasm.ts: the device that needs nothing, in Node: an artifact's module on worker threads.
// In: an artifact. Out: a Device whose calling thread is this one, which waits inside a run. wasm-device.ts does the
// work; a page, whose main thread may not wait, has wasm-browser.ts.

import { availableParallelism } from "node:os";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { Artifact } from "../targets/artifact.ts";
import { type Device, DeviceError } from "./device.ts";
import { type CompileOptions, compileWat } from "./wasm-assemble.ts";
import { openOnThreads, usualThreads, type WorkerHandle } from "./wasm-device.ts";
import type { ThreadSetup } from "./wasm-thread.ts";

export type WasmDeviceOptions = CompileOptions & {
  /** The calling thread included; as many as there are processors, at most 8, unless given. */
  readonly threads?: number;
};

export function defaultThreads(): number {
  return usualThreads(availableParallelism());
}

/**
 * Opens an artifact on threads.
 * - Throws `DeviceError` if the memory cannot be had.
 * - Close it: its workers do not keep the process alive, but they keep its memory.
 */
export function openWasmDevice(artifact: Artifact, options: WasmDeviceOptions = {}): Promise<Device> {
  return openOnThreads(artifact, {
    threads: Math.max(1, Math.floor(options.threads ?? defaultThreads())),
    processors: availableParallelism(),
    compile: (wat) => compileWat(wat, options),
    startWorker,
  });
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
  return {
    // The thread has posted before this one was let go, so there is nothing to wait for.
    failure: async () => receiveMessageOnPort(port1)?.message,
    ended() {
      worker.ref();
      return exited;
    },
  };
}
