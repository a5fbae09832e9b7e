// training-panel.ts: training the variants of a spec side by side, and watching them.
// In: checked specs as the reader writes them. Out: a run with curves and a table, and all its numbers as a file.
// A run goes on with the spec that it was started from, whatever is written meanwhile.

import type { Model } from "../browser.ts";
import { createCurves } from "./curves.ts";
import { find, make, throttle } from "./dom.ts";
import { fetchDataset } from "./materials.ts";
import { count } from "./numbers.ts";
import { matchSentences, showCosts, showResults } from "./results.ts";
import { documentOf, type Run, type Settings, startRun } from "./run.ts";
import type { CheckedSpec } from "./spec-panel.ts";
import { createTargetPicker } from "./target-picker.ts";
import type { Wish } from "./targets.ts";
import { createTrainingView } from "./training-view.ts";
import { createVariantChooser } from "./variant-chooser.ts";

export type TrainingPanel = { show(spec: CheckedSpec): void };

type Phase = "idle" | "preparing" | "training" | "paused";

const trainLabels: Readonly<Record<Phase, string>> = {
  idle: "Train",
  preparing: "Train",
  training: "Pause",
  paused: "Go on",
};

const redrawMs = 250;

/** `settle` makes sure that the spec shown last is the one that is written. */
export function createTrainingPanel(wish: Wish, settle: () => void): TrainingPanel {
  const [train, stop, save] = [buttonOf("train"), buttonOf("stop"), buttonOf("save")];
  const steps = find("steps", HTMLInputElement);
  const table = find("results", HTMLTableElement);
  find("results-scroll", HTMLElement).tabIndex = 0;
  const match = find("match", HTMLElement);
  const stale = find("train-stale", HTMLElement);
  const view = createTrainingView();
  const target = createTargetPicker(wish);
  const curves = createCurves(find("curves", HTMLElement));
  let spec: CheckedSpec | undefined;
  let run: Run | undefined;
  /** The text of its spec. */
  let begunFrom = "";
  let phase: Phase = "idle";
  let preparation = new AbortController();

  const draw = (): void => {
    const problem = whyNot(spec, chooser.chosen());
    train.textContent = trainLabels[phase];
    train.disabled = phase === "preparing" || (phase === "idle" && problem !== undefined);
    stop.disabled = phase === "idle";
    save.hidden = (run?.step() ?? 0) === 0;
    target.lock(phase !== "idle");
    if (phase === "idle" && run === undefined) {
      if (!spec?.isWrong) showCosts(table, chooser.chosen());
      view.say(problem ?? "");
    }
    stale.hidden = run === undefined || begunFrom === spec?.source.text;
    if (run === undefined) return;
    curves.update();
    view.progress(run);
    showResults(table, run);
    // Finding out takes a while: only where nothing moves.
    match.textContent = phase === "training" ? "" : matchSentences(run).join(" ");
  };
  const drawSoon = throttle(redrawMs, draw);
  const chooser = createVariantChooser(find("variants", HTMLElement), draw);
  const enter = (next: Phase): void => {
    phase = next;
    draw();
  };
  const clear = (): void => {
    run = undefined;
    curves.show(undefined);
    match.textContent = "";
    view.progress(undefined);
  };

  const start = async (): Promise<void> => {
    settle();
    const models = chooser.chosen();
    const settings = settingsOf(models, steps);
    if (settings === undefined || spec === undefined || whyNot(spec, models) !== undefined) return;
    clear();
    begunFrom = spec.source.text;
    view.problem(undefined);
    view.say("Preparing the data");
    preparation = new AbortController();
    const { signal } = preparation;
    enter("preparing");
    const { source } = spec;
    const begin = async (): Promise<Run> => {
      const dataset = await fetchDataset(oneDataFor(models), source.name, view.preparing);
      const request = { models, settings, dataset, target: await target.chosen(), signal };
      return startRun({ ...request, onOpening, onStep: drawSoon });
    };
    const onOpening = async (variant: string): Promise<void> => {
      signal.throwIfAborted();
      view.progress(undefined);
      view.say(`Compiling ${variant}`);
      await nextPaint();
    };
    try {
      run = await Promise.race([begin(), rejectionOf(signal)]);
      curves.show(run);
      view.say("Training");
      enter("training");
      await run.ended;
      view.say(run.step() < settings.steps ? `Stopped after ${count(run.step())} steps` : "Done");
    } catch (error) {
      view.say(signal.aborted ? "Stopped" : "");
      if (!signal.aborted) view.problem(error);
    }
    enter("idle");
  };
  const press: Readonly<Record<Phase, () => void>> = {
    idle: () => void start(),
    preparing: () => undefined,
    training() {
      run?.pause();
      view.say("Paused");
      enter("paused");
    },
    paused() {
      run?.resume();
      view.say("Training");
      enter("training");
    },
  };
  train.addEventListener("click", () => press[phase]());
  stop.addEventListener("click", () => {
    preparation.abort();
    run?.stop();
    // A step takes a GPU in software a while.
    if (phase !== "preparing") view.say("Stopping after this step");
  });
  save.addEventListener("click", () => {
    if (run !== undefined) saveAs("compare.json", `${JSON.stringify(documentOf(run))}\n`);
  });

  return {
    show(next) {
      const isOther = next.source.name !== spec?.source.name;
      spec = next;
      chooser.offer(next);
      if (phase !== "idle") {
        draw();
        return;
      }
      if (isOther) clear();
      if (isOther) view.problem(undefined);
      const [first] = next.models.values();
      if (first?.train !== undefined) steps.value = String(first.train.steps);
      draw();
    },
  };
}

const buttonOf = (id: string): HTMLButtonElement => find(id, HTMLButtonElement);

/** What keeps these models from being trained, if anything does. */
function whyNot(spec: CheckedSpec | undefined, models: readonly Model[]): string | undefined {
  const [first] = models;
  if (spec?.isWrong) return "Waiting for a spec without mistakes.";
  if (spec === undefined || spec.models.size === 0) return "There is no model to train yet.";
  if (first === undefined) return "Choose a variant to train.";
  if (first.train === undefined) return `The spec has no \`train\` block for \`${first.name}\`.`;
  if (first.modalities.some(({ form }) => form.kind === "patches"))
    return "The page trains on tokens alone; `motley train` trains on patches as well.";
  if (first.objectives.length === 0) return "The model has no objective, so there is nothing to train.";
  return undefined;
}

/** The `train` block's settings, with as many steps as asked for. */
function settingsOf([first]: readonly Model[], steps: HTMLInputElement): Settings | undefined {
  const asked = Math.floor(steps.valueAsNumber);
  return first?.train && { ...first.train, steps: asked >= 1 ? asked : first.train.steps };
}

/** The first model; throws where the variants need different codes and could not see the same batches. */
function oneDataFor(models: readonly Model[]): Model {
  const [first] = models;
  if (first === undefined) throw new Error("there is no variant to train");
  const vocabularies = ({ modalities }: Model): string => JSON.stringify(modalities.map(({ form }) => form));
  const other = models.find((model) => vocabularies(model) !== vocabularies(first));
  if (other === undefined) return first;
  throw new Error(
    `variants \`${first.variant}\` and \`${other.variant}\` have different vocabularies; variants are compared on the same batches`,
  );
}

/** Rejects when the signal comes. */
function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

/** Lets the page show what was just said before something takes a while. */
function nextPaint(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

function saveAs(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  make("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
