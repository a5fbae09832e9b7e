// knobs.ts: the environment variables of this process.
// In: nothing. Out: the knobs, or a `Failure` for one that is set to nonsense.

import { type Knobs, processKnobs } from "../index.ts";
import { exitCodes, Failure } from "./failure.ts";

export function knobs(): Knobs {
  const reading = processKnobs();
  if ("mistake" in reading) throw new Failure(reading.mistake, undefined, exitCodes.usage);
  return reading.knobs;
}
