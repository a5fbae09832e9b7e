// devices.ts: `motley devices`: what this machine can run.
// In: nothing. Out: a line or a JSON entry per device, with what would be used, and why something is not.

import { availableParallelism, cpus, totalmem } from "node:os";
import {
  type AdapterTraits,
  defaultThreads,
  detectEngine,
  formatBytes,
  listAdapters,
  wasmProbe,
} from "../index.ts";
import { exitCodes } from "./failure.ts";
import { cacheDirectory } from "./machine.ts";
import { say, sayJson } from "./output.ts";

const software = "software, for checking only; never chosen unless asked for";

export async function devicesCommand(options: { readonly json?: boolean }): Promise<number> {
  const [{ tile, relaxedSimd }, gpus] = await Promise.all([
    detectEngine({ probe: wasmProbe, cacheDirectory }),
    listAdapters(),
  ]);
  const processor = cpus()[0]?.model.trim() ?? process.arch;
  const { adapters, reason } = gpus;
  if (options.json) {
    const wasm = {
      target: "wasm",
      available: true,
      processor,
      threads: defaultThreads(),
      processors: availableParallelism(),
      memoryBytes: totalmem(),
      engine: `node ${process.versions.node}, V8 ${process.versions.v8}`,
      relaxedSimd,
      tile: `${tile.rows}x${tile.columns}`,
    };
    const wgsl = adapters.map((traits) => ({
      target: "wgsl",
      available: !traits.isSoftware,
      ...(traits.isSoftware ? { reason: software } : {}),
      ...traits,
    }));
    const none = { target: "wgsl", available: false, reason };
    const cuda = { target: "cuda", available: false, reason: "not in this version" };
    sayJson({ devices: [wasm, ...(wgsl.length > 0 ? wgsl : [none]), cuda] });
    return exitCodes.fine;
  }
  say(
    [
      `wasm  ${processor}, ${defaultThreads()} threads, ${formatBytes(totalmem())}`,
      `      node ${process.versions.node}, micro-kernel ${tile.rows} x ${tile.columns}, ${relaxedSimd ? "fused multiply-add" : "no fused multiply-add"}`,
      ...(adapters.length > 0 ? adapters.flatMap(adapterLines) : [`wgsl  not available: ${reason}`]),
      "cuda  not available in this version",
    ].join("\n"),
  );
  return exitCodes.fine;
}

function adapterLines(traits: AdapterTraits): readonly string[] {
  const { name, isSoftware, features, subgroupSize, limits } = traits;
  const { minimum = 0, maximum = 0 } = subgroupSize ?? {};
  const abilities = [
    features.includes("shader-f16") ? "f16" : "no f16",
    subgroupSize === undefined
      ? "no subgroups"
      : `subgroups of ${minimum === maximum ? minimum : `${minimum} to ${maximum}`}`,
    features.includes("timestamp-query") ? "a clock" : "no clock",
    `${limits.maxStorageBuffersPerShaderStage} buffers of ${formatBytes(limits.maxStorageBufferBindingSize)}`,
  ];
  return [
    `wgsl  ${name}${isSoftware ? `: ${software}` : ""}`,
    `      ${abilities.join(", ")}, ${limits.maxComputeInvocationsPerWorkgroup} invocations a workgroup`,
  ];
}
