// drawing.ts: a trained run made ready to write and draw, for `motley sample` and for a comparison's report.
// In: a run's model and checkpoint, prompts. Out: a session that keeps keys and values. What it writes: runtime/drawing.ts.

import { type Checkpoint, type Model, restoreCheckpoint, type Session, whyNotDecoded } from "../index.ts";
import { Failure } from "./failure.ts";
import type { Machine } from "./machine.ts";
import { compileFor, openSessions } from "./training.ts";

/** Refuses a model that cannot go on with a document; throws `Failure` that says what to write instead. */
export function refuseExpertChoice(model: Model): void {
  const reason = whyNotDecoded(model);
  if (reason === undefined) return;
  throw new Failure(reason, "train a variant whose experts are chosen by the token: `experts …: 4 top 2`");
}

/** New tokens of a document that one run takes: a caption is one run, a picture's codes are two. */
const widestSpan = 64;

/**
 * A trained model ready to write on: a document per prompt, of `context` positions, the prompt's included.
 * - `atOnce`: positions that have to stand in one run, those of a picture of patches.
 */
export async function openTrained(
  trained: { readonly model: Model; readonly machine: Machine; readonly checkpoint: Checkpoint },
  prompts: readonly Int32Array[],
  context: number,
  atOnce = 1,
): Promise<Session> {
  const longest = Math.max(1, ...prompts.map(({ length }) => length));
  const span = Math.max(atOnce, Math.min(longest, widestSpan));
  const sizes = { batch: prompts.length, context, span };
  const artifact = compileFor(trained.model, trained.machine, "decode", sizes);
  const [session] = await openSessions([artifact], trained.machine);
  if (session === undefined) throw new Error("no session was opened");
  try {
    await restoreCheckpoint(session, trained.checkpoint);
  } catch (error) {
    await session.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(
      reason,
      "the spec beside the checkpoint was changed; put back the one it was trained with",
    );
  }
  return session;
}
