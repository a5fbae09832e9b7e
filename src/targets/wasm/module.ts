// module.ts: what stands around the kernels: memory, the table of kernels, the barrier and the walker, which takes a
// whole step's launches without returning to the host.
// In: the kernels' names. Out: views. Records and control words are as `wasmRecords` says.

import { wasmRecords } from "../artifact.ts";
import type { View } from "../render.ts";

/** Pages of 64 KiB in 4 GiB: what a module may import at most. */
const maximumPages = 65536;

export function moduleView(kernelNames: readonly string[]): View {
  const { arrived, generation, waiters, abort, spins } = wasmRecords.control;
  return {
    maximumPages,
    kernelCount: kernelNames.length,
    hasKernels: kernelNames.length > 0,
    kernelNames: kernelNames.map((name) => `$${name}`).join(" "),
    arrived,
    generation,
    waiters,
    abort,
    spins,
  };
}

/** The walker; the timed one calls the host's clock around every stage and task. */
export function walkerView(timed: boolean): View {
  const { launch, call, group, tile } = wasmRecords;
  return {
    timed,
    suffix: timed ? "_timed" : "",
    firstTile: launch.firstTile,
    endTile: launch.endTile,
    tiles: launch.tiles,
    stages: launch.stages,
    groups: launch.groups,
    taskCount: launch.taskCount,
    recordBytes: launch.bytes,
    callBytes: call.bytes,
    groupBytes: group.bytes,
    tileBytes: tile.bytes,
  };
}
