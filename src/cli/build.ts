// build.ts: `motley build`: a training step as a folder that runs by itself, or any stage of the compiler as text.
// In: a spec. Out: the texts that run (DIR/kernels/NAME.wgsl or NAME.cu, or DIR/module.wat), DIR/model.json with every size and
// address, and DIR/model.ts, the program that trains and profiles them; or one stage on stdout.

import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type Artifact,
  type CudaEngine,
  callNames,
  compile,
  emitTypescript,
  makeFolder,
  parse,
  positionAt,
  printModel,
  stageNames,
  storeArtifact,
  storedText,
  writeAtomically,
} from "../index.ts";
import { refuseExpertChoice } from "./drawing.ts";
import { watchStages } from "./dump.ts";
import { exitCodes, Failure } from "./failure.ts";
import { say } from "./output.ts";
import { plannedEngine } from "./plan.ts";
import { loadSpec, pickVariant, readSource } from "./spec.ts";
import { requireObjective, trainSettings } from "./training.ts";

/** What `--emit` takes, in the order the stages run. */
export const buildStages = ["ast", "model", ...stageNames] as const;

export type BuildOptions = {
  readonly variant?: string;
  readonly target?: string;
  readonly precision?: CudaEngine["precision"];
  readonly out?: string;
  readonly emit?: (typeof buildStages)[number];
};

export function buildCommand(file: string, options: BuildOptions): number {
  if (options.emit === "ast") {
    say(syntaxTree(file));
    return exitCodes.fine;
  }
  const spec = loadSpec(file);
  const engine = plannedEngine(targetOf(options), options.precision);
  const model = pickVariant(spec, options.variant);
  if (options.emit === "model") {
    say(printModel(model).trimEnd());
    return exitCodes.fine;
  }
  // A program that trains needs the settings of a run; a stage does not.
  if (options.emit === undefined) trainSettings(model, file, {});
  const take = (text: string): void => say(text.trimEnd());
  const watch = watchStages(options.emit === undefined ? undefined : { stage: options.emit, take });
  // What keeps keys and values is no part of training.
  const purpose = options.emit === "cached" ? "decode" : "train";
  if (purpose === "decode") refuseExpertChoice(model);
  const artifact = compile(requireObjective(model), { purpose, engine, watch });
  if (options.emit !== undefined) return exitCodes.fine;
  const folder = options.out ?? join("build", `${model.name}-${model.variant}`);
  say(describe(folder, writeFolder(folder, artifact)));
  return exitCodes.fine;
}

/** Of stages that only one target has. Decoding runs on the processor. */
const stageTargets: ReadonlyMap<BuildOptions["emit"], string> = new Map([
  ["cached", "wasm"],
  ["wasm", "wasm"],
  ["wgsl", "wgsl"],
  ["cuda", "cuda"],
]);

/** A stage that only one target has asks for that target. */
function targetOf({ target = "auto", emit }: BuildOptions): string {
  const owner = stageTargets.get(emit) ?? target;
  if (target !== "auto" && target !== owner)
    throw new Failure(
      `stage \`${emit}\` is one of target \`${owner}\`, and this is a build for \`${target}\``,
      `leave out \`--target\`, or write \`--target ${owner}\``,
    );
  return owner;
}

/** Returns the paths of the texts. */
function writeFolder(folder: string, artifact: Artifact): readonly string[] {
  const { stored, texts } = storeArtifact(artifact);
  const files = [
    ...texts.map(({ path, text }) => [path, text] as const),
    ["model.json", storedText(stored)] as const,
    ["model.ts", emitTypescript(artifact, texts, callNames(artifact))] as const,
  ];
  const kernels = join(folder, "kernels");
  for (const [path, text] of files) {
    makeFolder(dirname(join(folder, path)));
    writeAtomically(join(folder, path), text);
  }
  const kept = new Set(files.map(([path]) => path));
  for (const name of namesIn(kernels))
    if (ownName.test(name) && !kept.has(`kernels/${name}`)) rmSync(join(kernels, name));
  return texts.map(({ path }) => path);
}

/** Kernels as we name them: what an earlier build left would look like part of this one. */
const ownName = /^(?:s\d\d+_\w+\.wgsl|c\d\d+_\w+\.cu)$/;

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** What was written, what it is, and how to start it. */
function describe(folder: string, texts: readonly string[]): string {
  const [first = ""] = texts;
  const isOne = texts.length === 1;
  const program = join(folder, "model.ts");
  const files = [
    [
      join(folder, isOne ? first : dirname(first)),
      isOne ? "the code that runs" : `the code that runs: ${texts.length} kernels`,
    ],
    [join(folder, "model.json"), "its sizes and addresses"],
    [program, `trains and profiles it: node ${program}`],
  ] as const;
  const width = Math.max(...files.map(([path]) => path.length));
  return files.map(([path, what]) => `${path.padEnd(width)}  ${what}`).join("\n");
}

/** The tree as JSON, a place as `line:column-line:column`. */
function syntaxTree(file: string): string {
  const { file: tree } = parse(readSource(file));
  const place = (offset: number): string => {
    const { line, column } = positionAt(tree.source, offset);
    return `${line}:${column}`;
  };
  return JSON.stringify(
    tree,
    (key, value: unknown) => {
      if (key === "source") return undefined;
      const isSpan = typeof value === "object" && value !== null && "source" in value && "start" in value;
      if (!isSpan) return value;
      const { start, end } = value as unknown as { readonly start: number; readonly end: number };
      return `${place(start)}-${place(end)}`;
    },
    2,
  );
}
