// compare-view.ts: what a comparison looks like on a terminal: curves while it runs, a table when it is done.
// In: metrics as they come; the finished document. Out: text.

import {
  type CompareDocument,
  type Contender,
  type Metrics,
  type ReportTable,
  readRecord,
  type Spread,
  summarizeSeeds,
} from "../index.ts";
import { lossChart } from "./chart.ts";
import { isWatched, tell } from "./output.ts";
import { bar, duration, isReportedStep, live } from "./progress.ts";
import { count, decimal, rateName, short, table } from "./table.ts";

/** Draws a chart per modality with a curve per variant; plain lines where nobody watches. */
export function watchComparison(contenders: readonly Contender[], steps: number, seed: number) {
  const picture = live();
  const history = new Map(
    contenders.map(({ name, folder, from }) => [
      name,
      from.step === 0 ? [] : [...readRecord(folder.path).metrics],
    ]),
  );
  const modalities = contenders[0]?.session.artifact.modalities ?? [];
  const start = performance.now();
  const doneBefore = Math.min(...contenders.map(({ from }) => from.step));

  const draw = (step: number): string => {
    const charts = modalities.map(({ name: modality, kind }) =>
      lossChart(
        [...history].map(([name, metrics]) => ({
          name,
          points: metrics.flatMap((line) =>
            Object.hasOwn(line.loss, modality) ? [[line.step, line.loss[modality] ?? 0] as const] : [],
          ),
        })),
        {
          title: `${modality}, ${kind === "tokens" ? "nats a token" : "mean square per number"}`,
          steps,
          height: 8,
        },
      ),
    );
    const perStep = (performance.now() - start) / Math.max(1, step - doneBefore);
    const left = duration((steps - step) * perStep);
    const status = `${bar(step, steps)}  seed ${seed}, step ${step} of ${steps}, ${left} left`;
    return [...charts, status].join("\n");
  };

  return {
    onStep(name: string, metrics: Metrics): void {
      history.get(name)?.push(metrics);
    },
    /** All have done this step that have not left the race. */
    onRound(step: number): void {
      picture.show(() => draw(step), step === steps);
      if (isWatched() || !isReportedStep(step, steps)) return;
      const parts = [...history].flatMap(([variant, lines]) => {
        const metrics = lines.findLast((line) => line.step === step);
        return metrics === undefined ? [] : [`${variant} ${lossesOf(metrics)}`];
      });
      tell(`step ${step}/${steps}  ${parts.join("   ")}`);
    },
    done: () => picture.done(),
  };
}

function lossesOf({ loss }: Metrics): string {
  return Object.entries(loss)
    .filter(([name]) => name !== "total")
    .map(([name, value]) => `${name} ${value.toFixed(3)}`)
    .join(" ");
}

/** The tables of one comparison as text for a terminal. */
export function compareTable(document: CompareDocument): string {
  const tables = compareTables(document).map(({ header, rows, note }) =>
    note === undefined ? table(header, rows) : `${table(header, rows)}\n${note}`,
  );
  return [...tables, "docs/language.md explains every number under `What the tables say`"].join("\n\n");
}

/** Costs and times; final losses beside the baselines; match ratios. */
export function compareTables(document: CompareDocument): readonly ReportTable[] {
  const modalities = modalitiesOf(document);
  const variants = Object.entries(document.variants);
  const costs = variants.map(([name, result]) => [
    name,
    count(result.params),
    count(result.activeParams),
    short(result.flopsPerToken),
    decimal(result.stepMs, 1),
    decimal(result.updateMs, 1),
    count((1000 * result.tokensPerStep) / result.stepMs),
  ]);
  const losses = variants.map(([name, { final }]) => [
    name,
    ...modalities.flatMap((modality) => [decimal(final.train[modality]), decimal(final.val[modality])]),
  ]);
  const tables = [
    ...sweepTables(document),
    { title: "Costs", header: costHeader, rows: costs },
    {
      title: "Final losses",
      note: [
        "train: mean of the last 5 % of the steps; val: after the last step",
        ...units(document),
        ...leaks(document),
      ].join("\n"),
      header: lossHeader(document, modalities),
      rows: [...losses, ...baselineRows(document, modalities)],
    },
    {
      title: "Match ratios",
      note: `where a variant first has the last smoothed loss of ${document.reference}, as a share of what ${document.reference} took`,
      header: matchHeader(document),
      rows: matchRows(document, modalities, (name, modality, split, key) =>
        decimal(document.match[name]?.[modality]?.[split]?.[key]),
      ),
    },
  ];
  // A variant alone has nothing to be matched with.
  return tables.filter(({ rows }) => rows.length > 0);
}

/** What every learning rate came to, where they were swept; one rate each, where a sweep under another seed chose it. */
function sweepTables({ variants }: CompareDocument): readonly ReportTable[] {
  const results = Object.entries(variants);
  if (results.every(([, { lr }]) => lr === undefined)) return [];
  const rates = [
    ...new Set(results.flatMap(([, { lr, sweep }]) => sweep?.map((point) => point.lr) ?? lr ?? [])),
  ];
  const rows = results.map(([name, { lr, sweep, final }]) => [
    name,
    ...rates.map((rate) => {
      const point =
        sweep === undefined && rate === lr ? { final } : sweep?.find((other) => other.lr === rate);
      if (point === undefined) return "";
      if (point.final === null) return "diverged";
      const total = decimal(point.final.val.total ?? point.final.train.total);
      return rate === lr ? `${total} *` : total;
    }),
  ]);
  const header = ["total at learning rate", ...rates.map(rateName)];
  const note = "total on validation after the last step; *: the rate that the variant's other numbers are of";
  return [{ title: "Learning rates", note, header, rows }];
}

/** The same over several seeds: mean and standard deviation. */
export function seedTables(documents: readonly CompareDocument[]): readonly ReportTable[] {
  const [first] = documents;
  if (first === undefined) return [];
  const modalities = modalitiesOf(first);
  const { variants, match } = summarizeSeeds(documents);
  const show = (spread: Spread | undefined): string => {
    if (spread === undefined || spread.count === 0) return "–";
    const some = spread.count < documents.length ? ` (${spread.count} of ${documents.length})` : "";
    return `${decimal(spread.mean)} ± ${decimal(spread.spread)}${some}`;
  };
  const losses = Object.entries(variants).map(([name, { final }]) => [
    name,
    ...modalities.flatMap((modality) => [show(final.train[modality]), show(final.val[modality])]),
  ]);
  const note = `mean ± standard deviation over ${documents.length} seeds`;
  return [
    ...sweepTables(first).map((swept) => ({ ...swept, note: `under seed ${first.seed}: ${swept.note}` })),
    {
      title: "Final losses",
      note: [note, ...units(first), ...leaks(first)].join("\n"),
      header: lossHeader(first, modalities),
      rows: [...losses, ...baselineRows(first, modalities)],
    },
    {
      title: "Match ratios",
      note,
      header: matchHeader(first),
      rows: matchRows(first, modalities, (name, modality, split, key) =>
        show(match[name]?.[modality]?.[split]?.[key]),
      ),
    },
  ];
}

/** What continuous modalities' losses are counted in; nothing where all are tokens. */
function units({ continuous = [] }: CompareDocument): readonly string[] {
  if (continuous.length === 0) return [];
  return [
    `${continuous.join(", ")}: mean square per number, 1 for knowing nothing of the noise; all others: nats a token`,
  ];
}

/** The paper says as much of its own baseline. */
function leaks({ variants }: CompareDocument): readonly string[] {
  const names = Object.entries(variants).flatMap(([name, { seesLater }]) => (seesLater ? [name] : []));
  if (names.length === 0) return [];
  return [
    `${names.join(", ")}: experts choose among all tokens of a batch, later ones too: these losses see a little of the future`,
  ];
}

const costHeader = ["variant", "parameters", "active", "FLOPs/token", "ms/step", "of it update", "tokens/s"];

function modalitiesOf({ match }: CompareDocument): readonly string[] {
  return Object.keys(Object.values(match)[0] ?? {});
}

function lossHeader({ continuous }: CompareDocument, modalities: readonly string[]): readonly string[] {
  const title = continuous === undefined ? "final loss, nats a token" : "final loss";
  return [title, ...modalities.flatMap((name) => [`${name} train`, `${name} val`])];
}

function baselineRows(
  document: CompareDocument,
  modalities: readonly string[],
): readonly (readonly string[])[] {
  return (["unigram", "bigram"] as const).map((kind) => [
    kind,
    ...modalities.flatMap((modality) => ["", decimal(document.baselines.val[modality]?.[kind])]),
  ]);
}

function matchHeader({ reference }: CompareDocument): readonly string[] {
  return [`reaches ${reference}'s loss at`, "steps ×", "FLOPs ×", "time ×"];
}

/** A row per variant but the reference, modality and split. */
function matchRows(
  document: CompareDocument,
  modalities: readonly string[],
  cell: (name: string, modality: string, split: "train" | "val", key: "steps" | "flops" | "wall") => string,
): readonly (readonly string[])[] {
  const names = Object.keys(document.match).filter((name) => name !== document.reference);
  return names.flatMap((name) =>
    modalities.flatMap((modality) =>
      (["train", "val"] as const).map((split) => [
        `${name}, ${modality} ${split}`,
        ...(["steps", "flops", "wall"] as const).map((key) => cell(name, modality, split, key)),
      ]),
    ),
  );
}
