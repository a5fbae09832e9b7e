// train.ts: `motley train`: one variant, one run folder.
// In: a spec and options. Out: a trained checkpoint and its metrics; progress on stderr, a summary on stdout.

import { dirname, join } from "node:path";
import {
  createBatchStream,
  createRunFolder,
  holdsRun,
  type Manifest,
  type Metrics,
  type RunFolder,
  readRecord,
  restoreCheckpoint,
  resumeRunFolder,
  smooth,
  smoothingWindow,
  train,
} from "../index.ts";
import { lossChart } from "./chart.ts";
import { exitCodes } from "./failure.ts";
import { type DeviceOptions, prepareFit, prepareMachine, tuneFor } from "./machine.ts";
import { say, tell } from "./output.ts";
import { bar, duration, isReportedStep, live, stopSignal } from "./progress.ts";
import { flatText, loadSpec, pickVariant } from "./spec.ts";
import {
  compileFor,
  manifestOf,
  openSessions,
  prepare,
  requireObjective,
  tellSkipped,
  trainSettings,
} from "./training.ts";
import { settleWarmStart, warmStartFor } from "./warm-start.ts";

export type TrainOptions = DeviceOptions & {
  readonly variant?: string;
  readonly steps?: number;
  readonly seed?: number;
  readonly out?: string;
  readonly resume?: boolean;
  /** A run whose parameters this one starts from. */
  readonly warmStart?: string;
  readonly checkpointEvery: number;
};

/** Trains; returns the exit code. */
export async function trainCommand(file: string, options: TrainOptions): Promise<number> {
  const spec = loadSpec(file);
  const model = pickVariant(spec, options.variant);
  const settings = trainSettings(model, file, options);
  const path = options.out ?? join("runs", `${model.name}-${model.variant}-${settings.seed}`);
  // Before data, which may take minutes: a target that cannot be had is told at once.
  const chosen = await prepareMachine(options);
  const dataset = await prepare(model, dirname(file), settings);
  tellSkipped(dataset, file);
  const machine = await tuneFor(chosen, requireObjective(model));
  const artifact = compileFor(model, machine);
  // Before the folder is made: what does not fit leaves nothing behind.
  await prepareFit([artifact], machine);
  const { resume } = options;
  const run = settleWarmStart(options.warmStart, resume === true && holdsRun(path) ? [path] : []);
  const warm = warmStartFor(run, path, { resume, dataHash: dataset.hash });
  warm?.check(artifact);
  const parts = { artifact, model, machine, settings, dataset, file, folder: path };
  const manifest = manifestOf(warm === undefined ? parts : { ...parts, warmStart: warm.source });
  const { folder, checkpoint } = openFolder(path, flatText(file), manifest, resume === true);

  const [session] = await openSessions([artifact], machine);
  if (session === undefined) throw new Error("no session was opened");
  const { batch, context, seed, steps, captions } = settings;
  const batches = createBatchStream(dataset, { split: "train", batch, context, seed, captions });
  if (checkpoint === undefined) {
    await session.initialize(seed);
    await warm?.start(session);
  } else {
    await restoreCheckpoint(session, checkpoint);
    batches.restore(checkpoint.progress.cursor);
  }

  const from = { step: checkpoint?.progress.step ?? 0, wallMs: checkpoint?.progress.wallMs ?? 0 };
  const watcher = watchTraining(folder, steps, batch * context, from.step);
  const stop = stopSignal();
  try {
    const { checkpointEvery } = options;
    const { onStep } = watcher;
    const { signal } = stop;
    const { hash: dataHash } = dataset;
    const done = await train(session, batches, folder, {
      ...{ steps, seed, dataHash, checkpointEvery, from, onStep, signal },
    });
    watcher.done();
    if (done < steps) {
      tell(`stopped at step ${done} of ${steps}; \`--resume\` goes on from there`);
      return exitCodes.interrupted;
    }
    say(summary(folder, batch * context));
    return exitCodes.fine;
  } finally {
    watcher.done();
    stop.dispose();
    await session.close();
  }
}

/** A fresh folder, or the one to go on with and where it stands. */
export function openFolder(
  path: string,
  text: string,
  manifest: Manifest,
  resume: boolean,
): ReturnType<typeof resumeRunFolder> {
  if (!resume) return { folder: createRunFolder(path, text, manifest), checkpoint: undefined };
  const resumed = resumeRunFolder(path, manifest);
  const step = resumed.checkpoint?.progress.step;
  if (step === undefined) tell(`${path} has no checkpoint yet: starting again at step 1`);
  else if (step >= manifest.steps) tell(`${path} is complete: all ${manifest.steps} steps are done`);
  else tell(`${path}: going on after step ${step}`);
  return resumed;
}

function watchTraining(folder: RunFolder, steps: number, tokens: number, doneBefore: number) {
  const picture = live();
  const history: Metrics[] = doneBefore === 0 ? [] : [...readRecord(folder.path).metrics];
  const draw = (metrics: Metrics): string => {
    const rate = metrics.wallMs / metrics.step;
    const left = duration((steps - metrics.step) * rate);
    const chart = lossChart(
      [{ name: "total", points: history.map(({ step, loss }) => [step, loss.total ?? 0] as const) }],
      { title: "loss", steps },
    );
    return `${chart}\n${bar(metrics.step, steps)}  ${metricsLine(metrics, steps)}  ${left} left`;
  };
  return {
    onStep(metrics: Metrics): void {
      history.push(metrics);
      picture.show(() => draw(metrics), metrics.step === steps);
      if (isReportedStep(metrics.step, steps))
        logLine(`${metricsLine(metrics, steps)}, ${rateOf(metrics, tokens)}`);
    },
    done: () => picture.done(),
  };
}

/** Lines are for where no picture is drawn. */
function logLine(text: string): void {
  if (process.stderr.isTTY !== true) tell(text);
}

/** step 100/1500  loss 5.123 (text 4.567, image 5.432)  lr 1.0e-3 */
export function metricsLine({ step, loss, lr }: Metrics, steps: number): string {
  const { total = Number.NaN, ...parts } = loss;
  const modalities = Object.entries(parts).map(([name, value]) => `${name} ${value.toFixed(3)}`);
  return `step ${step}/${steps}  loss ${total.toFixed(3)} (${modalities.join(", ")})  lr ${lr.toExponential(1)}`;
}

function rateOf({ step, wallMs }: Metrics, tokens: number): string {
  return `${(wallMs / step).toFixed(1)} ms a step, ${Math.round((tokens * step * 1000) / wallMs)} tokens/s`;
}

function summary({ path }: RunFolder, tokens: number): string {
  const { metrics } = readRecord(path);
  const last = metrics.at(-1);
  if (last === undefined) return path;
  const window = smoothingWindow(metrics.length);
  const losses = Object.keys(last.loss).map((name) => {
    const values = metrics.flatMap(({ loss }) => loss[name] ?? []);
    return `${name} ${smooth(values, window).at(-1)?.toFixed(3)}`;
  });
  return [
    `${last.step} steps in ${duration(last.wallMs)}: ${rateOf(last, tokens)}`,
    `final loss (mean of the last ${window === 1 ? "step" : `${window} steps`}): ${losses.join(", ")}`,
    path,
  ].join("\n");
}
