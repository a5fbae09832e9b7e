// cuda-run.ts: runs of phases.
// In: launches on a stream. Out: runs that are one graph each, and their times. Everything a run does is given to the
// stream before `run` returns, so that what is written and read before and after has its place.
// The first run goes launch by launch and waits for each: the driver loads what it needs then, which it may not do while
// a graph is captured, and a kernel that fails is known by name. The second run captures the graph.

import type { Artifact } from "../targets/artifact.ts";
import { type CudaGuard, launchError, runError } from "./cuda-failure.ts";
import type { CudaGpu } from "./cuda-gpu.ts";
import { cudaOf } from "./cuda-kernels.ts";
import { captureGraph, type Launcher } from "./cuda-launch.ts";
import { waitUntil } from "./cuda-staging.ts";
import type { Phase } from "./device.ts";

/** Counted from the opening on. */
export type CudaStats = {
  /** One by one; those of graphs are not counted. */
  readonly launches: number;
  readonly graphsCaptured: number;
  readonly graphLaunches: number;
};

type Counts = { -readonly [Name in keyof CudaStats]: number };

export type Runner = {
  run(phases: readonly Phase[]): Promise<void>;
  /** Runs, and tells what each launch took. */
  profile(phases: readonly Phase[]): Promise<LaunchTimes>;
  stats(): CudaStats;
  free(): void;
};

export type LaunchTimes = { readonly indices: readonly number[]; readonly milliseconds: readonly number[] };

type RunnerParts = {
  readonly artifact: Artifact;
  readonly gpu: CudaGpu;
  readonly stream: bigint;
  readonly guard: CudaGuard;
  readonly launcher: Launcher;
};

/** What some phases stand for. */
type RunList = {
  readonly phases: readonly Phase[];
  readonly indices: readonly number[];
  isWarm: boolean;
  graph?: bigint;
  /** The same with an event before each launch, and one at the end. */
  timed?: { readonly graph: bigint; readonly events: readonly bigint[] };
  /** What the last run took. */
  milliseconds: number;
};

export function makeRunner(parts: RunnerParts): Runner {
  const { artifact, gpu, guard } = parts;
  const { driver } = gpu;
  const counts: Counts = { launches: 0, graphsCaptured: 0, graphLaunches: 0 };
  const lists = new Map<string, RunList>();
  const listOf = (phases: readonly Phase[]): RunList => {
    const key = phases.join();
    const known = lists.get(key);
    if (known !== undefined) return known;
    const list = { phases, indices: indicesOf(artifact, phases), isWarm: false, milliseconds: 0 };
    lists.set(key, list);
    return list;
  };
  const isStepwise = ({ isWarm }: RunList): boolean => !isWarm || gpu.options.waitsForLaunches === true;
  return {
    async run(phases) {
      guard.check();
      const list = listOf(phases);
      if (isStepwise(list)) launchEach(parts, list, counts);
      else {
        const graph = guard.attempt(() => {
          list.graph ??= captureRun(parts, list, counts);
          return list.graph;
        });
        await launchGraph(parts, list, graph, counts);
      }
    },
    async profile(phases) {
      guard.check();
      const list = listOf(phases);
      const { indices } = list;
      if (isStepwise(list)) return { indices, milliseconds: launchEach(parts, list, counts) };
      const { graph, events } = guard.attempt(() => {
        list.timed ??= captureTimed(parts, list, counts);
        return list.timed;
      });
      await launchGraph(parts, list, graph, counts);
      return { indices, milliseconds: guard.attempt(() => elapsed(gpu, events)) };
    },
    stats: () => ({ ...counts }),
    free() {
      for (const { graph, timed } of lists.values()) {
        for (const each of [graph, timed?.graph])
          if (each !== undefined) driver.status("cuGraphExecDestroy", each);
        for (const event of timed?.events ?? []) driver.status("cuEventDestroy_v2", event);
      }
      lists.clear();
    },
  };
}

/** Launches of phases in the artifact's order, without those that have no blocks. */
function indicesOf(artifact: Artifact, phases: readonly Phase[]): readonly number[] {
  const { launches } = cudaOf(artifact);
  return artifact.launches.flatMap(({ phase }, index) =>
    phases.includes(phase) && launches[index]?.blocks.includes(0) === false ? [index] : [],
  );
}

/** Waits for each launch; gives back what each took, the waiting included. */
function launchEach(parts: RunnerParts, list: RunList, counts: Counts): readonly number[] {
  const { artifact, gpu, stream, guard, launcher } = parts;
  const { driver } = gpu;
  guard.attempt(() => driver.call("wait for the GPU", "cuStreamSynchronize", stream));
  const times = list.indices.map((index) => {
    const start = performance.now();
    const taken = launcher.launch(index);
    const code = taken === 0 ? driver.status("cuStreamSynchronize", stream) : taken;
    if (code !== 0) throw guard.fail(launchError(artifact, index, driver.errorOf("run a kernel", code)));
    return performance.now() - start;
  });
  counts.launches += times.length;
  list.isWarm = true;
  return times;
}

async function launchGraph(parts: RunnerParts, list: RunList, graph: bigint, counts: Counts): Promise<void> {
  const { gpu, stream, guard } = parts;
  const { driver } = gpu;
  const blame = (error: Parameters<typeof runError>[1]) => runError(list.phases, error);
  const start = performance.now();
  guard.attempt(() => driver.call("launch a step", "cuGraphLaunch", graph, stream), blame);
  counts.graphLaunches += 1;
  const done = waitUntil(
    () => {
      // What was closed meanwhile has no stream.
      guard.check();
      return driver.status("cuStreamQuery", stream);
    },
    (code) => driver.errorOf("run a step", code),
    list.milliseconds,
  );
  await guard.watch(done, blame);
  list.milliseconds = performance.now() - start;
}

function captureRun({ artifact, gpu, stream, launcher }: RunnerParts, list: RunList, counts: Counts): bigint {
  const { driver } = gpu;
  counts.graphsCaptured += 1;
  return captureGraph({ driver, stream }, () => {
    for (const index of list.indices) {
      const code = launcher.launch(index);
      if (code !== 0) throw launchError(artifact, index, driver.errorOf("launch a kernel", code));
    }
  });
}

/** CU_EVENT_RECORD_EXTERNAL: the graph records the event each time it runs. */
const recordInGraph = 1;

function captureTimed(parts: RunnerParts, list: RunList, counts: Counts): NonNullable<RunList["timed"]> {
  const { artifact, gpu, stream, launcher } = parts;
  const { driver } = gpu;
  const doing = "time launches";
  const events = Array.from({ length: list.indices.length + 1 }, () =>
    driver.make(doing, "cuEventCreate", 0),
  );
  const record = (event: bigint): void =>
    driver.call(doing, "cuEventRecordWithFlags", event, stream, recordInGraph);
  counts.graphsCaptured += 1;
  const graph = captureGraph({ driver, stream }, () => {
    for (const [i, index] of list.indices.entries()) {
      record(events[i] ?? 0n);
      const code = launcher.launch(index);
      if (code !== 0) throw launchError(artifact, index, driver.errorOf("launch a kernel", code));
    }
    record(events[list.indices.length] ?? 0n);
  });
  return { graph, events };
}

/** Milliseconds between each event and the next. */
function elapsed({ driver }: CudaGpu, events: readonly bigint[]): readonly number[] {
  const place = new Float32Array(1);
  return events.slice(1).map((end, i) => {
    driver.call("read a launch's time", "cuEventElapsedTime", place, events[i] ?? 0n, end);
    return place[0] ?? 0;
  });
}
