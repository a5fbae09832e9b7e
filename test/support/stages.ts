// stages.ts: the text of every stage of a compilation, for goldens and cases.
// In: a model. Out: stage → text, as `motley build --emit STAGE` prints it, and the artifact at the end.
// The smallest micro-kernel, without relaxed SIMD: the text is the same on every machine, and as short as it gets.

import { readFileSync } from "node:fs";
import { checkAllSource } from "../../src/check/load.ts";
import type { Model } from "../../src/check/model.ts";
import { printModel } from "../../src/check/print.ts";
import { compile } from "../../src/compile.ts";
import { quietWatch } from "../../src/stage.ts";
import type { WasmArtifact } from "../../src/targets/artifact.ts";
import { plainEngine } from "./compiled.ts";

export type Stages = { readonly texts: ReadonlyMap<string, string>; readonly artifact: WasmArtifact };

export function stagesOf(model: Model): Stages {
  const texts = new Map([["model", printModel(model)]]);
  const show = (stage: string, text: string): void => void texts.set(stage, text);
  const watch = { ...quietWatch, wants: () => true, show };
  const artifact = compile(model, { purpose: "train", engine: plainEngine, watch });
  return { texts, artifact };
}

/** Examples by file name, in alphabetical order. */
export const exampleNames = ["chameleon", "experts", "hello", "odd", "transfusion"] as const;

export function exampleText(name: string): string {
  return readFileSync(new URL(`../../examples/${name}.mot`, import.meta.url), "utf8");
}

/** Every variant of a spec by name; a spec with a diagnostic is a broken test. */
export function variantsOf(text: string): ReadonlyMap<string, Model> {
  const { models, diagnostics } = checkAllSource({ name: "test.mot", text }, () => undefined);
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return models;
}
