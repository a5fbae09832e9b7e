// webgpu-tune.ts: which of several programs for one model is fastest on a GPU.
// In: artifacts that compute the same, and how to open one. Out: the index of the fastest. Whole training steps are
// timed, on a batch of the model's own shape: what a tile gains in one kernel it may lose in another.

import type { Artifact } from "../targets/artifact.ts";
import type { Batch } from "./batch.ts";
import type { Device } from "./device.ts";
import { withPatches } from "./made-up.ts";
import { median } from "./match.ts";
import { scheduleOf } from "./schedule.ts";
import { openSession } from "./session.ts";

/** Steps before anything is timed: drivers finish compiling behind the first. */
const warmups = 2;
const timedSteps = 5;
/** A candidate after the first must be this much faster: less is noise. */
const clearlyFaster = 1.04;

/** Milliseconds of a step with each artifact, one after another, for memory holds one at a time. */
export async function timePrograms(
  artifacts: readonly Artifact[],
  open: (artifact: Artifact) => Promise<Device>,
): Promise<readonly number[]> {
  const times: number[] = [];
  for (const artifact of artifacts) times.push(await timeSteps(artifact, await open(artifact)));
  return times;
}

/** The first of all times, unless another is clearly less. */
export function fastest(times: readonly number[]): number {
  const [first = 0] = times;
  const best = times.reduce((at, time, i) => (time < (times[at] ?? 0) ? i : at), 0);
  return (times[best] ?? 0) * clearlyFaster < first ? best : 0;
}

async function timeSteps(artifact: Artifact, device: Device): Promise<number> {
  const { optimizer } = artifact;
  if (optimizer === undefined) throw new Error("only training steps are timed");
  const session = openSession(artifact, device);
  try {
    await session.initialize(1);
    session.writeBatch(fullBatch(artifact));
    session.writeSchedule(scheduleOf(optimizer, 1, warmups + timedSteps));
    const times: number[] = [];
    for (let step = 0; step < warmups + timedSteps; step += 1) {
      const start = performance.now();
      await session.run(["forward", "backward", "update"]);
      times.push(performance.now() - start);
    }
    return median(times.slice(warmups));
  } finally {
    await session.close();
  }
}

/** Every position holds a token; modalities take turns in runs, as captions and pictures do. */
function fullBatch({ batch, context, modalities }: Artifact): Batch {
  const rows = batch * context;
  const run = Math.max(1, Math.floor(context / (2 * modalities.length)));
  const modality = Int32Array.from(
    { length: rows },
    (_, at) => Math.floor((at % context) / run) % modalities.length,
  );
  const token = modality.map((m, at) => {
    const { vocab = 1, vocabStart = 0 } = modalities[m] ?? {};
    return vocabStart + ((at * 7919) % Math.max(1, vocab));
  });
  const isLast = (at: number): boolean => at % context === context - 1;
  const target = token.map((_, at) => (isLast(at) ? -1 : (token[at + 1] ?? -1)));
  const document = new Int32Array(rows);
  const position = Int32Array.from({ length: rows }, (_, at) => at % context);
  return withPatches({ batch, context, token, target, modality, document, position }, modalities, 1);
}
