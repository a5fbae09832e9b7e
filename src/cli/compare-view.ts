// compare-view.ts: what a comparison looks like on a terminal: curves while it runs, a table when it is done.
// In: metrics as they come; the finished document. Out: text.

import { type CompareDocument, type Contender, type Metrics, readRecord } from "../index.ts";
import { lossChart } from "./chart.ts";
import { isWatched, tell } from "./output.ts";
import { bar, duration, isReportedStep, live } from "./progress.ts";
import { count, decimal, short, table } from "./table.ts";

/** Draws a chart per modality with a curve per variant; plain lines where nobody watches. */
export function watchComparison(contenders: readonly Contender[], steps: number, seed: number) {
  const picture = live();
  const history = new Map(
    contenders.map(({ name, folder, from }) => [
      name,
      from.step === 0 ? [] : [...readRecord(folder.path).metrics],
    ]),
  );
  const modalities = contenders[0]?.session.artifact.modalities.map(({ name }) => name) ?? [];
  const last = contenders.at(-1)?.name;
  const start = performance.now();
  const doneBefore = Math.min(...contenders.map(({ from }) => from.step));

  const draw = (step: number): string => {
    const charts = modalities.map((modality) =>
      lossChart(
        [...history].map(([name, metrics]) => ({
          name,
          points: metrics.flatMap((line) =>
            Object.hasOwn(line.loss, modality) ? [[line.step, line.loss[modality] ?? 0] as const] : [],
          ),
        })),
        { title: `${modality}, nats a token`, steps, height: 8 },
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
      if (name !== last) return;
      picture.show(() => draw(metrics.step), metrics.step === steps);
      if (isWatched() || !isReportedStep(metrics.step, steps)) return;
      const parts = [...history].map(([variant, lines]) => `${variant} ${lossesOf(lines.at(-1))}`);
      tell(`step ${metrics.step}/${steps}  ${parts.join("   ")}`);
    },
    done: () => picture.done(),
  };
}

function lossesOf(metrics: Metrics | undefined): string {
  return Object.entries(metrics?.loss ?? {})
    .filter(([name]) => name !== "total")
    .map(([name, value]) => `${name} ${value.toFixed(3)}`)
    .join(" ");
}

/** Costs, times, final losses beside the baselines, and match ratios. */
export function compareTable(document: CompareDocument): string {
  const variants = Object.entries(document.variants);
  const modalities = Object.keys(Object.values(document.match)[0] ?? {});
  const costs = table(
    ["variant", "parameters", "active", "FLOPs/token", "ms/step", "of it update", "tokens/s"],
    variants.map(([name, result]) => [
      name,
      count(result.params),
      count(result.activeParams),
      short(result.flopsPerToken),
      decimal(result.stepMs, 1),
      decimal(result.updateMs, 1),
      count((1000 * result.tokensPerStep) / result.stepMs),
    ]),
  );
  const losses = table(
    ["final loss, nats a token", ...modalities.flatMap((name) => [`${name} train`, `${name} val`])],
    [
      ...variants.map(([name, { final }]) => [
        name,
        ...modalities.flatMap((modality) => [decimal(final.train[modality]), decimal(final.val[modality])]),
      ]),
      ...(["unigram", "bigram"] as const).map((kind) => [
        kind,
        ...modalities.flatMap((modality) => ["", decimal(document.baselines.val[modality]?.[kind])]),
      ]),
    ],
  );
  return `${costs}\n\n${losses}\n\n${matchTable(document, modalities)}`;
}

/** Shares of the reference's steps, FLOPs and time at which a variant had the reference's final loss. */
function matchTable(document: CompareDocument, modalities: readonly string[]): string {
  const rows = Object.entries(document.match)
    .filter(([name]) => name !== document.reference)
    .flatMap(([name, byModality]) =>
      modalities.flatMap((modality) =>
        (["train", "val"] as const).map((split) => {
          const ratio = byModality[modality]?.[split];
          return [
            `${name}, ${modality} ${split}`,
            ...([ratio?.steps, ratio?.flops, ratio?.wall] as const).map((value) => decimal(value)),
          ];
        }),
      ),
    );
  return table([`reaches ${document.reference}'s loss at`, "steps ×", "FLOPs ×", "time ×"], rows);
}
