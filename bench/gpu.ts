// gpu.ts: `npm run bench:gpu`: what the GPU target does on the GPU of this machine, beside jax-js on the same one.
// In: which parts, how many rounds. Out: tables on stdout, everything measured in bench/results/DATE-gpu.json, which is
// written anew after every part. Without a GPU there is nothing to measure; `--software` tries all of it, in small, on a
// GPU in software that the tests bring, and `--software --figures` counts what is the same on every GPU.
//   npm run bench:gpu -- [--parts ceilings,matmul,steps] [--settings chameleon,dim768] [--only motley,jax]
//                        [--rounds 5] [--steps 8] [--software] [--figures] [--out FILE]

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { checkSource } from "../src/check/load.ts";
import type { Model } from "../src/check/model.ts";
import { compile } from "../src/compile.ts";
import type { Batch } from "../src/runtime/batch.ts";
import { measureRoofline } from "../src/runtime/roofline.ts";
import { openWebgpuDevice } from "../src/runtime/webgpu.ts";
import { findAdapter } from "../src/runtime/webgpu-node.ts";
import { openSharedGpu } from "../src/runtime/webgpu-pipelines.ts";
import type { AdapterTraits } from "../src/runtime/webgpu-traits.ts";
import { fastest, timePrograms } from "../src/runtime/webgpu-tune.ts";
import { engineOf, formsFor, type KernelForms, type WgslEngine } from "../src/targets/wgsl.ts";
import { wgslRoofline } from "../src/targets/wgsl-roofline.ts";
import { softwareGpuEnvironment } from "../test/support/software-gpu.ts";
import { unpackProblem } from "../test/support/unpack.ts";
import { peerArguments } from "./support/contenders.ts";
import { measureHost } from "./support/gpu-host.ts";
import { formsName, type JaxPeer, measureProducts, openJaxPeer, tileName } from "./support/gpu-matmul.ts";
import type { GpuResults, PeerSteps, Series, SettingSteps } from "./support/gpu-results.ts";
import { gpuSettings, productShapes, squares, tinySettings } from "./support/gpu-shapes.ts";
import { type GpuStep, openRunner, type StepRunner } from "./support/gpu-steps.ts";
import { gpuMarkdown, softwareWarning } from "./support/gpu-table.ts";
import { dawnVersion, describeCommit, describeMachine, jaxVersion } from "./support/machine.ts";
import { checkedModel, halves, type Sizes } from "./support/model.ts";

const { values } = parseArgs({
  options: {
    parts: { type: "string" },
    settings: { type: "string" },
    only: { type: "string", default: "motley,jax" },
    rounds: { type: "string" },
    steps: { type: "string" },
    software: { type: "boolean", default: false },
    figures: { type: "boolean", default: false },
    out: { type: "string" },
  },
});
const { software, figures: isCounting } = values;
/** Of the uneven mix. */
const textShare = 0.7;
const maximumRunMs = 30 * 60_000;
/** A first loss further than this from that of guessing means that a contender trains something else. */
const lossTolerance = 0.5;

const rounds = Number(values.rounds ?? (software ? 1 : 5));
const stepsPerRound = Number(values.steps ?? (isCounting ? 3 : software ? 2 : 8));
const warmupSteps = software ? 1 : 2;
/** Steps whose kernels are timed one by one; in software that says nothing. */
const profiles = isCounting && software ? 0 : 3;
const parts = new Set((values.parts ?? (isCounting ? "steps" : "ceilings,matmul,steps")).split(","));
const known = software && !isCounting ? tinySettings : gpuSettings;
const wanted = (values.settings ?? (isCounting ? "chameleon" : Object.keys(known).join(","))).split(",");
const settings = Object.entries(known).filter(([name]) => wanted.includes(name));
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const loadBefore = loadavg()[0] ?? 0;

const { adapter, traits } = await findGpu();
/** One device for everything of ours: a shader is compiled once, whichever shape, model or variant wants it. */
const shared = await openSharedGpu(adapter);
if (software) say(softwareWarning);
const hasJax = existsSync(here("./peers/jax/node_modules/@jax-js/jax"));
const wantsJax = !isCounting && values.only.split(",").includes("jax");
let results = emptyResults();
if (wantsJax && !hasJax) miss("jax-js", "not installed; npm ci --prefix bench/peers/jax");
if (parts.has("ceilings")) await measureCeilings();
if (parts.has("matmul")) await measureMatmul();
if (parts.has("steps")) for (const [setting, sizes] of settings) await measureSetting(setting, sizes);
process.stdout.write(`${gpuMarkdown(results)}\n\n${outPath()}\n`);
process.exit(0);

/** The GPU. Ends the process where there is none, or after running all of this where there is one. */
async function findGpu(): Promise<{ readonly adapter: GPUAdapter; readonly traits: AdapterTraits }> {
  const found = await findAdapter({ software });
  if (found.adapter !== undefined) return found;
  const isSecond = process.env.GPU_BENCH_IN_SOFTWARE === "1";
  if (software && !isSecond && unpackProblem() === undefined) {
    const env = { ...process.env, ...(await softwareGpuEnvironment()), GPU_BENCH_IN_SOFTWARE: "1" };
    const { status } = spawnSync(process.execPath, process.argv.slice(1), { stdio: "inherit", env });
    process.exit(status ?? 1);
  }
  const why = software ? (unpackProblem() ?? found.reason) : found.reason;
  const advice = software ? "" : "; `-- --software` tries this benchmark without one";
  say(`nothing to measure: ${why}${advice}`);
  process.exit(1);
}

/** What to try. In software the last runs fastest by far, which has few threads that do much; the first compiles fastest. */
function formsToTry(): readonly KernelForms[] {
  const all = formsFor(engineOf(traits).limits);
  return software ? all.slice(isCounting ? -1 : 0).slice(0, 1) : all;
}

/** One for every tile and width of weights. */
function productEngines(): readonly WgslEngine[] {
  const tiles = new Map(formsToTry().map(({ tile }) => [tileName({ tile }), tile]));
  return [...tiles.values()].flatMap((tile) => [false, true].map((half) => engineOf(traits, { tile, half })));
}

async function measureCeilings(): Promise<void> {
  say("ceilings");
  const { gflopsPerThread, gigabytesPerThread } = await measureRoofline(
    wgslRoofline(engineOf(traits)),
    (artifact) => openWebgpuDevice(artifact, { shared }),
  );
  keep({ ceilings: { gflops: gflopsPerThread, gigabytes: gigabytesPerThread } });
}

async function measureMatmul(): Promise<void> {
  const jax = await jaxPeer();
  const ofSettings = settings.flatMap(([name, each]) => productShapes(name, each));
  const shapes = software ? ofSettings.slice(0, 2) : [...ofSettings, ...squares([1024, 2048, 4096])];
  // Of a GPU whose ceiling is unknown, and of one in software, products run in shorter bursts.
  const gflops = software ? 0 : (results.ceilings?.gflops ?? 1000);
  const measuring = { shared, gflops, rounds: software ? 1 : Math.max(rounds, 5), jax };
  for (const shape of shapes) {
    say(`matmul ${shape.name}`);
    try {
      keep({ products: [...results.products, await measureProducts(shape, productEngines(), measuring)] });
    } catch (error) {
      miss(`matmul ${shape.name}`, reasonOf(error));
    }
  }
}

async function jaxPeer(): Promise<JaxPeer | undefined> {
  if (!wantsJax || !hasJax) return undefined;
  try {
    const peer = await openJaxPeer(software);
    if (peer.adapter === traits.name || peer.adapter === "") return peer;
    miss("jax-js's products", `it took another GPU, ${peer.adapter}`);
  } catch (error) {
    miss("jax-js's products", reasonOf(error));
  }
  return undefined;
}

async function measureSetting(setting: string, sizes: Sizes): Promise<void> {
  const models = { dense: modelOf(setting, sizes, "dense"), mot: modelOf(setting, sizes, "mot") };
  const runners: StepRunner[] = [];
  try {
    const { engine, tuning } = await chooseForms(setting, models.dense);
    say(`${setting}: compiling the kernels of two variants`);
    const open = async (model: Model): Promise<StepRunner> => {
      const runner = await openRunner(model, engine, shared, halves(sizes, 0.5));
      runners.push(runner);
      return runner;
    };
    const both = { dense: await open(models.dense), mot: await open(models.mot) };
    const { series, peers } = await takeRounds(setting, sizes, both);
    const variants = { dense: await both.dense.figures(profiles), mot: await both.mot.figures(profiles) };
    checkLosses(setting, sizes, variants);
    const host = await hostOf(setting, models, halves(sizes, 0.5));
    const measured = { setting, sizes, ...host, forms: formsName(engine), tuning, variants, series, peers };
    keep({ steps: [...results.steps, measured] });
  } catch (error) {
    miss(`steps of ${setting}`, reasonOf(error));
  } finally {
    for (const { close } of runners) await close();
  }
}

async function hostOf(
  setting: string,
  models: Readonly<Record<"dense" | "mot", Model>>,
  batch: Batch,
): Promise<Pick<SettingSteps, "host">> {
  say(`${setting}: JavaScript alone`);
  try {
    return { host: await measureHost(models, batch) };
  } catch (error) {
    miss(`JavaScript alone, ${setting}`, reasonOf(error));
    return {};
  }
}

/** The example itself where it is the setting; the same text at other sizes elsewhere. */
function modelOf(setting: string, sizes: Sizes, variant: string): Model {
  if (setting !== "chameleon") return checkedModel(sizes, variant);
  const text = readFileSync(here("../examples/chameleon.mot"), "utf8");
  const { model } = checkSource({ name: "chameleon.mot", text }, () => undefined, { variant });
  if (model === undefined) throw new Error("examples/chameleon.mot has a mistake");
  return model;
}

/** As the command line does it: by whole steps. */
async function chooseForms(
  setting: string,
  model: Model,
): Promise<{ readonly engine: WgslEngine; readonly tuning: SettingSteps["tuning"] }> {
  const engines = formsToTry().map((forms) => engineOf(traits, forms));
  const [only = engineOf(traits)] = engines;
  if (engines.length === 1) return { engine: only, tuning: [] };
  say(`${setting}: timing ${engines.length} forms of the kernels`);
  const times = await timePrograms(
    engines.map((engine) => compile(model, { purpose: "train", engine })),
    (artifact) => openWebgpuDevice(artifact, { shared }),
  );
  const tuning = engines.map((engine, i) => ({
    forms: formsName(engine),
    milliseconds: times[i] ?? Number.NaN,
  }));
  return { engine: engines[fastest(times)] ?? only, tuning };
}

type Turn = Omit<Series, "steps"> & { readonly run: () => Promise<GpuStep> };

/** Both variants in turns, the first alternating, on both mixes; after each round the peers, in processes of their own. */
async function takeRounds(
  setting: string,
  sizes: Sizes,
  { dense, mot }: Readonly<Record<"dense" | "mot", StepRunner>>,
): Promise<{ readonly series: readonly Series[]; readonly peers: readonly PeerSteps[] }> {
  const [half, uneven] = [halves(sizes, 0.5), halves(sizes, textShare)];
  const turns: readonly Turn[] = [
    { variant: "dense", mix: "half", isTwin: false, run: () => dense.step(half) },
    { variant: "mot", mix: "half", isTwin: false, run: () => mot.step(half) },
    { variant: "dense", mix: "uneven", isTwin: false, run: () => dense.step(uneven, true) },
    { variant: "mot", mix: "uneven", isTwin: false, run: () => mot.step(uneven, true) },
    { variant: "mot", mix: "uneven", isTwin: true, run: () => mot.step(uneven, true) },
  ];
  const series: Series[] = [];
  const peers = new Map<string, PeerSteps["rounds"][number][]>();
  for (let warmup = 0; warmup < warmupSteps; warmup += 1) for (const { run } of turns) await run();
  for (let round = 0; round < rounds; round += 1) {
    say(`${setting}: round ${round + 1}/${rounds}`);
    const taken = turns.map((): GpuStep[] => []);
    for (let step = 0; step < stepsPerRound; step += 1) {
      const order = [...turns.keys()];
      for (const at of step % 2 === 0 ? order : order.toReversed()) {
        const result = await turns[at]?.run();
        if (result !== undefined) taken[at]?.push(result);
      }
    }
    for (const [at, { run: _run, ...turn }] of turns.entries())
      series.push({ ...turn, steps: taken[at] ?? [] });
    for (const [name, options] of peerList()) {
      const figures = runPeer(name, setting, sizes, options);
      if (figures !== undefined) peers.set(name, [...(peers.get(name) ?? []), figures]);
    }
  }
  return { series, peers: [...peers].map(([contender, of]) => ({ contender, rounds: of })) };
}

function peerList(): readonly (readonly [name: string, options: readonly string[]])[] {
  if (!wantsJax || !hasJax) return [];
  const all = [
    ["jax-js dense", ["--variant", "dense"]],
    ["jax-js mot sorted", ["--variant", "mot", "--routing", "sorted"]],
    ["jax-js mot where", ["--variant", "mot", "--routing", "where"]],
  ] as const;
  return software ? all.slice(1, 2) : all;
}

/** One process; one that fails is missing, and is not started again. */
function runPeer(
  name: string,
  setting: string,
  sizes: Sizes,
  options: readonly string[],
): PeerSteps["rounds"][number] | undefined {
  const label = `${name}, steps of ${setting}`;
  if (results.missing.some((each) => each.name === label)) return undefined;
  const args = [
    here("./peers/jax/mot_jax.mjs"),
    ...peerArguments(sizes),
    ...["--device", "webgpu", ...(software ? ["--software"] : [])],
    ...["--steps", String(stepsPerRound), "--warmup", String(warmupSteps)],
    ...options,
  ];
  try {
    const text = execFileSync(process.execPath, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: maximumRunMs,
    });
    const { milliseconds, submits, firstLoss } = JSON.parse(text) as PeerFigures;
    checkLoss(name, sizes, firstLoss);
    return { milliseconds, submits };
  } catch (error) {
    miss(label, reasonOf(error));
    return undefined;
  }
}

type PeerFigures = PeerSteps["rounds"][number] & { readonly firstLoss: number };

function checkLosses(setting: string, sizes: Sizes, variants: SettingSteps["variants"]): void {
  for (const [variant, { firstLoss }] of Object.entries(variants))
    checkLoss(`motley ${variant} of ${setting}`, sizes, firstLoss);
}

function checkLoss(who: string, { text, image }: Sizes, firstLoss: number): void {
  const guessing = Math.log(text + image);
  if (!(Math.abs(firstLoss - guessing) < lossTolerance))
    throw new Error(`${who} starts at a loss of ${firstLoss}; guessing has ${guessing}`);
}

function reasonOf(error: unknown): string {
  const { stderr } = error as { readonly stderr?: unknown };
  const texts = [stderr, error instanceof Error ? error.message : error];
  const lines = texts.flatMap((text) => (typeof text === "string" ? text.split("\n") : []));
  return (lines.find((line) => /Error\b/.test(line)) ?? lines.find((line) => line !== "") ?? "?").trim();
}

function miss(name: string, why: string): void {
  say(`MISSING ${name}: ${why}`);
  keep({ missing: [...results.missing, { name, why }] });
}

function outPath(): string {
  const kind = software ? "gpu-software" : "gpu";
  return values.out ?? here(`./results/${results.date}-${kind}.json`);
}

/** Adds to the results and writes them, whole or not at all. */
function keep(more: Partial<GpuResults>): void {
  results = { ...results, ...more, load: [loadBefore, loadavg()[0] ?? 0] };
  const out = outPath();
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(`${out}.part`, `${JSON.stringify(results, undefined, 1)}\n`);
  renameSync(`${out}.part`, out);
}

function emptyResults(): GpuResults {
  const [dawn, jax] = [dawnVersion(), jaxVersion()];
  return {
    format: 1,
    date: new Date().toISOString().slice(0, 10),
    ...describeCommit(),
    machine: describeMachine(),
    versions: {
      ...{ node: process.versions.node, v8: process.versions.v8 },
      ...(dawn === undefined ? {} : { "webgpu (Dawn)": dawn }),
      ...(jax === undefined || !wantsJax ? {} : { "jax-js": jax }),
    },
    load: [loadBefore, loadBefore],
    adapter: traits,
    missing: [],
    products: [],
    steps: [],
  };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
