// cuda-texts.ts: what the examples become for CUDA.
// In: the examples, every variant of each. Out: what each compiles to, and the distinct kernels of all of them, by a name
// that says what kind they are of.

import { readdirSync } from "node:fs";
import type { Model } from "../../src/check/model.ts";
import { compile } from "../../src/compile.ts";
import { quietWatch } from "../../src/stage.ts";
import { type CudaArtifact, isCuda } from "../../src/targets/artifact.ts";
import { cudaEngine } from "../../src/targets/cuda.ts";
import { exampleText, variantsOf } from "./stages.ts";

export type CudaKernel = CudaArtifact["program"]["kernels"][number];
export type CudaPrecision = CudaArtifact["program"]["precision"];

export type CudaExample = { readonly title: string; readonly model: Model };

const folder = new URL("../../examples/", import.meta.url);

/** `chameleon mot` and so on, in the order of their files. */
export const cudaExamples: readonly CudaExample[] = readdirSync(folder)
  .filter((name) => name.endsWith(".mot"))
  .sort()
  .map((name) => name.replace(/\.mot$/, ""))
  .flatMap((example) =>
    [...variantsOf(exampleText(example))].map(([variant, model]) => ({
      title: `${example} ${variant}`,
      model,
    })),
  );

export type CompiledExample = {
  readonly artifact: CudaArtifact;
  /** Kernels, maps, launches and records, as `motley build --emit cuda` prints them. */
  readonly text: string;
  readonly plan: string;
};

export function compileExample({ model }: CudaExample, precision: CudaPrecision): CompiledExample {
  const texts = new Map<string, string>();
  const show = (stage: string, text: string): void => void texts.set(stage, text);
  const watch = { ...quietWatch, wants: (stage: string) => stage === "cuda" || stage === "plan", show };
  const artifact = compile(model, { purpose: "train", engine: cudaEngine(precision), watch });
  if (!isCuda(artifact)) throw new Error("compiled for another target");
  return { artifact, text: texts.get("cuda") ?? "", plan: texts.get("plan") ?? "" };
}

export type NamedKernel = { readonly name: string; readonly kernel: CudaKernel };

/** Distinct texts, numbered within their kind; what comes first in `examples` has the low numbers. */
export function distinctKernels(
  examples: readonly CudaExample[],
  precision: CudaPrecision,
): readonly NamedKernel[] {
  const known = new Set<string>();
  const counts = new Map<string, number>();
  return examples.flatMap((example) =>
    compileExample(example, precision).artifact.program.kernels.flatMap((kernel) => {
      if (known.has(kernel.source)) return [];
      known.add(kernel.source);
      const count = (counts.get(kernel.entry) ?? 0) + 1;
      counts.set(kernel.entry, count);
      return [{ name: `${kernel.entry}_${count}`, kernel }];
    }),
  );
}
