// step.ts: times training steps of one variant in a process of its own, as the peers do.
// In: a setting, a variant, threads. Out: one line of JSON: every step's milliseconds and the first step's loss.
// A step is everything a trainer does per batch: shipping the batch, forward, backward, clipping and AdamW.
//   node bench/step.ts --setting dim256 --variant mot --threads 2 [--turbo] [--steps 12]

import { parseArgs } from "node:util";
import { openBench, settings } from "./support/model.ts";

const { values } = parseArgs({
  options: {
    setting: { type: "string", default: "chameleon" },
    variant: { type: "string", default: "mot" },
    threads: { type: "string", default: "2" },
    steps: { type: "string", default: "12" },
    turbo: { type: "boolean", default: false },
  },
});
/** The engine's optimising compiler has replaced every kernel by then. */
const warmupSteps = 4;

const sizes = settings[values.setting as keyof typeof settings];
if (sizes === undefined) throw new Error(`--setting is one of ${Object.keys(settings).join(", ")}`);
const { session, engine, step } = await openBench(sizes, values.variant, {
  threads: Number(values.threads),
  turbo: values.turbo,
});
await step();
const firstLoss = (await session.losses()).total;
for (let i = 1; i < warmupSteps; i += 1) await step();
const milliseconds: number[] = [];
for (let i = 0; i < Number(values.steps); i += 1) milliseconds.push(await step());
const lastLoss = (await session.losses()).total;
const parameters = session.artifact.parameters
  .map(({ shape }) => shape.reduce((product, size) => product * size, 1))
  .reduce((sum, count) => sum + count, 0);
process.stdout.write(
  `${JSON.stringify({ milliseconds, firstLoss, lastLoss, parameters, threads: session.device.threads, engine })}\n`,
);
await session.close();
