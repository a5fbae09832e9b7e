// wasm-worker.ts: the entry of a worker thread in Node: says that it is ready, then serves until told to quit.
// In: a ThreadSetup and a port as worker data. Out: failures, as text, on the port.

import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { serve, type ThreadSetup } from "./wasm-thread.ts";

type WorkerData = { readonly setup: ThreadSetup; readonly failures: MessagePort };

const { setup, failures } = workerData as WorkerData;
parentPort?.postMessage("ready");
serve(setup, (message) => failures.postMessage(message));
