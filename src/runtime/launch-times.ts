// launch-times.ts: what launches on a GPU took, in the artifact's terms.
// In: milliseconds by launch. Out: a time for each of a launch's calls. A GPU tells of a launch as a whole.

import type { Artifact, ArtifactCall, ArtifactLaunch } from "../targets/artifact.ts";
import type { CallTime } from "./device.ts";

/** A launch's time, shared out among its calls; a launch does not tell which of them took it. */
export function callTimes(
  { launches }: Artifact,
  indices: ArrayLike<number>,
  milliseconds: readonly number[],
): readonly CallTime[] {
  return milliseconds.flatMap((time, i) => {
    const index = indices[i] ?? 0;
    const launch = launches[index];
    return launch === undefined ? [] : timesOf(launch, index, time);
  });
}

type Entry = Pick<CallTime, "launch" | "modality" | "position" | "calls"> & { readonly call: ArtifactCall };

function timesOf({ stages, tasks }: ArtifactLaunch, launch: number, time: number): readonly CallTime[] {
  const rows = stages.flatMap((calls, modality) =>
    calls.map((call, position): Entry => ({ launch, modality, position, calls: 1, call })),
  );
  const pieces = tasks.map(({ call, count }, position): Entry => ({ launch, position, calls: count, call }));
  const entries = [...rows, ...pieces];
  const isCounted = entries.every(({ call }) => call.flopsPerRow > 0);
  const weightOf = ({ call }: Entry): number => (isCounted ? call.flopsPerRow : 1);
  const total = entries.reduce((sum, entry) => sum + weightOf(entry), 0);
  return entries.map(({ call: _call, ...entry }, i) => {
    const each = entries[i];
    const milliseconds = each === undefined ? 0 : (time * weightOf(each)) / total;
    return { ...entry, milliseconds, threadMs: [milliseconds] };
  });
}
