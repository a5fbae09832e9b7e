// step.ts: times one training step of one variant in its own process, as the peers do, and prints one line of JSON.
// node bench/step.ts --setting dim256 --variant mot --threads 2 [--turbo] [--steps 8]

import { parseArgs } from "node:util";
import { median, openBench, settings } from "./support/model.ts";

const { values } = parseArgs({
  options: {
    setting: { type: "string", default: "chameleon" },
    variant: { type: "string", default: "mot" },
    threads: { type: "string", default: "2" },
    steps: { type: "string", default: "12" },
    turbo: { type: "boolean", default: false },
  },
});
const sizes = settings[values.setting as keyof typeof settings];
if (sizes === undefined) throw new Error(`--setting is one of ${Object.keys(settings).join(", ")}`);
const { session, step } = await openBench(sizes, values.variant, { threads: Number(values.threads), turbo: values.turbo });
for (let i = 0; i < 4; i += 1) await step();
const times: number[] = [];
for (let i = 0; i < Number(values.steps); i += 1) times.push(await step());
const milliseconds = median(times);
const tokensPerSecond = (sizes.batch * sizes.context * 1000) / milliseconds;
process.stdout.write(`${JSON.stringify({ setting: values.setting, variant: values.variant, turbo: values.turbo, milliseconds, tokensPerSecond })}\n`);
await session.close();
