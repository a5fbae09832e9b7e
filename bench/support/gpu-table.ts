// gpu-table.ts: a run of the GPU benchmark as Markdown.
// In: results. Out: text. What a GPU in software measured is marked as no measure of anything, counts excepted.

import { type ProductKind, productKinds } from "./gpu-products.ts";
import {
  favouriteTile,
  type GpuResults,
  gpuFigures,
  overJax,
  rateOf,
  type SettingSteps,
  seriesOf,
  turnsOf,
} from "./gpu-results.ts";
import type { GpuStep } from "./gpu-steps.ts";
import { median, type Spread, spreadOf } from "./statistics.ts";
import { goalTable, table } from "./table.ts";

export const softwareWarning =
  "**This GPU is software.** Counts and bytes are those of any GPU; times, and ratios of times, say nothing about one.";

export function gpuMarkdown(results: GpuResults): string {
  const { adapter, missing, products, steps } = results;
  const figures = gpuFigures(results);
  return [
    describeRun(results),
    ...(adapter.isSoftware ? [softwareWarning] : []),
    ...(results.ceilings === undefined ? [] : [ceilingLine(results.ceilings)]),
    ...(products.length === 0 ? [] : [productTable(results), tileTable(results)]),
    ...(steps.length === 0 ? [] : [stepTable(steps), countTable(steps), ...hostTable(steps)]),
    ...(steps.some(({ variants: { mot } }) => mot.kernels.length > 0) ? [kernelTable(steps)] : []),
    ...(steps.some(({ tuning }) => tuning.length > 1) ? [tuningTable(steps)] : []),
    ...(figures.length === 0 ? [] : [goalTable(figures, adapter.isSoftware)]),
    ...(missing.length === 0
      ? []
      : [missing.map(({ name, why }) => `- missing: ${name} (${why})`).join("\n")]),
  ].join("\n\n");
}

function describeRun({ date, commit, isDirty, machine, versions, adapter, load }: GpuResults): string {
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const features = adapter.features.length === 0 ? "no features" : adapter.features.join(", ");
  const [before, after] = load.map((value) => value.toFixed(1));
  return (
    `${date}, commit ${commit.slice(0, 7)}${isDirty ? " with changes" : ""}; ${adapter.name} (${features}); ` +
    `${machine.processor}, ${machine.cores} cores, load ${before} before and ${after} after; ${used.join(", ")}.`
  );
}

function ceilingLine({ gflops, gigabytes }: NonNullable<GpuResults["ceilings"]>): string {
  return `Ceilings: ${show(gflops)} GFLOP/s of multiply-adds in registers, ${show(gigabytes)} GB/s of a copy.`;
}

/** Three digits, or whole numbers. */
const show = (value: number): string =>
  Number.isNaN(value)
    ? "–"
    : value >= 100
      ? Math.round(value).toLocaleString("en")
      : String(Number(value.toPrecision(3)));

const productNames: Readonly<Record<ProductKind, string>> = {
  forward: "x·wᵀ",
  dx: "dy·w",
  outer: "dyᵀ·x",
};

function productTable({ products, ceilings }: GpuResults): string {
  const rows = products.flatMap((product) =>
    productKinds.map((kind) => {
      const { shape } = product;
      const rates = (["motley f32", "motley f16", "jax-js"] as const).map((who) =>
        turnsOf(product, who) === undefined ? Number.NaN : rateOf(product, who, kind),
      );
      const [ours = Number.NaN] = rates;
      return [
        shape.name,
        productNames[kind],
        `${shape.rows} × ${shape.inner} × ${shape.out}`,
        ...rates.map(show),
        show(ours / (ceilings?.gflops ?? Number.NaN)),
        show(overJax(product, "motley f32", kind)[0] ?? Number.NaN),
      ];
    }),
  );
  const head = [
    "matmul",
    "product",
    "rows × in × out",
    "f32",
    "f16 weights",
    "jax-js",
    "÷ ceiling",
    "÷ jax-js",
  ];
  return `GFLOP/s, with the fastest tile of each:\n\n${table(head, rows)}`;
}

function tileTable({ products }: GpuResults): string {
  const columns = [
    ...new Set(
      products.flatMap(({ candidates }) => candidates.map(({ tile, weights }) => `${tile} ${weights}`)),
    ),
  ];
  const rows = products.flatMap(({ shape, candidates }) =>
    productKinds.map((kind) => [
      shape.name,
      productNames[kind],
      ...columns.map((column) => {
        const found = candidates.find(({ tile, weights }) => `${tile} ${weights}` === column);
        return show(found?.rates[kind] ?? Number.NaN);
      }),
    ]),
  );
  const favourite = favouriteTile(products) ?? "none";
  return `GFLOP/s by tile, one after another; most often fastest: ${favourite}.\n\n${table(["matmul", "product", ...columns], rows)}`;
}

const variants = ["dense", "mot"] as const;

function stepTable(steps: readonly SettingSteps[]): string {
  const rows = steps.flatMap((setting) => {
    const { sizes, peers } = setting;
    const line = (who: string, milliseconds: readonly number[], kernels: string): readonly string[] => {
      const { median: middle, p10, p90 } = spreadOf(milliseconds);
      const rate = Math.round((1000 * sizes.batch * sizes.context) / middle).toLocaleString("en");
      return [setting.setting, who, show(middle), `${show(p10)} to ${show(p90)}`, rate, kernels];
    };
    const ours = variants.map((variant) => {
      const kernels = setting.variants[variant].kernels.reduce(
        (sum, { milliseconds }) => sum + milliseconds,
        0,
      );
      const walls = seriesOf(setting, variant, "half").map(({ wallMs }) => wallMs);
      return line(`motley ${variant}`, walls, kernels === 0 ? "–" : show(kernels));
    });
    return [
      ...ours,
      ...peers.map(({ contender, rounds }) =>
        line(
          contender,
          rounds.flatMap(({ milliseconds }) => milliseconds),
          "–",
        ),
      ),
    ];
  });
  return table(["setting", "step of", "ms", "p10 to p90", "tokens/s", "ms in kernels"], rows);
}

function countTable(steps: readonly SettingSteps[]): string {
  const rows = steps.flatMap((setting) => [
    ...variants.map((variant) => {
      const own = seriesOf(setting, variant, "half");
      const middle = (of: (step: GpuStep) => number): number => median(own.map(of));
      const { forward, backward, update } = setting.variants[variant].launches;
      return [
        setting.setting,
        `motley ${variant}`,
        `${forward} + ${backward} + ${update}`,
        show(middle(({ submits }) => submits)),
        show(middle(({ reads }) => reads)),
        show(middle(({ bytesRead }) => bytesRead)),
        show(middle(({ writes }) => writes)),
        show(middle(({ bytesWritten }) => bytesWritten)),
        show(middle(({ buffers }) => buffers)),
        show(middle(({ hostMs }) => hostMs)),
        show(middle(({ layoutMs }) => layoutMs)),
      ];
    }),
    ...setting.peers.map(({ contender, rounds }) => [
      ...[setting.setting, contender, "–"],
      show(median(rounds.map(({ submits }) => submits))),
      ...Array.from({ length: 7 }, () => "–"),
    ]),
  ]);
  const head = [
    ...["setting", "step of", "launches", "submits", "reads", "bytes read", "writes", "bytes written"],
    ...["buffers made", "ms, device", "ms, layout"],
  ];
  return `Per step; launches are forward + backward + update; milliseconds of JavaScript are recording, submitting and writing (device), and sorting a batch's rows (layout):\n\n${table(head, rows)}`;
}

/** Nothing where no setting was small enough for the GPU that does nothing. */
function hostTable(steps: readonly SettingSteps[]): readonly string[] {
  const rows = steps.flatMap(({ setting, host }) =>
    host === undefined
      ? []
      : variants.map((variant) => {
          const { steps: count, hostMs, layoutMs, cpuMs } = host[variant];
          const spread = ({ median: middle, p10, p90 }: Spread): string =>
            `${show(middle)} (${show(p10)} to ${show(p90)})`;
          return [setting, `motley ${variant}`, String(count), spread(hostMs), spread(layoutMs), show(cpuMs)];
        }),
  );
  const head = ["setting", "step of", "steps", "ms, device", "ms, layout", "processor, ms"];
  const title = "JavaScript of a step on a GPU that does nothing (Dawn's null backend), median (p10 to p90):";
  return rows.length === 0 ? [] : [`${title}\n\n${table(head, rows)}`];
}

/** Kinds that take more than this share of a step stand in the table. */
const leastShare = 0.01;

function kernelTable(steps: readonly SettingSteps[]): string {
  const rows = steps.flatMap(({ setting, variants: both }) =>
    variants.flatMap((variant) => {
      const { kernels } = both[variant];
      const total = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
      return kernels
        .filter(({ milliseconds }) => milliseconds > leastShare * total)
        .map(({ kind, count, milliseconds }) => [
          ...[setting, `motley ${variant}`, kind, String(count)],
          ...[show(milliseconds), `${((100 * milliseconds) / total).toFixed(0)} %`],
        ]);
    }),
  );
  const clock = steps.some(({ variants: { mot } }) => mot.timing === "waiting")
    ? "by waiting"
    : "by its clock";
  return `Where a step's time goes on the GPU, ${clock}:\n\n${table(["setting", "step of", "kernel", "launches", "ms", "share"], rows)}`;
}

function tuningTable(steps: readonly SettingSteps[]): string {
  const rows = steps.flatMap(({ setting, tuning, forms }) =>
    tuning.map((each) => [
      ...[setting, each.forms, show(each.milliseconds)],
      each.forms === forms ? "taken" : "",
    ]),
  );
  return `A dense step by forms of its kernels:\n\n${table(["setting", "forms", "ms", ""], rows)}`;
}
