// compile.ts: how long a `.mot` text of many layers takes to become an artifact, each time in a fresh process.
// In: layers and runs. Out: one line of JSON: per run the milliseconds in all and of every stage; the same again with
// the verifiers left out.
// A fresh process runs every stage once, so nothing is compiled ahead by the engine: what a person waits for.
// Loading the compiler's own modules and assembling the module's text are given beside it, not counted in it.
//   node bench/compile.ts [--layers 24] [--runs 7]

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median } from "./support/statistics.ts";

/** Milliseconds of one cold compilation. */
export type CompileRun = {
  /** Text to artifact: checking, and every stage of `compile`. */
  readonly total: number;
  readonly stages: Readonly<Record<string, number>>;
  /** Loading the compiler, before. */
  readonly load: number;
  /** Assembling the artifact's text to a WebAssembly module and compiling it, after. */
  readonly assemble: number;
  readonly watBytes: number;
};

/** What this file prints; medians of `total`. */
export type CompileFigures = {
  readonly layers: number;
  readonly median: number;
  readonly medianUnverified: number;
  readonly runs: readonly CompileRun[];
  readonly unverified: readonly CompileRun[];
};

const { values } = parseArgs({
  options: {
    layers: { type: "string", default: "24" },
    runs: { type: "string", default: "7" },
    child: { type: "boolean", default: false },
  },
});

if (values.child) process.stdout.write(JSON.stringify(await compileOnce(Number(values.layers))));
else {
  process.stdout.write(`${JSON.stringify(compileOften(Number(values.layers), Number(values.runs)))}\n`);
}

function compileOften(layers: number, count: number): CompileFigures {
  const pairs = Array.from({ length: count }, () => ({
    run: runChild({}),
    quick: runChild({ MOTLEY_VERIFY: "0" }),
  }));
  const runs = pairs.map(({ run }) => run);
  const unverified = pairs.map(({ quick }) => quick);
  const middle = (of: readonly CompileRun[]): number => median(of.map(({ total }) => total));
  return { layers, median: middle(runs), medianUnverified: middle(unverified), runs, unverified };
}

function runChild(variables: Readonly<Record<string, string>>): CompileRun {
  const args = [fileURLToPath(import.meta.url), "--child", "--layers", values.layers];
  const env = { ...process.env, ...variables };
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8", env })) as CompileRun;
}

async function compileOnce(layers: number): Promise<CompileRun> {
  const begin = performance.now();
  const { checkSource } = await import("../src/check/load.ts");
  const { compile } = await import("../src/compile.ts");
  const { compileWat } = await import("../src/runtime/wasm-assemble.ts");
  const { settings, specOf } = await import("./support/model.ts");
  const text = specOf({ ...settings.chameleon, layers });
  const engine = { tile: { rows: 6, columns: 8 }, relaxedSimd: true };
  const stages: Record<string, number> = {};
  const watch = {
    now: () => performance.now(),
    timed: (stage: string, elapsedMs: number) => {
      stages[stage] = elapsedMs;
    },
    wants: () => false,
    show: () => undefined,
    isVerifying: process.env.MOTLEY_VERIFY !== "0",
  };

  const start = performance.now();
  const { model } = checkSource({ name: "bench.mot", text }, () => undefined, { variant: "mot" });
  if (model === undefined) throw new Error("the benchmark's spec does not check");
  const checked = performance.now();
  const artifact = compile(model, { purpose: "train", engine, watch });
  const compiled = performance.now();
  await compileWat(artifact.program.wat);
  const timed = Object.values(stages).reduce((sum, ms) => sum + ms, 0);
  return {
    total: compiled - start,
    stages: { check: checked - start, ...stages, "verify and assemble": compiled - checked - timed },
    load: start - begin,
    assemble: performance.now() - compiled,
    watBytes: artifact.program.wat.length,
  };
}
