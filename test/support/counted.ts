// counted.ts: how many launches a step takes, by phase.
// In: a model, or an example with rules for a variant, and an engine. Out: counts, of a step or of one more layer.

import type { Model } from "../../src/check/model.ts";
import { compile, type TargetEngine } from "../../src/compile.ts";
import { modelOf } from "./interpreted.ts";
import { exampleText } from "./stages.ts";

export type Counts = Readonly<Record<"prepare" | "forward" | "backward" | "update", number>>;

type Purpose = "train" | "evaluate" | "infer";

export function launchesOf(model: Model, engine: TargetEngine, purpose: Purpose = "train"): Counts {
  const { launches } = compile(model, { purpose, engine });
  const count = (phase: string): number => launches.filter((launch) => launch.phase === phase).length;
  return {
    prepare: count("prepare"),
    forward: count("forward"),
    backward: count("backward"),
    update: count("update"),
  };
}

/** What layer number `layers` + 1 adds to a step. */
export function perLayer(
  example: string,
  rules: string,
  layers: number,
  engine: TargetEngine,
  purpose: Purpose = "train",
): Counts {
  const at = (count: number): Counts => {
    const spec = `${exampleText(example)}\nvariant counted = ${example} { layers = ${count} ${rules} }\n`;
    return launchesOf(modelOf(spec, "counted"), engine, purpose);
  };
  const [fewer, more] = [at(layers), at(layers + 1)];
  return {
    prepare: more.prepare - fewer.prepare,
    forward: more.forward - fewer.forward,
    backward: more.backward - fewer.backward,
    update: more.update - fewer.update,
  };
}

/** The bounds that a target keeps, or has a reason to leave. */
export const mostLaunches = { forward: 6, backward: 12 };
