// cuda-host.ts: what runs Motley's programs in the CUDA benchmark.
// In: whether a GPU may be stood in for. Out: a host that compiles and opens, or why there is none.
// The processor is there to try all of the benchmark where there is no GPU: what it measures then says nothing.

import type { Model } from "../../src/check/model.ts";
import { compile } from "../../src/compile.ts";
import type { Device } from "../../src/runtime/device.ts";
import { detectEngine } from "../../src/runtime/engine.ts";
import { openWasmDevice } from "../../src/runtime/wasm.ts";
import type { Artifact } from "../../src/targets/artifact.ts";
import { wasmProbe } from "../../src/targets/wasm-probe.ts";

export type Precision = "bf16" | "f32";
export type Shape = { readonly batch?: number; readonly context?: number };

export type Host = {
  readonly kind: "cuda" | "wasm";
  readonly name: string;
  /** No GPU: nothing is to be judged. */
  readonly isStandIn: boolean;
  /** What a table's first line says of it. */
  readonly facts: Readonly<Record<string, string | number>>;
  compile(model: Model, precision: Precision, shape?: Shape): Artifact;
  open(artifact: Artifact): Promise<Device>;
  close(): Promise<void>;
};

export type FoundHost = { readonly host: Host } | { readonly host?: undefined; readonly reason: string };

export async function wasmHost(): Promise<Host> {
  const engine = await detectEngine({ probe: wasmProbe, tune: false });
  return {
    kind: "wasm",
    name: "the processor, through WebAssembly",
    isStandIn: true,
    facts: {},
    compile: (model, _precision, shape = {}) => compile(model, { purpose: "train", engine, ...shape }),
    open: (artifact) => openWasmDevice(artifact, { threads: 1 }),
    close: async () => undefined,
  };
}

/** The GPU; `smoke` takes the processor where there is none. */
export async function findHost({ smoke }: { readonly smoke: boolean }): Promise<FoundHost> {
  if (smoke) return { host: await wasmHost() };
  return { reason: "target `cuda` is not in this version" };
}
