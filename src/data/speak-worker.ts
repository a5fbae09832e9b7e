// speak-worker.ts: the entry of a thread that speaks.
// In: Flite's bytes as worker data, lists of what to say as messages. Out: for each list its log-mel frames, in order.

import { parentPort, workerData } from "node:worker_threads";
import { openSpeaker, type Voice } from "./flite.ts";
import { logMel, trimSilence } from "./mel.ts";

export type Said = { readonly text: string; readonly voice: Voice };

const speak = await openSpeaker(workerData as Uint8Array<ArrayBuffer>);
parentPort?.on("message", (all: readonly Said[]) => {
  parentPort?.postMessage(all.map(({ text, voice }) => logMel(trimSilence(speak(text, voice)))));
});
