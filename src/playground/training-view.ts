// training-view.ts: what the training panel says: how far a run is, and what went wrong.
// In: a run, a preparation, an error. Out: texts, in their places.

import { DataError, MemoryError, median } from "../browser.ts";
import { find, make } from "./dom.ts";
import type { Preparation } from "./materials.ts";
import { count, duration } from "./numbers.ts";
import type { Run } from "./run.ts";

export type TrainingView = {
  /** One line that is read aloud when it changes: for turns of events, not for every step. */
  say(text: string): void;
  /** How far a run is; nothing for none. */
  progress(run: Run | undefined): void;
  preparing(preparation: Preparation): void;
  /** What went wrong; nothing takes it away. */
  problem(error: unknown): void;
};

export function createTrainingView(): TrainingView {
  const status = find("train-status", HTMLElement);
  const bar = find("train-progress", HTMLProgressElement);
  const pace = find("train-pace", HTMLElement);
  const problem = find("train-problem", HTMLElement);
  return {
    say(text) {
      if (status.textContent !== text) status.textContent = text;
    },
    progress(run) {
      bar.max = run?.settings.steps ?? 1;
      bar.value = run?.step() ?? 0;
      pace.textContent = run === undefined ? "" : paceOf(run);
    },
    preparing({ stage, done = 0, total = 0 }) {
      if (stage === undefined) return;
      if (total > 0) {
        bar.max = total;
        bar.value = done;
      }
      pace.textContent = total > 0 ? `${stage} ${count(done)} of ${count(total)}` : stage;
    },
    problem(error) {
      problem.hidden = error === undefined;
      problem.replaceChildren(...(error === undefined ? [] : describe(error)));
    },
  };
}

/** "step 120 of 1,500, 1 min 12 s left" */
function paceOf(run: Run): string {
  const { steps } = run.settings;
  const step = run.step();
  const place = `step ${count(step)} of ${count(steps)}`;
  const perStep = run.entrants.reduce(
    (sum, { timings }) => sum + median(timings.slice(-50).map(({ stepMs }) => stepMs)),
    0,
  );
  if (step === 0 || step === steps || !Number.isFinite(perStep)) return place;
  return `${place}, ${duration((steps - step) * perStep)} left`;
}

function describe(error: unknown): readonly Node[] {
  const help = error instanceof DataError || error instanceof MemoryError ? error.help : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return [make("p", {}, message), ...(help === undefined ? [] : [make("p", { class: "help" }, help)])];
}
