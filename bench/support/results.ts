// results.ts: what a benchmark run keeps, and the ratios and goals it is read for.
// In: raw milliseconds per contender, setting and round. Out: a table of figures, each beside its goal.
// Ratios are of tokens per second, ours ÷ the peer's, taken within each round; the table has their median and spread.

import type { CompileFigures } from "../compile.ts";
import type { RatioFigures } from "../ratio.ts";
import type { Missing } from "./contenders.ts";
import type { Sizes } from "./model.ts";
import { median, pairwise, type Spread, spreadOf } from "./statistics.ts";

/** One process's line. `threads` is what it says it used. */
export type StepFigures = {
  readonly milliseconds: readonly number[];
  readonly firstLoss: number;
  readonly lastLoss: number;
  readonly parameters: number;
  readonly threads: number;
};

export type Entry = {
  readonly setting: string;
  readonly contender: string;
  /** By round; a process that failed is `undefined` in none: the run stops. */
  readonly rounds: readonly StepFigures[];
};

export type MatmulLine = {
  readonly threads: number;
  readonly name: string;
  readonly part: string;
  readonly size: string;
  /** Gigaflops per second. */
  readonly default: number;
  readonly turbo: number;
  readonly openblas: number;
};

export type Results = {
  readonly format: 1;
  readonly date: string;
  readonly commit: string;
  readonly isDirty: boolean;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly versions: Readonly<Record<string, string>>;
  /** Processes wanting a core, averaged over a minute, before and after. */
  readonly load: readonly [before: number, after: number];
  readonly threads: number;
  readonly settings: Readonly<Record<string, Sizes>>;
  readonly missing: readonly Missing[];
  readonly entries: readonly Entry[];
  readonly ratios: readonly RatioFigures[];
  readonly compile?: CompileFigures;
  readonly matmul?: readonly MatmulLine[];
};

/** A figure, and what it should be at least (or at most). */
export type Figure = {
  readonly setting: string;
  readonly what: string;
  readonly value: Spread;
  readonly goal?: { readonly at: "least" | "most"; readonly value: number };
};

type Comparison = {
  readonly ours: string;
  /** The fastest of these is the rival. */
  readonly peers: readonly string[];
  readonly label: string;
  readonly goal?: number;
};

const jaxRoutings = ["jax-js mot sorted", "jax-js mot where"];

/** Against PyTorch as it comes, and against PyTorch whose threads wait passively; the goals are the same. */
function againstTorch(ours: string, policy: "" | " passive"): readonly Comparison[] {
  const label = `PyTorch${policy === "" ? "" : ", passive waiting"}`;
  const [mask, sorted] = [`torch mot mask${policy}`, `torch mot sorted${policy}`];
  return [
    { ours: `motley dense${ours}`, peers: [`torch dense${policy}`], label, goal: 1 },
    { ours: `motley mot${ours}`, peers: [mask], label: `${label}, mask routing`, goal: 2 },
    { ours: `motley mot${ours}`, peers: [mask, sorted], label: `${label}, its faster routing`, goal: 1.6 },
  ];
}

function againstJax(ours: string): readonly Comparison[] {
  return [
    { ours: `motley dense${ours}`, peers: ["jax-js dense"], label: "jax-js", goal: 3 },
    { ours: `motley mot${ours}`, peers: jaxRoutings, label: "jax-js", goal: 3 },
  ];
}

/** Without and with the revectoriser, each against everybody. */
const comparisons: readonly Comparison[] = [
  ...["", " turbo"].flatMap((ours) => [
    ...againstTorch(ours, ""),
    ...againstTorch(ours, " passive"),
    ...againstJax(ours),
  ]),
  { ours: "motley mot", peers: ["motley mot again"], label: "itself (noise of this run)" },
];

/** Medians by round of one contender; empty if it did not run. */
export function stepsOf(results: Results, setting: string, contender: string): readonly number[] {
  const entry = results.entries.find((e) => e.setting === setting && e.contender === contender);
  return (entry?.rounds ?? []).map(({ milliseconds }) => median(milliseconds));
}

/** Everything a run can say about the goals, in the order of the goals; figures it lacks are left out. */
export function figuresOf(results: Results): readonly Figure[] {
  const speed = Object.keys(results.settings).flatMap((setting) =>
    comparisons.flatMap((comparison) => speedOf(results, setting, comparison)),
  );
  return [...speed, ...untyingOf(results), ...compileOf(results), ...matmulOf(results)];
}

function speedOf(
  results: Results,
  setting: string,
  { ours, peers, label, goal }: Comparison,
): readonly Figure[] {
  const mine = stepsOf(results, setting, ours);
  const rivals = peers.map((peer) => stepsOf(results, setting, peer)).filter(({ length }) => length > 0);
  const rival = rivals.sort((a, b) => median(a) - median(b))[0];
  if (mine.length === 0 || rival === undefined) return [];
  const value = spreadOf(pairwise(rival, mine));
  const figure = { setting, what: `tokens/s, ${ours} ÷ ${label}`, value };
  return [goal === undefined ? figure : { ...figure, goal: { at: "least", value: goal } }];
}

function untyingOf({ ratios }: Results): readonly Figure[] {
  return ratios.flatMap(({ setting, turbo, textShare, withoutUpdate, withUpdate }): readonly Figure[] => {
    const mix = `${Math.round(100 * textShare)}/${Math.round(100 - 100 * textShare)}${turbo ? ", turbo" : ""}`;
    return [
      {
        setting,
        what: `step without update, MoT ÷ dense, ${mix}`,
        value: withoutUpdate,
        goal: { at: "most", value: 1.03 },
      },
      { setting, what: `whole step, MoT ÷ dense, ${mix}`, value: withUpdate },
    ];
  });
}

function compileOf({ compile }: Results): readonly Figure[] {
  if (compile === undefined) return [];
  const setting = `${compile.layers} layers`;
  const totals = (runs: CompileFigures["runs"]) => spreadOf(runs.map(({ total }) => total));
  return [
    {
      setting,
      what: "`.mot` to artifact, cold, ms",
      value: totals(compile.runs),
      goal: { at: "most", value: 300 },
    },
    { setting, what: "the same with MOTLEY_VERIFY=0, ms", value: totals(compile.unverified) },
  ];
}

/** The middle over the shapes of both models' linear layers. */
function matmulOf({ matmul = [] }: Results): readonly Figure[] {
  const threads = [...new Set(matmul.map((line) => line.threads))];
  return threads.flatMap((count) =>
    (["default", "turbo"] as const).map((kind): Figure => {
      const lines = matmul.filter((line) => line.threads === count);
      return {
        setting: `${count} thread${count === 1 ? "" : "s"}`,
        what: `matmul GFLOP/s ÷ OpenBLAS, over shapes${kind === "turbo" ? ", turbo" : ""}`,
        value: spreadOf(lines.map((line) => line[kind] / line.openblas)),
        goal: { at: "least", value: kind === "turbo" ? 0.9 : 0.5 },
      };
    }),
  );
}
