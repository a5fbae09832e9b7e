// gpu-results.ts: what a run of the GPU benchmark keeps, and the figures that it is read for.
// In: raw milliseconds and counts. Out: figures beside their goals. Ratios are taken within a round; a GPU in software
// has counts to show, but nothing to judge.

import type { AdapterTraits } from "../../src/runtime/webgpu-traits.ts";
import type { Missing } from "./contenders.ts";
import type { HostFigures } from "./gpu-host.ts";
import { bestOf, type ProductFigures, type Turns } from "./gpu-matmul.ts";
import { type ProductKind, productKinds } from "./gpu-products.ts";
import { flopsOf } from "./gpu-shapes.ts";
import type { GpuStep, VariantFigures } from "./gpu-steps.ts";
import type { Sizes } from "./model.ts";
import type { Figure } from "./results.ts";
import { median, pairwise, spreadOf } from "./statistics.ts";

/** Steps of one contender in one round, on one mix of modalities. */
export type Series = {
  readonly variant: "dense" | "mot";
  /** `half`: text and image in equal parts, as the peers have it; `uneven`: 70 % text, the update timed apart. */
  readonly mix: "half" | "uneven";
  /** The same once more, right after: how far two equals come apart. */
  readonly isTwin: boolean;
  readonly steps: readonly GpuStep[];
};

/** A peer's process, once per round. */
export type PeerSteps = {
  readonly contender: string;
  readonly rounds: readonly { readonly milliseconds: readonly number[]; readonly submits: number }[];
};

export type SettingSteps = {
  readonly setting: string;
  readonly sizes: Sizes;
  readonly forms: string;
  /** Milliseconds of a step by forms of the kernels, in the order they were tried. */
  readonly tuning: readonly { readonly forms: string; readonly milliseconds: number }[];
  readonly variants: Readonly<Record<"dense" | "mot", VariantFigures>>;
  /** On a GPU that does nothing; absent where that one is too small for the model. */
  readonly host?: Readonly<Record<"dense" | "mot", HostFigures>>;
  readonly series: readonly Series[];
  readonly peers: readonly PeerSteps[];
};

export type GpuResults = {
  readonly format: 1;
  readonly date: string;
  readonly commit: string;
  readonly isDirty: boolean;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly load: readonly [before: number, after: number];
  readonly adapter: AdapterTraits;
  readonly missing: readonly Missing[];
  /** 10⁹ operations and bytes a second. */
  readonly ceilings?: { readonly gflops: number; readonly gigabytes: number };
  readonly products: readonly ProductFigures[];
  readonly steps: readonly SettingSteps[];
};

/** What DESIGN.md (section 12) and the anchors ask for. */
const goals = { untying: 1.05, overJaxProducts: 1.5, overJaxSteps: 5, hostShare: 0.05 };

export function gpuFigures(results: GpuResults): readonly Figure[] {
  const figures = [...productFigures(results), ...results.steps.flatMap(stepFigures)];
  return results.adapter.isSoftware ? figures.map(({ goal: _goal, ...figure }) => figure) : figures;
}

export function turnsOf({ turns }: ProductFigures, contender: Turns["contender"]): Turns | undefined {
  return turns.find((each) => each.contender === contender);
}

/** 10⁹ operations a second of a contender in the turns it took. */
export function rateOf(figures: ProductFigures, contender: Turns["contender"], kind: ProductKind): number {
  const times = turnsOf(figures, contender)?.milliseconds[kind] ?? [];
  return flopsOf(figures.shape) / (median(times) * 1e6);
}

/** Over all shapes and products: of the ceiling, and of jax-js. */
function productFigures({ products, ceilings }: GpuResults): readonly Figure[] {
  return (["motley f32", "motley f16"] as const).flatMap((contender): readonly Figure[] => {
    const taken = products.filter((product) => turnsOf(product, contender) !== undefined);
    if (taken.length === 0) return [];
    const rates = taken.flatMap((product) => productKinds.map((kind) => rateOf(product, contender, kind)));
    const ratios = taken.flatMap((product) =>
      productKinds.flatMap((kind) => overJax(product, contender, kind)),
    );
    const where = `${taken.length} shapes`;
    return [
      ...(ceilings === undefined
        ? []
        : [
            {
              setting: where,
              what: `${contender} products ÷ multiply-adds in registers`,
              value: spreadOf(rates.map((rate) => rate / ceilings.gflops)),
            },
          ]),
      ...(ratios.length === 0
        ? []
        : [
            {
              setting: where,
              what: `${contender} products ÷ jax-js's WGSL`,
              value: spreadOf(ratios),
              goal: { at: "least" as const, value: goals.overJaxProducts },
            },
          ]),
    ];
  });
}

/** The median over rounds of a shape's ratio; nothing where jax-js did not run. */
export function overJax(
  product: ProductFigures,
  contender: Turns["contender"],
  kind: ProductKind,
): readonly number[] {
  const [ours, theirs] = [turnsOf(product, contender), turnsOf(product, "jax-js")];
  if (ours === undefined || theirs === undefined) return [];
  return [median(pairwise(theirs.milliseconds[kind], ours.milliseconds[kind]))];
}

/** Steps of a variant, one after another. */
export function seriesOf(
  { series }: SettingSteps,
  variant: Series["variant"],
  mix: Series["mix"],
  isTwin = false,
): readonly GpuStep[] {
  return series
    .filter((each) => each.variant === variant && each.mix === mix && each.isTwin === isTwin)
    .flatMap(({ steps }) => steps);
}

const wall = ({ wallMs }: GpuStep): number => wallMs;
const gradient = ({ gradientMs }: GpuStep): number => gradientMs;
const hostMsOf = ({ hostMs, layoutMs }: GpuStep): number => hostMs + layoutMs;

function stepFigures(steps: SettingSteps): readonly Figure[] {
  const { setting } = steps;
  const [dense, mot] = [seriesOf(steps, "dense", "uneven"), seriesOf(steps, "mot", "uneven")];
  const twin = seriesOf(steps, "mot", "uneven", true);
  const ratio = (of: (step: GpuStep) => number, a: readonly GpuStep[], b: readonly GpuStep[]) =>
    spreadOf(pairwise(a.map(of), b.map(of)));
  const least = (value: number) => ({ at: "least" as const, value });
  const most = (value: number) => ({ at: "most" as const, value });
  return [
    {
      setting,
      what: "step without update, MoT ÷ dense, 70/30",
      value: ratio(gradient, mot, dense),
      goal: most(goals.untying),
    },
    { setting, what: "whole step, MoT ÷ dense, 70/30", value: ratio(wall, mot, dense) },
    { setting, what: "whole step, MoT ÷ itself (noise of this run)", value: ratio(wall, twin, mot) },
    ...(["dense", "mot"] as const).map((variant): Figure => {
      const own = seriesOf(steps, variant, "half");
      const shares = own.map((step) => hostMsOf(step) / step.wallMs);
      const what = `JavaScript's share of a step, ${variant}`;
      return { setting, what, value: spreadOf(shares), goal: most(goals.hostShare) };
    }),
    ...(["dense", "mot"] as const).flatMap((variant): readonly Figure[] => {
      const rival = fastestPeer(steps, variant);
      if (rival === undefined) return [];
      const theirs = rival.rounds.map(({ milliseconds }) => median(milliseconds));
      const ours = roundMedians(steps, variant);
      const what = `tokens/s, ${variant} ÷ ${rival.contender}`;
      return [{ setting, what, value: spreadOf(pairwise(theirs, ours)), goal: least(goals.overJaxSteps) }];
    }),
  ];
}

/** By round, of steps with equal parts of text and image. */
function roundMedians({ series }: SettingSteps, variant: Series["variant"]): readonly number[] {
  return series
    .filter((each) => each.variant === variant && each.mix === "half" && !each.isTwin)
    .map(({ steps }) => median(steps.map(wall)));
}

function fastestPeer({ peers }: SettingSteps, variant: string): PeerSteps | undefined {
  const time = ({ rounds }: PeerSteps): number => median(rounds.flatMap(({ milliseconds }) => milliseconds));
  return peers
    .filter(({ contender, rounds }) => contender.split(" ")[1] === variant && rounds.length > 0)
    .sort((a, b) => time(a) - time(b))[0];
}

/** The tile that is fastest over all shapes, weights in 32 bits: what a device likes. */
export function favouriteTile(products: readonly ProductFigures[]): string | undefined {
  const wins = new Map<string, number>();
  for (const { candidates } of products) {
    const best = bestOf(candidates.filter(({ weights }) => weights === "f32"));
    if (best !== undefined) wins.set(best.tile, (wins.get(best.tile) ?? 0) + 1);
  }
  return [...wins].sort((a, b) => b[1] - a[1])[0]?.[0];
}
