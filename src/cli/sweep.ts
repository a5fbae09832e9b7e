// sweep.ts: `motley compare --sweep 3e-4,1e-3`: every variant at every learning rate, and which is best for which.
// In: a race and rates. Out: folders `lr-RATE/VARIANT`, and per variant the rate with the lowest loss. One shared rate is
// no fair comparison: what helps a dense model may be too much, or too little, for its towers.
// All variants run side by side at one rate, then at the next. A rate at which a loss stops being a number is out.

import { join } from "node:path";
import { readRecord, type SweepPoint, sweepPoint } from "../index.ts";
import { type Race, runRace } from "./compare-race.ts";
import { Failure } from "./failure.ts";
import { tell } from "./output.ts";
import { rateName } from "./table.ts";
import { withRate } from "./training.ts";

/** What a sweep found for a variant. */
export type Swept = {
  readonly lr: number;
  readonly sweep: readonly SweepPoint[];
  /** The run at that rate. */
  readonly folder: string;
};

/** By variant; `undefined` if it was interrupted. */
export async function sweepRates(
  race: Race,
  rates: readonly number[],
  root: string,
): Promise<ReadonlyMap<string, Swept> | undefined> {
  const diverged = new Set<string>();
  for (const rate of rates) {
    tell(`learning rate ${rateName(rate)}`);
    const models = race.models.map((model) => withRate(model, rate));
    const isWhole = await runRace({ ...race, models }, folderOf(root, rate), (variant) => {
      tell(`${variant} diverges at ${rateName(rate)}`);
      diverged.add(`${rate} ${variant}`);
    });
    if (!isWhole) return undefined;
  }
  return new Map(
    race.models.map(({ variant }) => {
      const sweep = rates.map((rate) => {
        const isLost = diverged.has(`${rate} ${variant}`);
        return sweepPoint(rate, isLost ? undefined : readRecord(join(folderOf(root, rate), variant)));
      });
      const lr = bestRate(variant, sweep);
      return [variant, { lr, sweep, folder: join(folderOf(root, lr), variant) }];
    }),
  );
}

/** The rate with the lowest total: of validation, else of the smoothed training loss. */
function bestRate(variant: string, sweep: readonly SweepPoint[]): number {
  const finished = sweep.filter(({ final }) => final !== null);
  const totalOf = ({ final }: SweepPoint): number =>
    final?.val.total ?? final?.train.total ?? Number.POSITIVE_INFINITY;
  const [first, ...others] = finished;
  if (first === undefined)
    throw new Failure(`\`${variant}\` diverges at every rate of the sweep`, "add smaller ones");
  const best = others.reduce((a, b) => (totalOf(b) < totalOf(a) ? b : a), first);
  const all = sweep.map(({ lr }) => lr);
  const edge =
    best.lr === Math.max(...all) ? "largest" : best.lr === Math.min(...all) ? "smallest" : undefined;
  if (edge !== undefined && all.length > 1)
    tell(`${variant} is best at the ${edge} rate, ${rateName(best.lr)}: one beyond it may be better still`);
  return best.lr;
}

const folderOf = (root: string, rate: number): string => join(root, `lr-${rateName(rate)}`);
