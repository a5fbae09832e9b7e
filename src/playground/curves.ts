// curves.ts: the loss curves of a run, one chart per modality, while it runs.
// In: a run. Out: charts. Thin lines are the loss of every step, thick ones its mean over the last 5 % of the steps, rings
// the loss on validation contexts, dashes what tables of single tokens and of pairs reach.

import uPlot from "uplot";
import { smoothingWindow } from "../browser.ts";
import { make } from "./dom.ts";
import { decimal } from "./numbers.ts";
import type { Entrant, Run } from "./run.ts";

export type Curves = {
  /** Charts for a run; nothing for none. */
  show(run: Run | undefined): void;
  /** The run has gone on. */
  update(): void;
};

type Chart = { readonly modality: string; readonly plot: uPlot };

const height = 230;

export function createCurves(root: HTMLElement): Curves {
  let run: Run | undefined;
  let charts: readonly Chart[] = [];
  const placeholder = [...root.childNodes];
  const update = (): void => {
    if (run === undefined) return;
    for (const { modality, plot } of charts) {
      plot.setData(columnsOf(run, modality));
      const last = plot.data[0].length - 1;
      if (last >= 0 && (plot.cursor.left ?? -1) < 0) plot.setLegend({ idx: last });
    }
  };
  const rebuild = (): void => {
    for (const { plot } of charts) plot.destroy();
    charts = run === undefined ? [] : chartsOf(run, root);
    if (run === undefined) root.replaceChildren(...placeholder);
    update();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", rebuild);
  new ResizeObserver(() => {
    for (const { plot } of charts) {
      const width = plot.root.parentElement?.clientWidth ?? plot.width;
      if (width !== plot.width) plot.setSize({ width, height });
    }
  }).observe(root);
  return {
    show(next) {
      run = next;
      rebuild();
    },
    update,
  };
}

function chartsOf(run: Run, root: HTMLElement): readonly Chart[] {
  const modalities = run.entrants[0]?.model.modalities.map(({ name }) => name) ?? [];
  const places = modalities.map((modality) => ({ modality, place: make("div", { class: "plot" }) }));
  root.replaceChildren(
    ...places.map(({ modality, place }) => {
      const title = make("figcaption", {}, make("b", {}, modality), " nats a token");
      return make("figure", { class: "chart" }, title, place);
    }),
  );
  return places.map(({ modality, place }) => {
    const plot = new uPlot(optionsOf(run, modality, place.clientWidth), columnsOf(run, modality), place);
    plot.root.querySelector("canvas")?.setAttribute("role", "img");
    plot.root
      .querySelector("canvas")
      ?.setAttribute("aria-label", `Loss curves of ${modality}; the table has the numbers`);
    return { modality, plot };
  });
}

/** Steps; then per variant every step's loss, its running mean, validation; then the baselines. */
function columnsOf(run: Run, modality: string): uPlot.AlignedData {
  const length = Math.max(0, ...run.entrants.map(({ metrics }) => metrics.length));
  const steps = Array.from({ length }, (_, i) => i + 1);
  const curves = run.entrants.flatMap((entrant) => curvesOf(entrant, modality, length));
  const table = run.dataset.baselines.get(modality);
  const baselines = table === undefined ? [] : [table.unigram, table.bigram];
  return [steps, ...curves, ...baselines.map((value) => steps.map(() => value))];
}

function curvesOf(
  { metrics, validations }: Entrant,
  modality: string,
  length: number,
): readonly (number | null)[][] {
  const raw = metrics.map(({ loss }) => (Object.hasOwn(loss, modality) ? (loss[modality] ?? null) : null));
  const val: (number | null)[] = Array.from({ length }, () => null);
  for (const { step, loss } of validations) val[step - 1] = loss[modality] ?? null;
  return [raw, runningMean(raw, smoothingWindow(raw.length)), val];
}

/** Mean of the last `window` values there are, at every place. */
export function runningMean(values: readonly (number | null)[], window: number): (number | null)[] {
  const recent: number[] = [];
  let sum = 0;
  return values.map((value) => {
    if (value !== null) {
      recent.push(value);
      sum += value;
      if (recent.length > window) sum -= recent.shift() ?? 0;
    }
    return recent.length === 0 ? null : sum / recent.length;
  });
}

function optionsOf(run: Run, modality: string, width: number): uPlot.Options {
  const number = (_plot: uPlot, value: number | null | undefined): string => decimal(value);
  const ink = {
    stroke: color("--soft"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { stroke: color("--line"), width: 1 },
    font: "12px system-ui, sans-serif",
  };
  const variants = run.entrants.flatMap(({ name }, i): readonly uPlot.Series[] => {
    const stroke = color(`--v${i % 6}`);
    const rings = { show: true, size: 7, width: 1.5, stroke, fill: color("--card") };
    return [
      { class: "unlisted", stroke, alpha: 0.25, width: 1, points: { show: false }, spanGaps: true },
      { label: name, stroke, width: 2, points: { show: false }, spanGaps: true, value: number },
      { class: "unlisted", stroke, width: 1, dash: [2, 3], points: rings, spanGaps: true },
    ];
  });
  const names = run.dataset.baselines.has(modality) ? ["unigram", "bigram"] : [];
  const baselines = names.map(
    (label, i): uPlot.Series => ({
      ...{ label, value: number, stroke: color("--soft"), width: 1, points: { show: false } },
      dash: i === 0 ? [8, 5] : [14, 4],
    }),
  );
  const series = [{ label: "step" }, ...variants, ...baselines];
  const strokes = series.map(({ stroke }) => (typeof stroke === "string" ? stroke : ""));
  return {
    ...{ width, height, padding: [10, 14, 0, 0] },
    series,
    scales: { x: { time: false, range: [1, run.settings.steps] }, y: { range: shownRange } },
    axes: [
      { ...ink, size: 30, values: (_plot, splits) => splits.map(String) },
      { ...ink, size: 44 },
    ],
    cursor: { sync: { key: "curves" }, y: false, drag: { x: false, y: false } },
    legend: { live: true, markers: { width: 0, fill: (_plot, i) => strokes[i] ?? "" } },
  };
}

/** The first steps fall from far above: they would leave no room for what the curves differ in. */
function shownRange(plot: uPlot): uPlot.Range.MinMax {
  const from = Math.floor(plot.data[0].length / 5);
  const values = plot.data
    .slice(1)
    .flatMap((column) => Array.from<number | null | undefined>(column).slice(from))
    .filter((value) => typeof value === "number");
  if (values.length === 0) return [0, 1];
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const margin = 0.05 * (high - low || 1);
  return [low - margin, high + margin];
}

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
