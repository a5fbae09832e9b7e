// non-finite.ts: says where a NaN or an infinity came from.
// In: a session right after a step that gave one. Out: the first tensor, in the order of the step, that holds one.
// The update has run by then and spread it to every parameter, so the evidence is in what the update only reads: the
// losses, then the gradients, from the last layer's (made first) to the embedding's.

import type { Losses, Session } from "./session.ts";

export type FirstNonFinite = {
  readonly what: "the loss" | "the gradient norm";
  readonly value: number;
  /** `grad/PATH`, or undefined where every gradient is finite (their squares overflow). */
  readonly tensor: string | undefined;
};

/** Finds the first gradient, in backward order, that holds a NaN or an infinity. */
export async function findNonFinite(
  session: Session,
  losses: Losses,
  gradNorm: number,
): Promise<FirstNonFinite> {
  const isLoss = !Number.isFinite(losses.total);
  const paths = session.artifact.parameters.map(({ path }) => `grad/${path}`).reverse();
  let tensor: string | undefined;
  for (const name of paths) {
    if (!Object.hasOwn(session.artifact.tensors, name)) continue;
    if ((await session.read(name)).some((value) => !Number.isFinite(value))) {
      tensor = name;
      break;
    }
  }
  return { what: isLoss ? "the loss" : "the gradient norm", value: isLoss ? losses.total : gradNorm, tensor };
}
