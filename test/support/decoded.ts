// decoded.ts: sequences that grow by pieces, beside the same sequences computed whole by the interpreter.
// In: a Model, parameters, sizes. Out: how far logits are apart, and the bits that a decoder gave.

import type { Model } from "../../src/check/model.ts";
import { compile } from "../../src/compile.ts";
import { interpret } from "../../src/ir/interpret.ts";
import { lower } from "../../src/lower/lower.ts";
import { simplify } from "../../src/passes/pipeline.ts";
import type { Batch } from "../../src/runtime/batch.ts";
import { openDecoder } from "../../src/runtime/decoder.ts";
import { layoutBatch } from "../../src/runtime/layout.ts";
import { openSession, type Session } from "../../src/runtime/session.ts";
import { openWasmDevice } from "../../src/runtime/wasm.ts";
import type { WasmEngine } from "../../src/targets/wasm.ts";
import { randomNumbers } from "./batches.ts";
import { fastEngine } from "./compiled.ts";
import { layoutOptions, type Parameters } from "./interpreted.ts";

export type DecodeSizes = {
  readonly batch: number;
  readonly context: number;
  readonly span: number;
  readonly engine?: WasmEngine;
  readonly threads?: number;
};

/** A session that decodes, with the given parameters. */
export async function openDecoding(
  model: Model,
  parameters: Parameters,
  { batch, context, span, engine = fastEngine, threads = 1 }: DecodeSizes,
): Promise<Session> {
  const artifact = compile(model, { purpose: "decode", engine, batch, context, span });
  const session = openSession(artifact, await openWasmDevice(artifact, { threads }));
  await session.restore(
    new Map([...parameters].map(([path, { values }]) => [`param/${path}`, values as Float32Array])),
  );
  return session;
}

/** A document per sequence, of random length (some empty, some as long as fits), of random tokens. */
export function randomSequences(
  model: Model,
  { batch, context }: Pick<DecodeSizes, "batch" | "context">,
  seed: number,
  present?: readonly number[],
): readonly (readonly number[])[] {
  const random = randomNumbers(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const { modalities } = layoutOptions(model);
  const own = present ?? modalities.map((_, m) => m);
  return Array.from({ length: batch }, (_, sequence) => {
    const length = sequence === 0 ? context : below(context + 1);
    return Array.from({ length }, () => {
      const { vocabStart, vocab } = modalities[own[below(own.length)] ?? 0] ?? { vocabStart: 0, vocab: 1 };
      return vocabStart + below(vocab);
    });
  });
}

/** Logits of every position, by name, sequence and position: whole sequences at once, without a cache, in float64. */
export function interpretLogits(
  model: Model,
  parameters: Parameters,
  sequences: readonly (readonly number[])[],
  context: number,
): (name: string, sequence: number, position: number) => readonly number[] {
  const options = layoutOptions(model);
  const { offsets, inputs, rowOf } = layoutBatch(wholeBatch(sequences, context, options.modalities), options);
  const graph = simplify(lower(model, { loss: false, logits: true }));
  const params = new Map([...parameters].map(([path, { values }]) => [path, values]));
  const results = interpret(graph, { offsets: [...offsets], inputs, params });
  return (name, sequence, position) => {
    const row = rowOf[sequence * context + position] ?? 0;
    return [
      ...(results.get(name) ?? new Float64Array()).subarray(row * model.vocab, (row + 1) * model.vocab),
    ];
  };
}

function wholeBatch(
  sequences: readonly (readonly number[])[],
  context: number,
  modalities: readonly { readonly vocabStart: number; readonly vocab: number }[],
): Batch {
  const filled = (value: number): Int32Array => new Int32Array(sequences.length * context).fill(value);
  const [token, target, modality, document] = [filled(-1), filled(-1), filled(-1), filled(-1)];
  const position = filled(0);
  for (const [sequence, list] of sequences.entries()) {
    for (const [t, id] of list.entries()) {
      const at = sequence * context + t;
      token[at] = id;
      modality[at] = modalities.findIndex((m) => id >= m.vocabStart && id < m.vocabStart + m.vocab);
      document[at] = 0;
      position[at] = t;
    }
  }
  return { batch: sequences.length, context, token, target, modality, document, position };
}

/** Feeds sequences in pieces of these lengths (0 adds nothing to a sequence); every logits a decoder gave, in order. */
export async function decodePieces(
  session: Session,
  sequences: readonly (readonly number[])[],
  pieceOf: (sequence: number, at: number) => number,
  name = "logits",
): Promise<
  readonly { readonly sequence: number; readonly position: number; readonly logits: Float32Array }[]
> {
  const decoder = openDecoder(session);
  const found: { sequence: number; position: number; logits: Float32Array }[] = [];
  const names = sequences.map(() => name);
  while (sequences.some(({ length }, s) => (decoder.lengths[s] ?? 0) < length)) {
    const piece = sequences.map((list, s) => {
      const at = decoder.lengths[s] ?? 0;
      return list.slice(at, at + pieceOf(s, at));
    });
    const logits = await decoder.append(piece, names);
    for (const [sequence, own] of logits.entries())
      if (own !== undefined)
        found.push({ sequence, position: (decoder.lengths[sequence] ?? 0) - 1, logits: own });
  }
  return found;
}

/** The largest difference, over the largest logit there is (at least 1). */
export function logitDistance(
  found: Awaited<ReturnType<typeof decodePieces>>,
  wanted: (sequence: number, position: number) => readonly number[],
): number {
  let [difference, size] = [0, 1];
  for (const { sequence, position, logits } of found) {
    for (const [i, value] of wanted(sequence, position).entries()) {
      difference = Math.max(difference, Math.abs((logits[i] ?? Number.NaN) - value));
      size = Math.max(size, Math.abs(value));
    }
  }
  return difference / size;
}
