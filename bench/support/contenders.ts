// contenders.ts: who steps which model, as command lines.
// In: a setting's name and sizes. Out: per contender the command that times its steps and prints one line of JSON.
// Every contender does the same work: the same shapes, batch and mix, one step of forward, backward, clipping to norm 1
// and AdamW, its data made before the clock starts. A contender that cannot run here is missing, and is said to be.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Sizes } from "./model.ts";

export type Contender = {
  readonly name: string;
  readonly family: "motley" | "torch" | "jax";
  /** Environment variables besides the thread counts. */
  readonly variables: Readonly<Record<string, string>>;
  readonly command: (setting: string, sizes: Sizes) => readonly [program: string, ...args: string[]];
};

export type Missing = { readonly name: string; readonly why: string };

export type Field = { readonly contenders: readonly Contender[]; readonly missing: readonly Missing[] };

const here = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Steps that count, per family; the peers' slower steps are timed fewer at the larger setting. */
const stepCounts = {
  motley: { chameleon: 16, dim256: 6 },
  torch: { chameleon: 8, dim256: 4 },
  jax: { chameleon: 4, dim256: 2 },
} as const;

function stepsOf(family: Contender["family"], setting: string): string {
  return String(setting === "dim256" ? stepCounts[family].dim256 : stepCounts[family].chameleon);
}

export function peerArguments({
  dim,
  layers,
  heads,
  ffn,
  context,
  batch,
  text,
  image,
}: Sizes): readonly string[] {
  const sizes = { dim, layers, heads, ffn, seq: context, batch, vtext: text, vimage: image };
  return Object.entries(sizes).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

function motley(name: string, variant: string, threads: number, turbo: boolean): Contender {
  return {
    name,
    family: "motley",
    variables: {},
    command: (setting) => [
      process.execPath,
      here("step.ts"),
      ...["--setting", setting, "--variant", variant, "--threads", String(threads)],
      ...["--steps", stepsOf("motley", setting), ...(turbo ? ["--turbo"] : [])],
    ],
  };
}

function torch(name: string, python: string, threads: number, ...options: readonly string[]): Contender {
  return {
    name,
    family: "torch",
    variables: name.endsWith(" passive") ? { OMP_WAIT_POLICY: "passive" } : {},
    command: (setting, sizes) => [
      python,
      here("peers/mot_torch.py"),
      ...[...peerArguments(sizes), "--steps", stepsOf("torch", setting), "--threads", String(threads)],
      ...["--json", ...options],
    ],
  };
}

function jax(name: string, threads: number, ...options: readonly string[]): Contender {
  return {
    name,
    family: "jax",
    variables: {},
    command: (setting, sizes) => [
      process.execPath,
      here("peers/jax/mot_jax.mjs"),
      ...[...peerArguments(sizes), "--steps", stepsOf("jax", setting), "--threads", String(threads)],
      ...["--warmup", setting === "dim256" ? "1" : "2", ...options],
    ],
  };
}

/** All contenders that can run on this machine; `isQuick` leaves out the peers' slow ways that rarely win. */
export function assembleField(
  threads: number,
  options: { readonly python?: string; readonly isQuick: boolean },
): Field {
  const ours = [
    motley("motley dense", "dense", threads, false),
    motley("motley mot", "mot", threads, false),
    // The same once more: how far apart two equals come out is what a ratio of this run can be trusted to.
    motley("motley mot again", "mot", threads, false),
    motley("motley dense turbo", "dense", threads, true),
    motley("motley mot turbo", "mot", threads, true),
  ];
  const python = findPython(options.python);
  // PyTorch's OpenMP threads spin for work, which holds up OpenBLAS's threads; `passive` asks them to sleep instead.
  const ofTorch = (program: string): readonly Contender[] =>
    ["", " passive"].flatMap((policy) => [
      torch(`torch dense${policy}`, program, threads, "--variant", "dense"),
      torch(`torch mot mask${policy}`, program, threads, "--variant", "mot", "--routing", "mask"),
      torch(`torch mot sorted${policy}`, program, threads, "--variant", "mot", "--routing", "sorted"),
    ]);
  const ofJax = [
    jax("jax-js dense", threads, "--variant", "dense"),
    jax("jax-js mot sorted", threads, "--variant", "mot", "--routing", "sorted"),
    ...(options.isQuick ? [] : [jax("jax-js mot where", threads, "--variant", "mot", "--routing", "where")]),
  ];
  const hasJax = existsSync(here("peers/jax/node_modules/@jax-js/jax"));
  const missingTorch = "no Python here imports torch; on Debian: python3-torch and libopenblas0-pthread";
  const missingJax = "not installed; npm ci --prefix bench/peers/jax";
  return {
    contenders: [...ours, ...(python === undefined ? [] : ofTorch(python)), ...(hasJax ? ofJax : [])],
    missing: [
      ...(python === undefined ? ofTorch("python3").map(({ name }) => ({ name, why: missingTorch })) : []),
      ...(hasJax ? [] : ofJax.map(({ name }) => ({ name, why: missingJax }))),
    ],
  };
}

/** The first Python that has PyTorch: the one asked for, else the system's, else the one on the path. */
export function findPython(wanted: string | undefined): string | undefined {
  return (wanted === undefined ? ["/usr/bin/python3", "python3"] : [wanted]).find((program) => {
    try {
      execFileSync(program, ["-c", "import torch"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}
