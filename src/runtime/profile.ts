// profile.ts: where the time of a training step goes.
// In: a session, batches, and what this machine can do (roofline.ts). Out: a Profile: time, FLOPs, bytes and share of
// every kernel, source line and scope, the time spent at barriers, and the times of one step for a trace.
// Idea: threads time every call into a table of their own; all sums here are of threads' milliseconds, so the parts,
// the waiting and the rest add up to threads × step.

import type { Artifact, ArtifactCall, ArtifactLaunch } from "../targets/artifact.ts";
import type { Batch } from "./batch.ts";
import { scopeNames } from "./call-scope.ts";
import type { CallTime, DeviceTimes, Phase } from "./device.ts";
import { median } from "./match.ts";
import type { Roofline } from "./roofline.ts";
import { scheduleOf } from "./schedule.ts";
import type { Session } from "./session.ts";

/** What a kernel, a line or a scope costs in a step; milliseconds are summed over threads. */
export type Part = {
  readonly name: string;
  readonly milliseconds: number;
  /** Of threads × step. */
  readonly share: number;
  /** Tiles or pieces in a step. */
  readonly calls: number;
  readonly flops: number;
  /** Of the rows read and written, and of the update's arenas; weights are not in it, they stay in the caches. */
  readonly bytes: number;
  /** 10⁹ FLOPs a second of one thread; absent without FLOPs. */
  readonly gflopsPerSecond?: number;
  /** Least time by the measured peak rates ÷ time taken; absent where nothing is known of the cost. */
  readonly roofline?: number;
  /** Which of the two rates that least time is bound by. */
  readonly boundBy?: "arithmetic" | "memory";
};

export type Profile = {
  readonly model: string;
  readonly variant: string;
  readonly target: string;
  readonly threads: number;
  readonly batch: number;
  readonly context: number;
  /** Steps that count: every number here is of one step, their mean. */
  readonly steps: number;
  readonly step: {
    /** Median of the steps that ran without being timed call by call, in turns with those that were. */
    readonly milliseconds: number;
    readonly timedMilliseconds: number;
    readonly tokensPerSecond: number;
    readonly flops: number;
    /** All threads together. */
    readonly gflopsPerSecond: number;
  };
  readonly roofline: Roofline;
  readonly phases: readonly Part[];
  readonly kernels: readonly Part[];
  readonly lines: readonly Part[];
  readonly scopes: readonly Part[];
  /** Threads that were done and waited for others, milliseconds over all threads. */
  readonly barrier: { readonly milliseconds: number; readonly share: number };
  /** What is in no call and at no barrier: waking the threads, and the walk from call to call. */
  readonly rest: { readonly milliseconds: number; readonly share: number };
};

export type ProfileOptions = {
  readonly warmups: number;
  /** Timed steps; the slower half is left out, for other work on the machine hits steps at random. */
  readonly steps: number;
  /** Asked before and after the steps; the better of each rate counts. */
  readonly measureRoofline: () => Promise<Roofline>;
};

export type Profiled = { readonly profile: Profile; readonly bestStep: DeviceTimes };

const phases: readonly Phase[] = ["forward", "backward", "update"];

/** Trains `warmups` + 2 · `steps` steps and measures; the session's parameters change as in training. */
export async function profileSteps(
  session: Session,
  batches: { next(): Batch },
  options: ProfileOptions,
): Promise<Profiled> {
  const { optimizer } = session.artifact;
  if (optimizer === undefined) throw new Error("the artifact was not compiled for training");
  const { warmups, steps, measureRoofline } = options;
  const total = warmups + 2 * steps;
  const plain: number[] = [];
  const measured: Measured[] = [];
  const before = await measureRoofline();
  for (let step = 1; step <= total; step += 1) {
    const batch = batches.next();
    session.writeBatch(batch);
    session.writeSchedule(scheduleOf(optimizer, step, total));
    const isTimed = step > warmups && (step - warmups) % 2 === 0;
    const start = performance.now();
    const times = isTimed ? await session.profile(phases) : await session.run(phases);
    const elapsedMs = performance.now() - start;
    if (times !== undefined) measured.push({ times, batch, elapsedMs });
    else if (step > warmups) plain.push(elapsedMs);
  }
  const roofline = better(before, await measureRoofline());
  const kept = [...measured].sort((a, b) => a.elapsedMs - b.elapsedMs).slice(0, Math.ceil(steps / 2));
  const [best] = kept;
  if (best === undefined) throw new Error("no step was measured");
  return { profile: summarize(session, kept, median(plain), roofline), bestStep: best.times };
}

type Measured = { readonly times: DeviceTimes; readonly batch: Batch; readonly elapsedMs: number };

function better(a: Roofline, b: Roofline): Roofline {
  return {
    gflopsPerThread: Math.max(a.gflopsPerThread, b.gflopsPerThread),
    gigabytesPerThread: Math.max(a.gigabytesPerThread, b.gigabytesPerThread),
  };
}

function summarize(
  { artifact, device }: Session,
  kept: readonly Measured[],
  milliseconds: number,
  roofline: Roofline,
): Profile {
  const steps = kept.length;
  const timedMilliseconds = sum(kept.map(({ elapsedMs }) => elapsedMs)) / steps;
  const threadMs = device.threads * timedMilliseconds;
  const costs = kept.flatMap(({ times, batch }) => costsOf(artifact, times.calls, batch));
  const part = (key: (cost: CallCost) => string): readonly Part[] =>
    groupParts(costs, key, { steps, threadMs, roofline });
  const barrier = sum(kept.flatMap(({ times }) => times.waitMs)) / steps;
  const inCalls = sum(costs.map((cost) => cost.milliseconds)) / steps;
  const rest = Math.max(0, threadMs - inCalls - barrier);
  const flops = sum(costs.map((cost) => cost.flops)) / steps;
  const { model, variant, target, batch, context, rows } = artifact;
  return {
    ...{ model, variant, target, threads: device.threads, batch, context, steps, roofline },
    step: {
      ...{ milliseconds, timedMilliseconds, flops },
      tokensPerSecond: (1000 * rows) / milliseconds,
      gflopsPerSecond: flops / milliseconds / 1e6,
    },
    phases: part(({ phase }) => phase),
    kernels: part(({ kernel }) => kernel),
    lines: part(({ line }) => (line === undefined ? "no line" : `line ${line}`)),
    scopes: part(({ scope }) => scope),
    barrier: { milliseconds: barrier, share: barrier / threadMs },
    rest: { milliseconds: rest, share: rest / threadMs },
  };
}

type CallCost = {
  readonly phase: Phase;
  readonly kernel: string;
  readonly line: number | undefined;
  readonly scope: string;
  readonly milliseconds: number;
  readonly calls: number;
  readonly flops: number;
  readonly bytes: number;
};

/** Every call of a step that ran, with what it cost on this batch. */
function costsOf(artifact: Artifact, times: readonly CallTime[], batch: Batch): readonly CallCost[] {
  const rows = rowCounter(artifact, batch);
  const pairs = pairsPerRow(batch);
  const scope = scopeNames(artifact);
  return times.flatMap((time) => {
    const found = callAt(artifact, time);
    if (found === undefined || time.calls === 0) return [];
    const { call, launch } = found;
    const { kind, name } = artifact.kernels[call.kernel] ?? { kind: "", name: "" };
    const count = rows(launch, time, call);
    // The compiler counts half a context of keys a row; how many a row sees depends on the batch's documents.
    const visible = kind.startsWith("attention") ? (2 * pairs) / artifact.context : 1;
    const cost = {
      phase: launch.phase,
      kernel: name,
      line: call.line,
      scope: scope(call),
      milliseconds: time.milliseconds,
      calls: time.calls,
      flops: call.flopsPerRow * count * visible,
      bytes: call.bytesPerRow * count + arenaBytes(kind, call),
    };
    return [cost];
  });
}

/** The call an entry of the times stands for. */
export function callAt(
  { launches }: Artifact,
  { launch: index, modality, position }: Pick<CallTime, "launch" | "modality" | "position">,
): { readonly call: ArtifactCall; readonly launch: ArtifactLaunch } | undefined {
  const launch = launches[index];
  const call = modality === undefined ? launch?.tasks[position]?.call : launch?.stages[modality]?.[position];
  return launch === undefined || call === undefined ? undefined : { call, launch };
}

type RowCounter = (launch: ArtifactLaunch, time: CallTime, call: ArtifactCall) => number;

/** How many rows of a batch a call works on: those of its modality or modalities, or experts, within its chunk. */
function rowCounter({ layout, modalities }: Artifact, batch: Batch): RowCounter {
  const counts = modalities.map((_, m) => batch.modality.reduce((n, one) => (one === m ? n + 1 : n), 0));
  const ends = counts.map((_, m) => sum(counts.slice(0, m + 1)));
  const within = (m: number, chunk: number | undefined): number => {
    const [begin, end] = [(ends[m] ?? 0) - (counts[m] ?? 0), ends[m] ?? 0];
    if (chunk === undefined) return end - begin;
    const [from, to] = [chunk * layout.chunkRows, (chunk + 1) * layout.chunkRows];
    return Math.max(0, Math.min(end, to) - Math.max(begin, from));
  };
  const ofGroup = (number: number, group: number): number => {
    const { experts = 1, pools, top } = layout.spaces?.[number] ?? {};
    const tokens = sum((pools?.[Math.floor(group / experts)] ?? []).map((m) => counts[m] ?? 0));
    // Where tokens choose, only the device knows how many came to which expert: on average, as many to each.
    return top === undefined ? Math.ceil(tokens / experts) : (tokens * top) / experts;
  };
  const chunkOf = new Map(layout.segments.map(({ byteOffset, chunk }) => [byteOffset, chunk]));
  return (launch, { modality, position }, call) => {
    const task = modality === undefined ? launch.tasks[position] : undefined;
    if (modality !== undefined)
      return launch.space === undefined ? within(modality, launch.chunk) : ofGroup(launch.space, modality);
    if (task?.space !== undefined) {
      const { space } = task;
      return sum(task.modalities.map((group) => ofGroup(space, group)));
    }
    // A task of a chunk may run beside the next chunk's rows: its own segments say which it is of.
    const segments = call.args.find((value, i) => call.isAddress[i] === true && chunkOf.has(value));
    const chunk = segments === undefined ? undefined : chunkOf.get(segments);
    return sum((task?.modalities ?? []).map((m) => within(m, chunk)));
  };
}

/** Keys a row sees, on average over the rows that hold a token. */
function pairsPerRow({ document, position }: Batch): number {
  const seen = [...position].map((at, i) => ((document[i] ?? -1) < 0 ? 0 : at + 1));
  return sum(seen) / Math.max(1, seen.filter((keys) => keys > 0).length);
}

/** Bytes of what runs over arenas instead of rows; the number of elements is the last argument. */
function arenaBytes(kind: string, { args }: ArtifactCall): number {
  const elements = args.at(-1) ?? 0;
  if (kind === "adamw") return 28 * elements;
  return kind === "square_sum" ? 4 * elements : 0;
}

function groupParts(
  costs: readonly CallCost[],
  key: (cost: CallCost) => string,
  over: { readonly steps: number; readonly threadMs: number; readonly roofline: Roofline },
): readonly Part[] {
  const groups = Map.groupBy(costs, key);
  const parts = [...groups].map(([name, members]): Part => {
    const total = (pick: (cost: CallCost) => number): number => sum(members.map(pick)) / over.steps;
    const milliseconds = total((cost) => cost.milliseconds);
    const [flops, bytes] = [total((cost) => cost.flops), total((cost) => cost.bytes)];
    return {
      name,
      milliseconds,
      share: milliseconds / over.threadMs,
      calls: total((cost) => cost.calls),
      ...{ flops, bytes },
      ...ratesOf({ milliseconds, flops, bytes }, over.roofline),
    };
  });
  return parts.sort((a, b) => b.milliseconds - a.milliseconds || (a.name < b.name ? -1 : 1));
}

function ratesOf(
  { milliseconds, flops, bytes }: Pick<Part, "milliseconds" | "flops" | "bytes">,
  { gflopsPerThread, gigabytesPerThread }: Roofline,
): Pick<Part, "gflopsPerSecond" | "roofline" | "boundBy"> {
  const arithmeticMs = flops / gflopsPerThread / 1e6;
  const memoryMs = bytes / gigabytesPerThread / 1e6;
  const least = Math.max(arithmeticMs, memoryMs);
  if (milliseconds === 0 || least === 0) return {};
  return {
    ...(flops === 0 ? {} : { gflopsPerSecond: flops / milliseconds / 1e6 }),
    roofline: least / milliseconds,
    boundBy: arithmeticMs >= memoryMs ? "arithmetic" : "memory",
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
