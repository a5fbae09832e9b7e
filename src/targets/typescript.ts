// typescript.ts: an artifact → the program that trains it: `model.ts`, for people to read and for their own programs.
// In: an artifact, and where the texts that run are kept. Out: TypeScript that imports `motley/runtime` and model.json.
// What the program does stands in the template; here are the tables of this very model, one line for each entry.

import type { Artifact, ArtifactCall, ArtifactLaunch } from "./artifact.ts";
import { render, type View } from "./render.ts";

/** A text that runs: its name, and its path beside model.ts. */
export type TextPlace = { readonly name: string; readonly path: string };

/** What a person calls a call; the runtime's profile has the same names. */
export type NameOf = (call: ArtifactCall) => string;

const argumentsFor = { wasm: "[--threads 1]", wgsl: "[--software]", cuda: "" } as const;
const extensions = { wgsl: "wgsl", cuda: "cu" } as const;
const devices = { wasm: "the processor", wgsl: "a GPU", cuda: "an NVIDIA GPU" } as const;

/** Deterministic: equal artifacts give equal texts. */
export function emitTypescript(artifact: Artifact, texts: readonly TextPlace[], nameOf: NameOf): string {
  const { target, model, variant, batch, context, modalities, parameters } = artifact;
  const { kind } = artifact.program;
  return render("typescript/model", {
    title: model === variant ? `\`${model}\`` : `\`${model}\`, variant \`${variant}\``,
    ...{ target, batch, context },
    arguments: `[--steps 20] [--seed 1] [--batch FILE.safetensors] ${argumentsFor[kind]}`.trimEnd(),
    textsPlace: kind === "wasm" ? texts.map(({ path }) => path).join(", ") : `kernels/*.${extensions[kind]}`,
    device: devices[kind],
    places: kind === "cuda" ? "in Node" : "in Node, and in a page that Vite bundles",
    modalityUnion: modalities.map(({ name }) => JSON.stringify(name)).join(" | "),
    modalities: modalities.map((modality) => ({
      ...{ name: JSON.stringify(modality.name), vocab: modality.vocab, vocabStart: modality.vocabStart },
      sizes: modality.kind === "patches" ? `, size: ${modality.size}, channels: ${modality.channels}` : "",
    })),
    ...wordsFor(modalities),
    texts: texts.map(({ name, path }) => ({ name: propertyName(name), path })),
    parameters: parameters.map(({ path, shape }) => ({ path: propertyName(path), shape: list(shape) })),
    launch: kind === "wgsl" ? "dispatch" : "launch",
    launches: artifact.launches.map((launch, index) => launchView(artifact, launch, index, nameOf)),
    buffers: artifact.buffers.map(({ name, role, byteLength, byteOffset }) => ({
      ...{ name: JSON.stringify(name), role: JSON.stringify(role), bytes: byteLength, at: byteOffset },
    })),
  });
}

/** What a page says of models that have patches as well. */
function wordsFor(modalities: Artifact["modalities"]): View {
  const hasPatches = modalities.some(({ kind }) => kind === "patches");
  return {
    idsOf: hasPatches
      ? "a modality's tokens have the ids from `vocabStart` on, patches have none"
      : "a modality's tokens have the ids from `vocabStart` on",
    sizesType: hasPatches ? "; readonly size?: number; readonly channels?: number" : "",
    lossUnits: hasPatches ? "In nats, patches in mean squares" : "In nats",
  };
}

function launchView(artifact: Artifact, launch: ArtifactLaunch, index: number, nameOf: NameOf): View {
  const calls = [...launch.stages.flat(), ...launch.tasks.map(({ call }) => call)];
  const lines = unique(calls.flatMap(({ line }) => line ?? [])).sort((a, b) => a - b);
  return {
    phase: JSON.stringify(launch.phase),
    runs: runsOf(artifact, calls, index),
    lines: list(lines),
    computes: JSON.stringify(enumerate(unique(calls.map(nameOf)))),
  };
}

/** What a launch runs: a kernel on a grid, or several, one after another, on threads. */
function runsOf({ program, kernels }: Artifact, calls: readonly ArtifactCall[], index: number): string {
  if (program.kind === "wgsl") {
    const { shader, workgroups } = program.dispatches[index] ?? { shader: -1, workgroups: [] };
    return `kernel: ${JSON.stringify(program.shaders[shader]?.name ?? "")}, workgroups: ${list(workgroups)}`;
  }
  if (program.kind === "cuda") {
    const { kernel, blocks } = program.launches[index] ?? { kernel: -1, blocks: [] };
    return `kernel: ${JSON.stringify(program.kernels[kernel]?.name ?? "")}, blocks: ${list(blocks)}`;
  }
  return `kernels: ${list(unique(calls.map(({ kernel }) => kernels[kernel]?.name ?? "")))}`;
}

/** More names than this say less. */
const shownNames = 12;

function enumerate(names: readonly string[]): string {
  const more = names.length - shownNames;
  return (more > 1 ? [...names.slice(0, shownNames), `${more} more`] : names).join(", ");
}

function unique<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}

function list(values: readonly (string | number)[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(", ")}]`;
}

/** A name as a literal object takes it: `__proto__` would be no entry, were it not computed. */
function propertyName(name: string): string {
  if (name === "__proto__") return `["__proto__"]`;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
