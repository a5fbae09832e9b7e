// ratio.ts: what untying modalities costs: a MoT's step against the dense one's, at equal shapes and equal FLOPs.
// In: a setting and a mix. Out: one line of JSON: ratios pair by pair, with the update apart (it has more parameters).
// Both models live in one process and step in turns, the first one alternating, so that a disturbance meets both;
// every step is followed by its update, so that caches are as in training.
//   node bench/ratio.ts [--setting chameleon] [--pairs 40] [--text-share 0.7] [--turbo]

import { parseArgs } from "node:util";
import { type Opened, openBench, settings } from "./support/model.ts";
import { median, pairwise, type Spread, spreadOf } from "./support/statistics.ts";

const { values } = parseArgs({
  options: {
    setting: { type: "string", default: "chameleon" },
    pairs: { type: "string", default: "40" },
    threads: { type: "string", default: "2" },
    "text-share": { type: "string", default: "0.7" },
    turbo: { type: "boolean", default: false },
  },
});
/** Pairs before the first that counts. */
const warmupPairs = 4;

/** What this file prints. */
export type RatioFigures = {
  readonly setting: string;
  readonly turbo: boolean;
  readonly engine: Opened["engine"];
  readonly textShare: number;
  readonly pairs: number;
  readonly withoutUpdate: Spread;
  readonly withUpdate: Spread;
  /** Of a whole step. */
  readonly updateShare: { readonly dense: number; readonly mot: number };
  readonly times: { readonly dense: Timed; readonly mot: Timed };
};

type Timed = { readonly step: number[]; readonly update: number[] };

const sizes = settings[values.setting as keyof typeof settings];
if (sizes === undefined) throw new Error(`--setting is one of ${Object.keys(settings).join(", ")}`);
const textShare = Number(values["text-share"]);
const options = { threads: Number(values.threads), textShare, turbo: values.turbo };
const dense = await openBench(sizes, "dense", options);
const mot = await openBench(sizes, "mot", options);
const times = { dense: emptyTimes(), mot: emptyTimes() };

for (let pair = -warmupPairs; pair < Number(values.pairs); pair += 1) {
  const turns = [
    { opened: dense, timed: times.dense },
    { opened: mot, timed: times.mot },
  ];
  for (const { opened, timed } of pair % 2 === 0 ? turns : turns.toReversed())
    await measure(opened, pair < 0 ? emptyTimes() : timed);
}
const totals = ({ step, update }: Timed) => step.map((ms, i) => ms + (update[i] ?? Number.NaN));
const figures: RatioFigures = {
  setting: values.setting,
  turbo: values.turbo,
  engine: mot.engine,
  textShare,
  pairs: times.mot.step.length,
  withoutUpdate: spreadOf(pairwise(times.mot.step, times.dense.step)),
  withUpdate: spreadOf(pairwise(totals(times.mot), totals(times.dense))),
  updateShare: {
    dense: median(pairwise(times.dense.update, totals(times.dense))),
    mot: median(pairwise(times.mot.update, totals(times.mot))),
  },
  times,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
await dense.session.close();
await mot.session.close();

function emptyTimes(): Timed {
  return { step: [], update: [] };
}

async function measure({ step, update }: Opened, timed: Timed): Promise<void> {
  timed.step.push(await step(false));
  timed.update.push(await update());
}
