// wasm-memory.ts: one artifact's shared memory: control words, launch records, times, the arena, scratch per thread.
// In: an artifact and a number of threads. Out: where everything stands, and the records written into a memory.
// The walker inside the module reads the records (format: `wasmRecords` in artifact.ts); they never change.

import { type Artifact, type ArtifactCall, type ArtifactLaunch, wasmRecords } from "../targets/artifact.ts";
import type { CallTime } from "./device.ts";

/** Bytes past the arena and past each scratch that a vector load may touch. */
const spareBytes = 256;
const pageBytes = 65536;
const wordBytes = 4;

export type MemoryLayout = {
  /** Address of launch record 0; they follow one another. */
  readonly records: number;
  /** Address of thread 0's table of times, and bytes from one thread's to the next. */
  readonly times: number;
  readonly timesBytes: number;
  /** Address of the arena's first byte. */
  readonly arena: number;
  /** Address of thread 0's scratch, and bytes from one thread's to the next. */
  readonly scratch: number;
  readonly scratchStep: number;
  readonly pages: number;
  /** What each entry of a table of times stands for, from entry 1 on. */
  readonly entries: readonly Pick<CallTime, "launch" | "modality" | "position">[];
};

/** Counts what the records need and places everything. */
export function layoutMemory(artifact: Artifact, threads: number): MemoryLayout {
  const entries = artifact.launches.flatMap((launch, index) => entriesOf(launch, index));
  const records = wasmRecords.control.bytes;
  const times = align(records + sum(artifact.launches.map(recordBytes)), 64);
  const timesBytes = align((1 + entries.length) * wasmRecords.time.bytes, 64);
  const arena = align(times + threads * timesBytes, 4096);
  const scratch = align(arena + artifact.arenaBytes + spareBytes, 4096);
  // One line more than whole pages: threads' scratches then start in different cache sets.
  const scratchStep = align(artifact.scratchBytes + spareBytes, 4096) + 64;
  const pages = Math.ceil((scratch + threads * scratchStep) / pageBytes);
  return { records, times, timesBytes, arena, scratch, scratchStep, pages, entries };
}

/** Writes the records of every launch. */
export function writeRecords(artifact: Artifact, layout: MemoryLayout, memory: WebAssembly.Memory): void {
  const words = new Int32Array(memory.buffer);
  const { launch: record, call: callForm, group: groupForm, stageList } = wasmRecords;
  let free = layout.records + artifact.launches.length * record.bytes;
  let entry = 1;
  const take = (bytes: number): number => {
    free += bytes;
    return free - bytes;
  };
  const put = (address: number, ...values: readonly number[]): void => {
    for (const [index, value] of values.entries()) words[address / wordBytes + index] = value | 0;
  };
  const putCall = (address: number, call: ArtifactCall): void => {
    const args = take(call.args.length * wordBytes);
    put(args, ...call.args.map((value, index) => (call.isAddress[index] ? layout.arena + value : value)));
    put(address, call.kernel, args, entry * wasmRecords.time.bytes);
    entry += 1;
  };
  for (const [index, launch] of artifact.launches.entries()) {
    const stages = take(launch.stages.length * stageList.bytes);
    for (const [modality, calls] of launch.stages.entries()) {
      const list = take(calls.length * callForm.bytes);
      put(stages + modality * stageList.bytes, list, calls.length);
      for (const [position, call] of calls.entries()) putCall(list + position * callForm.bytes, call);
    }
    const groups = take(launch.tasks.length * groupForm.bytes);
    for (const [position, { call, count }] of launch.tasks.entries()) {
      putCall(groups + position * groupForm.bytes, call);
      put(groups + position * groupForm.bytes + callForm.bytes, count);
    }
    const { tiles, first, end } = tilesOf(artifact, launch, layout);
    const tasks = sum(launch.tasks.map(({ count }) => count));
    put(layout.records + index * record.bytes + record.firstTile, first, end, tiles, stages, groups, tasks);
  }
}

type TilePlaces = { readonly tiles: number; readonly first: number; readonly end: number };

/** Addresses of a launch's tile table, and of the words that hold its first and its end tile. */
function tilesOf({ layout }: Artifact, launch: ArtifactLaunch, { arena }: MemoryLayout): TilePlaces {
  const { zero } = wasmRecords.control;
  const table = launch.space === undefined ? layout : (layout.spaces?.[launch.space] ?? layout);
  const [tiles, starts] = [arena + table.tiles, arena + table.tileStarts];
  if (launch.stages.every((calls) => calls.length === 0)) return { tiles, first: zero, end: zero };
  const chunks = launch.space === undefined ? layout.chunkCount : 1;
  if (launch.chunk === undefined) return { tiles, first: zero, end: starts + chunks * wordBytes };
  return {
    tiles,
    first: starts + launch.chunk * wordBytes,
    end: starts + (launch.chunk + 1) * wordBytes,
  };
}

function entriesOf(launch: ArtifactLaunch, index: number): MemoryLayout["entries"] {
  return [
    ...launch.stages.flatMap((calls, modality) =>
      calls.map((_, position) => ({ launch: index, modality, position })),
    ),
    ...launch.tasks.map((_, position) => ({ launch: index, position })),
  ];
}

function recordBytes(launch: ArtifactLaunch): number {
  const { launch: record, call, group, stageList } = wasmRecords;
  const calls = launch.stages.flat();
  const args = sum(
    [...calls, ...launch.tasks.map((task) => task.call)].map(({ args }) => args.length * wordBytes),
  );
  const lists = launch.stages.length * stageList.bytes + calls.length * call.bytes;
  return record.bytes + lists + launch.tasks.length * group.bytes + args;
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
