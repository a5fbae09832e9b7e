// cuda-check.ts: is it right? Steps on a GPU against the interpreter, against WebAssembly and against PyTorch, and what
// compute-sanitizer finds while they run.
// In: a host, what to compare. Out: a line per comparison: passed, failed with the worst tensor, or left out and why.
// Fresh random inputs, weights at which nothing is nearly uniform, batches with modalities and tokens missing.

import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkAllSource } from "../../src/check/load.ts";
import type { Model } from "../../src/check/model.ts";
import type { Batch } from "../../src/runtime/batch.ts";
import { type Tensor, writeSafetensors } from "../../src/runtime/safetensors.ts";
import { learningRate, scheduleOf } from "../../src/runtime/schedule.ts";
import { openSession, type Session } from "../../src/runtime/session.ts";
import { trainStep } from "../../src/runtime/step.ts";
import { randomBatch } from "../../test/support/batches.ts";
import { compareStep, startFrom, worstTensor } from "../../test/support/compare-step.ts";
import { layoutOptions, livelyParameters, modelOf, specText } from "../../test/support/interpreted.ts";
import { roundingOf } from "../../test/support/narrow.ts";
import { type Host, type Precision, wasmHost } from "./cuda-host.ts";
import type { CudaSetting } from "./cuda-settings.ts";
import { halves } from "./model.ts";

export type CheckResult = {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "left out";
  readonly detail: string;
};

export const checkParts = ["interpreter", "wasm", "torch", "sanitizer"] as const;
export type CheckPart = (typeof checkParts)[number];

export type Checking = {
  readonly host: Host;
  readonly parts: readonly CheckPart[];
  readonly precisions: readonly Precision[];
  /** Few and small: for a GPU in emulation, and under compute-sanitizer. */
  readonly isBrief: boolean;
  readonly settings: readonly CudaSetting[];
  /** A Python that imports PyTorch, if there is one, and what it runs on. */
  readonly torch?: { readonly python: string; readonly device: "cuda" | "cpu" } | undefined;
  readonly onResult: (result: CheckResult) => void;
};

/** Relative distances that rounding explains, by precision. bf16 has eight bits, and a step is dozens of products deep. */
const tolerances: Readonly<Record<Precision, { readonly loss: number; readonly tensor: number }>> = {
  f32: { loss: 1e-5, tensor: 2e-4 },
  bf16: { loss: 1e-2, tensor: 6e-2 },
};
/** Of losses over ten steps, against PyTorch in the same precision. */
const lossTolerance: Readonly<Record<Precision, number>> = { f32: 1e-4, bf16: 1e-2 };
const trainedSteps = 10;

export async function runChecks(checking: Checking): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  const check = async (name: string, compare: () => Promise<string | LeftOut>): Promise<void> => {
    const result = await outcomeOf(name, compare);
    results.push(result);
    checking.onResult(result);
  };
  const { parts, precisions } = checking;
  for (const precision of precisions) {
    if (parts.includes("interpreter"))
      for (const each of specsOf(checking))
        await check(`${each.name}, ${precision}, one step ÷ interpreter`, () =>
          againstInterpreter(checking, each, precision),
        );
    for (const setting of checking.settings) {
      const name = `${setting.name}, ${precision}`;
      if (parts.includes("wasm"))
        await check(`${name}, gradients ÷ WebAssembly`, () => againstWasm(checking, setting, precision));
      if (parts.includes("torch"))
        await check(`${name}, ${trainedSteps} steps ÷ PyTorch`, () =>
          againstTorch(checking, setting, precision),
        );
    }
  }
  if (parts.includes("sanitizer"))
    for (const tool of ["memcheck", "racecheck", "synccheck"])
      await check(`compute-sanitizer ${tool}`, () => underSanitizer(checking, tool));
  return results;
}

/** What a comparison throws where it finds a difference, and returns where it cannot be made. */
class Difference extends Error {}
type LeftOut = { readonly why: string };

async function outcomeOf(name: string, compare: () => Promise<string | LeftOut>): Promise<CheckResult> {
  try {
    const found = await compare();
    return typeof found === "string"
      ? { name, outcome: "passed", detail: found }
      : { name, outcome: "left out", detail: found.why };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { name, outcome: "failed", detail: detail.split("\n").slice(0, 3).join(" ") };
  }
}

function judge(what: string, distance: number, tolerance: number): string {
  const found = `${what} ${distance.toExponential(1)}, at most ${tolerance.toExponential(0)}`;
  if (!(distance <= tolerance)) throw new Difference(found);
  return found;
}

type Spec = { readonly name: string; readonly model: Model };

/** Specs that reach every kind of kernel: the examples, and those made to be compared. */
function specsOf({ isBrief }: Checking): readonly Spec[] {
  const made = [
    ["odd", "mixed"],
    ["odd", "mot"],
    ["single", "mot"],
    ["output_norm", "mot"],
    ["arms", "mot"],
  ].map(([name = "", variant = ""]) => ({
    name: `${name} ${variant}`,
    model: modelOf(specText(name), variant),
  }));
  if (isBrief) return made.slice(1, 2);
  const examples = ["chameleon", "transfusion", "experts", "chameleon-speech"].flatMap((name) => {
    const text = readFileSync(fileURLToPath(new URL(`../../examples/${name}.mot`, import.meta.url)), "utf8");
    const { models } = checkAllSource({ name: `${name}.mot`, text }, () => undefined);
    return [...models].map(([variant, model]) => ({ name: `${name} ${variant}`, model }));
  });
  return [...made, ...examples];
}

/** Three steps of one session, some without a modality: what a batch leaves behind would show in the next. */
async function againstInterpreter(
  { host }: Checking,
  { model }: Spec,
  precision: Precision,
): Promise<string> {
  const shape = { batch: 3, context: 19 };
  const session = await open(host, model, precision, shape);
  const { modalities } = layoutOptions(model);
  const everyone = modalities.map((_, m) => m);
  const { optimizer } = session.artifact;
  if (optimizer === undefined) return "nothing to compare: the spec has no optimizer";
  const tolerance = tolerances[precision];
  const rounding = precision === "bf16" ? roundingOf(model, shape) : undefined;
  let found = "";
  try {
    await startFrom(session, livelyParameters(model, 3));
    for (const [index, present] of [everyone, [0], everyone.slice(-2)].entries()) {
      const batch = randomBatch({ ...shape, modalities, seed: 20 + index, present, emptyTail: index / 2 });
      const distance = await compareStep(
        session,
        model,
        batch,
        scheduleOf(optimizer, index + 1, 10),
        rounding,
      );
      judge(`step ${index + 1}: the loss is off by`, distance.loss, tolerance.loss);
      const worst = worstTensor(distance);
      found = judge(`step ${index + 1}: ${worst.name} is off by`, worst.distance, tolerance.tensor);
    }
  } finally {
    await session.close();
  }
  return found;
}

async function open(host: Host, model: Model, precision: Precision, shape: Shape): Promise<Session> {
  const artifact = host.compile(model, precision, shape);
  return openSession(artifact, await host.open(artifact));
}

type Shape = { readonly batch: number; readonly context: number };

const shapeOf = ({ sizes }: CudaSetting): Shape => ({
  batch: Math.min(2, sizes.batch),
  context: Math.min(256, sizes.context),
});

/** At sizes that people train, fewer rows. */
async function againstWasm({ host }: Checking, setting: CudaSetting, precision: Precision): Promise<string> {
  const shape = shapeOf(setting);
  const model = setting.models.mot;
  const parameters = livelyParameters(model, 5);
  const batch = halves({ ...setting.sizes, ...shape }, 0.7);
  const run = async (on: Host): Promise<ReadonlyMap<string, Float32Array>> => {
    const session = await open(on, model, precision, shape);
    try {
      await startFrom(session, parameters);
      session.writeBatch(batch);
      await session.run(["forward", "backward"]);
      const read = new Map([["loss", await session.read("loss")]]);
      for (const { path } of model.parameters) read.set(`grad/${path}`, await session.read(`grad/${path}`));
      return read;
    } finally {
      await session.close();
    }
  };
  const [got, want] = [await run(host), await run(await wasmHost())];
  const norm = Math.sqrt(
    [...want].reduce((sum, [name, values]) => sum + (name === "loss" ? 0 : squares(values)), 0),
  );
  const distances = [...want].map(([name, values]) => ({
    name,
    distance: distanceOf(got.get(name) ?? new Float32Array(), values, name === "loss" ? 0 : 1e-3 * norm),
  }));
  const worst = distances.reduce((a, b) => (b.distance > a.distance ? b : a));
  return judge(`${worst.name} is off by`, worst.distance, tolerances[precision].tensor);
}

function squares(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

/** ‖got − want‖ / ‖want‖; infinite where anything is no number. */
function distanceOf(got: Float32Array, want: Float32Array, floor: number): number {
  let sum = 0;
  for (const [i, value] of want.entries()) sum += ((got[i] ?? Number.NaN) - value) ** 2;
  const distance = Math.sqrt(sum) / Math.max(Math.sqrt(squares(want)), floor, Number.MIN_VALUE);
  return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
}

/** Both train from the same exported weights on the same batches; every loss counts. */
async function againstTorch(
  checking: Checking,
  setting: CudaSetting,
  precision: Precision,
): Promise<string | LeftOut> {
  const { host, torch } = checking;
  if (torch === undefined) return { why: "no Python here imports torch" };
  const shape = shapeOf(setting);
  const model = setting.models.mot;
  const folder = mkdtempSync(join(tmpdir(), "motley-torch-"));
  const session = await open(host, model, precision, shape);
  try {
    await session.initialize(7);
    const file = join(folder, "start.safetensors");
    const batches = Array.from({ length: trainedSteps }, (_, i) =>
      shuffled(halves({ ...setting.sizes, ...shape }, 0.3 + 0.05 * i), i + 1, setting),
    );
    await exportStart(session, batches, file);
    const ours: number[] = [];
    for (const [i, batch] of batches.entries()) {
      const { metrics } = await trainStep(session, batch, i + 1, runLength, 0, false);
      ours.push(metrics.loss.total ?? Number.NaN);
    }
    const program = fileURLToPath(new URL("../peers/train_torch.py", import.meta.url));
    const dtype = precision === "bf16" ? "bfloat16" : "float32";
    const text = execFileSync(torch.python, [program, file, "--device", torch.device, "--dtype", dtype], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { losses } = JSON.parse(text) as { readonly losses: readonly number[] };
    const distances = ours.map((loss, i) => Math.abs(loss / (losses[i] ?? Number.NaN) - 1));
    const fallen = `${ours[0]?.toFixed(3)} to ${ours.at(-1)?.toFixed(3)}`;
    return `${judge("losses are off by", worstOf(distances), lossTolerance[precision])}; ours fell from ${fallen}`;
  } finally {
    await session.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const runLength = 1000;
const worstOf = (values: readonly number[]): number =>
  values.some(Number.isNaN) ? Number.NaN : Math.max(...values);

/** Other ids for every step, from a small share of the vocabulary, so that there is something to learn in ten steps. */
function shuffled(batch: Batch, seed: number, { sizes }: CudaSetting): Batch {
  let state = seed;
  const token = batch.token.map((_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const isText = batch.modality[i] === 0;
    const count = Math.max(2, Math.floor((isText ? sizes.text : sizes.image) / 16));
    return (isText ? 0 : sizes.text) + ((state >>> 8) % count);
  });
  const target = batch.target.map((old, i) => (old < 0 ? -1 : (token[i + 1] ?? -1)));
  return { ...batch, token, target };
}

async function exportStart(
  { artifact, read }: Session,
  batches: readonly Batch[],
  file: string,
): Promise<void> {
  const tensors = new Map<string, Tensor>();
  for (const { path, shape } of artifact.parameters)
    tensors.set(`param/${path}`, { shape, values: await read(`param/${path}`) });
  const shape = [batches.length, artifact.batch, artifact.context];
  const joined = (of: (batch: Batch) => Int32Array): Tensor => ({
    shape,
    values: Int32Array.from(batches.flatMap((batch) => [...of(batch)])),
  });
  tensors.set(
    "steps/tokens",
    joined(({ token }) => token),
  );
  tensors.set(
    "steps/target",
    joined(({ target }) => target),
  );
  tensors.set(
    "steps/modality",
    joined(({ modality }) => modality),
  );
  const { optimizer } = artifact;
  if (optimizer === undefined) throw new Error("the benchmark's spec has an optimizer");
  const metadata = new Map(
    Object.entries({
      modalities: artifact.modalities.map(({ name }) => name),
      constants: artifact.constants,
      optimizer,
      lr: batches.map((_, i) => learningRate(optimizer, i + 1, runLength)),
    }).map(([name, value]) => [name, JSON.stringify(value)]),
  );
  writeSafetensors(file, { tensors, metadata });
}

/** The brief comparisons again, in a process that compute-sanitizer watches. */
async function underSanitizer({ host }: Checking, tool: string): Promise<string | LeftOut> {
  if (host.isStandIn) return { why: "there is no GPU to watch" };
  if (!hasSanitizer()) return { why: "compute-sanitizer is not installed" };
  const program = fileURLToPath(new URL("../cuda.ts", import.meta.url));
  const watched = [process.execPath, program, "--check", "--parts", "interpreter", "--brief"];
  const options = ["--tool", tool, "--error-exitcode", "9", "--target-processes", "application-only"];
  const { status, output } = await ran("compute-sanitizer", [...options, ...watched]);
  const summary =
    /ERROR SUMMARY: .*|RACECHECK SUMMARY: .*/.exec(output)?.[0] ?? output.trim().split("\n").at(-1) ?? "";
  if (status !== 0) throw new Difference(`it ended with ${status}: ${summary}`);
  return summary;
}

function hasSanitizer(): boolean {
  try {
    execFileSync("compute-sanitizer", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function ran(
  program: string,
  args: readonly string[],
): Promise<{ readonly status: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(program, [...args], { maxBuffer: 64 << 20, timeout: longestMs }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ status, output: `${stdout}${stderr}` });
    });
  });
}

const longestMs = 8 * 60_000;
