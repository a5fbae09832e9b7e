// results.ts: the table below the curves: what each variant costs, how fast it is, where its losses stand.
// In: what is to be trained, or a run. Out: rows. `motley compare` ends with the same columns.

import { costOf, type Model, matchRatio, median, smoothingWindow } from "../browser.ts";
import { runningMean } from "./curves.ts";
import { make } from "./dom.ts";
import { count, decimal, short } from "./numbers.ts";
import { type Entrant, type Run, referenceOf } from "./run.ts";

/** Steps whose times are left out: caches are cold and the engine still compiles. */
const warmSteps = 3;
/** Times of older steps say nothing about now. */
const timedSteps = 200;

/** Before anything was trained: what can be known from the spec. */
export function showCosts(table: HTMLTableElement, models: readonly Model[]): void {
  const modalities = models[0]?.modalities.map(({ name }) => name) ?? [];
  const rows = models.map((model) =>
    costCells(model).concat(Array.from({ length: 3 + modalities.length }, () => "–")),
  );
  fill(table, headerOf(modalities), rows);
}

export function showResults(table: HTMLTableElement, run: Run): void {
  const modalities = modalitiesOf(run);
  const tokens = run.settings.batch * run.settings.context;
  const rows = run.entrants.map((entrant) => {
    const { stepMs, updateMs } = timesOf(entrant);
    return [
      ...costCells(entrant.model),
      decimal(stepMs, 1),
      decimal(updateMs, 1),
      count((1000 * tokens) / stepMs),
      ...modalities.map((modality) => lossOf(entrant, modality)),
    ];
  });
  fill(table, headerOf(modalities), rows);
}

function modalitiesOf({ entrants }: Run): readonly string[] {
  return entrants[0]?.model.modalities.map(({ name }) => name) ?? [];
}

/** How much sooner the others had the loss that the reference has now: a sentence for each. */
export function matchSentences(run: Run): readonly string[] {
  const reference = referenceOf(run.entrants);
  if (reference === undefined || run.step() === 0) return [];
  return run.entrants.flatMap((entrant) => {
    if (entrant === reference) return [];
    const shares = modalitiesOf(run).flatMap((modality) => {
      const ratio = matchOf(run, entrant, reference, modality);
      return ratio === undefined ? [] : [`${decimal(100 * ratio, 0)} % of the steps on ${modality}`];
    });
    if (shares.length === 0) return [`${entrant.name} has not reached ${reference.name}’s present loss.`];
    return [`${entrant.name} had ${reference.name}’s present loss after ${shares.join(", ")}.`];
  });
}

function costCells(model: Model): readonly string[] {
  const cost = costOf(model, model.train?.context ?? 128);
  return [model.variant, count(cost.params), count(cost.activeParams), short(cost.flopsPerToken)];
}

function headerOf(modalities: readonly string[]): readonly string[] {
  const fixed = ["variant", "parameters", "active", "FLOPs/token", "ms/step", "of it update", "tokens/s"];
  return [...fixed, ...modalities.map((name) => `${name} loss`)];
}

function timesOf({ timings }: Entrant): { readonly stepMs: number; readonly updateMs: number } {
  const warm =
    timings.length > warmSteps ? timings.slice(Math.max(warmSteps, timings.length - timedSteps)) : timings;
  return {
    stepMs: median(warm.map(({ stepMs }) => stepMs)),
    updateMs: median(warm.map(({ updateMs }) => updateMs)),
  };
}

/** Mean over the last 5 % of the steps. */
function lossOf({ metrics }: Entrant, modality: string): string {
  const values = metrics.map(({ loss }) => loss[modality] ?? null);
  return decimal(runningMean(values, smoothingWindow(values.length)).at(-1));
}

/** Steps until the entrant's smoothed loss was at or below the reference's last one, as a share of the reference's. */
function matchOf(
  { settings }: Run,
  entrant: Entrant,
  reference: Entrant,
  modality: string,
): number | undefined {
  const curveOf = ({ metrics, cost }: Entrant) => ({
    points: metrics.flatMap(({ step, wallMs, loss }) => {
      const value = loss[modality];
      return value === undefined ? [] : [{ step, wallMs, value }];
    }),
    flopsPerStep: cost.flopsPerToken * settings.batch * settings.context,
  });
  const window = smoothingWindow(reference.metrics.length);
  return matchRatio(curveOf(entrant), curveOf(reference), window)?.steps;
}

/** A variant's name gets the colour of its curve. */
function fill(
  table: HTMLTableElement,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const head = make("tr", {}, ...header.map((text) => make("th", { scope: "col" }, text)));
  const body = rows.map(([name = "", ...cells], i) => {
    const title = make("span", { class: "variant", style: `color: var(--v${i % 6})` }, name);
    return make("tr", {}, make("th", { scope: "row" }, title), ...cells.map((text) => make("td", {}, text)));
  });
  table.replaceChildren(make("thead", {}, head), make("tbody", {}, ...body));
}
