// wasm-browser.ts: the device that needs nothing, in a page: an artifact's module on Web Workers.
// In: an artifact. Out: a Device. A page's main thread may not wait, so a leading worker does what the calling thread
// does in Node (wasm-leader.ts), and this is its remote control. Threads need shared memory to be posted between
// workers, which browsers allow to cross-origin isolated pages only; elsewhere the leader works alone.

import type { Artifact } from "../targets/artifact.ts";
import { type Device, DeviceError, type DeviceTimes } from "./device.ts";
import { usualThreads } from "./wasm-device.ts";
import type { LeaderQuestion, LeaderReply, LeaderRequest, LeaderValue } from "./wasm-messages.ts";

export type BrowserWasmOptions = {
  /** As many as there are processors, at most 8, unless given; 1 where the page is not cross-origin isolated. */
  readonly threads?: number;
};

/** Threads that a page gets unless it asks for fewer. */
export function browserThreads(): number {
  return globalThis.crossOriginIsolated ? usualThreads(navigator.hardwareConcurrency) : 1;
}

/**
 * Opens an artifact on workers.
 * - Throws `DeviceError` if the memory cannot be had or a worker does not start.
 * - Close it: its workers keep running otherwise.
 */
export async function openBrowserWasmDevice(
  artifact: Artifact,
  options: BrowserWasmOptions = {},
): Promise<Device> {
  const most = globalThis.crossOriginIsolated ? Number.POSITIVE_INFINITY : 1;
  const threads = Math.max(1, Math.min(most, Math.floor(options.threads ?? browserThreads())));
  const leader = callLeader();
  try {
    await leader.ask({ kind: "open", artifact, threads });
  } catch (error) {
    leader.end();
    throw error;
  }
  return {
    threads,
    write: (byteOffset, values) => leader.tell({ kind: "write", byteOffset, values }),
    readFloats: async (byteOffset, count) =>
      (await leader.ask({ kind: "floats", byteOffset, count })) as Float32Array,
    readIntegers: async (byteOffset, count) =>
      (await leader.ask({ kind: "integers", byteOffset, count })) as Int32Array,
    run: async (phases) => {
      await leader.ask({ kind: "run", phases });
    },
    profile: async (phases) => (await leader.ask({ kind: "profile", phases })) as DeviceTimes,
    async close() {
      if (leader.hasEnded()) return;
      await leader.ask({ kind: "close" });
      leader.end();
    },
  };
}

type Leader = {
  tell(request: LeaderRequest): void;
  ask(question: LeaderQuestion): Promise<LeaderValue>;
  hasEnded(): boolean;
  end(): void;
};

type Waiting = { readonly resolve: (value: LeaderValue) => void; readonly reject: (error: Error) => void };

function callLeader(): Leader {
  const worker = new Worker(new URL("./wasm-leader.ts", import.meta.url), { type: "module" });
  const waiting = new Map<number, Waiting>();
  let asked = 0;
  let problem: DeviceError | undefined;
  const fail = (error: DeviceError): void => {
    problem ??= error;
    for (const { reject } of waiting.values()) reject(problem);
    waiting.clear();
  };
  worker.addEventListener("message", ({ data: reply }: MessageEvent<LeaderReply>) => {
    const { resolve, reject } = waiting.get(reply.id) ?? {};
    waiting.delete(reply.id);
    if ("failure" in reply) reject?.(new DeviceError(reply.failure));
    else resolve?.(reply.value);
  });
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    fail(new DeviceError(`the worker that runs the kernels failed: ${event.message || "it did not start"}`));
  });
  return {
    tell: (request) => worker.postMessage(request),
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (problem !== undefined) return reject(problem);
        asked += 1;
        waiting.set(asked, { resolve, reject });
        worker.postMessage({ id: asked, ...question });
      }),
    hasEnded: () => problem !== undefined,
    end() {
      fail(new DeviceError("the device is closed"));
      worker.terminate();
    },
  };
}
