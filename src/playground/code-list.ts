// code-list.ts: an artifact's generated code, cut into what a reader looks at: one text per kernel.
// In: an artifact. Out: name, text, how often a step runs it, and the lines of the spec it computes. Pure.

import { type Artifact, isWasm, isWgsl, type WasmArtifact, type WgslArtifact } from "../browser.ts";
import type { Language } from "./coloring.ts";

export type Code = {
  readonly name: string;
  readonly language: Language;
  readonly text: string;
  /** Kinds of the kernels that it is. */
  readonly kinds: readonly string[];
  /** Launches of a training step that run it, by phase. */
  readonly uses: ReadonlyMap<Phase, number>;
  /** Lines of the spec, ascending. */
  readonly lines: readonly number[];
};

type Launch = Artifact["launches"][number];
type Phase = Launch["phase"];
type Call = Launch["tasks"][number]["call"];

export function codeOf(artifact: Artifact): readonly Code[] {
  if (isWgsl(artifact)) return shadersOf(artifact);
  return isWasm(artifact) ? functionsOf(artifact) : [];
}

function shadersOf(artifact: WgslArtifact): readonly Code[] {
  const { shaders, dispatches } = artifact.program;
  return shaders.map(({ name, code }, shader): Code => {
    const launches = artifact.launches.filter((_launch, i) => dispatches[i]?.shader === shader);
    const calls = launches.flatMap(callsOf);
    return { name, text: code, language: "wgsl", ...describe(artifact, launches, calls) };
  });
}

/** A module's functions, kernel by kernel; what they share comes last. */
function functionsOf(artifact: WasmArtifact): readonly Code[] {
  // Comments stand before what they are about.
  const parts = artifact.program.wat.split(/\n+(?=(?:;;[^\n]*\n)*\(func )/);
  const nameOf = (part: string): string => /^\(func \$([\w.]+)/m.exec(part)?.[1] ?? "";
  const byName = new Map(parts.map((part) => [nameOf(part), part]));
  const kernels = artifact.kernels.map(({ name }, kernel): Code => {
    const launches = artifact.launches.filter((launch) =>
      callsOf(launch).some((call) => call.kernel === kernel),
    );
    const calls = launches.flatMap(callsOf).filter((call) => call.kernel === kernel);
    const text = byName.get(name) ?? "";
    return { name, text, language: "wat", ...describe(artifact, launches, calls) };
  });
  const names = new Set(artifact.kernels.map(({ name }) => name));
  const rest = parts.filter((part) => !names.has(nameOf(part))).join("\n");
  const nothing = { kinds: ["what kernels share"], uses: new Map<Phase, number>(), lines: [] };
  return [...kernels, { name: "module", text: rest, language: "wat", ...nothing }];
}

function callsOf({ stages, tasks }: Launch): readonly Call[] {
  return [...stages.flat(), ...tasks.map(({ call }) => call)];
}

function describe(
  { kernels }: Artifact,
  launches: readonly Launch[],
  calls: readonly Call[],
): Pick<Code, "kinds" | "uses" | "lines"> {
  const uses = new Map<Phase, number>();
  for (const { phase } of launches) uses.set(phase, (uses.get(phase) ?? 0) + 1);
  const kinds = [...new Set(calls.flatMap(({ kernel }) => kernels[kernel]?.kind ?? []))];
  const lines = [...new Set(calls.flatMap(({ line }) => line ?? []))].sort((a, b) => a - b);
  return { kinds, uses, lines };
}

/** "6 launches forward, 12 backward". */
export function usesText(uses: Code["uses"]): string {
  const words: Readonly<Record<Phase, string>> = {
    prepare: "before the first step",
    forward: "forward",
    backward: "backward",
    update: "in the update",
  };
  return [...uses]
    .map(
      ([phase, count], i) => `${count}${i === 0 ? ` launch${count === 1 ? "" : "es"}` : ""} ${words[phase]}`,
    )
    .join(", ");
}
