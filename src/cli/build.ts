// build.ts: `motley build`: a training step as files, or any stage of the compiler as text.
// In: a spec. Out: DIR/artifact.json and DIR/module.wat, or one stage on stdout.

import { join } from "node:path";
import { compile, makeFolder, parse, positionAt, printModel, stageNames, writeAtomically } from "../index.ts";
import { watchStages } from "./dump.ts";
import { exitCodes } from "./failure.ts";
import { say } from "./output.ts";
import { usualEngine } from "./plan.ts";
import { loadSpec, pickVariant, readSource } from "./spec.ts";
import { checkTarget, requireObjective } from "./training.ts";

/** What `--emit` takes, in the order the stages run. */
export const buildStages = ["ast", "model", ...stageNames] as const;

export type BuildOptions = {
  readonly variant?: string;
  readonly target?: string;
  readonly out?: string;
  readonly emit?: (typeof buildStages)[number];
};

export function buildCommand(file: string, options: BuildOptions): number {
  if (options.emit === "ast") {
    say(syntaxTree(file));
    return exitCodes.fine;
  }
  const spec = loadSpec(file);
  checkTarget(options.target);
  const model = pickVariant(spec, options.variant);
  if (options.emit === "model") {
    say(printModel(model).trimEnd());
    return exitCodes.fine;
  }
  const take = (text: string): void => say(text.trimEnd());
  const watch = watchStages(options.emit === undefined ? undefined : { stage: options.emit, take });
  const artifact = compile(requireObjective(model), { purpose: "train", engine: usualEngine, watch });
  if (options.emit !== undefined) return exitCodes.fine;
  const folder = options.out ?? join("build", `${model.name}-${model.variant}`);
  makeFolder(folder);
  writeAtomically(join(folder, "artifact.json"), `${JSON.stringify(artifact)}\n`);
  writeAtomically(join(folder, "module.wat"), artifact.program.wat);
  say(`${folder}: artifact.json, module.wat`);
  return exitCodes.fine;
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
