// cuda-mutations.ts: programs of the CUDA target with one mistake planted in the text of a kernel.
// In: a small model, the engine and architecture, where to plant what. Out: how the mistake was noticed: what the emulator
// said, or how far the step's gradients are from those of the right program; or that it was not.

import { compile } from "../../src/compile.ts";
import { openSession, type Session } from "../../src/runtime/session.ts";
import { type Artifact, type CudaArtifact, isCuda } from "../../src/targets/artifact.ts";
import { cudaEngine } from "../../src/targets/cuda.ts";
import { randomBatch } from "./batches.ts";
import { startFrom } from "./compare-step.ts";
import type { Architecture } from "./cuda-compile.ts";
import { openEmulatedDevice } from "./cuda-device.ts";
import { layoutOptions, livelyParameters, modelOf, relativeDistance } from "./interpreted.ts";

export type Mutation = {
  /** The kernel's entry: `product`. */
  readonly kernel: string;
  /** What stands in the text, and what to write instead; the first place, or place `nth` from 0. */
  readonly from: string;
  readonly to: string;
  readonly nth?: number;
  /** In every text of that kernel, and not only in the first. */
  readonly isEverywhere?: true;
};

/** Three matrices of 64 rows each along k, heads of 64; runs of rows that end within a tile. */
const text = `
model tiny {
  const dim = 192, layers = 1, heads = 3, ffn = 202

  modality text  = tokens(vocab: 37)
  modality image = tokens(vocab: 23)

  layer block(x) {
    per modality attn {
      h = rms_norm(x) as norm
      q = rope(split(linear(h, dim), heads))
      k = rope(split(linear(h, dim), heads))
      v = split(linear(h, dim), heads)
    }
    a = attention(q, k, v, mask: causal)
    per modality attn { x += linear(merge(a), dim) as out }
    per modality ffn {
      h    = rms_norm(x) as norm
      gate = linear(h, ffn)
      up   = linear(h, ffn)
      x   += linear(silu(gate) * up, dim) as down
    }
    return x
  }

  x = embed(tokens, dim) as embedding
  repeat layers { x = block(x) }
  per modality final { x = rms_norm(x) as norm }
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}

train tiny {
  data icons
  context 101, batch 3, steps 10, seed 1
  adamw(lr: 1e-2, warmup: 2)
}
`;

const shape = { batch: 2, context: 90 };

export type Subject = {
  readonly artifact: CudaArtifact;
  readonly architecture: Architecture;
  /** Runs one step of a program, its blocks and threads in some order; every gradient and parameter after it. */
  readonly run: (artifact: Artifact, order?: number) => Promise<ReadonlyMap<string, Float32Array>>;
};

export function subject(precision: "f32" | "bf16", architecture: Architecture): Subject {
  const model = modelOf(text);
  const { modalities } = layoutOptions(model);
  const artifact = compile(model, { purpose: "train", engine: cudaEngine(precision), ...shape });
  if (!isCuda(artifact)) throw new Error("compiled for another target");
  const batch = randomBatch({ ...shape, modalities, seed: 20, present: [0, 1], emptyTail: 0.2 });
  const run: Subject["run"] = async (changed, order = 0) => {
    const session: Session = openSession(changed, await openEmulatedDevice(changed, { architecture, order }));
    await startFrom(session, livelyParameters(model, 3));
    session.writeBatch(batch);
    session.writeSchedule(Float32Array.of(1e-3, 1, 1));
    await session.run(["forward", "backward", "update"]);
    const names = model.parameters.flatMap(({ path }) => [`grad/${path}`, `param/${path}`]);
    const tensors = new Map<string, Float32Array>();
    for (const name of ["loss", ...names]) tensors.set(name, await session.read(name));
    await session.close();
    return tensors;
  };
  return { artifact, architecture, run };
}

/** The program with one mistake; a place that is not there is a mistake of the test. */
export function mutate(artifact: CudaArtifact, mutation: Mutation): CudaArtifact {
  let places = 0;
  const kernels = artifact.program.kernels.map((kernel) => {
    if (kernel.entry !== mutation.kernel || (places > 0 && mutation.isEverywhere !== true)) return kernel;
    const source = replaceNth(kernel.source, mutation);
    if (source !== undefined) places += 1;
    return { ...kernel, source: source ?? kernel.source };
  });
  if (places === 0) throw new Error(`no ${mutation.kernel} has \`${mutation.from}\` (${mutation.nth ?? 0})`);
  return { ...artifact, program: { ...artifact.program, kernels } };
}

function replaceNth(source: string, { from, to, nth = 0 }: Mutation): string | undefined {
  let at = source.indexOf(from);
  for (let i = 0; i < nth && at >= 0; i += 1) at = source.indexOf(from, at + from.length);
  return at < 0 ? undefined : source.slice(0, at) + to + source.slice(at + from.length);
}

/** How a mistake was noticed; `undefined` where it was not. */
export async function noticed(
  { artifact, run }: Subject,
  right: ReadonlyMap<string, Float32Array>,
  mutation: Mutation,
  tolerance: number,
): Promise<string | undefined> {
  try {
    const tensors = await run(mutate(artifact, mutation));
    const far = [...tensors].map(([name, values]) => {
      const distance = relativeDistance(values, right.get(name) ?? []);
      return { name, distance: Number.isNaN(distance) ? Infinity : distance };
    });
    const worst = far.reduce((a, b) => (b.distance > a.distance ? b : a));
    return worst.distance > tolerance ? `${worst.name} is off by ${worst.distance}` : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
