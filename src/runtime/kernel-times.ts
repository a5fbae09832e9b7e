// kernel-times.ts: which kernel the time of a training step goes to; the short answer, where profile.ts has the long one.
// In: a session and batches. Out: milliseconds by kernel, the costliest first.
// On a GPU a kernel is a text, however many sizes and weights it serves: a dispatch tells its time, not its calls'.

import type { Artifact } from "../targets/artifact.ts";
import type { Batch } from "./batch.ts";
import type { CallTime, Phase } from "./device.ts";
import { callAt } from "./profile.ts";
import type { Session } from "./session.ts";

/** A kernel's part of one step: means over the steps measured. */
export type KernelTime = {
  readonly kernel: string;
  /** Summed over threads. */
  readonly milliseconds: number;
  /** Of all kernels' time. */
  readonly share: number;
  /** Launches that it runs in. */
  readonly launches: number;
  /** Lines of the spec that it computes, ascending. */
  readonly lines: readonly number[];
};

const phases: readonly Phase[] = ["forward", "backward", "update"];

/** With a learning rate of zero the update costs what it costs, and changes no parameter. */
const standstill = Float32Array.of(0, 1, 1);

/**
 * Times `steps` steps, after one that is not counted.
 * - Parameters stay as they are; the optimizer's moments move on.
 */
export async function timeKernels(
  session: Session,
  batches: { next(): Batch },
  steps: number,
): Promise<readonly KernelTime[]> {
  const { artifact } = session;
  if (artifact.optimizer === undefined) throw new Error("the artifact was not compiled for training");
  const measured: CallTime[] = [];
  for (let step = 0; step <= steps; step += 1) {
    session.writeBatch(batches.next());
    session.writeSchedule(standstill);
    const { calls } = await session.profile(phases);
    if (step > 0) measured.push(...calls);
  }
  const byKernel = Map.groupBy(measured, (time) => kernelOf(artifact, time));
  const sum = (times: readonly CallTime[]): number =>
    times.reduce((total, { milliseconds }) => total + milliseconds, 0);
  const total = sum(measured);
  return [...byKernel]
    .map(([kernel, times]): KernelTime => {
      const lines = times.flatMap((time) => callAt(artifact, time)?.call.line ?? []);
      return {
        kernel,
        milliseconds: sum(times) / steps,
        share: total === 0 ? 0 : sum(times) / total,
        launches: new Set(times.map(({ launch }) => launch)).size,
        lines: [...new Set(lines)].sort((a, b) => a - b),
      };
    })
    .sort((a, b) => b.milliseconds - a.milliseconds || (a.kernel < b.kernel ? -1 : 1));
}

function kernelOf(artifact: Artifact, time: CallTime): string {
  const { program, kernels } = artifact;
  const { launch } = time;
  if (program.kind === "wgsl") return program.shaders[program.dispatches[launch]?.shader ?? -1]?.name ?? "?";
  if (program.kind === "cuda") return program.kernels[program.launches[launch]?.kernel ?? -1]?.name ?? "?";
  return kernels[callAt(artifact, time)?.call.kernel ?? -1]?.name ?? "?";
}
