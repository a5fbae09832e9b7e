// wasm-messages.ts: what a page and its leading worker say to each other.
// In: nothing. Out: types only. Messages arrive in the order they were sent, and that is the order things are done in.

import type { Artifact } from "../targets/artifact.ts";
import type { DeviceTimes, Phase } from "./device.ts";

/** `write` is answered by nothing: what comes after it sees its effect. */
export type LeaderRequest =
  | { readonly kind: "write"; readonly byteOffset: number; readonly values: Float32Array | Int32Array }
  | ({ readonly id: number } & LeaderQuestion);

export type LeaderQuestion =
  | { readonly kind: "open"; readonly artifact: Artifact; readonly threads: number }
  | { readonly kind: "floats" | "integers"; readonly byteOffset: number; readonly count: number }
  | { readonly kind: "run" | "profile"; readonly phases: readonly Phase[] }
  | { readonly kind: "close" };

export type LeaderReply = { readonly id: number } & (
  | { readonly value: LeaderValue }
  /** A `DeviceError`'s message. */
  | { readonly failure: string }
);

export type LeaderValue = Float32Array | Int32Array | DeviceTimes | undefined;

/** What a follower tells its leader: that it waits for commands, why it failed, that it has ended. */
export type FollowerNote =
  | { readonly kind: "ready" | "ended" }
  | { readonly kind: "failed"; readonly text: string };
