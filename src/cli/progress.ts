// progress.ts: how long work shows itself: a picture that is redrawn on a terminal, a plain line now and then elsewhere.
// In: what is going on. Out: text on stderr. Every number shown here is in a file of the run too.

import { createLogUpdate } from "log-update";
import { isWatched, tell } from "./output.ts";

const redrawMs = 100;

/** A part of the terminal that is drawn again and again; nothing where nobody watches. */
export type Live = {
  /** `draw` is called only if it is time for another picture, or `isLast`. */
  show(draw: () => string, isLast?: boolean): void;
  /** Leaves the last picture standing. */
  done(): void;
  /** Takes it away. */
  clear(): void;
};

export function live(): Live {
  if (!isWatched()) return { show: () => undefined, done: () => undefined, clear: () => undefined };
  const update = createLogUpdate(process.stderr);
  let last = Number.NEGATIVE_INFINITY;
  return {
    show(draw, isLast = false) {
      if (!isLast && performance.now() - last < redrawMs) return;
      update(draw());
      last = performance.now();
    },
    done: () => update.done(),
    clear: () => update.clear(),
  };
}

/** ███████░░░░░ 58 % */
export function bar(done: number, total: number, width = 30): string {
  const share = total <= 0 ? 0 : Math.min(1, done / total);
  const full = Math.round(share * width);
  return `${"█".repeat(full)}${"░".repeat(width - full)} ${Math.floor(100 * share)} %`;
}

/** 4.2 s, 3 min 20 s, 1 h 5 min. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** For prepareData: a bar per stage, or a line per stage where nobody watches. */
export function preparationProgress(): {
  readonly update: (stage: string, done: number, total: number) => void;
  readonly done: () => void;
} {
  const picture = live();
  let lastStage: string | undefined;
  return {
    update(stage, done, total) {
      if (stage !== lastStage && !isWatched()) tell(`data: ${stage}`);
      lastStage = stage;
      const amount = total > 0 ? bar(done, total) : String(done);
      picture.show(() => `data: ${stage} ${amount}`);
    },
    done: () => picture.clear(),
  };
}

/** True at the first and last step, and often enough between for some twenty lines. */
export function isReportedStep(step: number, steps: number): boolean {
  return step === 1 || step === steps || step % Math.max(1, Math.round(steps / 20)) === 0;
}

/** Ctrl-C and SIGTERM: the first asks the work to stop with a checkpoint, the second stops at once. */
export function stopSignal(): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(name === "SIGINT" ? 130 : 143);
    controller.abort(name);
    tell("stopping after this step, with a checkpoint; once more stops at once");
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return {
    signal: controller.signal,
    dispose() {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
    },
  };
}
