// model.ts: the model every benchmark steps: DESIGN's layer at any size, and batches with a given mix of modalities.
// In: sizes as on the peers' command lines. Out: an open session, and batches shaped like the peers'.

import { checkSource } from "../../src/check/load.ts";
import type { Model } from "../../src/check/model.ts";
import { compile } from "../../src/compile.ts";
import type { Batch } from "../../src/runtime/batch.ts";
import { detectEngine, type Engine } from "../../src/runtime/engine.ts";
import { scheduleOf } from "../../src/runtime/schedule.ts";
import { openSession, type Session } from "../../src/runtime/session.ts";
import { openWasmDevice } from "../../src/runtime/wasm.ts";
import { wasmProbe } from "../../src/targets/wasm-probe.ts";

export type Sizes = {
  readonly dim: number;
  readonly layers: number;
  readonly heads: number;
  readonly ffn: number;
  readonly context: number;
  readonly batch: number;
  readonly text: number;
  readonly image: number;
};

/** The two settings all figures are reported for. */
export const settings: Readonly<Record<"chameleon" | "dim256", Sizes>> = {
  chameleon: { dim: 64, layers: 6, heads: 4, ffn: 172, context: 160, batch: 8, text: 1024, image: 512 },
  dim256: { dim: 256, layers: 6, heads: 4, ffn: 684, context: 128, batch: 16, text: 2048, image: 1024 },
};

export function specOf(sizes: Sizes): string {
  return `model bench {
  const dim = ${sizes.dim}, layers = ${sizes.layers}, heads = ${sizes.heads}, ffn = ${sizes.ffn}
  modality text  = tokens(vocab: ${sizes.text})
  modality image = tokens(vocab: ${sizes.image})
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
variant dense = bench { share all }
variant mot   = bench
train bench {
  data icons
  context ${sizes.context}, batch ${sizes.batch}, steps 1000, seed 1
  adamw(lr: 3e-4, warmup: 1, betas: (0.9, 0.95), weight_decay: 0.01, clip: 1.0)
}
`;
}

/** Checks one variant; a benchmark's own spec has no mistakes. */
export function checkedModel(sizes: Sizes, variant: string): Model {
  const source = { name: "bench.mot", text: specOf(sizes) };
  const { model, diagnostics } = checkSource(source, () => undefined, { variant });
  if (model === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return model;
}

export type Opened = {
  readonly session: Session;
  readonly engine: Engine;
  /** Ships the batch and runs a step, without its update if `false` is given; milliseconds. */
  readonly step: (update?: boolean) => Promise<number>;
  /** Runs the update alone, on the gradients of the step before; milliseconds. */
  readonly update: () => Promise<number>;
};

/** A session with drawn parameters and a written batch; `step` runs one and returns its milliseconds. */
export async function openBench(
  sizes: Sizes,
  variant: string,
  options: { readonly threads: number; readonly textShare?: number; readonly turbo?: boolean },
): Promise<Opened> {
  const engine = await detectEngine({ probe: wasmProbe, turbo: options.turbo === true });
  const artifact = compile(checkedModel(sizes, variant), { purpose: "train", engine });
  const session = openSession(artifact, await openWasmDevice(artifact, { threads: options.threads }));
  await session.initialize(1);
  const batch = halves(sizes, options.textShare ?? 0.5);
  let count = 0;
  const { optimizer } = artifact;
  if (optimizer === undefined) throw new Error("the bench spec has an optimizer");
  const step = async (update = true): Promise<number> => {
    count += 1;
    const start = performance.now();
    session.writeBatch(batch);
    session.writeSchedule(scheduleOf(optimizer, count, 1000));
    await session.run(update ? ["forward", "backward", "update"] : ["forward", "backward"]);
    return performance.now() - start;
  };
  const update = async (): Promise<number> => {
    const start = performance.now();
    await session.run(["update"]);
    return performance.now() - start;
  };
  return { session, engine, step, update };
}

/** One document per context: text, then image, as the peers make it; ids are pseudo-random. */
export function halves(sizes: Sizes, textShare: number): Batch {
  const { batch, context, text, image } = sizes;
  const rows = batch * context;
  const textTokens = Math.round(context * textShare);
  const token = new Int32Array(rows);
  const modality = new Int32Array(rows);
  let state = 1;
  for (let i = 0; i < rows; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const isText = i % context < textTokens;
    modality[i] = isText ? 0 : 1;
    token[i] = isText ? (state >>> 8) % text : text + ((state >>> 8) % image);
  }
  const target = token.map((_id, i) => ((i + 1) % context === 0 ? -1 : (token[i + 1] ?? -1)));
  const position = token.map((_id, i) => i % context);
  return { batch, context, token, target, modality, document: new Int32Array(rows), position };
}
