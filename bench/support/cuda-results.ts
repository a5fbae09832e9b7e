// cuda-results.ts: what a run of the CUDA benchmark keeps, and the figures that it is read for.
// In: raw milliseconds and bytes. Out: figures beside their goals. Ratios are of what was measured in turns, turn by
// turn; where no GPU ran, there are figures to look at and none to judge.

import type { Missing } from "./contenders.ts";
import { type AttentionTimes, flopsOf, type Product, type ProductLaunch } from "./cuda-launches.ts";
import type { Variant } from "./cuda-settings.ts";
import type { Sizes } from "./model.ts";
import type { Figure } from "./results.ts";
import { median, pairwise, type Spread, spreadOf } from "./statistics.ts";

/** Milliseconds of PyTorch's best implementation, of a layer. */
export type TorchAttention = {
  readonly implementation: string;
  readonly forward: readonly number[];
  readonly both: readonly number[];
};

/** One way to run the peer, opened once, in turns with ours. */
export type PeerTurns = {
  /** `dense max-autotune`, `mot sorted default`. */
  readonly name: string;
  readonly variant: Variant;
  readonly parameters: number;
  /** Until its first step was done: mostly compiling. */
  readonly seconds: number;
  readonly memoryBytes: number;
  /** A turn each, medians of some steps; ours beside it. */
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
};

export type VariantFigures = {
  readonly parameters: number;
  readonly memoryBytes: number;
  readonly coldMs: number;
  readonly firstLoss: number;
  readonly launches: number;
  readonly kinds: readonly {
    readonly kind: string;
    readonly milliseconds: number;
    readonly launches: number;
  }[];
};

export type SettingFigures = {
  readonly setting: string;
  readonly sizes: Sizes;
  /** Operations of a step that the model asks for. */
  readonly flopsPerStep: number;
  readonly variants: Readonly<Partial<Record<Variant, VariantFigures>>>;
  /** Steps on half text, half image, as the peers have it. */
  readonly steps: Readonly<Partial<Record<Variant, readonly number[]>>>;
  /** In turns, 70 % text: without update; whole; and the MoT once more, which is what chance does. */
  readonly uneven?: Readonly<Record<"dense" | "mot" | "denseWhole" | "motWhole" | "twin", readonly number[]>>;
  readonly products: readonly ProductLaunch[];
  readonly attention?: AttentionTimes;
  readonly torchAttention?: TorchAttention;
  readonly peers: readonly PeerTurns[];
};

/** One product by cuBLAS. */
export type CublasFigures = { readonly product: Product; readonly milliseconds: readonly number[] };

export type CudaResults = {
  readonly format: 1;
  readonly date: string;
  readonly commit: string;
  readonly isDirty: boolean;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly device: {
    readonly name: string;
    readonly isStandIn: boolean;
    readonly facts: Readonly<Record<string, string | number>>;
  };
  readonly missing: readonly Missing[];
  /** 10⁹ bytes read and written a second, 10¹² operations a second; by round. */
  readonly ceilings?: { readonly gigabytes: readonly number[]; readonly teraflops: readonly number[] };
  readonly cublas: readonly CublasFigures[];
  readonly settings: readonly SettingFigures[];
};

/** DESIGN.md (section 12), and the anchors that it names. */
const goals = {
  products: 1,
  attention: { forward: 1, backward: 0.95 },
  steps: { dense: 1.25, mot: 1.6 },
  untying: 1.03,
  memory: 0.6,
};

const least = (value: number) => ({ at: "least" as const, value });
const most = (value: number) => ({ at: "most" as const, value });

/** Everything a run can say, in the order of the goals. */
export function cudaFigures(results: CudaResults): readonly Figure[] {
  const figures = results.settings.flatMap((setting) => [
    ...stepFigures(setting),
    ...untyingFigures(setting),
    ...productFigures(results, setting),
    ...attentionFigures(setting),
    ...ceilingFigures(results, setting),
  ]);
  return results.device.isStandIn ? figures.map(({ goal: _goal, ...figure }) => figure) : figures;
}

/** Against the fastest way to run the peer; and what both take. */
function stepFigures({ setting, peers, variants }: SettingFigures): readonly Figure[] {
  return (["dense", "mot"] as const).flatMap((variant): readonly Figure[] => {
    const rival = fastest(peers, variant);
    const own = variants[variant];
    if (rival === undefined || own === undefined) return [];
    const memory = own.memoryBytes / rival.memoryBytes;
    return [
      {
        setting,
        what: `tokens/s, ${variant} ÷ PyTorch (${rival.name})`,
        value: spreadOf(pairwise(rival.theirs, rival.ours)),
        goal: least(goals.steps[variant]),
      },
      {
        setting,
        what: `memory, ${variant} ÷ PyTorch (${rival.name})`,
        value: single(memory),
        goal: most(goals.memory),
      },
      {
        setting,
        what: `first step after, ${variant} ÷ PyTorch`,
        value: single(own.coldMs / 1e3 / rival.seconds),
      },
    ].filter(({ value }) => Number.isFinite(value.median));
  });
}

export function fastest(peers: readonly PeerTurns[], variant: Variant): PeerTurns | undefined {
  return peers
    .filter((peer) => peer.variant === variant && peer.theirs.length > 0)
    .sort((a, b) => median(a.theirs) - median(b.theirs))[0];
}

function untyingFigures({ setting, uneven }: SettingFigures): readonly Figure[] {
  if (uneven === undefined) return [];
  const ratio = (a: readonly number[], b: readonly number[]): Spread => spreadOf(pairwise(a, b));
  return [
    {
      setting,
      what: "step without update, MoT ÷ dense, 70/30",
      value: ratio(uneven.mot, uneven.dense),
      goal: most(goals.untying),
    },
    { setting, what: "whole step, MoT ÷ dense, 70/30", value: ratio(uneven.motWhole, uneven.denseWhole) },
    {
      setting,
      what: "whole step, MoT ÷ itself (noise of this run)",
      value: ratio(uneven.twin, uneven.motWhole),
    },
  ];
}

/** cuBLAS's time for a launch's products ÷ ours; undefined where cuBLAS did not do all of them. */
export function overCublas(cublas: CudaResults["cublas"], launch: ProductLaunch): number | undefined {
  const times = launch.products.map((product) => {
    const found = cublas.find((each) => isSame(each.product, product));
    return found === undefined ? Number.NaN : median(found.milliseconds);
  });
  const ratio = times.reduce((sum, time) => sum + time, 0) / launch.milliseconds;
  return Number.isFinite(ratio) ? ratio : undefined;
}

export function isSame(a: Product, b: Product): boolean {
  return a.kind === b.kind && a.rows === b.rows && a.out === b.out && a.inner === b.inner;
}

/** By launch; the spread is over the launches of a step. */
function productFigures({ cublas }: CudaResults, { setting, products }: SettingFigures): readonly Figure[] {
  const ratios = products.flatMap((launch) => overCublas(cublas, launch) ?? []);
  if (ratios.length === 0) return [];
  const what = `products ÷ cuBLAS, over ${ratios.length} kinds of launches`;
  return [{ setting, what, value: spreadOf(ratios), goal: least(goals.products) }];
}

function attentionFigures({ setting, attention, torchAttention }: SettingFigures): readonly Figure[] {
  if (attention === undefined || torchAttention === undefined) return [];
  const { implementation, forward, both } = torchAttention;
  const backward = both.map((milliseconds, i) => milliseconds - (forward[i] ?? Number.NaN));
  return [
    {
      setting,
      what: `attention forward ÷ SDPA (${implementation})`,
      value: spreadOf(forward.map((theirs) => theirs / attention.forward)),
      goal: least(goals.attention.forward),
    },
    {
      setting,
      what: `attention backward ÷ SDPA (${implementation})`,
      value: spreadOf(backward.map((theirs) => theirs / attention.backward)),
      goal: least(goals.attention.backward),
    },
  ].filter(({ value }) => Number.isFinite(value.median));
}

/** The operations of a step, and those of its products alone, as a share of what cuBLAS reaches on a large square. */
function ceilingFigures({ ceilings }: CudaResults, figures: SettingFigures): readonly Figure[] {
  const { setting, steps, flopsPerStep, products } = figures;
  const ceiling = ceilings === undefined ? Number.NaN : 1e12 * median(ceilings.teraflops);
  if (!Number.isFinite(ceiling)) return [];
  const ofSteps = (steps.dense ?? []).map((milliseconds) => flopsPerStep / (milliseconds / 1e3) / ceiling);
  const rates = products.map(({ products: each, milliseconds }) => {
    const flops = each.reduce((sum, product) => sum + flopsOf(product), 0);
    return flops / (milliseconds / 1e3) / ceiling;
  });
  return [
    { setting, what: "step's operations ÷ the 8192³ product's rate, dense", value: spreadOf(ofSteps) },
    { setting, what: "products' operations ÷ the 8192³ product's rate", value: spreadOf(rates) },
  ].filter(({ value }) => Number.isFinite(value.median));
}

const single = (value: number): Spread => ({ median: value, p10: value, p90: value });
