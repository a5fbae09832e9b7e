// workers.mjs: gives Node what jax-js looks for in a browser: `navigator.hardwareConcurrency` and a global `Worker`.
// In: a thread count. Out: those two globals, set before jax-js is imported; without them it runs on one thread.
// A web worker is stood in for by a thread of `worker_threads` that runs the same script text.

import { resolveObjectURL } from "node:buffer";
import { Worker as Thread } from "node:worker_threads";

const prelude = `
const { parentPort } = require("node:worker_threads");
globalThis.self = globalThis;
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on("message", (data) => self.onmessage({ data }));
`;

/** Sets the globals; jax-js starts `threads` workers on its first kernel. Returns how many were started so far. */
export function provideWorkers(threads) {
  let started = 0;

  class Worker {
    onmessage = undefined;
    onerror = undefined;
    thread = undefined;
    waiting = [];

    constructor(url) {
      started += 1;
      resolveObjectURL(url)
        .text()
        .then((script) => {
          this.thread = new Thread(prelude + script, { eval: true });
          this.thread.unref();
          this.thread.on("message", (data) => this.onmessage?.({ data }));
          this.thread.on("error", (failure) => this.onerror?.(failure));
          for (const message of this.waiting) this.thread.postMessage(message);
        });
    }

    postMessage(message) {
      if (this.thread === undefined) this.waiting.push(message);
      else this.thread.postMessage(message);
    }
  }

  Object.defineProperty(globalThis, "navigator", {
    value: { hardwareConcurrency: threads },
    configurable: true,
  });
  globalThis.Worker = Worker;
  return () => started;
}
