// cuda.ts: `npm run bench:cuda`: what target `cuda` does on the NVIDIA GPU of this machine, beside PyTorch on the same one.
// In: which parts, sizes and peers, how long. Out: short tables on stdout; everything measured, raw, in a JSON file that is
// written anew after every piece, so that a run that is stopped keeps what it has. `--check` compares instead of timing.

import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findPython } from "./support/contenders.ts";
import { type CheckPart, checkParts, runChecks } from "./support/cuda-check.ts";
import { findHost, type Host, type Precision } from "./support/cuda-host.ts";
import type { CudaResults, SettingFigures } from "./support/cuda-results.ts";
import { cudaSettings, readSetting, smokeSetting } from "./support/cuda-settings.ts";
import { openRunner } from "./support/cuda-steps.ts";
import { checkMarkdown, cudaMarkdown } from "./support/cuda-table.ts";
import {
  measureAttention,
  measureCeilings,
  measureCublas,
  measureOurs,
  measurePeer,
  type Pace,
  peerWays,
} from "./support/cuda-turns.ts";
import { describeCommit, describeMachine } from "./support/machine.ts";
import { halves } from "./support/model.ts";
import { startTorch, type TorchProcess } from "./support/torch-process.ts";

const usage = `bench/cuda.ts: Motley's CUDA target beside PyTorch, on the NVIDIA GPU of this machine

  --parts LIST      of ceilings,ours,cublas,attention,peers (all unless given)
  --settings LIST   of ${cudaSettings.join(",")}: bench/specs/mot-NAME.mot (all)
  --modes LIST      of torch.compile, in order: default,reduce-overhead,max-autotune; eager does not compile
  --rounds N        turns of every pair of contenders (5)
  --steps N         steps of each in a turn (8)
  --minutes N       starts nothing more after so long: what is left is named as missing
  --peer FILE       the PyTorch program to measure against (bench/peers/mot_torch.py, or the one the bundle was given)
  --python PATH     a Python that imports torch
  --precision P     bf16 (or f32)
  --out FILE        results (bench/results/DATE-cuda.json)

  --check           compares instead: steps with the interpreter, with WebAssembly, with PyTorch; compute-sanitizer
                    --parts is then of ${checkParts.join(",")}; --brief takes one small spec only
  --smoke           tries everything in small; without a GPU, on a stand-in for one
`;

const { values } = parseArgs({
  options: {
    parts: { type: "string" },
    settings: { type: "string" },
    modes: { type: "string" },
    rounds: { type: "string" },
    steps: { type: "string" },
    minutes: { type: "string" },
    peer: { type: "string" },
    python: { type: "string" },
    precision: { type: "string", default: "bf16" },
    out: { type: "string" },
    check: { type: "boolean", default: false },
    brief: { type: "boolean", default: false },
    smoke: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}

const { smoke } = values;
const precision: Precision = values.precision === "f32" ? "f32" : "bf16";
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const started = performance.now();
const pace: Pace = {
  rounds: Number(values.rounds ?? (smoke ? 2 : 5)),
  steps: Number(values.steps ?? (smoke ? 1 : 8)),
  warmups: smoke ? 1 : 3,
  profiles: smoke ? 1 : 5,
};
const parts = new Set((values.parts ?? "ceilings,ours,cublas,attention,peers").split(","));
const settings = (values.settings ?? (smoke ? smokeSetting : cudaSettings.join(",")))
  .split(",")
  .map(readSetting);
const modes = (values.modes ?? (smoke ? "eager" : "default,max-autotune,reduce-overhead,eager")).split(",");
/** A request that PyTorch needs longer for has failed; the longest is compiling with every kernel tried. */
const longestRequestMs = 9 * 60_000;

const found = await findHost({ smoke });
if (found.host === undefined) {
  say(`nothing to measure: ${found.reason}; \`--smoke\` tries this benchmark without a GPU`);
  process.exit(1);
}
const { host } = found;
const python = findPython(values.python);
const torchDevice = host.isStandIn ? "cpu" : "cuda";
process.exit(values.check ? await compareAll(host) : await measureAll(host));

async function compareAll(on: Host): Promise<number> {
  const wanted = values.parts?.split(",");
  const results = await runChecks({
    host: on,
    parts: checkParts.filter((part: CheckPart) => wanted === undefined || wanted.includes(part)),
    precisions: values.brief ? ["bf16"] : ["f32", "bf16"],
    isBrief: values.brief || smoke,
    settings: values.brief ? [] : settings,
    torch: python === undefined ? undefined : { python, device: torchDevice },
    onResult: ({ name, outcome, detail }) => say(`${outcome}: ${name}: ${detail}`),
  });
  process.stdout.write(`${checkMarkdown(results)}\n`);
  await on.close();
  return results.some(({ outcome }) => outcome === "failed") || results.length === 0 ? 1 : 0;
}

async function measureAll(on: Host): Promise<number> {
  let results = emptyResults(on);
  const keep = (more: Partial<CudaResults>): void => {
    results = { ...results, ...more };
    writeResults(results);
  };
  const attempt = async (name: string, measure: () => Promise<void>): Promise<void> => {
    say(name);
    try {
      if (isLate()) throw new Error(`no time was left after ${values.minutes} minutes`);
      await measure();
    } catch (error) {
      const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
      say(`  ${why}`);
      keep({ missing: [...results.missing, { name, why }] });
    }
  };
  const change = (setting: string, more: (old: SettingFigures) => Partial<SettingFigures>): void =>
    keep({
      settings: results.settings.map((old) => (old.setting === setting ? { ...old, ...more(old) } : old)),
    });
  const torch =
    python === undefined
      ? undefined
      : startTorch({ python, device: torchDevice, timeoutMs: longestRequestMs });
  const withTorch = (measure: (torch: TorchProcess) => Promise<void>) => async (): Promise<void> => {
    if (torch === undefined) throw new Error("no Python here imports torch");
    await measure(torch);
  };
  if (torch !== undefined) keep({ versions: { ...results.versions, ...(await torchVersions(torch)) } });
  if (parts.has("ceilings"))
    await attempt(
      "ceilings",
      withTorch(async (process) => keep({ ceilings: await measureCeilings(process, ceilingSizes()) })),
    );
  for (const setting of settings) {
    const { name } = setting;
    if (parts.has("ours") || parts.has("cublas"))
      await attempt(`${name}: our steps`, async () => {
        const ours = await measureOurs(setting, on, precision, pace);
        keep({ settings: [...results.settings, { ...ours, peers: [] }] });
      });
    const launches = results.settings.find((each) => each.setting === name)?.products ?? [];
    if (parts.has("cublas") && launches.length > 0)
      await attempt(
        `${name}: cuBLAS`,
        withTorch(async (process) => {
          keep({ cublas: [...results.cublas, ...(await measureCublas(process, launches, pace.rounds))] });
        }),
      );
    if (parts.has("attention"))
      await attempt(
        `${name}: SDPA`,
        withTorch(async (process) => {
          const torchAttention = await measureAttention(process, setting, pace.rounds);
          change(name, () => ({ torchAttention }));
        }),
      );
  }
  await torch?.close();
  if (parts.has("peers")) await measurePeers(on, attempt, change);
  process.stdout.write(`${cudaMarkdown(results)}\n\n${outPath()}\n`);
  await on.close();
  return 0;
}

type Attempt = (name: string, measure: () => Promise<void>) => Promise<void>;
type Change = (setting: string, more: (old: SettingFigures) => Partial<SettingFigures>) => void;

/** Mode by mode, so that little time gives every size its first mode; a process and a runner for each. */
async function measurePeers(on: Host, attempt: Attempt, change: Change): Promise<void> {
  const program = peerProgram();
  for (const mode of modes)
    for (const setting of settings)
      for (const way of peerWays([mode]))
        await attempt(`${setting.name}: torch ${way.name}`, async () => {
          if (python === undefined) throw new Error("no Python here imports torch");
          const runner = await openRunner(
            on,
            setting.models[way.variant],
            precision,
            halves(setting.sizes, 0.5),
          );
          const torch = startTorch({ python, device: torchDevice, timeoutMs: longestRequestMs });
          try {
            const options = { program, device: torchDevice, way, setting, runner, pace } as const;
            const peer = await measurePeer(torch, options);
            change(setting.name, ({ peers }) => ({ peers: [...peers, peer] }));
          } finally {
            await torch.close();
            await runner.close();
          }
        });
}

/** The one asked for, else the one that the bundle was given, else ours, which is the same program. */
function peerProgram(): string {
  if (values.peer !== undefined) return values.peer;
  const given = here("./peers/given.py");
  return existsSync(given) ? given : here("./peers/mot_torch.py");
}

function ceilingSizes(): Parameters<typeof measureCeilings>[1] {
  return smoke
    ? { copyBytes: 1 << 24, square: 256, rounds: pace.rounds }
    : { copyBytes: 2 ** 32, square: 8192, rounds: pace.rounds };
}

async function torchVersions(torch: TorchProcess): Promise<Readonly<Record<string, string>>> {
  const { torch: version, cuda } = await torch.ask<{ torch: string; cuda: string | null }>({ op: "hello" });
  return { torch: version, ...(cuda === null ? {} : { cuda }) };
}

function isLate(): boolean {
  return values.minutes !== undefined && performance.now() - started > Number(values.minutes) * 60_000;
}

function emptyResults({ name, isStandIn, facts }: Host): CudaResults {
  return {
    format: 1,
    date: new Date().toISOString().slice(0, 10),
    ...describeCommit(),
    machine: describeMachine(),
    versions: { node: process.versions.node },
    device: { name, isStandIn, facts },
    ...{ missing: [], cublas: [], settings: [] },
  };
}

function outPath(): string {
  const date = new Date().toISOString().slice(0, 10);
  return values.out ?? here(`./results/${date}-cuda${smoke ? "-smoke" : ""}.json`);
}

/** Whole or not at all. */
function writeResults(results: CudaResults): void {
  const path = outPath();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.tmp`, `${JSON.stringify(results)}\n`);
  renameSync(`${path}.tmp`, path);
}

function say(text: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  process.stderr.write(`[${seconds} s] ${text}\n`);
}
