// wasm-leader.ts: the entry of the worker that runs an artifact's launches in a page, together with its followers.
// In: messages of wasm-messages.ts. Out: answers. It opens the device that Node opens (wasm-device.ts), on Web Workers,
// and does what it is told in the order it is told.

import { type Device, DeviceError } from "./device.ts";
import { openOnThreads, type WorkerHandle } from "./wasm-device.ts";
import type {
  FollowerNote,
  LeaderQuestion,
  LeaderReply,
  LeaderRequest,
  LeaderValue,
} from "./wasm-messages.ts";
import { assembleWat } from "./wasm-text.ts";
import type { ThreadSetup } from "./wasm-thread.ts";

/** A follower that failed has said why before it lets the leader go; this is for one that is gone without a word. */
const lastWordMs = 500;

let device: Device | undefined;

addEventListener("message", ({ data: request }: MessageEvent<LeaderRequest>) => {
  if (request.kind === "write") {
    device?.write(request.byteOffset, request.values);
    return;
  }
  answer(request).then(
    (value) => reply({ id: request.id, value }),
    (error: unknown) => reply({ id: request.id, failure: textOf(error) }),
  );
});

/** A device's functions begin before they first wait, so requests take effect in the order they come in. */
async function answer(question: LeaderQuestion): Promise<LeaderValue> {
  if (question.kind === "open") {
    const { artifact, threads } = question;
    const compile = async (wat: string) => WebAssembly.compile(await assembleWat(wat));
    device = await openOnThreads(artifact, {
      ...{ threads, compile, startWorker },
      processors: navigator.hardwareConcurrency,
    });
    return undefined;
  }
  if (device === undefined) throw new DeviceError("the device was never opened");
  switch (question.kind) {
    case "floats":
      return device.readFloats(question.byteOffset, question.count);
    case "integers":
      return device.readIntegers(question.byteOffset, question.count);
    case "run":
      await device.run(question.phases);
      return undefined;
    case "profile":
      return device.profile(question.phases);
    case "close":
      await device.close();
      return undefined;
  }
}

function reply(message: LeaderReply): void {
  postMessage(message);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function startWorker(setup: ThreadSetup): Promise<WorkerHandle> {
  const worker = new Worker(new URL("./wasm-follower.ts", import.meta.url), { type: "module" });
  const { promise: ready, resolve: isReady, reject } = Promise.withResolvers<void>();
  const { promise: failed, resolve: hasFailed } = Promise.withResolvers<string | undefined>();
  const { promise: ended, resolve: hasEnded } = Promise.withResolvers<void>();
  worker.addEventListener("message", ({ data: note }: MessageEvent<FollowerNote>) => {
    if (note.kind === "ready") isReady();
    else if (note.kind === "failed") hasFailed(note.text);
    else hasEnded();
  });
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    reject(new DeviceError(`a worker did not start: ${event.message}`));
  });
  worker.postMessage(setup);
  await ready;
  return {
    failure: () =>
      Promise.race([failed, new Promise<undefined>((resolve) => setTimeout(resolve, lastWordMs, undefined))]),
    ended: () => ended,
  };
}
