// cuda-turns.ts: Motley and PyTorch on one GPU, taking turns.
// In: a setting, a host, PyTorch. Out: figures of our variants alone and side by side, of cuBLAS and SDPA at the shapes
// that the step has, and of every way to run the peer.

import { costOf } from "../../src/lower/cost.ts";
import { peerArguments } from "./contenders.ts";
import type { Host, Precision } from "./cuda-host.ts";
import {
  attentionTimes,
  flopsOf,
  nameOf,
  type ProductLaunch,
  productLaunches,
  timesByKind,
} from "./cuda-launches.ts";
import type {
  CublasFigures,
  PeerTurns,
  SettingFigures,
  TorchAttention,
  VariantFigures,
} from "./cuda-results.ts";
import type { CudaSetting, Variant } from "./cuda-settings.ts";
import { openRunner, type Runner } from "./cuda-steps.ts";
import { halves } from "./model.ts";
import { median } from "./statistics.ts";
import type { TorchProcess } from "./torch-process.ts";

export type Pace = {
  /** Turns; and steps of each contender in a turn. */
  readonly rounds: number;
  readonly steps: number;
  readonly warmups: number;
  /** Steps whose launches are timed one by one. */
  readonly profiles: number;
};

/** A first loss further than this from that of guessing means that a contender trains something else. */
const lossTolerance = 0.5;
const textShare = 0.7;

/** Our two variants: alone and profiled, then in turns on 70 % text. */
export async function measureOurs(
  setting: CudaSetting,
  host: Host,
  precision: Precision,
  pace: Pace,
): Promise<Omit<SettingFigures, "peers" | "torchAttention">> {
  const { name, sizes, models } = setting;
  const [half, uneven] = [halves(sizes, 0.5), halves(sizes, textShare)];
  const runners: Runner[] = [];
  const open = async (variant: Variant): Promise<Runner> => {
    const runner = await openRunner(host, models[variant], precision, half);
    runners.push(runner);
    checkLoss(`motley ${variant}`, setting, runner.firstLoss);
    return runner;
  };
  try {
    const both = { dense: await open("dense"), mot: await open("mot") };
    const steps = { dense: await stepsOf(both.dense, half, pace), mot: await stepsOf(both.mot, half, pace) };
    const profiles = {
      dense: await profilesOf(both.dense, half, pace),
      mot: await profilesOf(both.mot, uneven, pace),
    };
    const figures = (variant: Variant): VariantFigures => {
      const { artifact, parameters, memoryBytes, coldMs, firstLoss } = both[variant];
      const kinds = timesByKind(artifact, profiles[variant]);
      return { parameters, memoryBytes, coldMs, firstLoss, kinds, launches: artifact.launches.length };
    };
    const { artifact } = both.dense;
    const { flopsPerToken } = costOf(models.dense, sizes.context);
    return {
      ...{ setting: name, sizes, steps, flopsPerStep: flopsPerToken * sizes.batch * sizes.context },
      variants: { dense: figures("dense"), mot: figures("mot") },
      uneven: await unevenTurns(both, uneven, pace),
      products: productLaunches(artifact, profiles.dense),
      attention: attentionTimes(artifact, profiles.dense, sizes.layers),
    };
  } finally {
    for (const { close } of runners) await close();
  }
}

type Batch = ReturnType<typeof halves>;

async function stepsOf(
  runner: Runner,
  batch: Batch,
  { rounds, steps, warmups }: Pace,
): Promise<readonly number[]> {
  for (let i = 0; i < warmups; i += 1) await runner.step(batch);
  const taken: number[] = [];
  for (let i = 0; i < rounds * steps; i += 1) taken.push(await runner.step(batch));
  return taken;
}

async function profilesOf(runner: Runner, batch: Batch, { profiles }: Pace) {
  const taken = [];
  for (let i = 0; i < profiles; i += 1) taken.push(await runner.profile(batch));
  return taken;
}

/** One step each, the order turned around every time. */
async function unevenTurns(
  { dense, mot }: Readonly<Record<Variant, Runner>>,
  batch: Batch,
  { rounds, steps, warmups }: Pace,
): Promise<NonNullable<SettingFigures["uneven"]>> {
  const turns = [
    ["dense", () => dense.gradient(batch)],
    ["mot", () => mot.gradient(batch)],
    ["denseWhole", () => dense.step(batch)],
    ["motWhole", () => mot.step(batch)],
    ["twin", () => mot.step(batch)],
  ] as const;
  const taken: Record<(typeof turns)[number][0], number[]> = {
    ...{ dense: [], mot: [], denseWhole: [], motWhole: [], twin: [] },
  };
  for (let i = -warmups; i < rounds * steps; i += 1)
    for (const [name, run] of i % 2 === 0 ? turns : turns.toReversed()) {
      const milliseconds = await run();
      if (i >= 0) taken[name].push(milliseconds);
    }
  return taken;
}

/** Operations that a burst of products should have: long enough to time, and not endless. */
const burstFlops = 2e12;

/** cuBLAS on every distinct product of these launches. */
export async function measureCublas(
  torch: TorchProcess,
  launches: readonly ProductLaunch[],
  rounds: number,
): Promise<readonly CublasFigures[]> {
  const distinct = new Map(
    launches.flatMap(({ products }) => products.map((one) => [nameOf(one), one] as const)),
  );
  const found: CublasFigures[] = [];
  for (const product of distinct.values()) {
    const repeats = Math.max(4, Math.min(200, Math.ceil(burstFlops / flopsOf(product))));
    const { milliseconds } = await torch.ask<Milliseconds>({ op: "matmul", ...product, repeats, rounds });
    found.push({ product, milliseconds });
  }
  return found;
}

type Milliseconds = { readonly milliseconds: readonly number[] };

export async function measureCeilings(
  torch: TorchProcess,
  {
    copyBytes,
    square,
    rounds,
  }: { readonly copyBytes: number; readonly square: number; readonly rounds: number },
): Promise<{ readonly gigabytes: readonly number[]; readonly teraflops: readonly number[] }> {
  const copy = await torch.ask<Milliseconds>({ op: "copy", bytes: copyBytes, rounds: 3 * rounds });
  const product = { kind: "forward", rows: square, out: square, inner: square } as const;
  const repeats = Math.max(2, Math.ceil((4 * burstFlops) / flopsOf(product) / 2));
  const mm = await torch.ask<Milliseconds>({
    op: "matmul",
    ...product,
    repeats: Math.min(repeats, 8),
    rounds,
  });
  return {
    gigabytes: copy.milliseconds.map((ms) => (2 * copyBytes) / ms / 1e6),
    teraflops: mm.milliseconds.map((ms) => flopsOf(product) / ms / 1e9),
  };
}

type Implementations = {
  readonly implementations: Readonly<
    Record<string, { readonly forward?: readonly number[]; readonly both?: readonly number[] }>
  >;
};

/** The fastest implementation of SDPA at a setting's sizes, forward and backward together. */
export async function measureAttention(
  torch: TorchProcess,
  { sizes }: CudaSetting,
  rounds: number,
): Promise<TorchAttention> {
  const { batch, heads, context, dim } = sizes;
  const shape = { batch, heads, context, width: dim / heads };
  const { implementations } = await torch.ask<Implementations>({
    op: "attention",
    ...shape,
    repeats: 10,
    rounds,
  });
  const ran = Object.entries(implementations).flatMap(([implementation, { forward, both }]) =>
    forward === undefined || both === undefined ? [] : [{ implementation, forward, both }],
  );
  const best = ran.sort((a, b) => median(a.both) - median(b.both))[0];
  if (best === undefined) throw new Error("no implementation of SDPA takes these sizes");
  return best;
}

export type PeerWay = {
  readonly name: string;
  readonly variant: Variant;
  readonly options: readonly string[];
};

/** Every routing in every mode; without compiling as well. */
export function peerWays(modes: readonly string[]): readonly PeerWay[] {
  return modes.flatMap((mode) => {
    const compile = mode === "eager" ? [] : ["--compile", "--mode", mode];
    const routed = ["sorted", "mask"].map((routing) => ({
      name: `mot ${routing} ${mode}`,
      variant: "mot" as const,
      options: ["--variant", "mot", "--routing", routing, ...compile],
    }));
    return [
      { name: `dense ${mode}`, variant: "dense" as const, options: ["--variant", "dense", ...compile] },
      ...routed,
    ];
  });
}

type Opened = {
  readonly parameters: number;
  readonly loss: number;
  readonly memoryBytes: number;
  readonly seconds: number;
};

/** One way to run the peer, opened, and in turns with our runner of the same variant. */
export async function measurePeer(
  torch: TorchProcess,
  {
    program,
    device,
    way,
    setting,
    runner,
    pace,
  }: {
    readonly program: string;
    readonly device: "cuda" | "cpu";
    readonly way: PeerWay;
    readonly setting: CudaSetting;
    readonly runner: Runner;
    readonly pace: Pace;
  },
): Promise<PeerTurns> {
  const kind = device === "cuda" ? ["--device", "cuda", "--dtype", "bfloat16"] : ["--device", "cpu"];
  const opened = await torch.ask<Opened>({
    op: "open",
    program,
    arguments: [...peerArguments(setting.sizes), ...kind, "--steps", String(pace.warmups), ...way.options],
  });
  checkLoss(`torch ${way.name}`, setting, opened.loss);
  const batch = halves(setting.sizes, 0.5);
  const [ours, theirs]: [number[], number[]] = [[], []];
  let { memoryBytes } = opened;
  for (let round = 0; round < pace.rounds; round += 1) {
    const own: number[] = [];
    for (let step = 0; step < pace.steps; step += 1) own.push(await runner.step(batch));
    ours.push(median(own));
    const answer = await torch.ask<Milliseconds & { readonly memoryBytes: number }>({
      op: "steps",
      count: pace.steps,
    });
    theirs.push(median(answer.milliseconds));
    memoryBytes = Math.max(memoryBytes, answer.memoryBytes);
  }
  const { parameters, seconds } = opened;
  return { name: way.name, variant: way.variant, parameters, seconds, memoryBytes, ours, theirs };
}

/** After a few steps a loss is still near that of guessing, unless a contender trains something else. */
function checkLoss(who: string, { name, sizes }: CudaSetting, loss: number): void {
  const guessing = Math.log(sizes.text + sizes.image);
  if (!(Math.abs(loss - guessing) < lossTolerance))
    throw new Error(`${who} of ${name} is at a loss of ${loss}; guessing has ${guessing}`);
}
