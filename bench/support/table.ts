// table.ts: a run's figures as Markdown.
// In: results. Out: text: where and how it was measured, milliseconds per contender, ratios beside their goals.
// It computes nothing that results.ts does not, and says what is missing as loudly as what is there.

import { type Figure, figuresOf, type Results, stepsOf } from "./results.ts";
import { median } from "./statistics.ts";

/** Processes that may want a core besides the benchmark. */
const busyLoad = 1;

/** The whole report, ending in a line that counts goals. */
export function markdownOf(results: Results): string {
  const figures = figuresOf(results);
  const withGoal = figures.filter(({ goal }) => goal !== undefined);
  const met = withGoal.filter(isMet).length;
  const missing = results.missing.map(({ name, why }) => `- missing: ${name} (${why})`);
  return [
    describeRun(results),
    ...(isBusy(results) ? [busyWarning] : []),
    stepTable(results),
    goalTable(figures, isBusy(results)),
    ...(results.ratios.length > 0 ? [updateTable(results)] : []),
    ...(results.compile === undefined ? [] : [compileTable(results.compile)]),
    ...(results.matmul === undefined ? [] : [matmulTable(results.matmul)]),
    ...(missing.length > 0 ? [missing.join("\n")] : []),
    isBusy(results)
      ? `no goal judged, ${results.missing.length} contenders missing.`
      : `${met} goals met, ${withGoal.length - met} not, ${results.missing.length} contenders missing.`,
  ].join("\n\n");
}

function isMet({ goal, value }: Figure): boolean {
  if (goal === undefined) return true;
  return goal.at === "least" ? value.median >= goal.value : value.median <= goal.value;
}

const busyWarning =
  "**The machine was busy.** Other processes wanted its cores, which slows contenders unequally: these are no figures.";

/** Whether more ran than this benchmark; its own processes want `threads` cores. */
export function isBusy({ load: [before, after], threads }: Results): boolean {
  return before > busyLoad || after > threads + busyLoad;
}

function describeRun({ date, commit, isDirty, machine, versions, load, threads, entries }: Results): string {
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const rounds = Math.max(0, ...entries.map((entry) => entry.rounds.length));
  const [before, after] = load.map((value) => value.toFixed(1));
  return (
    `${date}, commit ${commit.slice(0, 7)}${isDirty ? " with changes" : ""}; ${machine.processor}, ` +
    `${machine.cores} cores; ${used.join(", ")}; ${threads} threads, ${rounds} rounds, ` +
    `load ${before} before and ${after} after.`
  );
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, i) => (i < 2 ? "---" : "---:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

function stepTable(results: Results): string {
  const rows = results.entries.map(({ setting, contender, rounds }) => {
    const milliseconds = median(stepsOf(results, setting, contender));
    const sizes = results.settings[setting];
    const tokens = sizes === undefined ? Number.NaN : sizes.batch * sizes.context;
    const firstLoss = rounds[0]?.firstLoss ?? Number.NaN;
    const used = rounds[0]?.threads ?? Number.NaN;
    const rate = Math.round((1000 * tokens) / milliseconds).toLocaleString("en");
    return [setting, contender, milliseconds.toFixed(1), rate, String(used), firstLoss.toFixed(3)];
  });
  return table(["setting", "step of", "ms", "tokens/s", "threads", "first loss"], rows);
}

export function goalTable(figures: readonly Figure[], isUnjudged: boolean): string {
  const rows = figures.map((figure) => {
    const { setting, what, value, goal } = figure;
    const digits = value.median >= 20 ? 0 : 2;
    const [middle, low, high] = [value.median, value.p10, value.p90].map((v) => v.toFixed(digits));
    const wanted = goal === undefined ? "" : `${goal.at === "least" ? "≥" : "≤"} ${goal.value}`;
    const verdict = isMet(figure) ? "met" : "missed";
    return [
      setting,
      what,
      middle ?? "",
      `${low} to ${high}`,
      wanted,
      goal === undefined || isUnjudged ? "" : verdict,
    ];
  });
  return table(["where", "figure", "median", "p10 to p90", "goal", ""], rows);
}

function updateTable({ ratios }: Results): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const rows = ratios.map(({ setting, turbo, updateShare, pairs }) => [
    setting,
    turbo ? "turbo" : "default",
    percent(updateShare.dense),
    percent(updateShare.mot),
    String(pairs),
  ]);
  return table(["setting", "engine", "update's share, dense", "MoT", "pairs"], rows);
}

function compileTable({ runs, layers }: NonNullable<Results["compile"]>): string {
  const stages = Object.keys(runs[0]?.stages ?? {});
  const middle = (of: (run: (typeof runs)[number]) => number): string => median(runs.map(of)).toFixed(1);
  const rows = [
    ...stages.map((stage) => [stage, middle((run) => run.stages[stage] ?? 0)]),
    ["beside it: loading the compiler", middle((run) => run.load)],
    ["beside it: assembling the module", middle((run) => run.assemble)],
  ];
  return table([`stage, ${layers} layers`, "ms"], rows);
}

function matmulTable(lines: NonNullable<Results["matmul"]>): string {
  const rows = lines.map((line) => [
    line.name,
    line.part,
    String(line.threads),
    ...[line.default, line.turbo, line.openblas].map((rate) => rate.toFixed(0)),
    (line.default / line.openblas).toFixed(2),
    (line.turbo / line.openblas).toFixed(2),
  ]);
  const head = ["matmul", "product", "threads", "default", "turbo", "OpenBLAS", "default ÷", "turbo ÷"];
  return table(head, rows);
}
