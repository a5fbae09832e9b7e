// target.ts: what a command compiles for, and the GPU it then runs on.
// In: `--target`, and whether a GPU in software will do. Out: the processor or a GPU's traits; a device on that GPU.
// `auto` takes a GPU where there is one in hardware. One in software is slower than the processor, so nobody gets it
// without asking.

import {
  type AdapterTraits,
  type Artifact,
  findAdapter,
  listAdapters,
  openSharedGpu,
  openWebgpuDevice,
  type SharedGpu,
  type WebgpuDevice,
} from "../index.ts";
import { Failure } from "./failure.ts";

export type ChosenTarget =
  | { readonly kind: "wasm" }
  | { readonly kind: "wgsl"; readonly traits: AdapterTraits };

/** Throws `Failure` where the target cannot be had here. */
export async function chooseTarget(
  target: string | undefined,
  { software = false }: { readonly software?: boolean } = {},
): Promise<ChosenTarget> {
  if (target === "wasm") return { kind: "wasm" };
  if (target === undefined || target === "auto" || target === "wgsl") {
    const { adapters, reason } = await listAdapters();
    const traits = adapters.find(({ isSoftware }) => isSoftware === software);
    if (traits !== undefined) return { kind: "wgsl", traits };
    if (target !== "wgsl") return { kind: "wasm" };
    throw new Failure(
      `target \`wgsl\` needs a GPU, and ${reason ?? `there is only ${adapters.map(({ name }) => name).join(", ")}, in software`}`,
      "`motley devices` lists what there is; `--software` takes a GPU in software, for checking; target `wasm` runs on any processor",
    );
  }
  throw unavailable(target);
}

/** A target that is not there yet. */
export function unavailable(target: string): Failure {
  return new Failure(
    `target \`${target}\` is not available yet`,
    "this version has `wasm`, which runs on any processor, and `wgsl`, which runs on a GPU",
  );
}

/** One for all artifacts of a command: variants have most of their kernels in common. */
let shared: Promise<SharedGpu> | undefined;

/** Opens an artifact on the GPU that was chosen. */
export async function openGpu(
  artifact: Artifact,
  { isSoftware }: Pick<AdapterTraits, "isSoftware">,
): Promise<WebgpuDevice> {
  shared ??= openShared(isSoftware);
  return openWebgpuDevice(artifact, { shared: await shared });
}

async function openShared(software: boolean): Promise<SharedGpu> {
  const found = await findAdapter({ software });
  if (found.adapter === undefined) throw new Failure(`the GPU cannot be used: ${found.reason}`);
  return openSharedGpu(found.adapter);
}
