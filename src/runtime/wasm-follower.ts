// wasm-follower.ts: the entry of the other workers of a page: each says that it is ready, then serves until told to quit.
// In: a ThreadSetup as the first message. Out: notes to the leader.

import type { FollowerNote } from "./wasm-messages.ts";
import { serve, type ThreadSetup } from "./wasm-thread.ts";

const note = (message: FollowerNote): void => postMessage(message);

addEventListener("message", ({ data: setup }: MessageEvent<ThreadSetup>) => {
  note({ kind: "ready" });
  serve(setup, (text) => note({ kind: "failed", text }));
  note({ kind: "ended" });
  close();
});
