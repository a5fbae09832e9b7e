// cuda-table.ts: a run of the CUDA benchmark as Markdown, short enough to be the end of a log.
// In: results. Out: where it ran, ceilings, milliseconds, ratios beside their goals, and what is missing.

import type { CheckResult } from "./cuda-check.ts";
import { flopsOf, nameOf } from "./cuda-launches.ts";
import { type CudaResults, cudaFigures, overCublas, type SettingFigures } from "./cuda-results.ts";
import { median, spreadOf } from "./statistics.ts";
import { goalTable, table } from "./table.ts";

export const standInWarning =
  "**No GPU ran this.** It shows that the benchmark works, and says nothing about speed: no goal is judged.";

export function cudaMarkdown(results: CudaResults): string {
  const { settings, missing, device } = results;
  const figures = cudaFigures(results);
  const judged = figures.filter(({ goal }) => goal !== undefined);
  const met = judged.filter(({ goal, value }) =>
    goal?.at === "least" ? value.median >= goal.value : value.median <= (goal?.value ?? 0),
  );
  return [
    header(results),
    ...(device.isStandIn ? [standInWarning] : []),
    ...(settings.length > 0 ? [stepTable(settings), kindTable(settings)] : []),
    ...settings.filter(({ products }) => products.length > 0).map((each) => productTable(results, each)),
    ...(figures.length > 0 ? [goalTable(figures, device.isStandIn)] : []),
    ...(missing.length > 0 ? [missing.map(({ name, why }) => `- missing: ${name} (${why})`).join("\n")] : []),
    device.isStandIn
      ? `no goal judged, ${missing.length} missing.`
      : `${met.length} goals met, ${judged.length - met.length} not, ${missing.length} missing.`,
  ].join("\n\n");
}

function header({ date, commit, isDirty, machine, versions, device, ceilings }: CudaResults): string {
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const facts = Object.entries(device.facts).map(([name, value]) => `${name} ${value}`);
  const [copy, square] = [spreadOf(ceilings?.gigabytes ?? []), spreadOf(ceilings?.teraflops ?? [])];
  const reached =
    ceilings === undefined
      ? "ceilings were not measured"
      : `a copy moves ${copy.median.toFixed(0)} GB/s, a bf16 product of 8192³ runs at ${square.median.toFixed(0)} TFLOP/s`;
  return (
    `${date}, commit ${commit.slice(0, 7)}${isDirty ? " with changes" : ""}; ${[device.name, ...facts].join(", ")}; ` +
    `${machine.processor}; ${used.join(", ")}; ${reached}.`
  );
}

function stepTable(settings: readonly SettingFigures[]): string {
  const rows = settings.flatMap(({ setting, sizes, steps, variants, peers }) => {
    const row = (name: string, milliseconds: number, bytes: number, seconds: number, parameters: number) => [
      setting,
      name,
      milliseconds.toFixed(2),
      Math.round((1000 * sizes.batch * sizes.context) / milliseconds).toLocaleString("en"),
      gigabytes(bytes),
      seconds.toFixed(1),
      `${(parameters / 1e6).toFixed(1)} M`,
    ];
    const ours = (["dense", "mot"] as const).flatMap((variant) => {
      const own = variants[variant];
      const times = steps[variant] ?? [];
      if (own === undefined || times.length === 0) return [];
      return [row(`motley ${variant}`, median(times), own.memoryBytes, own.coldMs / 1e3, own.parameters)];
    });
    const theirs = peers.map((peer) =>
      row(`torch ${peer.name}`, median(peer.theirs), peer.memoryBytes, peer.seconds, peer.parameters),
    );
    return [...ours, ...theirs];
  });
  return table(["setting", "step of", "ms", "tokens/s", "GB", "first step after, s", "parameters"], rows);
}

const gigabytes = (bytes: number): string => (bytes > 0 ? (bytes / 1e9).toFixed(1) : "–");

/** Where the time of a step goes. */
function kindTable(settings: readonly SettingFigures[]): string {
  const rows = settings.flatMap(({ setting, variants }) =>
    (["dense", "mot"] as const).flatMap((variant) => {
      const kinds = variants[variant]?.kinds ?? [];
      const total = kinds.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
      return kinds
        .slice(0, mostKinds)
        .map(({ kind, milliseconds, launches }) => [
          setting,
          `${variant}: ${kind}`,
          String(launches),
          milliseconds.toFixed(3),
          `${((100 * milliseconds) / total).toFixed(1)} %`,
        ]);
    }),
  );
  return table(["setting", "kernel", "launches", "ms a step", "share"], rows);
}

const mostKinds = 8;

function productTable({ cublas }: CudaResults, { setting, products }: SettingFigures): string {
  const rows = products.map((launch) => {
    const flops = launch.products.reduce((sum, product) => sum + flopsOf(product), 0);
    const ratio = overCublas(cublas, launch);
    const names = [...new Set(launch.products.map(nameOf))].join(", ");
    const times = launch.products.length === 1 ? "" : ` (${launch.products.length} products)`;
    return [
      setting,
      `${names}${times}`,
      String(launch.count),
      launch.milliseconds.toFixed(3),
      (flops / launch.milliseconds / 1e9).toFixed(1),
      ratio === undefined ? "–" : ratio.toFixed(2),
    ];
  });
  return table(["setting", "launch", "a step", "ms", "TFLOP/s", "÷ cuBLAS"], rows);
}

/** The comparisons of `--check`, one a line. */
export function checkMarkdown(results: readonly CheckResult[]): string {
  const rows = results.map(({ name, outcome, detail }) => [outcome, name, detail]);
  const count = (wanted: CheckResult["outcome"]): number =>
    results.filter(({ outcome }) => outcome === wanted).length;
  return [
    table(["", "comparison", "found"], rows),
    `${count("passed")} passed, ${count("failed")} failed, ${count("left out")} left out.`,
  ].join("\n\n");
}
