// trace.ts: a measured step as a trace that Perfetto (ui.perfetto.dev) and Chrome (chrome://tracing) open.
// In: an artifact and a step's times by call and thread. Out: events in the JSON array format, a track per thread.
// What is measured is how long each thread spent in each call of each launch, not when a tile began: within a launch a
// thread's tiles are put together, in the order the stages have, and what is left of the launch is its wait.

import type { Artifact, ArtifactLaunch } from "../targets/artifact.ts";
import type { CallTime, DeviceTimes } from "./device.ts";
import { callAt } from "./profile.ts";

/** Times are microseconds from the step's start. */
export type TraceEvent =
  | {
      readonly ph: "M";
      readonly name: "process_name" | "thread_name";
      readonly pid: number;
      readonly tid: number;
      readonly args: { readonly name: string };
    }
  | {
      readonly ph: "X";
      readonly name: string;
      readonly cat: string;
      readonly pid: number;
      readonly tid: number;
      readonly ts: number;
      readonly dur: number;
      readonly args: Readonly<Record<string, string | number>>;
    };

/** The trace of one step; a launch begins when the slowest thread has ended the one before. */
export function traceStep(artifact: Artifact, times: DeviceTimes): readonly TraceEvent[] {
  const threads = times.waitMs.map((_, thread) => thread);
  const title = `${artifact.model} ${artifact.variant}`;
  const events: TraceEvent[] = [
    { ph: "M", name: "process_name", pid: 1, tid: 0, args: { name: title } },
    ...threads.map(
      (tid): TraceEvent => ({
        ph: "M",
        name: "thread_name",
        pid: 1,
        tid,
        args: { name: tid === 0 ? "thread 0 (main)" : `thread ${tid}` },
      }),
    ),
  ];
  let start = 0;
  const byLaunch = Map.groupBy(times.calls, ({ launch }) => launch);
  for (const [launch, calls] of [...byLaunch].sort(([a], [b]) => a - b)) {
    const ends = threads.map((tid) => {
      const slices = slicesOf(artifact, calls, tid, start);
      events.push(...slices);
      return slices.reduce((end, { dur }) => end + dur, start);
    });
    const end = Math.max(...ends);
    for (const [tid, own] of ends.entries()) {
      if (end > own)
        events.push({
          ph: "X",
          name: "wait",
          cat: "barrier",
          pid: 1,
          tid,
          ts: own,
          dur: end - own,
          args: { launch },
        });
    }
    start = end;
  }
  return events;
}

type Slice = Extract<TraceEvent, { readonly ph: "X" }>;

/** Whose rows a stage ran on: a modality's, or an expert's. */
function rowsOf(
  { layout, modalities }: Artifact,
  { space }: ArtifactLaunch,
  run: number,
): { readonly modality: string; readonly expert?: number } {
  const names = (of: readonly number[]): string => of.map((m) => modalities[m]?.name ?? "").join("+");
  if (space === undefined) return { modality: names([run]) };
  const { experts = 1, pools } = layout.spaces?.[space] ?? {};
  return { modality: names(pools?.[Math.floor(run / experts)] ?? []), expert: run % experts };
}

function slicesOf(
  artifact: Artifact,
  calls: readonly CallTime[],
  tid: number,
  start: number,
): readonly Slice[] {
  let ts = start;
  return calls.flatMap((time): Slice[] => {
    const found = callAt(artifact, time);
    const dur = 1000 * (time.threadMs[tid] ?? 0);
    if (found === undefined || dur === 0) return [];
    const { call, launch } = found;
    const modality = time.modality === undefined ? {} : rowsOf(artifact, launch, time.modality);
    const slice: Slice = {
      ph: "X",
      name: [call.scope, call.label].filter((text) => text !== "").join("."),
      cat: launch.phase,
      pid: 1,
      tid,
      ts,
      dur,
      args: {
        kernel: artifact.kernels[call.kernel]?.name ?? "",
        launch: time.launch,
        ...modality,
        ...(call.line === undefined ? {} : { line: call.line }),
      },
    };
    ts += dur;
    return [slice];
  });
}
