// built.ts: a small model compiled for both targets, and what its training loses when we run it ourselves.
// In: nothing. Out: the spec, its artifacts, sessions on them, and the losses that a built folder has to reproduce.

import { usualEngine } from "../../src/cli/plan.ts";
import { compile } from "../../src/compile.ts";
import { madeUpBatch } from "../../src/runtime/made-up.ts";
import { openSession, type Session } from "../../src/runtime/session.ts";
import { trainStep } from "../../src/runtime/step.ts";
import type { Artifact } from "../../src/targets/artifact.ts";
import { usualGpu } from "../../src/targets/wgsl.ts";
import { openDevice } from "./compiled.ts";
import { modelOf } from "./interpreted.ts";

/** Few kernels: a driver in software takes seconds to compile each product. */
export const spec = `model pair {
  modality text  = tokens(vocab: 40)
  modality image = tokens(vocab: 30)
  x = embed(tokens, 16) as embedding
  per modality final { x = rms_norm(x) as norm }
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}

variant mot = pair

train pair {
  data icons
  context 20, batch 3, steps 10, seed 1
  adamw(lr: 1e-2, warmup: 2, clip: 1.0)
}
`;
const model = modelOf(spec, "mot");
export const artifacts = {
  wasm: compile(model, { purpose: "train", engine: usualEngine }),
  wgsl: compile(model, { purpose: "train", engine: usualGpu }),
} as const satisfies Readonly<Record<string, Artifact>>;

export const steps = 3;
/** A GPU in software, on a machine that does other things as well. */
export const patience = 180_000;
export const sizes = { batch: 3, context: 20, modalities: artifacts.wasm.modalities };

const known = new Map<Artifact, Promise<readonly number[]>>();

/** What the folders have to reproduce: the same steps by a session of our own, opened on the compiled artifact. */
export function directLosses(artifact: Artifact): Promise<readonly number[]> {
  const losses = known.get(artifact) ?? trainDirectly(artifact);
  known.set(artifact, losses);
  return losses;
}

function trainDirectly(artifact: Artifact): Promise<readonly number[]> {
  return withSession(artifact, async (session) => {
    const batch = madeUpBatch(sizes, 1);
    const losses: number[] = [];
    for (let step = 1; step <= steps; step += 1)
      losses.push((await trainStep(session, batch, step, steps, 0)).metrics.loss.total ?? Number.NaN);
    return losses;
  });
}

export async function withSession<Value>(
  artifact: Artifact,
  work: (session: Session) => Promise<Value>,
): Promise<Value> {
  const session = openSession(artifact, await openDevice(artifact));
  try {
    await session.initialize(1);
    return await work(session);
  } finally {
    await session.close();
  }
}
