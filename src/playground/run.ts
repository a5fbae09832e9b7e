// run.ts: a comparison in the page: variants compiled, opened and trained side by side, with a hand on the brake.
// In: models, data, a target. Out: a run that records every step. It draws nothing: panels look at its records.

import {
  type CompareDocument,
  type Cost,
  compareDocument,
  compile,
  costOf,
  createBatchStream,
  type Dataset,
  type Metrics,
  type Model,
  openSession,
  type Racer,
  type Session,
  startRace,
  type Timing,
  type Validation,
  validationBatches,
} from "../browser.ts";
import { engineFor, openDevice, type Target } from "./targets.ts";

export type Settings = NonNullable<Model["train"]>;

export type RunRequest = {
  readonly models: readonly Model[];
  readonly settings: Settings;
  readonly dataset: Dataset;
  readonly target: Target;
  /** A variant is being compiled and opened, which takes a driver a while. */
  readonly onOpening: (variant: string) => void | Promise<void>;
  readonly onStep: () => void;
  /** Ends the preparation; a run that has begun has a `stop` of its own. */
  readonly signal: AbortSignal;
};

export type Entrant = {
  readonly name: string;
  readonly model: Model;
  readonly cost: Cost;
  readonly metrics: Metrics[];
  readonly timings: Timing[];
  readonly validations: Validation[];
};

export type Run = {
  readonly entrants: readonly Entrant[];
  readonly settings: Settings;
  readonly dataset: Dataset;
  readonly target: Target;
  /** Steps that all have done. */
  readonly step: () => number;
  pause(): void;
  resume(): void;
  /** After the current step. */
  stop(): void;
  /** Resolves after the last step or the one it was stopped at; the devices are closed then. */
  readonly ended: Promise<void>;
};

const validationContexts = 64;

/** Compiles, opens and starts; throws what compiling, opening and data can throw, with nothing left open. */
export async function startRun(request: RunRequest): Promise<Run> {
  const { models, settings, dataset, target } = request;
  const { batch, context, seed, steps, captions } = settings;
  const batches = createBatchStream(dataset, { split: "train", batch, context, seed, captions });
  const validation = validationBatches(dataset, { count: validationContexts, batch, context, captions });
  const entrants = models.map((model) => ({
    name: model.variant,
    model,
    cost: costOf(model, context),
    ...{ metrics: [] as Metrics[], timings: [] as Timing[], validations: [] as Validation[] },
  }));
  const sessions = await openSessions(request);
  const racers = entrants.flatMap((entrant, i) => {
    const session = sessions[i];
    return session === undefined ? [] : [{ ...entrant, session, from: { step: 0, wallMs: 0 } }];
  });
  const race = startRace<Entrant & Racer>(racers, batches, { steps, validation });
  const brake = createBrake();
  const train = async (): Promise<void> => {
    while (race.step() < steps && (await brake.mayGoOn())) {
      await race.advance(({ metrics, timings, validations }, result) => {
        const { step } = result.metrics;
        metrics.push(result.metrics);
        timings.push({ step, stepMs: result.stepMs, updateMs: result.updateMs });
        if (result.validation !== undefined) validations.push({ step, loss: result.validation });
      });
      request.onStep();
    }
  };
  const ended = train().finally(() => closeAll(sessions));
  return { entrants, settings, dataset, target, step: race.step, ...brake.controls, ended };
}

async function openSessions(request: RunRequest): Promise<readonly Session[]> {
  const { models, settings, target, signal } = request;
  const { batch, context, seed } = settings;
  const engine = engineFor(target);
  const sessions: Session[] = [];
  try {
    for (const model of models) {
      await request.onOpening(model.variant);
      const artifact = compile(model, { purpose: "train", engine, batch, context });
      const session = openSession(artifact, await openDevice(artifact, target));
      sessions.push(session);
      await session.initialize(seed);
      signal.throwIfAborted();
    }
    return sessions;
  } catch (error) {
    await closeAll(sessions);
    throw error;
  }
}

/** What is broken already is closed as far as it can be. */
async function closeAll(sessions: readonly Session[]): Promise<void> {
  await Promise.allSettled(sessions.map((session) => session.close()));
}

function createBrake() {
  let isStopped = false;
  let paused = Promise.resolve();
  let release: (() => void) | undefined;
  const resume = (): void => {
    release?.();
    release = undefined;
  };
  return {
    controls: {
      pause() {
        if (release !== undefined) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        paused = promise;
        release = resolve;
      },
      resume,
      stop() {
        isStopped = true;
        resume();
      },
    },
    async mayGoOn(): Promise<boolean> {
      await paused;
      return !isStopped;
    },
  };
}

/** The variant that the others are compared with: the first that shares everything, else the first. */
export function referenceOf(entrants: readonly Entrant[]): Entrant | undefined {
  const sharesAll = ({ parameters, modalities }: Model): boolean =>
    parameters.every((parameter) => parameter.modalities.length === modalities.length);
  return entrants.find(({ model }) => sharesAll(model)) ?? entrants[0];
}

/** Everything that the page shows of a run, as `motley compare` writes it. */
export function documentOf({ entrants, settings, dataset, target }: Run): CompareDocument {
  const { batch, context, seed } = settings;
  const [first] = entrants;
  return compareDocument({
    model: first?.model.name ?? "",
    target: target.kind,
    data: dataset.name,
    seed,
    reference: referenceOf(entrants)?.name ?? "",
    modalities: first?.model.modalities.map(({ name }) => name) ?? [],
    baselines: dataset.baselines,
    variants: entrants.map(({ name, cost, metrics, timings, validations }) => ({
      name,
      record: { metrics, timings, validations },
      params: cost.params,
      activeParams: cost.activeParams,
      flopsPerToken: cost.flopsPerToken,
      tokensPerStep: batch * context,
      ...(cost.seesLater && { seesLater: cost.seesLater }),
    })),
  });
}
