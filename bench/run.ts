// run.ts: `npm run bench`: training steps of Motley and of its peers, in turns, and the other figures with a goal.
// In: how many rounds, which parts. Out: tables on stdout, everything measured in bench/results/DATE-step.json.
// A round starts every contender once, each in a process of its own and one after another; rounds start at another
// contender each time. The file is rewritten after every round, so a run that is stopped keeps what it has.
//   npm run bench -- [--rounds 5] [--quick] [--settings chameleon,dim256] [--only motley,torch]
//                    [--parts steps,ratio,compile,matmul] [--threads 2] [--python PATH] [--out FILE]

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { CompileFigures } from "./compile.ts";
import type { RatioFigures } from "./ratio.ts";
import { assembleField, type Contender, findPython } from "./support/contenders.ts";
import { describeCommit, describeMachine, jaxVersion } from "./support/machine.ts";
import { type Sizes, settings } from "./support/model.ts";
import type { Entry, MatmulLine, Results, StepFigures } from "./support/results.ts";
import { median } from "./support/statistics.ts";
import { markdownOf } from "./support/table.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
    settings: { type: "string", default: "chameleon,dim256" },
    only: { type: "string", default: "motley,torch,jax" },
    parts: { type: "string", default: "steps,ratio,compile,matmul" },
    threads: { type: "string", default: "2" },
    python: { type: "string" },
    out: { type: "string" },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 2 : 5));
const threads = Number(values.threads);
const date = new Date().toISOString().slice(0, 10);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const out = values.out ?? here(`./results/${date}-step.json`);
const chosen = Object.fromEntries(
  Object.entries(settings).filter(([name]) => values.settings.split(",").includes(name)),
);
const parts = new Set(values.parts.split(","));
/** A first loss further than this from that of guessing means that a contender trains something else. */
const lossTolerance = 0.5;

const parameterTolerance = 1e-3;

const loadBefore = loadavg()[0] ?? 0;
const field = assembleField(threads, {
  isQuick: values.quick,
  ...(values.python === undefined ? {} : { python: values.python }),
});
const contenders = field.contenders.filter(({ family }) => values.only.split(",").includes(family));
for (const { name, why } of field.missing) say(`MISSING ${name}: ${why}`);

let results = emptyResults();
if (parts.has("steps")) runSteps();
if (parts.has("ratio")) runRatios();
if (parts.has("compile"))
  keep({ compile: readLine<CompileFigures>("compile.ts", ["--runs", values.quick ? "3" : "9"]) });
if (parts.has("matmul")) runMatmul();
process.stdout.write(`${markdownOf(results)}\n\n${out}\n`);

function runSteps(): void {
  const jobs = Object.entries(chosen).flatMap(([setting, sizes]) =>
    contenders.map((contender) => ({ setting, sizes, contender })),
  );
  const timed = jobs.map((): StepFigures[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < jobs.length; turn += 1) {
      const index = (turn + round * 3) % jobs.length;
      const job = jobs[index];
      if (job === undefined) continue;
      const figures = runContender(job.contender, job.setting, job.sizes);
      timed[index]?.push(figures);
      const label = `${job.setting} ${job.contender.name}`.padEnd(32);
      say(`round ${round + 1}/${rounds}  ${label} ${median(figures.milliseconds).toFixed(1)} ms`);
    }
    const entries = jobs.map(
      ({ setting, contender }, i): Entry => ({ setting, contender: contender.name, rounds: timed[i] ?? [] }),
    );
    checkParameters(entries);
    keep({ entries });
  }
}

function runContender({ name, variables, command }: Contender, setting: string, sizes: Sizes): StepFigures {
  const [program, ...args] = command(setting, sizes);
  const env = {
    ...process.env,
    OPENBLAS_NUM_THREADS: String(threads),
    OMP_NUM_THREADS: String(threads),
    ...variables,
  };
  const text = execFileSync(program, args, { encoding: "utf8", env, stdio: ["ignore", "pipe", "inherit"] });
  const figures = JSON.parse(text) as StepFigures;
  const guessing = Math.log(sizes.text + sizes.image);
  if (!(Math.abs(figures.firstLoss - guessing) < lossTolerance))
    throw new Error(`${name} starts at a loss of ${figures.firstLoss}; guessing has ${guessing}`);
  return figures;
}

/** A model's contenders must have as many parameters; the peers' MoT shares the last norm, which is within the tolerance. */
function checkParameters(entries: readonly Entry[]): void {
  for (const { setting, contender, rounds: figures } of entries) {
    const variant = contender.split(" ")[1];
    const ours = entries.find((e) => e.setting === setting && e.contender === `motley ${variant}`);
    const [own, wanted] = [figures[0]?.parameters, ours?.rounds[0]?.parameters];
    if (own === undefined || wanted === undefined) continue;
    if (Math.abs(own / wanted - 1) > parameterTolerance)
      throw new Error(`${contender} has ${own} parameters, ours ${wanted}`);
  }
}

function runRatios(): void {
  for (const turbo of [[], ["--turbo"]]) {
    for (const setting of Object.keys(chosen)) {
      const args = [
        "--setting",
        setting,
        "--threads",
        String(threads),
        "--pairs",
        values.quick ? "12" : "40",
      ];
      const figures = readLine<RatioFigures>("ratio.ts", [...args, ...turbo]);
      say(
        `${setting} MoT ÷ dense without update ${figures.withoutUpdate.median.toFixed(3)} ${turbo.join("")}`,
      );
      keep({ ratios: [...results.ratios, figures] });
    }
  }
}

function runMatmul(): void {
  const python = findPython(values.python);
  if (python === undefined) {
    keep({
      missing: [...results.missing, { name: "matmul ÷ OpenBLAS", why: "needs a Python that imports torch" }],
    });
    return;
  }
  const file = join(tmpdir(), `motley-matmul-${process.pid}.json`);
  const args = ["--rounds", values.quick ? "1" : "3", "--threads", "1,2", "--python", python, "--out", file];
  execFileSync(process.execPath, [here("./matmul.bench.ts"), ...args], { stdio: ["ignore", 2, "inherit"] });
  const { lines } = JSON.parse(readFileSync(file, "utf8")) as { readonly lines: readonly MatmulLine[] };
  rmSync(file);
  keep({ matmul: lines });
}

function readLine<T>(script: string, args: readonly string[]): T {
  say(`${script} ${args.join(" ")}`);
  return JSON.parse(
    execFileSync(process.execPath, [here(script), ...args], { encoding: "utf8", maxBuffer: 2 ** 26 }),
  ) as T;
}

/** Adds to the results and writes them, whole or not at all. */
function keep(more: Partial<Results>): void {
  results = { ...results, ...more, load: [loadBefore, loadavg()[0] ?? 0] };
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(`${out}.part`, `${JSON.stringify(results, undefined, 1)}\n`);
  renameSync(`${out}.part`, out);
}

function emptyResults(): Results {
  return {
    format: 1,
    date,
    ...describeCommit(),
    machine: describeMachine(),
    versions: versions(),
    load: [loadBefore, loadBefore],
    threads,
    settings: chosen,
    missing: field.missing,
    entries: [],
    ratios: [],
  };
}

function versions(): Readonly<Record<string, string>> {
  const python = findPython(values.python);
  const known = { node: process.versions.node, v8: process.versions.v8 };
  const jax = jaxVersion();
  const torch =
    python === undefined
      ? undefined
      : execFileSync(python, ["-c", "import torch; print(torch.__version__)"], { encoding: "utf8" }).trim();
  return {
    ...known,
    ...(torch === undefined ? {} : { torch }),
    ...(jax === undefined ? {} : { "jax-js": jax }),
  };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
